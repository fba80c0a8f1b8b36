"""A fine-tune's files hold what was trained, bit for bit in the type that was chosen; and a picture is memorised."""

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

from modules.checkpoints.describe import config_of, is_unusual, place_beside
from modules.checkpoints.forms import read_entry
from modules.checkpoints.load import load_model
from modules.checkpoints.save_single_file import full_names
from modules.precision import accelerator
from modules.run import Run, prepare
from modules.sample import sample_pictures
from modules.train import learn
from onetrainer_clone.drawing import Drawing
from onetrainer_clone.events import Validated
from onetrainer_clone.families import Family
from onetrainer_clone.ldm_keys import table
from onetrainer_clone.past_runs import saves_in
from onetrainer_clone.session import Controls
from onetrainer_clone.settings import UserError, load
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.model import ModelSettings
from tests.modules.checkpoints.tiny import full_parts
from tests.modules.small import SIZE, SUBJECT, run, small_state

DTYPES = {"FP32": torch.float32, "FP16": torch.float16, "BF16": torch.bfloat16}
TRAINED = ("unet", "text_encoder")


def tuned(folder: Path, cache: Path, **changes: Any) -> TrainingState:
    values = {"method": "FINE_TUNE", "saving.cache": str(cache), "concepts": [SUBJECT], "training.batch_size": 1}
    return small_state(folder, **{**values, "training.steps": 2, "learning_rate.unet": 1e-3, **changes})


def learned(state: TrainingState) -> Run:
    """A run as it is after its last save."""
    with accelerator(state) as accelerated:
        made = prepare(state, accelerated, lambda event: None, Controls())
        learn(made)
    return made


def weights(made: Run) -> dict[str, dict[str, Tensor]]:
    return {part: {n: t.clone() for n, t in full_names(part, made.model.parts[part]).items()} for part in TRAINED}


def in_folder(path: Path) -> dict[str, dict[str, Tensor]]:
    files = {"unet": "diffusion_pytorch_model.safetensors", "text_encoder": "model.safetensors"}
    return {part: load_file(path / part / file) for part, file in files.items()}


def in_file(path: Path, made: Run) -> dict[str, dict[str, Tensor]]:
    stored, parts = load_file(path), {**made.model.parts, "vae": made.model.vae}
    entries = table(Family.SD15, {part: config_of(module) for part, module in parts.items()})
    return {
        part: {name: t for entry in entries[part] for name, t in read_entry(entry, stored[entry.original]).items()}
        for part in TRAINED
    }


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layout", ["SINGLE_FILE", "DIFFUSERS"])
def test_the_files_hold_the_trained_weights(layout: str, dtype: str, tmp_path: Path, cache: Path) -> None:
    """With an average of the weights, it is the average, and the run's own weights stay what they are."""
    ema = {"enabled": dtype != "FP16", "decay": 0.9}
    saving = {"saving.model_layout": layout, "saving.dtype": dtype, "training.ema": ema}
    made = learned(tuned(tmp_path, cache, **saving))
    live = weights(made)
    if made.ema:
        with made.ema.in_place():
            expected = weights(made)
        assert any(not torch.equal(live["unet"][name], expected["unet"][name]) for name in live["unet"])
    else:
        expected = live
    path = made.state.run_folder / "saves" / ("run.safetensors" if layout == "SINGLE_FILE" else "run")
    found = in_file(path, made) if layout == "SINGLE_FILE" else in_folder(path)
    for part in TRAINED:
        assert found[part].keys() == expected[part].keys()
        for name, tensor in expected[part].items():
            assert found[part][name].dtype is DTYPES[dtype]
            assert torch.equal(found[part][name], tensor.to(DTYPES[dtype])), name


def test_a_picture_is_memorised(tmp_path: Path, cache: Path) -> None:
    """One that is like nothing the model knows; its loss is measured before and after, with the same noise."""
    pixels = torch.randint(0, 256, (SIZE, SIZE, 3), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)
    (tmp_path / "picture").mkdir()
    Image.fromarray(pixels.numpy()).save(tmp_path / "picture" / "noise.png")
    picture = {"name": "noise", "path": str(tmp_path / "picture"), "balance": "SAMPLES", "samples": 4}
    concepts = [picture, {"name": "same", "path": picture["path"], "role": "VALIDATION"}]
    changes = {"training.steps": 60, "training.batch_size": 4, "learning_rate.unet": 3e-3}
    state = tuned(tmp_path, cache, **changes, concepts=concepts, **{"training.text_encoder": False})
    before, *_, after = [event.concept_loss["same"] for event in run(state)[1] if isinstance(event, Validated)]
    assert after < 0.5 * before, (before, after)


def test_a_file_of_an_unusual_model_has_its_description_beside_it(tmp_path: Path, cache: Path) -> None:
    """So it can be loaded, and drawn with, wherever both lie; a model like its family's needs none."""
    made = learned(tuned(tmp_path, cache, **{"saving.dtype": "FP32"}))
    path = made.state.run_folder / "saves" / "run.safetensors"
    assert {one.name for one in path.parent.iterdir()} == {"run.safetensors", "run"}
    assert not list((path.parent / "run").rglob("*.safetensors"))
    assert saves_in(path.parent) == [path]
    shutil.move(path.parent, tmp_path / "elsewhere")
    moved = tmp_path / "elsewhere" / path.name
    found = load_model(ModelSettings(source=str(moved)))
    expected = weights(made)["unet"]
    assert all(torch.equal(tensor, expected[name]) for name, tensor in found.unet.state_dict().items())
    assert torch.equal(found.tokenize(["a sks circle"]), made.model.tokenize(["a sks circle"]))
    prompt = {"text": "a circle", "steps": 1, "width": SIZE, "height": SIZE}
    wanted = {"model": {"source": str(moved)}, "prompts": [prompt], "folder": str(tmp_path / "drawn")}
    sample_pictures(load(Drawing, wanted), lambda event: None, Controls())
    assert (tmp_path / "drawn" / "000-seed0.png").is_file()


@pytest.mark.parametrize("family", [Family.SD15, Family.SDXL, Family.SDXL_INPAINTING])
def test_models_like_their_family_are_not_unusual(family: Family) -> None:
    model = SimpleNamespace(family=family, parts=full_parts(family))
    model.vae = model.parts.pop("vae")
    assert not is_unusual(cast(Any, model))
    model.parts["unet"].register_to_config(attention_head_dim=3)
    assert is_unusual(cast(Any, model))


def test_what_lies_beside_a_file_already_is_left_alone(tmp_path: Path) -> None:
    file, folder = tmp_path / "cat.safetensors", tmp_path / "cat"
    assert place_beside(file) == folder
    (folder / "unet").mkdir(parents=True)
    with pytest.raises(UserError, match=r"is there already, and is to describe 'cat\.safetensors'"):
        place_beside(file)
    (folder / "model_index.json").touch()
    assert place_beside(file) == folder
    (folder / "unet" / "diffusion_pytorch_model.safetensors").touch()
    assert place_beside(file) is None
