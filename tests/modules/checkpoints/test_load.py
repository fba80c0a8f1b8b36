"""Loading: dtypes, another VAE, and models that are damaged or do not fit together."""

import json
import shutil
from pathlib import Path

import pytest
import torch

from modules.checkpoints.load import load_model
from onetrainer_clone.paths import DEMO
from onetrainer_clone.settings import Invalid
from onetrainer_clone.state.model import ModelSettings
from tests.modules.small import demo_model


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the demo model that may be broken."""
    return Path(shutil.copytree(DEMO / "model", tmp_path / "model"))


def refused(folder: Path) -> str:
    with pytest.raises(Invalid) as caught:
        load_model(ModelSettings(source=str(folder)))
    assert [problem.path for problem in caught.value.problems] == ["model.source"]
    return str(caught.value)


def test_every_part_has_the_dtype_asked_for_and_nothing_is_trained() -> None:
    model = demo_model(unet_dtype="BF16", text_encoder_dtype="FP16", vae_dtype="FP32")
    assert {p.dtype for p in model.unet.parameters()} == {torch.bfloat16}
    assert {p.dtype for p in model.text_encoder.parameters()} == {torch.float16}
    assert {p.dtype for p in model.vae.parameters()} == {torch.float32}
    parts = (model.unet, model.vae, model.text_encoder)
    assert not any(p.requires_grad for part in parts for p in part.parameters())
    assert not any(part.training for part in parts)


def test_another_vae_takes_the_place_of_the_models_own(copy: Path) -> None:
    config = json.loads((copy / "vae" / "config.json").read_text())
    (copy / "vae" / "config.json").write_text(json.dumps({**config, "scaling_factor": 0.5}))
    for source in (copy, copy / "vae"):
        assert demo_model(vae=str(source)).vae.config.scaling_factor == 0.5


@pytest.mark.parametrize("part", ["unet", "vae", "text_encoder"])
@pytest.mark.parametrize("length", [0, 100, 20_000])
def test_cut_off_weights_are_refused_in_words(copy: Path, part: str, length: int) -> None:
    [file] = (copy / part).glob("*.safetensors")
    file.write_bytes(file.read_bytes()[:length])
    assert "could not be loaded" in refused(copy)


@pytest.mark.parametrize("file", ["unet/config.json", "vae/config.json", "scheduler/scheduler_config.json"])
def test_a_damaged_or_missing_config_is_refused_in_words(copy: Path, file: str) -> None:
    (copy / file).write_text("{")
    refused(copy)
    (copy / file).unlink()
    refused(copy)


def test_an_unknown_prediction_type_is_refused_in_words(copy: Path) -> None:
    path = copy / "scheduler" / "scheduler_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "prediction_type": "sample"}))
    assert "epsilon or v_prediction" in refused(copy)


def test_the_schedule_is_read_from_the_models_files(copy: Path) -> None:
    path = copy / "scheduler" / "scheduler_config.json"
    changed = {"prediction_type": "v_prediction", "beta_schedule": "scaled_linear", "num_train_timesteps": 40}
    path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))
    schedule = load_model(ModelSettings(source=str(copy))).schedule
    assert (schedule.prediction, schedule.timesteps) == ("v_prediction", 40)


def test_parts_that_do_not_fit_together_are_refused(copy: Path) -> None:
    from transformers import CLIPTextConfig, CLIPTextModel

    config = CLIPTextConfig.from_pretrained(copy / "text_encoder")
    config.hidden_size = 48
    CLIPTextModel(config).save_pretrained(copy / "text_encoder")
    message = refused(copy)
    assert "96" in message
    assert "48" in message


def test_a_folder_that_holds_only_float16_weights_is_read(copy: Path) -> None:
    for file in list(copy.rglob("*.safetensors")):
        file.rename(file.with_name(f"{file.stem}.fp16.safetensors"))
    found, expected = load_model(ModelSettings(source=str(copy))), demo_model()
    for part, module in expected.parts.items():
        assert all(
            torch.equal(tensor, found.parts[part].state_dict()[name]) for name, tensor in module.state_dict().items()
        )
    assert found.unet.dtype == torch.float32
