"""What a run leaves behind: a whole model or embeddings, read back as what was trained."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from modules.checkpoints.load import load_model
from modules.models.base import Model
from modules.train import train
from onetrainer_clone.events import Event, Saved
from onetrainer_clone.session import Controls
from onetrainer_clone.settings import replace
from onetrainer_clone.state import TrainingState
from tests.modules.small import small_state

TUNED = {"method": "FINE_TUNE", "learning_rate.unet": 1e-4, "learning_rate.text_encoder": 1e-4}


def trained(state: TrainingState) -> list[Saved]:
    events: list[Event] = []
    train(state, events.append, Controls())
    return [event for event in events if isinstance(event, Saved)]


def weights(model: Model) -> dict[str, Tensor]:
    return {
        f"{part}.{name}": p.detach() for part, module in model.parts.items() for name, p in module.named_parameters()
    }


@pytest.mark.parametrize("layout", ["SINGLE_FILE", "DIFFUSERS"])
@pytest.mark.parametrize("ema", [False, True])
def test_a_fine_tuned_model_is_read_back_and_can_be_trained_on(
    layout: str, ema: bool, tmp_path: Path, cache: Path
) -> None:
    changes: dict[str, Any] = {
        **TUNED,
        "saving.cache": str(cache),
        "saving.model_layout": layout,
        "training.ema.enabled": ema,
    }
    changes |= {"saving.every": {"unit": "STEPS", "amount": 2}, "training.ema.decay": 0.9}
    state = small_state(tmp_path, **changes)
    half, last = trained(state)
    assert last.final
    base, found = weights(load_model(state.model)), weights(load_model(replace(state, "model.source", last.path).model))
    middle = weights(load_model(replace(state, "model.source", half.path).model))
    assert found.keys() == base.keys()
    changed = [name for name in base if not torch.equal(found[name], base[name])]
    assert {name.partition(".")[0] for name in changed} == {"unet", "text_encoder"}
    assert any(not torch.equal(found[name], middle[name]) for name in changed)
    again = replace(replace(state, "model.source", last.path), "training.steps", 1)
    assert trained(replace(again, "saving.name", "again"))[-1].final


def test_a_saved_folder_knows_nothing_of_the_words_that_were_learned_beside(tmp_path: Path, cache: Path) -> None:
    words = {"embedding.words": [{"placeholder": "sks", "vectors": 2}], "saving.model_layout": "DIFFUSERS"}
    state = small_state(tmp_path, **{**TUNED, **words, "saving.cache": str(cache), "training.steps": 1})
    word, model = (event.path for event in trained(state))
    assert (Path(word).name, Path(model).name) == ("sks.safetensors", "run")
    plain, found = (load_model(replace(state, "model.source", source).model) for source in ("demo:model", model))
    for text in ("a sks circle", "red"):
        assert torch.equal(plain.tokenize([text]), found.tokenize([text]))
