"""Which weights learn at which rate: by part, by rule, by half; and that a changed grouping is no trap for a resumed run."""

import re
from pathlib import Path
from typing import Any

import pytest
import torch

from modules.methods import Trained
from modules.methods.lora import lora
from modules.optim.optimizers import effective_rates, make_optimizer
from onetrainer_clone.events import Warned
from onetrainer_clone.settings import replace
from tests.modules.methods.test_lora import state_with
from tests.modules.small import demo_model, run, same, small_state, stepped

RATES = {"learning_rate__unet": 1e-3, "learning_rate__text_encoder": 1e-4}


def groups(**changes: Any) -> tuple[Trained, dict[str, tuple[float, int]]]:
    """Name -> rate and how many tensors."""
    trained = lora(demo_model(), state_with(**{**RATES, **changes}))
    return trained, {group.name: (group.rate, len(group.parameters)) for group in trained.groups}


def test_a_part_is_a_group() -> None:
    trained, found = groups()
    assert found == {"unet": (1e-3, 2 * 84), "text_encoder": (1e-4, 2 * 12)}
    assert {id(p) for g in trained.groups for p in g.parameters} == {id(p) for p in trained.parameters}


def test_a_rule_with_a_rate_is_a_group_of_its_own_and_one_without_is_none() -> None:
    _, found = groups(adapter__rules="mid_block.*: rate 1e-2, rank 2\nattn2: rank 3\nself_attn: rate 1e-6")
    assert found["unet, mid_block.*"] == (1e-2, 2 * 12)
    assert found["unet"] == (1e-3, 2 * 72)
    assert found["text_encoder, self_attn"] == (1e-6, 2 * 8)
    assert found["text_encoder"] == (1e-4, 2 * 4)


@pytest.mark.parametrize("variant", ["LORA", "DORA"])
def test_lora_plus_lets_the_second_half_learn_faster(variant: str) -> None:
    trained, found = groups(adapter__lora_plus=16.0, adapter__variant=variant, adapter__rules="ff: rate 0.5")
    assert found["unet, second half"][0] == pytest.approx(16e-3)
    assert found["unet, ff, second half"][0] == pytest.approx(8.0)
    assert found["text_encoder, second half"][0] == pytest.approx(16e-4)
    [up] = [group for group in trained.groups if group.name == "text_encoder, second half"]
    named = {id(p) for name, p in trained.parts["text_encoder"].items() if name.endswith("lora_up.weight")}
    assert {id(p) for p in up.parameters} == named
    assert sum(len(group.parameters) for group in trained.groups) == len(trained.parameters)


def test_lora_plus_is_nothing_for_a_loha() -> None:
    assert set(groups(adapter__variant="LOHA", adapter__lora_plus=16.0)[1]) == {"unet", "text_encoder"}


def test_weight_decay_does_not_shorten_magnitudes() -> None:
    trained, _ = groups(adapter__variant="DORA")
    spared = [p for group in trained.groups if not group.decays for p in group.parameters]
    named = [p for part in trained.parts.values() for name, p in part.items() if name.endswith("dora_scale")]
    assert {id(p) for p in spared} == {id(p) for p in named}


@pytest.mark.parametrize("optimizer", ["ADAMW", "ADAMW_8BIT", "PRODIGY"])
def test_the_second_half_moves_by_the_ratio_more_with_every_optimizer(optimizer: str) -> None:
    moved = {}
    for ratio in (1.0, 8.0):
        torch.manual_seed(0)
        changes = {"optimizer__optimizer": optimizer, "adapter__lora_plus": ratio, "learning_rate__text_encoder": 0.0}
        changes |= {"learning_rate__unet": 1.0} if optimizer == "PRODIGY" else {}
        state = state_with(**{**RATES, **changes})
        trained = lora(demo_model(), state)
        found = [{"params": list(g.parameters), "lr": g.rate, "name": g.name} for g in trained.groups]
        made = make_optimizer(state, found)
        before = [p.detach().clone() for p in trained.parameters]
        for parameter in trained.parameters:
            parameter.grad = torch.ones_like(parameter)
        made.step()
        names = list(trained.parts["unet"])
        for half in ("lora_down", "lora_up"):
            moves = [
                float((p.detach() - b).abs().mean())
                for name, p, b in zip(names, trained.parameters, before, strict=True)
                if half in name
            ]
            moved[half, ratio] = sum(moves)
        assert set(effective_rates(made)) == {group.name for group in trained.groups}
    assert moved["lora_up", 8.0] == pytest.approx(8 * moved["lora_up", 1.0], rel=1e-2)
    assert moved["lora_down", 8.0] == pytest.approx(moved["lora_down", 1.0], rel=1e-2)


def test_the_rates_of_groups_reach_the_charts(tmp_path: Path, cache: Path) -> None:
    changes = {"adapter.lora_plus": 4.0, "adapter.rules": "mid_block.*: rate 1e-2", "training.steps": 2}
    _, events = run(small_state(tmp_path, **{**changes, "saving.cache": str(cache)}))
    rates = stepped(events)[-1].learning_rate
    assert rates == pytest.approx(
        {
            "unet": 1e-3, "unet, second half": 4e-3, "unet, mid_block.*": 1e-2, "unet, mid_block.*, second half": 4e-2,
            "text_encoder": 1e-3, "text_encoder, second half": 4e-3,
        }
    )  # fmt: skip


@pytest.mark.parametrize("variant", ["DORA", "LOHA", "LOKR"])
def test_a_resumed_run_ends_as_the_uninterrupted_one(variant: str, tmp_path: Path, cache: Path) -> None:
    changes = {
        "adapter.variant": variant, "adapter.layers": "ALL", "adapter.dropout": 0.2, "adapter.lora_plus": 4.0,
        "adapter.rules": "mid_block.*: rate 1e-2, rank 2", "training.ema.enabled": True, "training.steps": 4,
        "saving.cache": str(cache), "saving.backup_every": {"unit": "STEPS", "amount": 2}, "saving.backups_kept": 5,
    }  # fmt: skip
    whole, _ = run(small_state(tmp_path / "whole", **changes))
    state = small_state(tmp_path / "broken", **changes)
    run(replace(state, "training.steps", 2))
    again, events = run(replace(state, "resume", str(state.run_folder / "backups")))
    assert [event.step for event in stepped(events)] == [3, 4]
    assert same(whole, again)


def test_a_resumed_run_with_other_groups_starts_the_optimizer_afresh_and_says_so(tmp_path: Path, cache: Path) -> None:
    changes = {
        "training.steps": 2, "saving.cache": str(cache), "saving.backup_every": {"unit": "STEPS", "amount": 2},
        "training.ema.enabled": True,
    }  # fmt: skip
    state = small_state(tmp_path, **changes)
    run(state)
    for path, value in {"training.steps": 3, "adapter.lora_plus": 2.0, "resume": str(state.run_folder / "backups")}.items():
        state = replace(state, path, value)
    _, events = run(state)
    said = " ".join(event.message for event in events if isinstance(event, Warned))
    assert re.search(r"adapter\.lora_plus was 1\.0 and is 2\.0", said)
    assert "the optimizer starts afresh" in said
