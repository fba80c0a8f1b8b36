"""Every kind of file is told by its names and shapes, and a wrong choice is a sentence."""

import json
import struct
from pathlib import Path

import pytest

from onetrainer_clone import model_files, single_file, tokens
from onetrainer_clone.clip_vocabulary import merges, vocabulary
from onetrainer_clone.families import Family, kind_of
from onetrainer_clone.state.model import ModelSettings

UNET = "model.diffusion_model."
CONV_IN = f"{UNET}input_blocks.0.0.weight"
Shapes = dict[str, tuple[int, ...]]
VAE: Shapes = {f"first_stage_model.{side}.conv_in.weight": (8, 3, 3, 3) for side in ("encoder", "decoder")}
CLIP_L = {"cond_stage_model.transformer.text_model.embeddings.position_embedding.weight": (77, 768)}
XL_TEXT = {
    "conditioner.embedders.0.transformer.text_model.embeddings.position_embedding.weight": (77, 768),
    "conditioner.embedders.1.model.positional_embedding": (77, 1280),
}


def unet(channels: int = 4, width: int = 768) -> Shapes:
    cross = f"{UNET}input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight"
    return {CONV_IN: (320, channels, 3, 3), cross: (640, width)}


def kohya(name: str) -> Shapes:
    return {f"lora_unet_{name}.lora_down.weight": (4, 320), f"lora_unet_{name}.alpha": ()}


FILES: list[tuple[Shapes, Family]] = [
    (unet() | VAE | CLIP_L, Family.SD15),
    (unet(), Family.SD15),
    (unet() | CLIP_L | kohya("left_over"), Family.SD15),
    (unet(width=96) | CLIP_L, Family.SD15),  # by its text encoder, whatever the sizes
    (unet(channels=9) | CLIP_L, Family.SD15_INPAINTING),
    (unet(channels=8) | CLIP_L, Family.EDITING),
    (unet(channels=9, width=1024), Family.EDITING),
    (unet(width=1024) | {"cond_stage_model.model.positional_embedding": (77, 1024)}, Family.SD2),
    (unet(width=1024), Family.SD2),
    (unet(width=2048) | VAE | XL_TEXT, Family.SDXL),
    (unet(width=2048), Family.SDXL),
    (unet(channels=9, width=2048) | XL_TEXT, Family.SDXL_INPAINTING),
    (unet(width=1280) | {"conditioner.embedders.0.model.positional_embedding": (77, 1280)}, Family.SDXL_REFINER),
    ({f"{UNET}double_blocks.0.img_attn.norm.key_norm.scale": (128,)}, Family.SD3_OR_FLUX),
    ({f"{UNET}joint_blocks.0.context_block.attn.qkv.bias": (9,)}, Family.SD3_OR_FLUX),
    (kohya("down_blocks_0_attentions_0_proj_in"), Family.LORA),
    ({"unet.mid_block.attentions.0.proj_in.lora_A.weight": (4, 320)}, Family.LORA),
    ({"lora_unet_a.hada_w1_a": (4, 4)}, Family.LORA),
    ({"lora_unet_a.lokr_w1": (4, 4)}, Family.LORA),
    ({"emb_params": (4, 768)}, Family.EMBEDDING),
    ({"clip_l": (4, 768), "clip_g": (4, 1280)}, Family.EMBEDDING),
    ({"string_to_param.*": (4, 768)}, Family.EMBEDDING),
    (VAE, Family.VAE),
    ({name.removeprefix("first_stage_model."): shape for name, shape in VAE.items()}, Family.VAE),
    ({"control_model.time_embed.0.weight": (1280, 320)}, Family.CONTROLNET),
    ({"down_blocks.0.resnets.0.conv1.weight": (320, 320, 3, 3)}, Family.DIFFUSERS_PART),
    ({"text_model.encoder.layers.0.mlp.fc1.weight": (9, 9)}, Family.DIFFUSERS_PART),
    ({"anything": (1,)}, Family.UNKNOWN),
    ({CONV_IN: (320,)}, Family.UNKNOWN),
    ({}, Family.UNKNOWN),
]


@pytest.mark.parametrize(("shapes", "family"), FILES)
def test_a_file_is_told_by_its_names(shapes: Shapes, family: Family) -> None:
    assert kind_of(shapes).family is family


def test_what_it_predicts_is_told_by_markers() -> None:
    sdxl = unet(width=2048) | XL_TEXT
    plain, marked = kind_of(sdxl), kind_of(sdxl | {"v_pred": (0,), "ztsnr": (0,)})
    assert (plain.v_prediction, plain.zero_terminal_snr) == (False, False)
    assert (marked.v_prediction, marked.zero_terminal_snr) == (True, True)
    for said, expected in (("v", True), ("V-prediction", True), ("epsilon", False), ("", False)):
        assert kind_of(sdxl, {"modelspec.prediction_type": said}).v_prediction is expected


