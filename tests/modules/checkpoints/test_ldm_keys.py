"""The table of names: complete, the same as diffusers' own conversion, and the same way back."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import StableDiffusionPipeline, StableDiffusionXLPipeline
from diffusers.loaders import single_file_utils
from torch import Tensor, nn

from modules.checkpoints.forms import read_entry, write_entry
from modules.checkpoints.save_single_file import write_original
from onetrainer_clone.families import PREFIXES, Family, family_of
from onetrainer_clone.ldm_keys import table
from tests.modules.checkpoints.tiny import (
    PARTS,
    full_config,
    full_parts,
    tiny_config,
    tiny_folder,
    tiny_parts,
    tiny_table,
)
from tests.modules.small import apart, same, tensors

FAMILIES = [Family.SD15, Family.SDXL]


@pytest.fixture(scope="module", params=FAMILIES, ids=lambda family: family.name)
def family(request: pytest.FixtureRequest) -> Family:
    found: Family = request.param
    return found


@pytest.fixture(scope="module")
def parts(family: Family) -> dict[str, nn.Module]:
    return tiny_parts(family)


@pytest.fixture(scope="module")
def file(family: Family, parts: dict[str, nn.Module], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp(family.name) / "tiny.safetensors"
    write_original(path, family, parts, torch.float32, {})
    return path


def full_names(part: str, found: dict[str, Tensor]) -> dict[str, Tensor]:
    """With the `text_model.` that CLIPTextModel lost in transformers 5.6."""
    wrapped = part != "text_encoder" or any(name.startswith("text_model.") for name in found)
    return found if wrapped else {f"text_model.{name}": tensor for name, tensor in found.items()}


# Derived from the full-size modules: 686, 248 and 196 for SD 1.5; 1680, 248, 196 and 389 (517 tensors) for SDXL. A file has
# position_ids besides, and for SDXL logit_scale.
@pytest.mark.parametrize(
    ("family", "counts", "all_keys"),
    [
        (Family.SD15, {"unet": 686, "vae": 248, "text_encoder": 196}, 1131),
        (Family.SDXL, {"unet": 1680, "vae": 248, "text_encoder": 196, "text_encoder_2": 389}, 2515),
    ],
)
def test_the_full_size_models_have_every_key_and_no_other(
    family: Family, counts: dict[str, int], all_keys: int
) -> None:
    entries = table(family, {part: full_config(family, part) for part in PARTS[family]})
    assert {part: len(found) for part, found in entries.items()} == counts
    assert sum(counts.values()) + len(PARTS[family]) - 2 == all_keys
    for part, module in full_parts(family).items():
        names = [name for entry in entries[part] for name in entry.names]
        assert sorted(names) == sorted(full_names(part, module.state_dict()))
    originals = Counter(entry.original for found in entries.values() for entry in found)
    assert set(originals.values()) == {1}


def test_known_places_of_the_original() -> None:
    """Spot checks against key names in diffusers' own list and in kohya's documentation of SDXL's LoRA names."""
    found = table(Family.SD15, {part: full_config(Family.SD15, part) for part in PARTS[Family.SD15]})
    sd15 = {entry.original: entry.names[0] for entries in found.values() for entry in entries}
    assert (
        sd15["model.diffusion_model.output_blocks.11.0.skip_connection.weight"]
        == "up_blocks.3.resnets.2.conv_shortcut.weight"
    )
    assert sd15["model.diffusion_model.input_blocks.3.0.op.weight"] == "down_blocks.0.downsamplers.0.conv.weight"
    assert sd15["model.diffusion_model.output_blocks.2.1.conv.bias"] == "up_blocks.0.upsamplers.0.conv.bias"
    assert sd15["model.diffusion_model.output_blocks.8.2.conv.bias"] == "up_blocks.2.upsamplers.0.conv.bias"
    assert sd15["first_stage_model.decoder.up.3.block.0.conv1.weight"] == "decoder.up_blocks.0.resnets.0.conv1.weight"
    found = table(Family.SDXL, {part: full_config(Family.SDXL, part) for part in PARTS[Family.SDXL]})
    sdxl = {entry.original: entry.names[0] for entries in found.values() for entry in entries}
    assert sdxl["model.diffusion_model.input_blocks.6.0.op.weight"] == "down_blocks.1.downsamplers.0.conv.weight"
    assert sdxl["model.diffusion_model.output_blocks.5.2.conv.weight"] == "up_blocks.1.upsamplers.0.conv.weight"
    assert "conditioner.embedders.1.model.transformer.resblocks.9.mlp.c_proj.bias" in sdxl
    assert "conditioner.embedders.1.model.positional_embedding" in sdxl


