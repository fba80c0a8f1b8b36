"""Files that cannot be used are refused by their headers, before anything is loaded: what a run would say after minutes."""

import json
import pickle
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from onetrainer_clone import drawing, model_files, single_file
from onetrainer_clone.adapted import Adapted, adapted, configs_of
from onetrainer_clone.adapter_plan import adapter_plan
from onetrainer_clone.families import Family
from onetrainer_clone.layer_names import layers_of
from onetrainer_clone.ldm_keys import Form, table
from onetrainer_clone.lora_names import known_names
from onetrainer_clone.paths import DEMO
from onetrainer_clone.settings import load, replace
from onetrainer_clone.state import TrainingState, check
from tests.onetrainer_clone.making import header_file, make_state


def said(state: TrainingState, path: str) -> list[str]:
    return [p.message for p in check(state) if p.severity != "note" and p.path.startswith(path)]


def lora_file(path: Path, family: Family, model: str | Path, rank: int = 2) -> Path:
    """kohya's file of a LoRA on every layer that 'All linear' chooses."""
    names = next(names for names in known_names() if names.family is family)
    shapes: dict[str, tuple[int, ...]] = {}
    for one in chosen(str(model), names.configs):
        name, layer = names.kohya((one.layer.part, one.layer.path)), one.layer
        sides, ones = ((layer.kernel,) * 2, (1, 1)) if layer.kernel else ((), ())
        shapes[f"{name}.lora_down.weight"] = (rank, layer.inputs, *sides)
        shapes[f"{name}.lora_up.weight"] = (layer.outputs, rank, *ones)
        shapes[f"{name}.alpha"] = ()
    return header_file(path, shapes)


def chosen(model: str, parts: Any) -> list[Adapted]:
    configs = configs_of(model, list(parts))
    assert configs is not None
    return adapted(TrainingState().adapter, layers_of(configs))


def original(
    path: Path, family: Family, others: Mapping[str, tuple[int, ...]] | None = None, leave_out: str = "none"
) -> Path:
    """A whole model of full size as one file; sizes are right where a layer's are known, and 1 elsewhere."""
    folder = single_file.family_configs(family)
    configs = {p: json.loads((folder / p / "config.json").read_text()) for p in (*known_names()[0].configs, "vae")}
    layers = layers_of({part: config for part, config in configs.items() if part != "vae"})
    sizes = {f"{one.path}.weight": (one.outputs, one.inputs) for one in layers}
    shapes: dict[str, tuple[int, ...]] = {}
    for entry in (entry for entries in table(family, configs).values() for entry in entries):
        single = entry.form is not Form.STACKED
        shapes[entry.original] = sizes.get(entry.names[0], (1,)) if single else (1,)
    shapes["model.diffusion_model.input_blocks.0.0.weight"] = (320, 4, 3, 3)
    return header_file(path, {name: shape for name, shape in {**shapes, **(others or {})}.items() if leave_out not in name})


def harmful(path: Path) -> Path:
    """A zip as PyTorch writes it, whose pickle would run code."""

    class Harmful:
        def __reduce__(self) -> tuple[Any, ...]:
            return exec, ("raise SystemExit('code ran')",)

    with zipfile.ZipFile(path, "w") as file:
        file.writestr("archive/data.pkl", pickle.dumps({"state_dict": {"a": Harmful()}}, protocol=2))
    return path


# A LoRA to continue from


def test_a_lora_of_the_model_is_fine_and_its_own_rank_is_planned(tmp_path: Path) -> None:
    path = lora_file(tmp_path / "a.safetensors", Family.SD15, "demo:model", rank=2)
    state = make_state(adapter={"source": str(path), "rank": 16})
    assert said(state, "adapter") == []
    going_on, new = adapter_plan(state), adapter_plan(replace(state, "adapter.source", ""))
    assert going_on
    assert new
    assert going_on.weights * 8 == new.weights


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"variant": "LOHA"}, "is a LoRA: choose LoRA to continue it"),
        ({"layers": "ATTENTION"}, "layers that are not trained here, which would be lost"),
    ],
)
def test_a_lora_that_would_lose_something_is_refused(changes: dict[str, Any], words: str, tmp_path: Path) -> None:
    path = lora_file(tmp_path / "a.safetensors", Family.SD15, "demo:model")
    [message] = said(make_state(adapter={"source": str(path), **changes}), "adapter")
    assert words in message