def write(path: Path, shapes: Shapes) -> Path:
    """A safetensors file of zeros, small dtype, sparse."""
    header, at = {}, 0
    for name, shape in shapes.items():
        size = 1
        for side in shape:
            size *= side
        header[name] = {"dtype": "U8", "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + at)
    return path


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        (unet() | VAE | CLIP_L, ""),
        (unet() | CLIP_L, ""),
        (unet(width=2048) | XL_TEXT, ""),
        (unet(channels=9) | CLIP_L, ""),
        (unet(channels=9, width=2048) | XL_TEXT, ""),
        (
            unet(width=1024),
            "is a Stable Diffusion 2 checkpoint, which cannot be trained here: choose an SD 1.5 or SDXL",
        ),
        (kohya("a"), "is a LoRA, which cannot be trained here"),
        (VAE, "is a VAE alone: choose it as 'Other VAE'"),
        (unet() | VAE, "holds a UNet without its text encoder"),
        (unet(width=2048) | VAE, "holds a UNet without its text encoders: choose a whole model"),
        (
            {"down_blocks.0.resnets.0.conv1.weight": (1,)},
            "is one part out of a diffusers folder, which cannot be trained",
        ),
    ],
)
def test_a_wrong_file_is_a_sentence_before_anything_is_loaded(tmp_path: Path, shapes: Shapes, words: str) -> None:
    message = model_files.problem(str(write(tmp_path / "model.safetensors", shapes)))
    assert message == "" if not words else words in message


def test_other_files_are_sentences(tmp_path: Path) -> None:
    (tmp_path / "model.bin").touch()
    assert "is a file of another kind" in model_files.problem(str(tmp_path / "model.bin"))
    assert "there is no file 'models/a.safetensors'" in model_files.problem("models/a.safetensors")
    assert not model_files.is_hub_id("models/a.ckpt")
    (tmp_path / "a.ckpt").touch()
    assert "is cut off" in model_files.problem(str(tmp_path / "a.ckpt"))


def test_a_vae_is_looked_for_in_files(tmp_path: Path) -> None:
    whole, alone = (
        write(tmp_path / "whole.safetensors", unet() | VAE | CLIP_L),
        write(tmp_path / "vae.safetensors", VAE),
    )
    without = write(tmp_path / "without.safetensors", unet() | CLIP_L)
    assert [model_files.vae_problem(str(path)) for path in (whole, alone)] == ["", ""]
    assert "holds no VAE: it is a Stable Diffusion 1.x checkpoint" in model_files.vae_problem(str(without))
    assert [model_files.lacks_vae(str(path)) for path in (whole, without, tmp_path)] == [False, True, False]
    (tmp_path / "vae.txt").touch()
    assert "is no VAE" in model_files.vae_problem(str(tmp_path / "vae.txt"))


def test_a_file_takes_what_describes_it_from_its_family_or_from_the_folder_of_its_name(tmp_path: Path) -> None:
    path = write(tmp_path / "cat.safetensors", unet() | VAE | CLIP_L)
    source = str(path)
    assert (
        model_files.text_layers(source),
        model_files.vae_factor(source),
        tokens.room(ModelSettings(source=source)),
    ) == (12, 8, 75)
    (tmp_path / "cat" / "text_encoder").mkdir(parents=True)
    (tmp_path / "cat" / "text_encoder" / "config.json").write_text('{"num_hidden_layers": 2}')
    assert model_files.text_layers(source) == 12  # a folder of pictures may have this name, too
    (tmp_path / "cat" / "model_index.json").write_text("{}")
    assert model_files.text_layers(source) == 2
    assert single_file.configs(path) == tmp_path / "cat"


def test_clips_vocabulary_follows_from_its_merges(tmp_path: Path) -> None:
    found = vocabulary()
    assert (len(merges()), len(found), list(found.values())) == (48_894, 49_408, list(range(49_408)))
    assert (found["!"], found["<|startoftext|>"], found["<|endoftext|>"]) == (0, 49_406, 49_407)
    source = str(write(tmp_path / "model.safetensors", unet() | CLIP_L))
    counter = tokens.counter(source)
    assert counter is not None
    assert counter.encode("a photo of a cat", add_special_tokens=False).ids == [320, 1125, 539, 320, 2368]
    assert tokens.too_long(ModelSettings(source=source), ["cat " * 75, "cat " * 76]) == [False, True]
