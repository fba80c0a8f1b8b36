"""What is wrong with an adapter's settings, and what about them will disappoint: known before the weights are loaded."""

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from onetrainer_clone import layer_patterns, layer_rules
from onetrainer_clone.adapted import Adapted, adapted, configs_of, preset
from onetrainer_clone.adapter_kinds import Variant
from onetrainer_clone.families import Family, family_of
from onetrainer_clone.layer_names import Layer, layers_of
from onetrainer_clone.layer_patterns import NOT
from onetrainer_clone.paths import resolve
from onetrainer_clone.settings import Problem, UserError
from onetrainer_clone.state.method import NEW_WORDS, PARTS
from onetrainer_clone.state.optimizer import learning_rates
from onetrainer_clone.state.saving import LoraLayout
from onetrainer_clone.weights_header import describe

if TYPE_CHECKING:
    from onetrainer_clone.state import TrainingState

LORA_SUFFIXES = (".safetensors", ".pt", ".bin", ".ckpt")
STRONG = 4.0  # alpha / rank above which the usual learning rates are too high
_MARKS = {Variant.LOHA: ".hada_w1_a", Variant.LOKR: ".lokr_w", Variant.DORA: ".dora_scale"}


def problems(state: "TrainingState") -> Iterator[Problem]:
    settings = state.adapter
    unusable = list(_continued(state))
    yield from unusable
    if settings.variant is not Variant.LORA and state.saving.lora_layout is LoraLayout.DIFFUSERS:
        message = f"diffusers' layout cannot hold a {settings.variant.label}: choose kohya's"
        yield Problem("saving.lora_layout", message)
    _, wrong = layer_rules.parse(settings.rules)
    yield from (Problem("adapter.rules", message) for message in wrong)
    patterns = layer_patterns.split(settings.filter)
    unreadable = [message for message in map(layer_patterns.wrong, patterns) if message]
    yield from (Problem("adapter.filter", message) for message in unreadable)
    configs = configs_of(state.model.source, [part for part in learning_rates(state) if part != NEW_WORDS])
    if configs is None or unreadable:
        return
    layers = layers_of(configs)
    if unmatched := list(_filter(state, patterns, layers)):
        yield from unmatched  # what follows from them is not worth saying
        return
    found = adapted(settings, layers)
    yield from _rules(state, found)
    yield from _sizes(state, found)
    if settings.source and not unusable:
        from onetrainer_clone import lora_source  # here: the window opens without it

        yield from lora_source.problems(state, found)


def _filter(state: "TrainingState", patterns: Sequence[str], layers: Sequence[Layer]) -> Iterator[Problem]:
    """Patterns that match nothing; where all match something, the parts of which nothing is left."""
    chosen = state.adapter.layers
    within = preset(layers, chosen)
    all_match = True
    for pattern in patterns:
        bare = pattern.removeprefix(NOT)
        if any(layer_patterns.matches(bare, layer) for layer in within):
            continue
        all_match = False
        if any(layer_patterns.matches(bare, layer) for layer in layers):
            message = f"'{pattern}' matches only layers that '{chosen.label}' leaves out: choose more layers"
        else:
            message = f"'{pattern}' matches no layer; near it are {', '.join(layer_patterns.near(pattern, layers))}"
        yield Problem("adapter.filter", message)
    left = {layer.part for layer in layer_patterns.chosen(patterns, within)}
    for part in dict.fromkeys(layer.part for layer in layers):
        if all_match and part not in left:
            message = f"no layer of the {PARTS[part]} is left: switch its training off, or add '{part}.*'"
            yield Problem("adapter.filter", message)


def _rules(state: "TrainingState", found: Sequence[Adapted]) -> Iterator[Problem]:
    rules, _ = layer_rules.parse(state.adapter.rules)
    if state.adapter.source and any(rule.rank is not None or rule.alpha is not None for rule in rules):
        message = "ranks and alphas hold only for layers that the file to continue from lacks: the others keep the file's"
        yield Problem("adapter.rules", message, "note")
    for rule in rules:
        matched = [one for one in found if layer_patterns.matches(rule.pattern, one.layer)]
        if not matched:
            names = ", ".join(layer_patterns.near(rule.pattern, [one.layer for one in found]))
            yield Problem("adapter.rules", f"'{rule.pattern}' matches no layer that is trained; near it are {names}")
        elif not any(one.rule is rule or one.rule == rule for one in matched):
            yield Problem("adapter.rules", f"'{rule.pattern}' never holds: lines above it match the same layers", "warning")


def _sizes(state: "TrainingState", found: Sequence[Adapted]) -> Iterator[Problem]:
    settings = state.adapter
    if settings.variant is not Variant.LOKR:
        over = [one for one in found if one.rank > min(one.layer.fan_in, one.layer.outputs)]
        if over:
            width = min(over[0].layer.fan_in, over[0].layer.outputs)
            message = f"{over[0].rank} is more than {over[0].layer.name} can use, which is {width}"
            more = f" (and {len(over) - 1} other layers)" if len(over) > 1 else ""
            yield Problem("adapter.rank", f"{message}{more}: the file grows, but holds no more", "note")
    strongest = max((one.alpha / one.rank for one in found), default=0.0)
    if strongest > STRONG:
        message = f"the change is multiplied by {strongest:.3g} (alpha / rank): learn with a lower rate, or lower alpha"
        yield Problem("adapter.alpha", message, "warning")
    if settings.variant is Variant.DORA:
        yield Problem("adapter.variant", "diffusers reads a DoRA as a plain LoRA, so its pictures differ there", "note")
    elif settings.variant in (Variant.LOHA, Variant.LOKR):
        message = f"diffusers and InvokeAI's diffusers models do not read {settings.variant.label} files"
        yield Problem("adapter.variant", message, "note")


def _continued(state: "TrainingState") -> Iterator[Problem]:
    """What can be said of the file to continue from, by its header alone."""
    source, variant = state.adapter.source, state.adapter.variant
    if not source:
        return
    path = resolve(source)
    if not os.path.isfile(path):
        yield Problem("adapter.source", f"there is no file '{source}': was it moved or renamed?")
        return
    if path.suffix.lower() not in LORA_SUFFIXES:
        yield Problem("adapter.source", f"'{source}' is no LoRA file: its name ends in {', '.join(LORA_SUFFIXES)}")
        return
    try:
        shapes = describe(path).shapes
    except UserError as error:
        yield Problem("adapter.source", str(error))
        return
    if (family := family_of(shapes)) is not Family.LORA:
        yield Problem("adapter.source", f"'{source}' is {family.value}, not a LoRA")
        return
    marks = [kind for kind, mark in _MARKS.items() if any(mark in name for name in shapes)]
    held = marks[0] if marks else Variant.LORA
    if held is not variant:
        yield Problem("adapter.variant", f"'{source}' is a {held.label}: choose {held.label} to continue it")
