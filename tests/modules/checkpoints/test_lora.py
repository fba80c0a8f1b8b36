"""LoRA files of every layout: what diffusers makes of them, and what is read again."""

import hashlib
import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from modules.checkpoints.lora import Lora, family_metadata, read_lora, write_lora
from onetrainer_clone.families import Family
from onetrainer_clone.lora_names import ALPHA, DORA, DOWN, UP, known_names
from onetrainer_clone.settings import UserError
from onetrainer_clone.state.saving import LoraLayout
from tests.modules.checkpoints.loras import merged, names, outputs, parts, pipeline, random_lora, targets

KOHYA, DIFFUSERS = LoraLayout.KOHYA, LoraLayout.DIFFUSERS
FAMILIES = [Family.SD15, Family.SDXL]
UNET_LAYER = ("unet", "mid_block.attentions.0.transformer_blocks.0.attn2.to_k")


def written(path: Path, lora: Lora, layout: LoraLayout, dtype: torch.dtype = torch.float32) -> Path:
    assert lora.family is not None
    write_lora(path, lora, layout, names(lora.family), dtype, {})
    return path


def apart(a: list[Tensor], b: list[Tensor]) -> float:
    assert len(a) == len(b)
    return max(float((x - y).abs().max()) for x, y in zip(a, b, strict=True))


def same(a: Mapping[Any, Mapping[str, Tensor]], b: Mapping[Any, Mapping[str, Tensor]]) -> bool:
    return a.keys() == b.keys() and all(
        a[k].keys() == b[k].keys() and all(torch.equal(a[k][s], b[k][s]) for s in a[k]) for k in a
    )


def adapted(pipe: Any) -> int:
    parts = [part for part in (pipe.unet, pipe.text_encoder, getattr(pipe, "text_encoder_2", None)) if part is not None]
    return sum(hasattr(module, "lora_A") and len(module.lora_A) > 0 for part in parts for module in part.modules())


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("layout", LoraLayout)
@pytest.mark.parametrize(("convs", "text"), [(False, False), (True, True)])
def test_diffusers_loads_every_layer_and_it_equals_a_merge_by_hand(
    tmp_path: Path, family: Family, layout: LoraLayout, convs: bool, text: bool
) -> None:
    lora = random_lora(family, convs, text)
    path = written(tmp_path / "lora.safetensors", lora, layout)
    pipe = pipeline(family)
    before = outputs(pipe)
    pipe.load_lora_weights(str(path), adapter_name="it")
    after = outputs(pipe)
    assert adapted(pipe) == len(lora.modules) == len(targets(parts(family), convs, text))
    assert apart(after, outputs(merged(lora, family))) <= 1e-5
    moved = [float((a - b).abs().max()) for a, b in zip(after, before, strict=True)]
    assert moved[0] > 0.01
    assert all((change > 0.01) == text for change in moved[1:])
    pipe.set_adapters("it", 0.5)
    assert apart(outputs(pipe), outputs(merged(lora, family, 0.5))) <= 1e-5


def test_diffusers_reads_kohyas_prefix_with_its_own_paths_for_sdxl_and_so_is_it_read_here(tmp_path: Path) -> None:
    lora = random_lora(Family.SDXL, convs=True)
    prefixes = {"unet": "lora_unet_", "text_encoder": "lora_te_", "text_encoder_2": "lora_te2_"}
    tensors = {
        f"{prefixes[part]}{path.replace('.', '_')}.{suffix}": tensor
        for (part, path), found in lora.modules.items()
        for suffix, tensor in found.items()
    }
    save_file(tensors, tmp_path / "lora.safetensors")
    assert same(read_lora(tmp_path / "lora.safetensors", names(Family.SDXL)).modules, lora.modules)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("dora", [False, True])
def test_kohyas_layout_comes_back_bit_for_bit(tmp_path: Path, family: Family, dora: bool) -> None:
    lora = random_lora(family, convs=True, dora=dora)
    again = read_lora(written(tmp_path / "lora.safetensors", lora, KOHYA), names(family))
    assert again.family is family
    assert same(again.modules, lora.modules)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("dora", [False, True])
def test_the_diffusers_layout_comes_back_with_alpha_in_up(tmp_path: Path, family: Family, dora: bool) -> None:
    lora = random_lora(family, convs=True, text=not dora, dora=dora)
    again = read_lora(written(tmp_path / "lora.safetensors", lora, DIFFUSERS), names(family))
    assert again.modules.keys() == lora.modules.keys()
    for address, found in lora.modules.items():
        read, rank = again.modules[address], found[DOWN].shape[0]
        assert torch.equal(read[DOWN], found[DOWN])
        assert torch.equal(read[UP], found[UP] * (float(found[ALPHA]) / rank))
        assert not dora or torch.equal(read[DORA], found[DORA])
        assert float(read[ALPHA]) == rank == again.rank(address)


