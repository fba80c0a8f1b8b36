"""Which layers an adapter adapts and how: from the settings and the parts' configs, without the weights."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from onetrainer_clone import layer_patterns, layer_rules, model_files
from onetrainer_clone.adapter_kinds import Layers, Variant
from onetrainer_clone.json_file import read_json
from onetrainer_clone.layer_names import Config, Kind, Layer, says_all
from onetrainer_clone.layer_rules import Rule

if TYPE_CHECKING:
    from onetrainer_clone.state.adapter import AdapterSettings

_KINDS = {
    Layers.ATTENTION: {Kind.ATTENTION},
    Layers.ATTENTION_MLP: {Kind.ATTENTION, Kind.MLP},
    Layers.TRANSFORMER: {Kind.ATTENTION, Kind.MLP, Kind.PROJECTION},
    Layers.ALL: set(Kind),
}


@dataclass(frozen=True)
class Adapted:
    """A layer, and the size of its adapter. The change of its weight is scaled by alpha / rank."""

    layer: Layer
    rank: int
    alpha: float
    rule: Rule | None = None


def preset(layers: Iterable[Layer], choice: Layers) -> list[Layer]:
    """The layers of one of the choices."""
    return [layer for layer in layers if layer.kind in _KINDS[choice]]


def adapted(settings: "AdapterSettings", layers: Iterable[Layer]) -> list[Adapted]:
    """The layers that get an adapter, in the order of the table. The first rule that matches a layer holds."""
    wanted = layer_patterns.chosen(layer_patterns.split(settings.filter), preset(layers, settings.layers))
    rules, _ = layer_rules.parse(settings.rules)
    return [_adapted(settings, layer, rules) for layer in wanted]


def _adapted(settings: "AdapterSettings", layer: Layer, rules: Sequence[Rule]) -> Adapted:
    rule = next((rule for rule in rules if layer_patterns.matches(rule.pattern, layer)), None)
    rank, alpha = settings.rank, settings.alpha
    if layer.kernel > 1 and settings.conv_rank is not None:
        rank, alpha = settings.conv_rank, alpha * settings.conv_rank / rank
    if layer.kernel > 1 and settings.conv_alpha is not None:
        alpha = settings.conv_alpha
    if rule is not None and rule.rank is not None:
        rank, alpha = rule.rank, alpha * rule.rank / rank
    if rule is not None and rule.alpha is not None:
        alpha = rule.alpha
    if settings.rank_stabilized and settings.variant in (Variant.LORA, Variant.DORA):
        alpha *= rank**0.5  # alpha / sqrt(rank) as every reader computes it: this / rank
    if settings.variant is Variant.LOKR and lokr_shapes(settings, layer, rank).full:
        alpha = float(rank)  # readers scale only what is decomposed
    return Adapted(layer, rank, alpha, rule)


@dataclass(frozen=True)
class LokrShapes:
    """The two factors of a Kronecker product that makes a layer's weight: the weight is w1 (x) w2."""

    w1: tuple[int, int]
    w2: tuple[int, int]
    w1_full: bool  # not decomposed into two matrices of the rank
    w2_full: bool

    @property
    def full(self) -> bool:
        return self.w1_full and self.w2_full


def lokr_shapes(settings: "AdapterSettings", layer: Layer, rank: int) -> LokrShapes:
    """As peft and LyCORIS factorise (`lycoris/modules/lokr.py`)."""
    factor = settings.lokr_factor or -1
    (out_small, out_large), (in_small, in_large) = _factors(layer.outputs, factor), _factors(layer.inputs, factor)
    return LokrShapes(
        w1=(out_small, in_small),
        w2=(out_large, in_large),
        w1_full=not settings.lokr_decompose_both or rank >= max(out_small, in_small) / 2,
        w2_full=rank >= max(out_large, in_large) / 2,
    )


def _factors(size: int, factor: int) -> tuple[int, int]:
    """Two numbers whose product is the size: the factor where it divides, else the most even pair with one up to it."""
    if factor > 0 and size % factor == 0:
        return factor, size // factor
    small = max(m for m in range(1, math.isqrt(size) + 1) if size % m == 0 and (factor < 0 or m <= factor))
    return small, size // small


def weights(settings: "AdapterSettings", one: Adapted) -> int:
    """How many numbers a layer's adapter trains."""
    layer, rank = one.layer, one.rank
    both = rank * (layer.fan_in + layer.outputs)
    match settings.variant:
        case Variant.DORA:
            return both + layer.inputs
        case Variant.LOHA:
            return 2 * both
        case Variant.LOKR:
            shapes, area = lokr_shapes(settings, layer, rank), max(layer.kernel, 1) ** 2
            (a, b), (c, d) = shapes.w1, shapes.w2
            w1 = a * b if shapes.w1_full else rank * (a + b)
            return w1 + (c * d * area if shapes.w2_full else rank * (c + d * area))
    return both


def configs_of(source: str, parts: Iterable[str]) -> dict[str, Config] | None:
    """The configs of a model's parts, read from their small JSON files; None where they are not all known."""
    if not source:
        return None
    folder = model_files.configs(source)
    found = {part: read_json(folder / part / "config.json") for part in parts}
    described: dict[str, Config] = {part: config for part, config in found.items() if config and says_all(part, config)}
    return described if described.keys() == found.keys() else None
