"""SDXL's files as people have them: with averaged weights, without a VAE, with another one, as .ckpt, marked as v-pred."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from modules.checkpoints.load import load_model
from modules.checkpoints.save_single_file import write_original
from modules.models.base import Model
from onetrainer_clone.families import Family
from onetrainer_clone.settings import Invalid
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.model import ModelSettings, problems
from tests.modules.checkpoints.tiny import tiny_folder, tiny_parts
from tests.modules.small import same

VAE = "first_stage_model."
Tensors = dict[str, Tensor]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("original")
    tiny_folder(Family.SDXL, folder / "xl")
    write_original(folder / "xl.safetensors", Family.SDXL, tiny_parts(Family.SDXL), torch.float16, {})
    return folder / "xl.safetensors"


def variant(original: Path, folder: Path, change: Callable[[Tensors], Tensors], suffix: str = ".safetensors") -> Path:
    shutil.copytree(original.with_suffix(""), folder / "variant")
    path = folder / f"variant{suffix}"
    found = change(load_file(original))
    if suffix == ".ckpt":
        torch.save({"state_dict": found, "global_step": 3}, path)
    else:
        save_file(found, path)
    return path


def load(path: Path, **settings: Any) -> Model:
    return load_model(ModelSettings(**{"type": "SDXL", "source": str(path), **settings}))


def whole(model: Model) -> None:
    for part, module in tiny_parts(Family.SDXL).items():
        expected = {name: tensor.half().float() for name, tensor in module.state_dict().items()}
        assert same({**model.parts, "vae": model.vae}[part].state_dict(), expected), part


def plain(found: Tensors) -> Tensors:
    return found


def with_ema(found: Tensors) -> Tensors:
    flat = {
        f"model_ema.{name[6:].replace('.', '')}": tensor + 1 for name, tensor in found.items() if name[:6] == "model."
    }
    return found | flat | {"denoiser.sigmas": torch.ones(1000)}


def without_unused(found: Tensors) -> Tensors:
    return {name: tensor for name, tensor in found.items() if not name.endswith((".position_ids", ".logit_scale"))}


@pytest.mark.parametrize(
    ("change", "suffix"), [(with_ema, ".safetensors"), (without_unused, ".safetensors"), (plain, ".ckpt")]
)
def test_variants_of_a_file_are_the_same_model(
    original: Path, tmp_path: Path, change: Callable[[Tensors], Tensors], suffix: str
) -> None:
    whole(load(variant(original, tmp_path, change, suffix)))


def test_a_model_without_a_vae_takes_another_which_scales_as_sdxl_does(original: Path, tmp_path: Path) -> None:
    path = variant(original, tmp_path, lambda found: {n: t for n, t in found.items() if not n.startswith(VAE)})
    with pytest.raises(Invalid, match=r"model\.vae: .* holds no VAE: choose one here"):
        load(path)
    whole(load(path, vae=str(original)))
    alone = {name.removeprefix(VAE): t for name, t in load_file(original).items() if name.startswith(VAE)}
    shutil.copytree(original.with_suffix(""), tmp_path / "vae")
    save_file(alone, tmp_path / "vae.safetensors")
    model = load(path, vae=str(tmp_path / "vae.safetensors"))
    whole(model)
    assert model.vae.config.scaling_factor == 0.13025  # type: ignore[union-attr]


@pytest.mark.parametrize("suffix", [".safetensors", ".ckpt"])
def test_a_marked_file_predicts_the_velocity_unless_told_otherwise(original: Path, tmp_path: Path, suffix: str) -> None:
    markers = {"v_pred": torch.zeros(0), "ztsnr": torch.zeros(0)}
    path = variant(original, tmp_path, lambda found: found | markers, suffix)
    model = load(path)
    assert (model.schedule.prediction, model.scheduler_config["timestep_spacing"]) == ("v_prediction", "trailing")
    assert load(path, prediction="EPSILON", zero_terminal_snr="OFF").schedule.prediction == "epsilon"
    with pytest.raises(Invalid, match="cannot learn from pure noise"):
        load(path, prediction="EPSILON")


def test_only_training_asks_for_the_right_type(original: Path) -> None:
    with pytest.raises(Invalid, match=r"model\.type: .* is an SDXL checkpoint: switch the model type to SDXL"):
        load(original, type="SD15")
    model = load_model(ModelSettings(source=str(original)), any_type=True)
    assert (model.family, model.text_identity) == (Family.SDXL, "clip skip 2")


def test_a_vae_that_overflows_in_float16_is_a_warning_unless_it_is_known_to_be_fixed(original: Path) -> None:
    def said(**settings: Any) -> list[tuple[str, str]]:
        state = TrainingState(model=ModelSettings(type="SDXL", source=str(original), **settings))
        return [(problem.path, problem.severity) for problem in problems(state)]

    assert said(vae_dtype="FP16") == [("model.vae_dtype", "warning")]
    assert said(vae_dtype="BF16") == said() == []
    assert said(vae_dtype="FP16", vae="madebyollin/sdxl-vae-fp16-fix") == []