@pytest.mark.parametrize("family", FAMILIES)
def test_diffusers_reads_dora_of_the_unet_in_its_own_layout(tmp_path: Path, family: Family) -> None:
    lora = random_lora(family, convs=True, text=False, dora=True)
    pipe = pipeline(family)
    pipe.load_lora_weights(str(written(tmp_path / "lora.safetensors", lora, DIFFUSERS)))
    assert apart(outputs(pipe), outputs(merged(lora, family))) <= 1e-5


def test_dora_of_a_text_encoder_which_diffusers_reads_wrongly_is_refused_in_its_layout(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="text encoder wrongly: choose kohya"):
        written(tmp_path / "lora.safetensors", random_lora(Family.SD15, dora=True), DIFFUSERS)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("layout", LoraLayout)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_every_tensor_of_a_file_has_its_name_shape_and_dtype(
    tmp_path: Path, family: Family, layout: LoraLayout, dtype: torch.dtype
) -> None:
    lora = random_lora(family, convs=True)
    tensors = load_file(written(tmp_path / "lora.safetensors", lora, layout, dtype))
    table = names(family)
    expected: dict[str, tuple[int, ...]] = {}
    for (part, path), layer in targets(parts(family), True, True).items():
        out_features, in_features, *kernel = layer.weight.shape  # type: ignore[misc]
        rank = 3 if kernel == [3, 3] else 2
        down, up = (rank, in_features, *kernel), (out_features, rank, *[1] * len(kernel))
        if layout is KOHYA:
            name = table.kohya((part, path))
            expected |= {f"{name}.lora_down.weight": down, f"{name}.lora_up.weight": up, f"{name}.alpha": ()}
        else:
            expected |= {f"{part}.{path}.lora_A.weight": down, f"{part}.{path}.lora_B.weight": up}
    assert {name: tuple(tensor.shape) for name, tensor in tensors.items()} == expected
    assert {tensor.dtype for tensor in tensors.values()} == {dtype}


def test_an_alpha_that_the_dtype_cannot_hold_leaves_the_change_as_it_is(tmp_path: Path) -> None:
    lora = random_lora(Family.SD15, alpha=27.3)
    found = read_lora(written(tmp_path / "lora.safetensors", lora, KOHYA, torch.bfloat16), names(Family.SD15))
    scaled, wanted = found.modules[UNET_LAYER], lora.modules[UNET_LAYER]
    ratio = (float(scaled[ALPHA]) * scaled[UP].float().norm()) / (27.3 * wanted[UP].norm())
    assert float(scaled[ALPHA]) == 27.25
    assert abs(float(ratio) - 1) < 3e-4


def real_size(width: int, unet_only: bool = True, prefix: str = "lora_unet_") -> dict[str, Tensor]:
    name = f"{prefix}mid_block_attentions_0_transformer_blocks_0_attn2_to_k"
    found = {f"{name}.lora_down.weight": torch.ones(1, width), f"{name}.lora_up.weight": torch.ones(1280, 1)}
    name = "lora_te_text_model_encoder_layers_0_mlp_fc1"
    text = {f"{name}.lora_down.weight": torch.ones(1, 768), f"{name}.lora_up.weight": torch.ones(3072, 1)}
    return found if unet_only else found | text


@pytest.mark.parametrize(("width", "family"), [(768, Family.SD15), (2048, Family.SDXL), (96, Family.SD15)])
@pytest.mark.parametrize("unet_only", [True, False])
def test_the_family_is_told_where_the_names_are_the_same(
    tmp_path: Path, width: int, family: Family, unet_only: bool
) -> None:
    save_file(real_size(width, unet_only), tmp_path / "lora.safetensors")
    assert read_lora(tmp_path / "lora.safetensors").family is family


@pytest.mark.parametrize(
    ("key", "said", "family"),
    [
        ("lora_te_text_model_encoder_layers_0_mlp_fc1", {}, Family.SD15),
        ("lora_te_text_model_encoder_layers_0_mlp_fc1", family_metadata(Family.SDXL), Family.SDXL),
        ("lora_te1_text_model_encoder_layers_0_mlp_fc1", {}, Family.SDXL),
        ("lora_te2_text_model_encoder_layers_0_mlp_fc1", {}, Family.SDXL),
        ("lora_unet_input_blocks_4_1_proj_in", family_metadata(Family.SDXL), Family.SDXL),
    ],
)
def test_the_family_of_a_file_without_the_text_width(
    tmp_path: Path, key: str, said: dict[str, str], family: Family
) -> None:
    tensors = {f"{key}.lora_down.weight": torch.ones(1, 8), f"{key}.lora_up.weight": torch.ones(8, 1)}
    save_file(tensors, tmp_path / "lora.safetensors", said)
    assert read_lora(tmp_path / "lora.safetensors").family is family


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"lora_unet_mid_block_attentions_7_proj_in.lora_down.weight": 1}, r"1 of its 3 keys.*mid_block_attentions_7"),
        ({"lora_unet_mid_block_attentions_0_proj_in.diff_x": 1}, r"not understood: 'lora_unet_.*diff_x'"),
        ({"bundle_emb.sks.clip_x": 1}, r"'bundle_emb.sks.clip_x'"),
        (
            {"lora_unet_mid_block_attentions_0_proj_in.lora_down.weight": 1},
            "'mid_block.attentions.0.proj_in' .* lora_down alone",
        ),
        ({"unet.mid_block.attentions.0.transformer_blocks.0.attn2.to_k.lora_A.weight": 1}, "twice"),
        ({"lora_unet_double_blocks_0_img_attn_qkv.lora_down.weight": 1}, "LoRA for Flux"),
    ],
)
def test_what_is_not_understood_is_named(tmp_path: Path, more: dict[str, int], message: str) -> None:
    tensors = real_size(768) | {name: torch.ones(1, 8) for name in more}
    save_file(tensors, tmp_path / "lora.safetensors")
    with pytest.raises(UserError, match=message):
        read_lora(tmp_path / "lora.safetensors")


