"""An adapter's layers, patterns and rules, and what is said about them before the start: without torch."""

import json
from pathlib import Path
from typing import Any

import pytest

import onetrainer_clone
from onetrainer_clone import layer_patterns, layer_rules
from onetrainer_clone.adapted import Adapted, adapted, weights
from onetrainer_clone.adapter_checks import problems
from onetrainer_clone.adapter_kinds import Layers
from onetrainer_clone.adapter_plan import adapter_plan
from onetrainer_clone.layer_names import Layer, layers_of
from onetrainer_clone.layer_rules import Rule
from onetrainer_clone.settings import Problem, replace, without_effect
from onetrainer_clone.state import TrainingState

CONFIGS = Path(onetrainer_clone.__file__).parent / "model_configs"


def table(family: str) -> list[Layer]:
    parts = ("unet", "text_encoder", "text_encoder_2") if family == "sdxl" else ("unet", "text_encoder")
    return layers_of({part: json.loads((CONFIGS / family / part / "config.json").read_text()) for part in parts})


SD15, SDXL = table("sd15"), table("sdxl")


def state_with(**changes: Any) -> TrainingState:
    """Of the demo's model, unless another is named."""
    state = TrainingState()
    for path, value in {"model__source": "demo:model", **changes}.items():
        state = replace(state, path.replace("__", "."), value)
    return state


def found(model: list[Layer] = SD15, **changes: Any) -> list[Adapted]:
    return adapted(state_with(**{f"adapter__{name}": value for name, value in changes.items()}).adapter, model)


@pytest.mark.parametrize(
    ("choice", "sd15", "sdxl"),
    [
        ("ATTENTION", 128 + 48, 560 + 48 + 128),
        ("ATTENTION_MLP", 160 + 72, 700 + 72 + 192),
        ("TRANSFORMER", 192 + 72, 722 + 72 + 192),
        ("ALL", 278 + 72, 788 + 72 + 192),
    ],
)
def test_every_choice_has_its_count(choice: str, sd15: int, sdxl: int) -> None:
    assert len(found(layers=choice)) == sd15
    assert len(found(SDXL, layers=choice)) == sdxl


@pytest.mark.parametrize(
    ("pattern", "count"),
    [
        ("attn1", 16 * 4),
        ("attn", 0),  # a part of a path is a whole one
        ("*attn*", 16 * 8 + 48),
        ("down_blocks.1", 20 + 2 + 2),
        ("unet.down_blocks.1.*", 20 + 2 + 2),
        ("down_blocks.1.*", 20 + 2 + 2),
        ("*.to_q", 32),
        ("text_encoder", 72),
        ("layers.1", 6),  # not 10 and 11
        ("re:layers\\.1\\d?\\.mlp", 6),
        ("re:^down_blocks\\.[01]\\..*attn2\\.to_[kv]$", 8),
        ("*.attn2.to_[kv]", 32),
    ],
)
def test_a_pattern_matches_these_layers(pattern: str, count: int) -> None:
    chosen = [one.layer for one in found() if layer_patterns.matches(pattern, one.layer)]
    assert len(chosen) == count
    assert [one.layer for one in found(filter=pattern)] == chosen


def test_patterns_add_up_and_those_with_a_mark_take_away() -> None:
    names = {one.layer.path for one in found(filter="attn1, ff, !up_blocks, !*.to_out.0")}
    assert len(names) == 7 * (3 + 2)
    assert all("up_blocks" not in name and "to_out" not in name and "attn2" not in name for name in names)
    assert len(found(filter="!text_encoder")) == 192


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("down_blocks.*: rank 8, alpha 4, rate 5e-5", Rule("down_blocks.*", 8, 4.0, 5e-5)),
        ("  attn2:lr 1e-4 ", Rule("attn2", rate=1e-4)),
        ("re:a:b: learning rate = 0.5", Rule("re:a:b", rate=0.5)),
    ],
)
def test_a_rule_is_read(line: str, rule: Rule) -> None:
    assert layer_rules.parse(f"\n{line}\n\n") == ([rule], [])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("attn1", "is no rule: write it as"),
        (": rank 8", "is no rule"),
        ("attn1: rank", "'rank' in"),
        ("attn1: rank 0", "a whole number from 1 up to 1024 (was 0)"),
        ("attn1: rank 2.5", "(was 2.5)"),
        ("attn1: rate nan", "(was nan)"),
        ("attn1: alpha -1", "a number above 0, up to 4096 (was -1)"),
        ("attn1: rank 1, rank 2", "twice"),
        ("!attn1: rank 1", "without '!'"),
        ("re:(: rank 1", "no regular expression"),
    ],
)
def test_a_line_that_is_no_rule_is_told_with_the_way_out(line: str, said: str) -> None:
    rules, [wrong] = layer_rules.parse(line)
    assert not rules
    assert said in wrong
    told = [p for p in problems(state_with(adapter__rules=line)) if p.path == "adapter.rules"]
    assert told == [Problem("adapter.rules", wrong)]


