"""Whole runs of a tiny SDXL model: every part trained, prior prediction, samples, resuming; and that it learns."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from modules.data.batches import size_conditions
from modules.models.base import Conditions, Text
from onetrainer_clone import epoch, plan
from onetrainer_clone.buckets import Bucket, Crop
from onetrainer_clone.dataset import Picture
from onetrainer_clone.epoch import Sample
from onetrainer_clone.events import BackedUp, Sampled
from onetrainer_clone.families import Family
from onetrainer_clone.settings import Invalid
from onetrainer_clone.state import TrainingState, check
from onetrainer_clone.state.concepts import Concept
from tests.modules.checkpoints.tiny import tiny_model
from tests.modules.small import run, same, stepped
from tests.modules.tiny_runs import tiny_source, tiny_state

PROMPT = {"text": "a circle", "negative": "a square", "steps": 2, "seed": 3}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_source(Family.SDXL, tmp_path_factory.mktemp("models"))


def state_of(source: Path, folder: Path, cache: Path, **changes: Any) -> TrainingState:
    base = {"saving.cache": str(cache), "adapter.layers": "ATTENTION", "training.steps": 3}
    return tiny_state(Family.SDXL, source, folder, **{**base, **changes})


def test_a_run_trains_every_part_repeats_and_draws(source: Path, tmp_path: Path, cache: Path) -> None:
    state = state_of(source, tmp_path / "a", cache, **{"sampling.prompts": [PROMPT]})
    assert [problem for problem in check(state) if problem.severity == "error"] == []
    first, events = run(state)
    second, _ = run(state_of(source, tmp_path / "b", cache))
    assert same(first, second)
    up = {name: tensor for name, tensor in first.items() if name.endswith("lora_up.weight")}
    counts = {
        prefix: sum(name.startswith(prefix) for name in up) for prefix in ("lora_unet_", "lora_te1_", "lora_te2_")
    }
    assert counts == {"lora_unet_": 224, "lora_te1_": 16, "lora_te2_": 24}
    assert all(tensor.abs().max() > 0 for tensor in up.values() if "te1" not in name_of(up, tensor))
    drawn = [event for event in events if isinstance(event, Sampled)]
    assert len(drawn) == 2
    assert Path(drawn[0].path).read_bytes() != Path(drawn[1].path).read_bytes()


def name_of(tensors: dict[str, torch.Tensor], wanted: torch.Tensor) -> str:
    """The layers behind CLIP-L's penultimate one are read by nothing, so they learn nothing."""
    name = next(name for name, tensor in tensors.items() if tensor is wanted)
    return name if "layers_3_" not in name else "te1"


def test_a_resumed_run_is_the_run(source: Path, tmp_path: Path, cache: Path) -> None:
    every = {"saving.backup_every": {"unit": "STEPS", "amount": 2}, "training.ema": {"enabled": True, "decay": 0.9}}
    whole, _ = run(state_of(source, tmp_path / "whole", cache, **every))
    cut = state_of(source, tmp_path / "cut", cache, **every)
    _, events = run(cut, lambda event, controls: controls.stop(save=False) if isinstance(event, BackedUp) else None)
    assert len(stepped(events)) == 2
    resumed, _ = run(cut.model_copy(update={"resume": str(cut.run_folder / "backups")}))
    assert same(whole, resumed)


def test_cached_text_trains_as_text_that_is_read_anew(source: Path, tmp_path: Path, cache: Path) -> None:
    frozen = {"training.text_encoder": False, "training.text_encoder_2": False}
    reading = {"learning_rate.text_encoder": 1e-30, "learning_rate.text_encoder_2": 1e-30}
    both: list[dict[str, Any]] = [frozen, reading]
    found = [run(state_of(source, tmp_path / str(i), cache, **one)) for i, one in enumerate(both)]
    assert len(found[0][0]) < len(found[1][0])
    cached, live = ([event.loss for event in stepped(events)] for _, events in found)
    assert cached == pytest.approx(live, rel=1e-4)


def test_prior_prediction_teaches_nothing_where_nothing_else_is_trained(
    source: Path, tmp_path: Path, cache: Path
) -> None:
    state = state_of(source, tmp_path, cache)
    state = state.model_copy(update={"concepts": state.concepts[1:]})
    learned, events = run(state)
    assert max(event.loss for event in stepped(events)) < 1e-9
    up = [tensor for name, tensor in learned.items() if name.endswith("lora_up.weight")]
    assert max(float(tensor.abs().max()) for tensor in up) < 1e-2


