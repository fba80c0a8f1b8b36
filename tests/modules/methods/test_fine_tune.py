"""Fine-tuning the demo model: what is trained, the frozen base behind it, and how far it has gone."""

from typing import Any

import pytest
import torch

from modules.methods.fine_tune import fine_tune
from modules.methods.trained import Trained
from modules.models.sd15 import StableDiffusion15
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.training import PriorCopy
from tests.modules.methods.test_lora import disturb, outputs, state_with
from tests.modules.small import demo_model

PRIOR = ({"name": "class", "role": "REGULARIZATION", "mode": "PRIOR_PREDICTION", "path": "p"},)


def tuned(**changes: Any) -> TrainingState:
    return state_with(method="FINE_TUNE", **changes)


def frozen_bits(model: StableDiffusion15, trained: Trained) -> list[torch.Tensor]:
    learning = {id(p) for p in trained.parameters}
    parts = (model.unet, model.vae, model.text_encoder)
    return [p.detach().clone() for part in parts for p in part.parameters() if id(p) not in learning]


@pytest.mark.parametrize("parts", [("unet",), ("text_encoder",), ("unet", "text_encoder")])
def test_every_weight_of_the_chosen_parts_learns_and_no_other(parts: tuple[str, ...]) -> None:
    model = demo_model()
    off = {f"training__{part}": part in parts for part in ("unet", "text_encoder")}
    trained = fine_tune(model, tuned(**off))
    assert tuple(trained.parts) == parts
    assert [len(trained.parts[part]) for part in parts] == [len(list(model.parts[part].parameters())) for part in parts]
    outputs(model)[1].square().mean().backward()
    named = [*model.unet.named_parameters(), *model.text_encoder.named_parameters(), *model.vae.named_parameters()]
    assert {id(p) for _, p in named if p.grad is not None} == {id(p) for p in trained.parameters}


def test_each_part_has_its_own_rate() -> None:
    trained = fine_tune(demo_model(), tuned(learning_rate__unet=3e-6, learning_rate__text_encoder=1e-6))
    assert {group.name: group.rate for group in trained.groups} == {"unet": 3e-6, "text_encoder": 1e-6}


@pytest.mark.parametrize("copy", list(PriorCopy))
def test_the_base_is_the_model_as_it_was_and_the_trained_weights_come_back(copy: PriorCopy) -> None:
    model = demo_model()
    with torch.no_grad():
        before = outputs(model)
        trained = fine_tune(model, tuned(concepts=PRIOR, training__prior_copy=copy))
        disturb(trained)
        learned, live = outputs(model), [p.detach().clone() for p in trained.parameters]
        with trained.base():
            base = outputs(model)
        after = outputs(model)
        with pytest.raises(RuntimeError, match="inside"), trained.base():
            raise RuntimeError("inside")
    assert all(torch.equal(a, b) for a, b in zip(after, learned, strict=True))
    assert all(torch.equal(a, b) for a, b in zip(trained.parameters, live, strict=True))
    assert not torch.equal(learned[1], before[1])
    if "BF16" in copy:  # coarser than it was, and yet nearer to the base than to what was learned
        assert float((base[1] - before[1]).norm()) < 0.2 * float((learned[1] - before[1]).norm())
    else:
        assert all(torch.equal(a, b) for a, b in zip(base, before, strict=True))


def test_under_autocast_the_base_leaves_nothing_behind(fresh_model: StableDiffusion15) -> None:
    """Autocast remembers 16-bit casts by parameter: those of the base must not be used for, or cut off, the training."""
    trained = fine_tune(fresh_model, tuned(concepts=PRIOR))
    disturb(trained)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        expected = outputs(fresh_model)
    with torch.autocast("cpu", torch.bfloat16):
        with torch.no_grad(), trained.base():
            base = outputs(fresh_model)
        found = outputs(fresh_model)
        found[1].square().mean().backward()
    assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))
    assert not torch.equal(base[1], expected[1])
    assert all(p.grad is not None for p in trained.parameters)


def test_without_a_prior_concept_there_is_no_copy(fresh_model: StableDiffusion15) -> None:
    trained = fine_tune(fresh_model, tuned())
    with pytest.raises(RuntimeError, match="no copy"), trained.base():
        pass


@pytest.mark.parametrize("dtype", ["FP32", "BF16"])
def test_the_weight_change_is_near_the_whole_models(dtype: str) -> None:
    model = demo_model(unet_dtype=dtype, text_encoder_dtype=dtype)
    trained = fine_tune(model, tuned())
    assert {p.dtype for p in trained.parameters} == {getattr(torch, {"FP32": "float32", "BF16": "bfloat16"}[dtype])}
    start = [p.detach().float().clone() for p in trained.parameters]
    assert trained.weight_change() == 0
    disturb(trained, 0.01)
    apart = torch.stack([(p.detach().float() - s).norm() for p, s in zip(trained.parameters, start, strict=True)]).norm()
    whole = torch.stack([s.norm() for s in start]).norm()
    assert trained.weight_change() == pytest.approx(float(apart / whole), rel=0.05)
