"""The Adapter tab: the LoRA, or one of its relatives, that is trained."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from onetrainer_clone import adapter_checks
from onetrainer_clone.adapter_kinds import Layers, Variant
from onetrainer_clone.settings import Problem, Settings, setting, when
from onetrainer_clone.state.method import Method

if TYPE_CHECKING:
    from onetrainer_clone.state import TrainingState

__all__ = ["AdapterSettings", "Layers", "Variant", "problems"]

_HALVES = when("variant", Variant.LORA, Variant.DORA)


class AdapterSettings(Settings):
    variant: Variant = setting(Variant.LORA, "Kind", "How the change of a weight is made of fewer numbers.", basic=True)
    source: str = setting(
        "", "Continue from",
        "A LoRA file whose weights the training goes on with. Its rank and alpha hold, layer by layer.", kind="file",
        holds="lora", empty="a new one",
    )  # fmt: skip
    rank: int = setting(16, "Rank", "How much the LoRA can hold; the file grows with it.", ge=1, le=1024, basic=True)
    alpha: float = setting(16.0, "Alpha", "Scales the LoRA by alpha / rank.", gt=0, le=4096, basic=True)
    rank_stabilized: bool = setting(
        False, "Rank-stabilised", "Scales by alpha / √rank instead, so that high ranks learn as fast as low ones. The file "
        "holds the alpha that has the same effect in every program.", when=_HALVES,
    )  # fmt: skip
    dropout: float = setting(
        0.0, "Dropout",
        "Share of the LoRA's inputs that are dropped while training; of LoHa and LoKr, of the rows of the change.",
        ge=0, lt=1,
    )  # fmt: skip
    lora_plus: float = setting(
        1.0, "LoRA+ ratio", "The learning rate of the second matrix, the one that starts at 0, as a multiple of the "
        "first's; 16 learns faster, 1 is plain LoRA.", ge=1, le=1000, when=_HALVES,
    )  # fmt: skip
    lokr_factor: int | None = setting(
        None, "Block factor", "The size of the first block; smaller ones hold more and make larger files.", ge=2, le=1024,
        empty="as even as possible", when=when("variant", Variant.LOKR),
    )  # fmt: skip
    lokr_decompose_both: bool = setting(
        False, "Decompose both blocks", "Also makes the first block of two thin matrices, where the rank allows.",
        when=when("variant", Variant.LOKR),
    )  # fmt: skip
    layers: Layers = setting(Layers.TRANSFORMER, "Layers", "Which layers get a LoRA.")
    conv_rank: int | None = setting(
        None, "Convolutions' rank", "Of the 3x3 convolutions.", ge=1, le=1024, empty="the same",
        when=when("layers", Layers.ALL),
    )  # fmt: skip
    conv_alpha: float | None = setting(
        None, "Convolutions' alpha", "Of the 3x3 convolutions.", gt=0, le=4096, empty="the same strength",
        when=when("layers", Layers.ALL),
    )  # fmt: skip
    filter: str = setting(
        "", "Only the layers", "Of these layers only those that match, separated by commas: parts of a path (attn1, "
        "down_blocks.1), globs (*.to_q, unet.up_blocks.*), regular expressions (re:blocks\\.[12].*attn); ! leaves out "
        "(!attn2).",
        empty="all of them",
    )  # fmt: skip
    rules: str = setting(
        "", "Own values", "Layers with a rank, alpha or learning rate of their own, one rule a line: 'down_blocks.*: "
        "rank 8, alpha 4, rate 5e-5'. The first that matches holds; a rank alone keeps alpha / rank.", kind="text",
    )  # fmt: skip

    @property
    def lora_plus_ratio(self) -> float:
        return self.lora_plus if self.variant in (Variant.LORA, Variant.DORA) else 1.0


def problems(state: "TrainingState") -> Iterator[Problem]:
    if state.method is Method.LORA:
        yield from adapter_checks.problems(state)
