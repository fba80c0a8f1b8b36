"""What a model on disk is, told from its small files before torch is loaded."""

import json
from pathlib import Path
from typing import Any

import pytest

from onetrainer_clone import model_files
from onetrainer_clone.families import Family
from onetrainer_clone.json_file import read_json
from onetrainer_clone.model_files import is_hub_id, problem, type_problem, vae_problem
from tests.onetrainer_clone.making import make_model

XL = {"_class_name": "StableDiffusionXLPipeline", "text_encoder_2": ["transformers", "CLIPTextModelWithProjection"]}


def test_a_stable_diffusion_1_5_folder_is_fine(tmp_path: Path) -> None:
    source = str(make_model(tmp_path / "model"))
    assert problem(source) == ""
    assert (model_files.text_layers(source), model_files.vae_factor(source)) == (12, 8)
    assert vae_problem(source) == vae_problem(f"{source}/vae") == ""


def test_the_demo_is_fine_and_has_its_own_factor() -> None:
    assert problem("demo:model") == ""
    assert model_files.vae_factor("demo:model") == 4


def test_the_side_that_a_model_is_made_for(tmp_path: Path) -> None:
    assert model_files.native_pixels("demo:model") == 64
    assert model_files.native_pixels("someone/on-the-hub") is None
    assert model_files.native_pixels("/gone.safetensors") is None
    for name, unet, side in (("old", {"sample_size": 64}, 512), ("v", {"sample_size": 96}, 768), ("silent", {}, 512)):
        assert model_files.native_pixels(str(make_model(tmp_path / name, unet=unet))) == side


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"index": XL}, "is incomplete: the folders text_encoder_2, tokenizer_2 are missing"),
        (
            {"index": {**XL, "text_encoder": [None, None]}},
            "is an SDXL refiner checkpoint, which cannot be trained here",
        ),
        ({"index": {"transformer": ["diffusers", "F"], "_class_name": "FluxPipeline"}}, "is a FluxPipeline model"),
        (
            {"unet": {"cross_attention_dim": 1024}},
            "is a Stable Diffusion 2 checkpoint, which cannot be trained here: choose",
        ),
        ({"unet": {"in_channels": 8}}, "is an editing or depth checkpoint, which cannot be trained here"),
        ({"without": ["vae", "scheduler"]}, "is incomplete: the folders vae, scheduler are missing"),
        ({"weights": False}, "has no weights in its folder unet: download the model again"),
    ],
)
def test_another_model_is_told_by_what_it_is(tmp_path: Path, options: dict[str, Any], words: str) -> None:
    message = problem(str(make_model(tmp_path / "model", **options)))
    assert words in message
    assert str(tmp_path) in message


def test_what_is_no_model_at_all(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").touch()
    assert problem(str(tmp_path / "nowhere")).endswith("was it moved or renamed?")
    assert "is damaged or no safetensors file: it has 0 bytes" in problem(str(tmp_path / "model.safetensors"))
    assert "is not a diffusers model folder" in problem(str(tmp_path))
    assert "there is no folder" in problem("a" * 300)
    assert "there is no folder" in problem("~nobody_of_this_name/model")
    assert "there is no folder" in problem("with\0zero")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"3", b"\xff\xfe{\0", b"[" * 100_000, b'{"a": ' * 100_000])
def test_a_damaged_index_is_no_model(tmp_path: Path, content: bytes) -> None:
    folder = make_model(tmp_path / "model")
    (folder / "model_index.json").write_bytes(content)
    assert "it has no readable model_index.json" in problem(str(folder))


def test_damaged_configurations_raise_nothing(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "model")
    for part in ("unet", "vae", "text_encoder"):
        (folder / part / "config.json").write_text("{")
    assert problem(str(folder)) == ""
    assert model_files.text_layers(str(folder)) is None
    assert model_files.vae_factor(str(folder)) is None
    assert "is not a VAE folder" in vae_problem(str(folder))


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    assert read_json(path) is None
    path.write_text('{"a": 1}')
    assert read_json(path) == {"a": 1}
    path.write_text('{"a": 1, "b": 2}')
    assert read_json(path) == {"a": 1, "b": 2}
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps({"bom": 3}).encode())
    assert read_json(path) == {"bom": 3}


@pytest.mark.parametrize("source", ["runwayml/stable-diffusion-v1-5", "owner/name.v2"])
def test_hub_names_are_known_by_their_form(source: str) -> None:
    assert is_hub_id(source)
    assert problem(source) == vae_problem(source) == ""


@pytest.mark.parametrize(
    "source", ["../model", "./model", "~/model", "/owner/name", "owner", "a/b/c", "demo:model", ""]
)
def test_paths_are_no_hub_names(source: str) -> None:
    assert not is_hub_id(source)


def test_a_folder_here_wins_over_a_hub_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_model(tmp_path / "owner" / "name", unet={"in_channels": 8})
    assert not is_hub_id("owner/name")
    assert "editing" in problem("owner/name")


@pytest.mark.parametrize(
    ("options", "family", "words"),
    [
        ({}, Family.SD15, "is a Stable Diffusion 1.x checkpoint: switch the model type to Stable Diffusion 1.5"),
        ({"unet": {"in_channels": 9}}, Family.SD15_INPAINTING, "1.x inpainting checkpoint: switch the model type to"),
        ({"index": XL}, Family.SDXL, "is an SDXL checkpoint: switch the model type to SDXL"),
        (
            {"index": XL, "unet": {"in_channels": 9}},
            Family.SDXL_INPAINTING,
            "is an SDXL inpainting checkpoint: switch the model type to SDXL",
        ),
    ],
)
def test_a_folder_is_told_by_its_index_and_channels(
    tmp_path: Path, options: dict[str, Any], family: Family, words: str
) -> None:
    source = str(make_model(tmp_path / "model", **options))
    assert model_files.family(source) is family
    right, wrong = ("SDXL", "SD15") if "XL" in family.name else ("SD15", "SDXL")
    assert type_problem(source, right) == ""
    assert words in type_problem(source, wrong)


def test_what_a_folder_predicts_is_said_by_its_scheduler(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "noob-v_pred")
    source = str(folder)
    assert (model_files.predicts_v(source), model_files.is_called_v(source)) == (False, True)
    (folder / "scheduler" / "scheduler_config.json").write_text('{"prediction_type": "v_prediction"}')
    assert model_files.predicts_v(source) is True
    assert (model_files.predicts_v("owner/name"), model_files.is_called_v("owner/vprediction-1")) == (None, True)
    assert not model_files.is_called_v("v2/predators")
