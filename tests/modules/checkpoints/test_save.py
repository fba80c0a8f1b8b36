"""A whole model as one file and as a folder: read back bit for bit by us, and by diffusers as the same pictures."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import (
    StableDiffusionInpaintPipeline,
    StableDiffusionPipeline,
    StableDiffusionXLInpaintPipeline,
    StableDiffusionXLPipeline,
)
from safetensors.torch import load_file

from modules.checkpoints.load import load_model
from modules.checkpoints.save import save_model
from modules.models.base import Conditions, Model
from onetrainer_clone import model_files
from onetrainer_clone.families import BASES, Family, kind_of
from onetrainer_clone.settings import UserError
from onetrainer_clone.state.model import ModelSettings, ModelType
from onetrainer_clone.state.saving import ModelLayout
from tests.modules.checkpoints.tiny import tiny_folder, tiny_model
from tests.modules.small import same

FAMILIES = list(BASES)
PIPELINES: dict[Family, Any] = {
    Family.SD15: StableDiffusionPipeline,
    Family.SD15_INPAINTING: StableDiffusionInpaintPipeline,
    Family.SDXL: StableDiffusionXLPipeline,
    Family.SDXL_INPAINTING: StableDiffusionXLInpaintPipeline,
}
DTYPES = {"FP32": torch.float32, "FP16": torch.float16, "BF16": torch.bfloat16}


def saved(model: Model, folder: Path, layout: ModelLayout, dtype: torch.dtype | None = None) -> Path:
    """The model's path; a single file has the folder that describes its tiny parts beside it."""
    if layout is ModelLayout.DIFFUSERS:
        save_model(folder / "model", model, layout, dtype)
        return folder / "model"
    tiny_folder(BASES[model.family], folder / "file", vocabulary=True)
    save_model(folder / "file.safetensors", model, layout, dtype, {"modelspec.author": "nobody"})
    return folder / "file.safetensors"


def load(path: Path, family: Family, dtype: str = "FP32", **settings: Any) -> Model:
    dtypes = {f"{part}_dtype": dtype for part in ("unet", "text_encoder", "text_encoder_2", "vae")}
    return load_model(ModelSettings(type=ModelType[BASES[family].name], source=str(path), **dtypes, **settings))


def parts(model: Model) -> dict[str, Any]:
    return {**model.parts, "vae": model.vae}


def equal(a: Model, b: Model) -> bool:
    return parts(a).keys() == parts(b).keys() and all(
        same(parts(a)[part].state_dict(), module.state_dict()) for part, module in parts(b).items()
    )


@pytest.mark.parametrize("layout", list(ModelLayout))
@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_saved_is_loaded_bit_for_bit(family: Family, layout: ModelLayout, tmp_path: Path) -> None:
    model = tiny_model(family)
    path = saved(model, tmp_path, layout)
    assert model_files.problem(str(path)) == ""
    assert model_files.family(str(path)) is family
    found = load(path, family)
    assert found.family is family
    assert equal(found, model)
    assert torch.equal(found.tokenize(["a photo of a cat", ""]), model.tokenize(["a photo of a cat", ""]))
    assert found.schedule.prediction == "epsilon"
    assert not [file for file in tmp_path.rglob("*") if file.name.startswith(".")]


@pytest.mark.parametrize(("layout", "dtype"), [(ModelLayout.SINGLE_FILE, "BF16"), (ModelLayout.DIFFUSERS, "FP16")])
def test_every_dtype_is_that_of_the_files_and_of_what_is_loaded(
    layout: ModelLayout, dtype: str, tmp_path: Path
) -> None:
    model = tiny_model(Family.SDXL)
    path = saved(model, tmp_path, layout, DTYPES[dtype])
    found = load(path, Family.SDXL, dtype)
    for part, module in parts(model).items():
        expected = {name: tensor.to(DTYPES[dtype]) for name, tensor in module.state_dict().items()}
        assert same(parts(found)[part].state_dict(), expected), part
    files = [path] if path.is_file() else list(path.rglob("*.safetensors"))
    assert {t.dtype for file in files for t in load_file(file).values() if t.is_floating_point()} == {DTYPES[dtype]}