def test_other_files_are_refused_by_what_they_are(tmp_path: Path) -> None:
    for tensors, message in (
        ({"emb_params": torch.ones(1, 768)}, "is an embedding, not a LoRA"),
        (real_size(1024), "Stable Diffusion 2"),
    ):
        save_file(tensors, tmp_path / "file.safetensors")
        with pytest.raises(UserError, match=message):
            read_lora(tmp_path / "file.safetensors")


@pytest.mark.parametrize("rslora", [False, True])
def test_alphas_in_diffusers_metadata(tmp_path: Path, rslora: bool) -> None:
    path = "mid_block.attentions.0.transformer_blocks.0"
    tensors: dict[str, Tensor] = {}
    for layer in ("attn1.to_q", "attn2.to_k"):
        tensors |= {f"unet.{path}.{layer}.lora_A.weight": torch.ones(4, 768)}
        tensors |= {f"unet.{path}.{layer}.lora_B.weight": torch.ones(1280, 4)}
    fc1 = "text_encoder.text_model.encoder.layers.0.mlp.fc1"
    tensors |= {f"{fc1}.lora_A.weight": torch.ones(4, 768), f"{fc1}.lora_B.weight": torch.ones(3072, 4)}
    said = {"unet.lora_alpha": 8, "unet.use_rslora": rslora, "unet.alpha_pattern": {f"{path}.attn1.to_q": 6}}
    save_file(tensors, tmp_path / "lora.safetensors", {"lora_adapter_metadata": json.dumps(said)})
    modules = read_lora(tmp_path / "lora.safetensors").modules
    factor = 2 if rslora else 1
    assert float(modules["unet", f"{path}.attn2.to_k"][ALPHA]) == 8 * factor
    assert float(modules["unet", f"{path}.attn1.to_q"][ALPHA]) == 6 * factor
    assert float(modules["text_encoder", "text_model.encoder.layers.0.mlp.fc1"][ALPHA]) == 4


def test_a_layer_of_another_kind_is_kept_in_kohyas_layout_and_refused_in_diffusers(tmp_path: Path) -> None:
    found = {f"hada_{half}": torch.ones(2, 2) for half in ("w1_a", "w1_b", "w2_a", "w2_b")}
    lora = Lora({UNET_LAYER: {**found, ALPHA: torch.tensor(2.0)}}, names(Family.SD15))
    again = read_lora(written(tmp_path / "lora.safetensors", lora, KOHYA), names(Family.SD15))
    assert same(again.modules, lora.modules)
    with pytest.raises(UserError, match=r"holds only plain LoRA.*attn2.to_k.*hada_w1_a.*choose kohya's layout"):
        written(tmp_path / "other.safetensors", lora, DIFFUSERS)
    assert not (tmp_path / "other.safetensors").exists()


def test_the_hashes_are_those_of_kohyas_trainer(tmp_path: Path) -> None:
    lora = random_lora(Family.SD15, rank=40)
    about = {"ss_b": "1", "ss_a": "x", "modelspec.title": "it"}
    path = tmp_path / "lora.safetensors"
    write_lora(path, lora, KOHYA, names(Family.SD15), torch.float32, about)
    save_file(load_file(path), tmp_path / "plain.safetensors", {"ss_b": "1", "ss_a": "x"})
    plain = (tmp_path / "plain.safetensors").read_bytes()
    [length] = struct.unpack("<Q", plain[:8])
    data = path.read_bytes()
    header = json.loads(data[8 : 8 + struct.unpack("<Q", data[:8])[0]])["__metadata__"]
    assert len(plain) > 0x100000
    assert header["sshs_model_hash"] == hashlib.sha256(plain[8 + length :]).hexdigest()
    assert header["sshs_legacy_hash"] == hashlib.sha256(plain[0x100000:0x110000]).hexdigest()[:8]
    assert header["modelspec.title"] == "it"


def test_sdxl_says_that_it_is_sdxl() -> None:
    said = family_metadata(Family.SDXL)
    assert said["ss_base_model_version"] == "sdxl_base_v1-0"
    assert said["modelspec.architecture"] == "stable-diffusion-xl-v1-base/lora"
    assert said["modelspec.implementation"] == "https://github.com/Stability-AI/generative-models"
    assert known_names()[1].family is Family.SDXL
