"""Validation: one number per concept, whatever surrounds it."""

from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import DDPMScheduler

from modules.data.cache import Latents, plain
from modules.models.sd15 import StableDiffusion15
from modules.objective import losses
from modules.validation import timesteps, validate
from onetrainer_clone import dataset
from onetrainer_clone.session import Stopped
from tests.modules.small import class_folder, small_state


def measured(
    model: StableDiffusion15, cache: Path, folder: Path, seed: int = 7, pictures: int = 2, **concept: Any
) -> dict[str, float]:
    about = {"name": "check", "path": str(class_folder(folder / f"check {pictures}", pictures)), "role": "VALIDATION"}
    state = small_state(folder, concepts=[{**about, **concept}], **{"training.seed": seed, "noise.offset": 0.1})
    latents = Latents(model, cache, state.training.background)
    folders = [dataset.find(concept) for concept in state.active]
    return validate(state, model, folders, latents, model.encode_text, lambda: None)


def test_timesteps_are_the_middles_of_eight_equal_parts() -> None:
    assert timesteps(1000) == [62, 187, 312, 437, 562, 687, 812, 937]
    assert timesteps(8) == list(range(8))


def test_it_does_not_depend_on_the_seed_the_name_augmentation_or_drop_out(
    model: StableDiffusion15, cache: Path, tmp_path: Path
) -> None:
    first = measured(model, cache, tmp_path)["check"]
    others = [
        measured(model, cache, tmp_path, seed=8),
        measured(model, cache, tmp_path, name="other"),
        measured(model, cache, tmp_path, caption_dropout=1.0, shuffle_tags=True, loss_weight=3.0),
        measured(model, cache, tmp_path, crop_jitter=0.5, flip=True, mode="PRIOR_PREDICTION"),
    ]
    assert [next(iter(found.values())) for found in others] == [first] * 4


def test_it_is_the_loss_of_a_plain_loop_over_eight_timesteps(
    model: StableDiffusion15, cache: Path, tmp_path: Path
) -> None:
    from onetrainer_clone.epoch import seed_of

    found = measured(model, cache, tmp_path, pictures=1)["check"]
    state = small_state(tmp_path, concepts=[{"name": "check", "path": str(tmp_path / "check 1"), "role": "VALIDATION"}])
    folder = dataset.find(state.concepts[0])
    [picture] = folder.pictures
    latents = Latents(model, cache, state.training.background).load(plain(state, folder, picture))[0]
    scheduler = DDPMScheduler.from_config(model.scheduler_config)
    text = model.encode_text(model.tokenize(picture.captions)).states
    losses = []
    with torch.no_grad():
        for step in timesteps(1000):
            chance = torch.Generator().manual_seed(seed_of("validation", picture.key, step))
            noise = torch.randn(latents.shape, generator=chance)
            noisy = scheduler.add_noise(latents[None], noise[None], torch.tensor([step]))
            losses.append((model.unet(noisy, step, text).sample - noise).square().mean())
    assert found == pytest.approx(float(torch.stack(losses).mean()), rel=1e-4)


def test_a_stop_is_heard_between_pictures_and_the_modes_come_back(
    fresh_model: StableDiffusion15, cache: Path, tmp_path: Path
) -> None:
    fresh_model.unet.train()
    state = small_state(
        tmp_path, concepts=[{"name": "c", "path": str(class_folder(tmp_path / "c", 3)), "role": "VALIDATION"}]
    )
    asked: list[bool] = []

    def going_on() -> None:
        assert not fresh_model.unet.training
        asked.append(True)
        if len(asked) == 2:
            raise Stopped

    latents = Latents(fresh_model, cache, state.training.background)
    with pytest.raises(Stopped):
        validate(state, fresh_model, [dataset.find(state.concepts[0])], latents, fresh_model.encode_text, going_on)
    assert len(asked) == 2
    assert fresh_model.unet.training
    assert not fresh_model.text_encoder.training


def test_a_folder_without_pictures_has_no_number(model: StableDiffusion15, cache: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert measured(model, cache, tmp_path, path=str(tmp_path / "empty")) == {}


def test_where_the_memory_is_full_fewer_timesteps_are_measured_at_once(
    model: StableDiffusion15, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, asked = measured(model, cache, tmp_path), list[int]()

    def small(model: Any, batch: Any, *rest: Any) -> Any:
        asked.append(len(batch))
        if len(batch) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")
        return losses(model, batch, *rest)

    monkeypatch.setattr("modules.validation.losses", small)
    assert measured(model, cache, tmp_path) == pytest.approx(expected, rel=1e-4)
    assert asked[:6] == [8, 4, 2, 2, 2, 2]
    assert set(asked[6:]) == {2}