def test_a_lora_for_another_model_is_refused(tmp_path: Path) -> None:
    sdxl = lora_file(tmp_path / "xl.safetensors", Family.SDXL, single_file.family_configs(Family.SDXL))
    [message] = said(make_state(adapter={"source": str(sdxl)}), "adapter.source")
    assert "is a LoRA for SDXL, and this model is Stable Diffusion 1.x: choose an SDXL model, or another LoRA" in message
    found = drawing.problems(load(drawing.Drawing, {"model": {"source": "demo:model"}, "loras": [{"path": str(sdxl)}]}))
    assert [(p.path, p.message) for p in found] == [("--lora", message)]


def test_a_lora_of_the_same_layers_in_other_sizes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    header_file(path, {  # the only layer has the name, and the size of the full model
        "lora_unet_mid_block_attentions_0_proj_in.lora_down.weight": (4, 1280, 1, 1),
        "lora_unet_mid_block_attentions_0_proj_in.lora_up.weight": (1280, 4, 1, 1),
    })  # fmt: skip
    [message] = said(make_state(adapter={"source": str(path)}), "adapter.source")
    assert "'unet.mid_block.attentions.0.proj_in' of the file holds lora_down.weight [4, 1280, 1, 1]" in message
    assert "it is for another model" in message
    full = original(tmp_path / "full.safetensors", Family.SD15)
    assert said(make_state(adapter={"source": str(path)}, model={"source": str(full)}), "adapter.source") == []


# Models


def test_a_whole_model_is_fine_and_one_that_lacks_a_weight_is_refused(tmp_path: Path) -> None:
    fine = original(tmp_path / "a.safetensors", Family.SD15)
    assert (model_files.problem(str(fine)), model_files.broken(str(fine))) == ("", "")
    lacking = original(tmp_path / "b.safetensors", Family.SD15, leave_out="middle_block.1.proj_out")
    [message] = said(make_state(model={"source": str(lacking)}), "model.source")
    name = "model.diffusion_model.middle_block.1.proj_out.weight"
    assert f"lacks '{name}' and 1 more of the 686 weights of its unet" in message


def test_a_model_whose_parts_do_not_fit_together_is_refused(tmp_path: Path) -> None:
    name = "model.diffusion_model.middle_block.1.transformer_blocks.0.attn2.to_k.weight"
    path = original(tmp_path / "a.safetensors", Family.SD15, {name: (1280, 1024)})
    [message] = said(make_state(model={"source": str(path)}), "model.source")
    assert message.endswith(f"does not fit its configuration: {name} is [1280, 1024] where [1280, 768] is needed")


@pytest.mark.parametrize(
    ("part", "key", "value", "words"),
    [
        ("unet", "out_channels", 16, "the UNet draws latents of 16 channels, and the VAE has 4"),
        ("text_encoder", "hidden_size", 64, "does not fit its configuration: encoder.layers.0.self_attn.q_proj"),
    ],
)
def test_a_folder_whose_parts_do_not_fit_together_is_refused(
    part: str, key: str, value: int, words: str, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(DEMO / "model", folder)
    config = folder / part / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), key: value}))
    [message] = said(make_state(model={"source": str(folder)}), "model.source")
    assert words in message


def test_a_folder_that_lacks_weights_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(DEMO / "model", folder)
    [file] = (folder / "text_encoder").glob("*.safetensors")
    header_file(file, {"text_model.final_layer_norm.weight": (96,)})
    [message] = said(make_state(model={"source": str(folder)}), "model.source")
    assert "weights of its text_encoder: download the model again" in message


