"""The LoRA file: its names, what other programs read in it, and that it means what was trained."""

import hashlib
import json
import struct
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from modules.checkpoints.live_names import names_of
from modules.checkpoints.lora import from_tensors
from modules.checkpoints.lora_file import kohya_metadata, save_lora
from modules.methods.lora import lora
from modules.models.sd15 import StableDiffusion15
from onetrainer_clone import dataset
from onetrainer_clone.adapted import adapted
from onetrainer_clone.families import Family
from onetrainer_clone.layer_names import layers_of
from onetrainer_clone.settings import UserError, load
from onetrainer_clone.state import TrainingState
from tests.modules.methods.test_lora import disturb
from tests.modules.small import demo_model, small_state
from tests.world.pipeline import load_pipeline

PROMPTS = ["a red circle on a white background", "a sks circle"]


def header(path: Path) -> tuple[dict[str, Any], bytes]:
    """A safetensors file's header and its data area, read by hand."""
    data = path.read_bytes()
    [length] = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def learned(folder: Path, **changes: Any) -> tuple[StableDiffusion15, TrainingState, Path]:
    """A model with a LoRA that has learned something, and its file."""
    state = small_state(folder, **changes)
    model = demo_model()
    trained = lora(model, state)
    disturb(trained)
    path = folder / "saves" / "lora.safetensors"
    names = names_of(model.parts)
    lora_of_it = from_tensors(trained.tensors(), [names], {})
    save_lora(path, lora_of_it, names, state, [dataset.find(concept) for concept in state.active], 12)
    return model, state, path


def merged(path: Path, rank: int, alpha: float) -> StableDiffusion15:
    """The demo model with W + alpha / r * up @ down in every layer that the file names, done by hand."""
    model, tensors = demo_model(), load_file(path)
    names = names_of(model.parts)
    for key in [name.removesuffix(".alpha") for name in tensors if name.endswith(".alpha")]:
        up, down = (tensors.pop(f"{key}.lora_{half}.weight").double().flatten(1) for half in ("up", "down"))
        assert down.shape[0] == rank
        assert float(tensors.pop(f"{key}.alpha")) == alpha
        found = names.parse(f"{key}.alpha")
        assert found is not None
        part, layer = found[0]
        module = model.parts[part]
        live = layer if hasattr(module, "text_model") else layer.removeprefix("text_model.")
        weight = module.get_submodule(live).weight
        assert isinstance(weight, torch.nn.Parameter)
        weight.data = (weight.double() + (alpha / rank * up @ down).view_as(weight)).float()
    assert not tensors
    return model


@torch.no_grad()
def outputs(unet: Any, text_encoder: Any, tokens: Tensor) -> tuple[Tensor, Tensor]:
    text = text_encoder(tokens).last_hidden_state
    noisy = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(1))
    return text, unet(noisy, torch.tensor([20, 800]), encoder_hidden_states=text).sample


@pytest.mark.parametrize("layers", ["ALL", "TRANSFORMER", "ATTENTION"])
@pytest.mark.parametrize("text", [True, False])
def test_diffusers_loads_what_was_trained_and_it_equals_a_merge_by_hand(
    tmp_path: Path, layers: str, text: bool
) -> None:
    changes = {"adapter.layers": layers, "adapter.rank": 4, "adapter.alpha": 6.0, "training.text_encoder": text}
    model, _, path = learned(tmp_path, **changes)
    pipeline = load_pipeline()
    tokens = model.tokenize(PROMPTS)[:, 0]
    before = outputs(pipeline.unet, pipeline.text_encoder, tokens)
    pipeline.load_lora_weights(str(path))
    loaded = outputs(pipeline.unet, pipeline.text_encoder, tokens)
    by_hand = merged(path, 4, 6.0)
    expected = outputs(by_hand.unet, by_hand.text_encoder, tokens)
    live = outputs(model.unet, model.text_encoder, tokens)
    for found in (loaded, live):
        for a, b in zip(found, expected, strict=True):
            assert (a - b).abs().max() <= 1e-5
    assert (loaded[1] - before[1]).abs().max() > 0.01
    assert ((loaded[0] - before[0]).abs().max() > 0.01) == text


@pytest.mark.parametrize(("layers", "text"), [("ALL", True), ("TRANSFORMER", True), ("ATTENTION", False)])
def test_the_keys_are_exactly_the_tables_with_kohyas_shapes(tmp_path: Path, layers: str, text: bool) -> None:
    changes = {"adapter.layers": layers, "adapter.rank": 3, "training.text_encoder": text}
    model, state, path = learned(tmp_path, **changes)
    parts = ("unet", "text_encoder") if text else ("unet",)
    names = names_of(model.parts)
    wanted = adapted(state.adapter, layers_of({part: names.configs[part] for part in parts}))
    tensors = load_file(path)
    expected = {}
    for one in wanted:
        prefix = {"unet": "lora_unet_", "text_encoder": "lora_te_"}[one.layer.part]
        key = prefix + one.layer.path.replace(".", "_")
        kernel = (one.layer.kernel,) * 2 if one.layer.kernel else ()
        expected[f"{key}.lora_down.weight"] = (3, one.layer.inputs, *kernel)
        expected[f"{key}.lora_up.weight"] = (one.layer.outputs, 3, *(1 for _ in kernel))
        expected[f"{key}.alpha"] = ()
    assert {name: tuple(tensor.shape) for name, tensor in tensors.items()} == expected