def test_rules_and_convolutions_have_ranks_and_alphas_of_their_own() -> None:
    rules = "attn1: rank 4\nunet.mid_block.*: rank 32, alpha 8\nff: alpha 1\n*.to_v: rank 2"
    values = {
        one.layer.path: (one.rank, one.alpha)
        for one in found(layers="ALL", rank=16, alpha=8.0, conv_rank=6, rules=rules)
    }
    block = "down_blocks.0.attentions.0.transformer_blocks.0"
    assert values[f"{block}.attn1.to_v"] == (4, 2.0)  # the first rule; a rank alone keeps alpha / rank
    assert values["mid_block.attentions.0.proj_in"] == (32, 8.0)
    assert values[f"{block}.ff.net.2"] == (16, 1.0)
    assert values[f"{block}.attn2.to_v"] == (2, 1.0)
    assert values[f"{block}.attn2.to_q"] == (16, 8.0)
    assert values["down_blocks.0.resnets.0.conv1"] == (6, 3.0)
    assert values["down_blocks.0.resnets.0.time_emb_proj"] == (16, 8.0)  # no 3x3 convolution, as in kohya's trainer
    assert {one.alpha for one in found(layers="ALL", conv_rank=6, conv_alpha=5.0) if one.layer.kernel == 3} == {5.0}


def test_rank_stabilised_alpha_is_what_makes_readers_scale_by_the_root() -> None:
    assert {one.alpha / one.rank for one in found(rank=64, alpha=2.0, rank_stabilized=True)} == {2.0 / 8}
    assert {one.alpha / one.rank for one in found(rank=64, alpha=2.0, variant="LOHA", rank_stabilized=True)} == {2 / 64}


def test_a_lokr_with_whole_blocks_is_not_scaled() -> None:
    for one in found(variant="LOKR", rank=8, alpha=2.0, rules="attn1: rank 1024"):
        assert one.alpha == (1024.0 if ".attn1." in one.layer.path else 2.0)


def said(**changes: Any) -> list[str]:
    return [f"{p.severity} {p}" for p in problems(state_with(**{f"adapter__{n}": v for n, v in changes.items()}))]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"filter": "attn1, atn2, text_encoder"}, "adapter.filter: 'atn2' matches no layer; near it are attn2"),
        ({"filter": "down_block.1.*"}, "near it are down_blocks.1"),
        ({"filter": "re:("}, "'re:(' is no regular expression"),
        ({"filter": "conv1, attn1, text_encoder"}, "'conv1' matches only layers that 'All linear' leaves out: choose more"),
        ({"filter": "unet.*"}, "no layer of the text encoder is left: switch its training off, or add 'text_encoder.*'"),
        ({"rules": "up_blocks.9: rank 2"}, "'up_blocks.9' matches no layer that is trained; near it are up_blocks."),
        ({"rules": "attn1: rank 2\nattn1.to_q: rank 3"}, "warning adapter.rules: 'attn1.to_q' never holds"),
        ({"rank": 1024}, "note adapter.rank: 1024 is more than unet."),
        ({"rank": 4, "alpha": 32.0}, "warning adapter.alpha: the change is multiplied by 8 (alpha / rank)"),
        ({"variant": "DORA"}, "note adapter.variant: diffusers reads a DoRA as a plain LoRA"),
        ({"variant": "LOHA"}, "do not read LoHa files"),
        ({"source": "gone.safetensors"}, "there is no file 'gone.safetensors'"),
        ({"source": __file__}, "adapter.source"),
        ({"source": __file__, "rules": "attn1: rank 2"}, "note adapter.rules: ranks and alphas hold only for layers"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_before_the_start(changes: dict[str, Any], expected: str) -> None:
    assert any(expected in sentence for sentence in said(**changes)), said(**changes)


@pytest.mark.parametrize("variant", ["DORA", "LOHA", "LOKR"])
def test_diffusers_layout_is_refused_for_what_it_cannot_hold(variant: str) -> None:
    state = state_with(adapter__variant=variant, saving__lora_layout="DIFFUSERS")
    assert "saving.lora_layout" in [p.path for p in problems(state) if p.severity == "error"]


def test_what_follows_from_a_wrong_pattern_is_not_said() -> None:
    wrong = said(filter="atn1, conv1", rules="attn1: rank 2")
    assert len(wrong) == 2
    assert all(sentence.startswith("error adapter.filter") for sentence in wrong)


def test_nothing_is_said_of_usual_settings() -> None:
    assert said() == []
    assert said(layers="ALL", conv_rank=8, filter="attn1, conv1, text_encoder", rules="conv1: rate 1e-5") == []


def test_settings_of_another_kind_have_no_effect_and_that_is_said() -> None:
    state = state_with(adapter__variant="LOHA", adapter__lora_plus=16.0, adapter__lokr_factor=8, adapter__conv_rank=4)
    noted = {problem.path for problem in without_effect(state)}
    assert noted >= {"adapter.lora_plus", "adapter.lokr_factor", "adapter.conv_rank"}


def test_the_plan_counts_layers_weights_and_the_files_size() -> None:
    state = state_with(adapter__rank=16, saving__dtype="FP16")
    plan = adapter_plan(state)
    assert plan is not None
    assert dict(plan.layers) == {"unet": 84, "text_encoder": 12}
    assert plan.weights == sum(weights(state.adapter, one) for one in adapted(state.adapter, _demo()))
    assert plan.file_mib == pytest.approx((plan.weights + 96) * 2 / 2**20)
    assert str(plan).startswith("LoRA on 84 layers of the UNet and 12 layers of the text encoder: ")
    assert adapter_plan(replace(state, "method", "FINE_TUNE")) is None
    assert adapter_plan(replace(state, "model.source", "owner/unknown")) is None


def _demo() -> list[Layer]:
    folder = Path(onetrainer_clone.__file__).parent / "demo" / "model"
    return layers_of({p: json.loads((folder / p / "config.json").read_text()) for p in ("unet", "text_encoder")})


def test_a_layer_choice_says_what_it_is() -> None:
    assert all(choice.label and choice.tip for choice in Layers)