@pytest.mark.parametrize("setting", ["model.source", "model.vae", "adapter.source", "embedding.words[0].source"])
def test_a_file_that_would_run_code_is_refused_by_the_names_in_it(setting: str, tmp_path: Path) -> None:
    path = harmful(tmp_path / f"a.{'pt' if 'word' in setting else 'ckpt'}")
    state = replace(make_state(embedding={"words": [{"placeholder": "<a>"}]}), setting, str(path))
    messages = said(state, setting)
    assert messages
    assert "holds Python objects beside its weights (builtins.exec), which could run code: it is not read" in messages[0]


def test_the_old_format_is_refused(tmp_path: Path) -> None:
    (path := tmp_path / "a.ckpt").write_bytes(pickle.dumps({"a": 1}))
    [message] = said(make_state(model={"source": str(path)}), "model.source")
    assert "is cut off, or was saved in the format before PyTorch 1.6" in message


# VAEs and schedules


def test_a_vae_of_other_latents_is_refused(tmp_path: Path) -> None:
    ends = {"encoder.conv_in.weight": (128, 3, 3, 3), "decoder.conv_in.weight": (512, 16, 3, 3)}
    path = header_file(tmp_path / "flux.safetensors", ends)
    [message] = said(make_state(model={"source": "demo:model", "vae": str(path)}), "model.vae")
    assert message == "the UNet draws latents of 4 channels, and the VAE has 16, so it is for another kind of model"


def test_a_vae_that_scales_otherwise_is_warned_of(tmp_path: Path) -> None:
    folder = tmp_path / "vae"
    shutil.copytree(DEMO / "model" / "vae", folder)
    state = make_state(model={"source": "demo:model", "vae": str(folder)})
    assert said(state, "model.vae") == []
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "scaling_factor": 0.13025}))
    [message] = said(state, "model.vae")
    assert "scales its latents by 0.13025, and the model knows 0.37014: is it for another kind of model?" in message


def test_a_file_that_ends_in_noise_and_predicts_noise_is_refused_to_train_and_to_draw(tmp_path: Path) -> None:
    model = {"source": str(original(tmp_path / "a.safetensors", Family.SD15, {"ztsnr": (0,)}))}
    for _ in range(2):
        [message] = said(make_state(model=model), "model")
        assert message.startswith("a model that predicts the noise cannot learn from pure noise")
        found = drawing.problems(load(drawing.Drawing, {"model": model}))
        assert [p.path for p in found] == ["model.zero_terminal_snr"]
        model["prediction"] = "EPSILON"
    assert said(make_state(model={**model, "zero_terminal_snr": "OFF"}), "model") == []
    assert said(make_state(model={**model, "prediction": "V_PREDICTION"}), "model") == []


# Embeddings


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        ({"emb_params": (2, 96)}, ""),
        ({"emb_params": (2, 768)}, "is an embedding for another kind of model: it is 768 wide, not 96"),
        ({"clip_l": (2, 768), "clip_g": (2, 1280)}, "it is 768, 1280 wide, not 96"),
        ({"emb_params": (2, 1024)}, "is an embedding for Stable Diffusion 2"),
        ({"emb_params": (2, 96, 1)}, "vectors [n, width] belong there, and it holds [2, 96, 1]"),
        ({"a": (2, 96), "b": (2, 96)}, "is no embedding of one token: it holds 'a', 'b'"),
    ],
)
def test_an_embedding_that_does_not_fit_is_refused(shapes: dict[str, tuple[int, ...]], words: str, tmp_path: Path) -> None:
    path = header_file(tmp_path / "a.safetensors", shapes)
    state = make_state(method="EMBEDDING", embedding={"words": [{"placeholder": "<a>", "source": str(path)}]})
    messages = said(state, "embedding.words[0].source")
    assert len(messages) == bool(words)
    assert all(words in message for message in messages)
    wish = {"model": {"source": "demo:model"}, "embeddings": [{"path": str(path)}]}
    found = drawing.problems(load(drawing.Drawing, wish))
    assert [p.message for p in found] == messages