@pytest.mark.parametrize(
    ("name", "dtype"), [("FP32", torch.float32), ("FP16", torch.float16), ("BF16", torch.bfloat16)]
)
def test_every_tensor_has_the_dtype_asked_for(tmp_path: Path, name: str, dtype: torch.dtype) -> None:
    _, _, path = learned(tmp_path, **{"saving.dtype": name})
    assert {tensor.dtype for tensor in load_file(path).values()} == {dtype}


@pytest.mark.parametrize(
    ("family", "second", "written"),
    [(Family.SDXL, 2e-5, "[5e-05, 2e-05]"), (Family.SDXL, 0, "[5e-05, 0.0]"), (Family.SDXL, None, "5e-05"),
     (Family.SD15, None, "5e-05")],
)  # fmt: skip
def test_the_rates_of_two_text_encoders_are_both_written(family: Family, second: float | None, written: str) -> None:
    xl = "SDXL" if family is Family.SDXL else "SD15"
    state = load(TrainingState, {"model": {"type": xl}, "learning_rate": {"text_encoder": 5e-5, "text_encoder_2": second}})
    assert kohya_metadata(state, family, [], 1)["ss_text_encoder_lr"] == written


def test_the_metadata_are_what_other_programs_show(tmp_path: Path) -> None:
    concepts = small_state(tmp_path).model_dump(mode="json")["concepts"]
    concepts[0]["trigger_words"] = "sks"
    concepts.append({"name": "check", "path": "demo:concepts/subject", "role": "VALIDATION"})
    changes = {"concepts": concepts, "adapter.rank": 5, "adapter.alpha": 2.5, "model.clip_skip": 2, "training.seed": 3}
    _, _, path = learned(tmp_path, **changes, **{"learning_rate.unet": 0.002, "noise.min_snr_gamma": 5})
    found, data = header(path)
    about = found["__metadata__"]
    assert all(isinstance(value, str) for value in about.values())
    expected = {
        "ss_v2": "False",
        "ss_base_model_version": "sd_v1",
        "ss_network_module": "networks.lora",
        "ss_network_dim": "5",
        "ss_network_alpha": "2.5",
        "ss_network_args": "{}",
        "ss_output_name": "run",
        "ss_sd_model_name": "demo:model",
        "ss_unet_lr": "0.002",
        "ss_text_encoder_lr": "0.001",
        "ss_steps": "12",
        "ss_seed": "3",
        "ss_clip_skip": "2",
        "ss_min_snr_gamma": "5.0",
        "ss_noise_offset": "None",
        "ss_mixed_precision": "no",
        "ss_num_train_images": "4",
        "ss_num_reg_images": "4",
        "modelspec.sai_model_spec": "1.0.1",
        "modelspec.architecture": "stable-diffusion-v1/lora",
        "modelspec.title": "run",
        "modelspec.resolution": "32x32",
        "modelspec.trigger_phrase": "sks",
        "modelspec.encoder_layer": "2",
    }
    assert {key: about[key] for key in expected} == expected
    checksum = hashlib.sha256(data).hexdigest()
    assert about["sshs_model_hash"] == checksum
    assert about["modelspec.hash_sha256"] == f"0x{checksum}"
    tags = json.loads(about["ss_tag_frequency"])
    assert set(tags) == {"subject", "class"}
    assert tags["subject"]["sks"] == 6
    assert sum(tags["class"].values()) >= 4


def test_the_state_hash_changes_with_the_state_and_the_data_hash_does_not(tmp_path: Path) -> None:
    files = [
        learned(tmp_path / str(number), **{"training.batch_size": size, "saving.workspace": "w"})[2]
        for number, size in enumerate((1, 2))
    ]
    first, second = (header(path)[0]["__metadata__"] for path in files)
    assert first["sshs_model_hash"] == second["sshs_model_hash"]
    assert first["onetrainer_clone_state_hash"] != second["onetrainer_clone_state_hash"]


@pytest.mark.parametrize(("bad", "dtype"), [(float("nan"), "FP32"), (float("inf"), "FP32"), (1e6, "FP16")])
def test_what_is_not_finite_in_the_file_is_refused_and_the_old_file_stays(
    tmp_path: Path, bad: float, dtype: str
) -> None:
    model, state, path = learned(tmp_path, **{"saving.dtype": dtype})
    before = path.read_bytes()
    tensors = load_file(path)
    name = sorted(tensors)[-1]
    names = names_of(model.parts)
    tensors[name] = torch.full_like(tensors[name], bad, dtype=torch.float32)
    with pytest.raises(UserError, match=f"not finite.*{name}"):
        save_lora(path, from_tensors(tensors, [names], {}), names, state, [], 13)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]