@pytest.mark.parametrize("layout", list(ModelLayout))
@pytest.mark.parametrize("family", FAMILIES)
def test_diffusers_reads_it_as_the_same_model(family: Family, layout: ModelLayout, tmp_path: Path) -> None:
    model = tiny_model(family)
    path = saved(model, tmp_path, layout)
    if layout is ModelLayout.DIFFUSERS:
        pipeline = PIPELINES[family].from_pretrained(path, local_files_only=True)
    else:
        config = path.with_suffix("")
        if family is not BASES[family]:  # diffusers takes the channels from the config
            about = json.loads((config / "unet" / "config.json").read_text())
            (config / "unet" / "config.json").write_text(json.dumps(about | {"in_channels": 9}))
        pipeline = PIPELINES[family].from_single_file(path, config=str(config), local_files_only=True)
    chance = torch.Generator().manual_seed(1)
    noisy, steps = torch.randn(2, 4, 8, 8, generator=chance), torch.tensor([3, 800])
    sizes = torch.tensor([[64.0, 64, 0, 0, 64, 64]]).expand(2, 6)
    inpainting = torch.randn(2, 5, 8, 8, generator=chance)
    captions = ["a photo of a cat", "a dog"]
    with torch.no_grad():
        text = model.encode_text(model.tokenize(captions))
        expected = model.predict(noisy, steps, Conditions(text, sizes, inpainting))
        whole = torch.cat([noisy, inpainting], 1) if family is not BASES[family] else noisy
        if text.pooled is None:
            ids = pipeline.tokenizer(captions, padding="max_length", return_tensors="pt").input_ids
            found = pipeline.unet(whole, steps, pipeline.text_encoder(ids).last_hidden_state).sample
        else:
            states, _, pooled, _ = pipeline.encode_prompt(captions, do_classifier_free_guidance=False)
            added = {"text_embeds": pooled, "time_ids": sizes}
            found = pipeline.unet(whole, steps, states, added_cond_kwargs=added).sample
        latents = torch.randn(1, 4, 8, 8, generator=chance)
        pixels = pipeline.vae.decode(latents / pipeline.vae.config.scaling_factor).sample
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-4)
    torch.testing.assert_close(pixels, model.decode_images(latents), rtol=0, atol=1e-4)


def test_a_folder_is_named_as_older_programs_expect(tmp_path: Path) -> None:
    path = saved(tiny_model(Family.SDXL), tmp_path, ModelLayout.DIFFUSERS)
    files = {file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file()}
    assert files >= {
        *("model_index.json", "scheduler/scheduler_config.json", "unet/diffusion_pytorch_model.safetensors"),
        *("vae/diffusion_pytorch_model.safetensors", "text_encoder/model.safetensors", "text_encoder_2/config.json"),
        *("tokenizer/vocab.json", "tokenizer/merges.txt", "tokenizer_2/special_tokens_map.json"),
    }
    for part in ("text_encoder", "text_encoder_2"):
        names = set(load_file(path / part / "model.safetensors"))
        assert all(name.startswith(("text_model.", "text_projection.")) for name in names)
    assert json.loads((path / "tokenizer_2" / "special_tokens_map.json").read_text())["pad_token"] == "!"
    assert (path / "tokenizer" / "merges.txt").read_text(encoding="utf-8").splitlines()[:2] == ["#version: 0.2", "i n"]


@pytest.mark.parametrize("layout", list(ModelLayout))
@pytest.mark.parametrize("family", [Family.SD15, Family.SDXL])
def test_what_it_predicts_is_kept(family: Family, layout: ModelLayout, tmp_path: Path) -> None:
    model = tiny_model(family, prediction="V_PREDICTION", zero_terminal_snr="ON")
    path = saved(model, tmp_path, layout)
    found = load(path, family)
    assert found.schedule.prediction == "v_prediction"
    assert float(found.schedule.alphas_cumprod[-1]) < 1e-6
    assert model_files.predicts_v(str(path)) is True
    if layout is ModelLayout.SINGLE_FILE:
        shapes = {name: tuple(tensor.shape) for name, tensor in load_file(path).items()}
        kind = kind_of(shapes)
        assert (kind.family, kind.v_prediction, kind.zero_terminal_snr) == (family, True, True)


def test_an_older_model_is_replaced_and_anything_else_is_not(tmp_path: Path) -> None:
    first, second = tiny_model(Family.SD15), tiny_model(Family.SD15_INPAINTING)
    path = saved(first, tmp_path, ModelLayout.DIFFUSERS)
    (path / "left over").touch()
    saved(second, tmp_path, ModelLayout.DIFFUSERS)
    assert equal(load(path, Family.SD15), second)
    assert not (path / "left over").exists()
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "cat.png").touch()
    with pytest.raises(UserError, match="is there already and is no model: choose another name"):
        save_model(tmp_path / "pictures", first, ModelLayout.DIFFUSERS, None)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["model", "pictures"]


def test_what_is_not_finite_is_refused_and_the_old_folder_stays(tmp_path: Path) -> None:
    model = tiny_model(Family.SD15)
    path = saved(model, tmp_path, ModelLayout.DIFFUSERS)
    before = (path / "vae" / "diffusion_pytorch_model.safetensors").read_bytes()
    dict(model.vae.named_parameters())["decoder.conv_out.bias"].data[0] = 1e6
    with pytest.raises(UserError, match=r"not finite in float16: 'vae\.decoder\.conv_out\.bias'"):
        save_model(path, model, ModelLayout.DIFFUSERS, torch.float16)
    assert (path / "vae" / "diffusion_pytorch_model.safetensors").read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["model"]


@pytest.mark.parametrize("family", list(BASES))
@pytest.mark.parametrize("layout", list(ModelLayout))
def test_what_is_saved_is_found_whole_before_it_is_loaded(family: Family, layout: ModelLayout, tmp_path: Path) -> None:
    path = tmp_path / ("a.safetensors" if layout is ModelLayout.SINGLE_FILE else "a")
    save_model(path, tiny_model(family), layout, torch.float16)
    assert model_files.family(str(path)) is family
    assert (model_files.problem(str(path)), model_files.broken(str(path))) == ("", "")
    assert model_files.vae_misfit(str(path), str(path)) == ""