def test_the_wrong_type_is_a_sentence_before_anything_is_loaded(source: Path, tmp_path: Path, cache: Path) -> None:
    state = state_of(source, tmp_path, cache, **{"model.type": "SD15"})
    [problem] = [problem for problem in check(state) if problem.severity == "error"]
    assert problem.path == "model.type"
    assert problem.message.endswith("is an SDXL checkpoint: switch the model type to SDXL")
    with pytest.raises(Invalid, match="switch the model type to SDXL"):
        run(state)


@pytest.mark.parametrize(("flip", "left"), [(False, 30), (True, 96 - 64 - 30)])
def test_sizes_are_those_of_the_picture_and_of_the_crop_where_it_lies_after_a_flip(flip: bool, left: int) -> None:
    """The picture lies mirrored: what was cut off at the right is now at the left."""
    picture = Picture(Path("a.png"), "a.png", 300, 200, ("",))
    crop = Crop(96, 64, 30, 5, Bucket(64, 48))
    sample = Sample(Concept(), picture, 0, crop, flip, "", 0)
    assert size_conditions(sample) == [200, 300, 5, left, 48, 64]


def test_the_crops_place_reaches_the_model(source: Path, tmp_path: Path, cache: Path) -> None:
    concept = {"name": "subject", "path": "demo:concepts/subject", "balance": "SAMPLES", "samples": 12}
    jitter = {"crop_jitter": 0.4, "flip": True, "image_variants": 6}
    state = state_of(source, tmp_path, cache, concepts=[{**concept, **jitter}])
    [folder] = plan.find(state)
    samples = [one for number in range(4) for one in epoch.samples(state, folder, number)]
    sizes = [size_conditions(sample) for sample in samples]
    assert len({tuple(row[2:4]) for row in sizes}) > 4
    assert {tuple(row[4:]) for row in sizes} == {(64.0, 64.0)}
    for sample, row in zip(samples, sizes, strict=True):
        assert 0 <= row[3] <= sample.crop.scaled_width - 64


def test_a_memorised_picture_is_learned() -> None:
    """The loss of one picture, at fixed noise and timesteps, falls to a tenth."""
    torch.manual_seed(5)
    model = tiny_model(Family.SDXL)
    chance = torch.Generator().manual_seed(6)
    latents, noise = (torch.randn(n, 4, 8, 8, generator=chance) for n in (1, 4))
    steps = torch.tensor([100, 400, 700, 990])
    noisy = model.schedule.add_noise(latents.expand(4, -1, -1, -1), noise, steps)
    with torch.no_grad():
        text = model.encode_text(model.tokenize(["a sks circle"]))
    assert text.pooled is not None
    conditions = Conditions(
        Text(text.states.expand(4, -1, -1), text.pooled.expand(4, -1)), torch.tensor([[64.0, 64, 0, 0, 64, 64]] * 4)
    )
    model.unet.requires_grad_(True).train()
    optimizer = torch.optim.AdamW(model.unet.parameters(), lr=3e-3)
    losses = []
    for _ in range(150):
        loss = (model.predict(noisy, steps, conditions) - noise).square().mean()
        losses.append(float(loss.detach()))
        if losses[-1] < losses[0] / 10:
            break
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    assert losses[-1] < losses[0] / 10


def test_the_file_says_what_it_is_for(source: Path, tmp_path: Path, cache: Path) -> None:
    from safetensors import safe_open

    state = state_of(source, tmp_path, cache, **{"training.steps": 1, "training.text_encoder": False})
    run(state)
    [path] = (state.run_folder / "saves").glob("*.safetensors")
    with safe_open(path, framework="pt") as file:
        about = file.metadata()
    assert about["ss_base_model_version"] == "sdxl_base_v1-0"
    assert about["modelspec.architecture"] == "stable-diffusion-xl-v1-base/lora"
    assert about["ss_clip_skip"] == "2"
    assert json.loads(about["ss_tag_frequency"])
    assert any(name.startswith("lora_unet_input_blocks_4_1_") for name in load_file(path))
