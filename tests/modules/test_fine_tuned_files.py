"""A fine-tune's files hold what was trained, bit for bit in the type that was chosen; and a picture is memorised."""

from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

from modules.checkpoints.ldm_keys import table
from modules.checkpoints.save_single_file import config_of, full_names
from modules.precision import accelerator
from modules.run import Run, prepare
from modules.train import learn
from onetrainer_clone.events import Validated
from onetrainer_clone.families import Family
from onetrainer_clone.session import Controls
from onetrainer_clone.state import TrainingState
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
        part: {name: t for entry in entries[part] for name, t in entry.read(stored[entry.original]).items()}
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