def test_the_file_is_of_its_family(family: Family, file: Path) -> None:
    assert family_of({name: tuple(tensor.shape) for name, tensor in tensors(file).items()}) is family


def test_reading_what_was_written_is_equal_bit_for_bit(family: Family, parts: dict[str, nn.Module], file: Path) -> None:
    stored = tensors(file)
    for part, entries in tiny_table(family).items():
        read: dict[str, Tensor] = {}
        for entry in entries:
            read |= read_entry(entry, stored[entry.original])
        assert same(
            {name: tensor.contiguous() for name, tensor in read.items()}, full_names(part, parts[part].state_dict())
        )
        again = {entry.original: write_entry(entry, read) for entry in entries}
        assert same(again, {name: stored[name] for name in again})


def converted(family: Family, part: str, module: nn.Module, stored: dict[str, Tensor]) -> dict[str, Tensor]:
    """diffusers' own way from the original."""
    config = tiny_config(family, part)
    if part == "unet":
        found = single_file_utils.convert_ldm_unet_checkpoint(dict(stored), config)
    elif part == "vae":
        found = single_file_utils.convert_ldm_vae_checkpoint(dict(stored), config)
    elif part == "text_encoder":
        found = single_file_utils.convert_ldm_clip_checkpoint(dict(stored))
    else:
        prefix = PREFIXES[family][part]
        found = single_file_utils.convert_open_clip_checkpoint(module, dict(stored), prefix=prefix)
    return {name: tensor for name, tensor in found.items() if not name.endswith("position_ids")}


def test_diffusers_converts_the_file_to_the_same_weights(
    family: Family, parts: dict[str, nn.Module], file: Path
) -> None:
    stored = tensors(file)
    for part, module in parts.items():
        assert same(converted(family, part, module, stored), full_names(part, module.state_dict())), part


@torch.no_grad()
def outputs(parts: dict[str, Any]) -> dict[str, Tensor]:
    numbers = torch.Generator().manual_seed(5)
    tokens = torch.randint(0, 49407, (2, 77), generator=numbers)
    found = {"text": parts["text_encoder"](tokens).last_hidden_state}
    text, more = found["text"], {}
    if "text_encoder_2" in parts:
        second = parts["text_encoder_2"](tokens, output_hidden_states=True)
        found |= {"pooled": second.text_embeds, "text 2": second.hidden_states[-2]}
        text = torch.cat([text, found["text 2"]], -1)
        sizes = torch.tensor([[32.0, 32, 0, 0, 32, 32]] * 2)
        more = {"added_cond_kwargs": {"text_embeds": found["pooled"], "time_ids": sizes}}
    noisy = torch.randn(2, 4, 8, 8, generator=numbers)
    found["unet"] = parts["unet"](noisy, torch.tensor([20, 800]), encoder_hidden_states=text, **more).sample
    found["vae"] = parts["vae"].decode(noisy).sample
    return found | {"latents": parts["vae"].encode(found["vae"]).latent_dist.mean}


def test_diffusers_loads_the_file_and_computes_the_same(
    family: Family, parts: dict[str, nn.Module], file: Path, tmp_path: Path
) -> None:
    folder = tiny_folder(family, tmp_path / "configs", vocabulary=True)
    pipeline = StableDiffusionPipeline if family is Family.SD15 else StableDiffusionXLPipeline
    loaded = pipeline.from_single_file(str(file), config=str(folder), local_files_only=True, dtype=torch.float32)
    for part, module in parts.items():
        assert same(loaded.components[part].state_dict(), module.state_dict()), part
    found, expected = outputs(loaded.components), outputs(parts)
    assert apart(found, expected) < 1e-5  # where the tensors lie in memory decides on the last bits
    assert min(float(tensor.std()) for tensor in expected.values()) > 0.01
