"""A new word is trained on a tiny SDXL model, alone and beside a LoRA, and its file means the same when it is read back."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from modules.checkpoints.load import load_model
from modules.methods import NewWords
from modules.models.base import Model
from modules.precision import accelerator
from modules.run import Run, prepare
from modules.train import learn
from onetrainer_clone.families import Family
from onetrainer_clone.session import Controls
from onetrainer_clone.settings import replace
from tests.modules.small import SUBJECT
from tests.modules.tiny_runs import tiny_source, tiny_state

WORD = {"placeholder": "<cat>", "initial_text": "red circle"}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_source(Family.SDXL, tmp_path_factory.mktemp("models"))


def learned(source: Path, folder: Path, cache: Path, **changes: Any) -> Run:
    values = {"saving.cache": str(cache), "concepts": [SUBJECT], "learning_rate.embedding": 1e-2}
    state = tiny_state(Family.SDXL, source, folder, **{**values, "embedding.words": [WORD], **changes})
    with accelerator(state) as accelerated:
        made = prepare(state, accelerated, lambda event: None, Controls())
        learn(made)
    return made


def text(model: Model) -> list[torch.Tensor]:
    with torch.no_grad():
        found = model.encode_text(model.tokenize(["a <cat> on white"]))
    assert found.pooled is not None
    return [found.states, found.pooled]


@pytest.mark.parametrize("method", ["EMBEDDING", "LORA"])
def test_a_words_file_means_what_was_trained(method: str, source: Path, tmp_path: Path, cache: Path) -> None:
    unet_alone = {"training.text_encoder": False, "training.text_encoder_2": False, "adapter.layers": "ATTENTION"}
    made = learned(source, tmp_path, cache, method=method, **unet_alone if method == "LORA" else {})
    saves = made.state.run_folder / "saves"
    expected_files = {"cat.safetensors"} | ({"run.safetensors"} if method == "LORA" else set())
    assert {path.name for path in saves.iterdir()} == expected_files
    shapes = {name: tuple(tensor.shape) for name, tensor in load_file(saves / "cat.safetensors").items()}
    assert shapes == {"clip_l": (2, 32), "clip_g": (2, 48)}

    begun = load_model(made.state.model)
    NewWords(begun, made.state)
    read = load_model(made.state.model)
    word = {**WORD, "source": str(saves / "cat.safetensors"), "train": False}
    NewWords(read, replace(made.state, "embedding.words", [word]))
    trained = text(made.model)
    assert all(torch.equal(a, b) for a, b in zip(text(read), trained, strict=True))
    assert not any(torch.equal(a, b) for a, b in zip(text(begun), trained, strict=True))
