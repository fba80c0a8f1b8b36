"""The optimizer, its own parameters, and the learning rate with its schedule."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from onetrainer_clone.settings import Choice, Problem, Settings, group, setting, when
from onetrainer_clone.state.embedding import new_words
from onetrainer_clone.state.method import NEW_WORDS, PARTS, Method
from onetrainer_clone.state.model import ModelType
from onetrainer_clone.state.training import switched_on

if TYPE_CHECKING:
    from onetrainer_clone.state import TrainingState


class Optimizer(Choice):
    ADAMW = "ADAMW", "AdamW", "The standard."
    ADAMW_8BIT = "ADAMW_8BIT", "AdamW 8-bit", "AdamW with a quarter of the memory for its state (bitsandbytes)."
    PRODIGY = "PRODIGY", "Prodigy", "Finds the learning rate itself; leave the learning rate at 1."


class AdamW(Settings):
    beta1: float = setting(0.9, "Beta 1", "Decay of the gradient's average.", ge=0, lt=1)
    beta2: float = setting(0.999, "Beta 2", "Decay of the squared gradient's average.", ge=0, lt=1)
    eps: float = setting(1e-8, "Epsilon", "Keeps the division stable.", gt=0, le=1)
    weight_decay: float = setting(0.01, "Weight decay", "Pulls the weights towards 0.", ge=0, le=1)


class Prodigy(Settings):
    beta1: float = setting(0.9, "Beta 1", "Decay of the gradient's average.", ge=0, lt=1)
    beta2: float = setting(0.999, "Beta 2", "Decay of the squared gradient's average.", ge=0, lt=1)
    eps: float = setting(1e-8, "Epsilon", "Keeps the division stable.", gt=0, le=1)
    weight_decay: float = setting(0.01, "Weight decay", "Pulls the weights towards 0.", ge=0, le=1)
    d0: float = setting(1e-6, "Initial d", "Where the search for the step size starts.", gt=0, le=1)
    d_coef: float = setting(1.0, "d coefficient", "Multiplies the step size that was found; 0.5 to 2.", gt=0, le=100)
    safeguard_warmup: bool = setting(True, "Safeguard warm-up", "Keeps d from growing wrongly while the rate warms up.")
    bias_correction: bool = setting(True, "Bias correction", "Adam's correction of the first steps; recommended.")


class Schedule(Choice):
    CONSTANT = "CONSTANT", "Constant"
    LINEAR = "LINEAR", "Linear"
    COSINE = "COSINE", "Cosine"
    COSINE_RESTARTS = "COSINE_RESTARTS", "Cosine with restarts"


USUAL_RATE = {
    Method.LORA: {"unet": 1e-4, "text_encoder": 5e-5, "text_encoder_2": 5e-5, NEW_WORDS: 1e-3},
    Method.FINE_TUNE: {"unet": 1e-5, "text_encoder": 5e-6, "text_encoder_2": 5e-6, NEW_WORDS: 1e-3},
    Method.EMBEDDING: {NEW_WORDS: 1e-3},
}
"""With AdamW; Prodigy finds its own and multiplies it by 1."""
USUAL = "LoRA 1e-4 (text encoder 5e-5), fine-tune 1e-5 (5e-6), Prodigy 1"


class LearningRate(Settings):
    unet: float | None = setting(
        None, "UNet", "Learning rate of the UNet; 0 leaves it as it is.", ge=0, le=100, empty=USUAL, basic=True,
        when=when("/training.unet"),
    )  # fmt: skip
    text_encoder: float | None = setting(
        None, "Text encoder", "Learning rate of the text encoder; 0 leaves it as it is.", ge=0, le=100, empty=USUAL,
        basic=True, when=when("/training.text_encoder"),
    )  # fmt: skip
    text_encoder_2: float | None = setting(
        None, "Text encoder 2", "Learning rate of SDXL's larger text encoder; 0 leaves it as it is.", ge=0, le=100,
        empty=USUAL, basic=True, when=when("/model.type", ModelType.SDXL),
    )  # fmt: skip
    embedding: float | None = setting(
        None, "Embeddings", "Learning rate of new words.", gt=0, le=100, empty="1e-3, Prodigy 1", basic=True
    )
    schedule: Schedule = setting(Schedule.CONSTANT, "Schedule", "How the rate goes on after the warm-up.", basic=True)
    warmup: float = setting(
        0.0, "Warm-up", "The rate rises from 0 during this: below 1 a share of all steps, from 1 on a number of steps.",
        ge=0, le=1_000_000,
    )  # fmt: skip
    final_share: float = setting(
        0.0, "Final share", "The schedule ends at this share of the rate.", ge=0, le=1,
        when=when("schedule", Schedule.LINEAR, Schedule.COSINE, Schedule.COSINE_RESTARTS),
    )  # fmt: skip
    cycles: int = setting(
        1, "Cycles", "How often the cosine starts anew.", ge=1, le=1000, when=when("schedule", Schedule.COSINE_RESTARTS)
    )


class OptimizerSettings(Settings):
    optimizer: Optimizer = setting(Optimizer.ADAMW, "Optimizer", "How gradients become steps.", basic=True)
    stochastic_rounding: bool = setting(
        True, "Stochastic rounding", "Rounds bfloat16 weights up or down by chance, so that small steps count on average "
        "instead of being lost.", when=when("/method", Method.FINE_TUNE),
    )  # fmt: skip
    adamw: AdamW = group(AdamW, "AdamW", when=when("optimizer", Optimizer.ADAMW))
    adamw_8bit: AdamW = group(AdamW, "AdamW 8-bit", when=when("optimizer", Optimizer.ADAMW_8BIT))
    prodigy: Prodigy = group(Prodigy, "Prodigy", when=when("optimizer", Optimizer.PRODIGY))


def learning_rates(state: "TrainingState") -> dict[str, float]:
    """The peak rate of each part that is trained (of `PARTS`); parts with rate 0 are not."""
    parts = [part for part, on in switched_on(state).items() if on]
    if any(word.train for word in new_words(state)):
        parts.append(NEW_WORDS)
    rates = {part: usual_rate(state, part) if (own := _own_rate(state, part)) is None else own for part in parts}
    return {part: rate for part, rate in rates.items() if rate > 0}


def usual_rate(state: "TrainingState", part: str) -> float:
    return 1.0 if state.optimizer.optimizer is Optimizer.PRODIGY else USUAL_RATE[state.method][part]


def _own_rate(state: "TrainingState", part: str) -> float | None:
    rate: float | None = getattr(state.learning_rate, part)
    return rate


def problems(state: "TrainingState") -> Iterator[Problem]:
    rates = learning_rates(state)
    name = state.optimizer.optimizer
    if not rates and any(switched_on(state).values()):
        yield Problem("learning_rate.unet", "every learning rate is 0: nothing would be learned")
    for part in ("unet", "text_encoder", "text_encoder_2"):
        if _own_rate(state, part) is not None and not switched_on(state).get(part) and state.method is Method.EMBEDDING:
            message = f"has no effect: an embedding leaves the {PARTS[part]} as it is"
            yield Problem(f"learning_rate.{part}", message, "note")
    if _own_rate(state, NEW_WORDS) is not None and NEW_WORDS not in rates:
        yield Problem("learning_rate.embedding", "has no effect: there is no new word to train", "note")
    if name is Optimizer.PRODIGY:
        if len(set(rates.values())) > 1:
            were = " and ".join(f"{rate:g}" for rate in rates.values())
            yield Problem(
                f"learning_rate.{list(rates)[-1]}",
                f"Prodigy finds one step size for all parts, so the rates must be equal (were {were}): leave them "
                "empty, or set one to 0 to leave that part as it is",
            )
        for part, rate in rates.items():
            if rate < 0.1:
                yield Problem(
                    f"learning_rate.{part}",
                    f"Prodigy multiplies the rate it finds by this: {rate:g} would learn almost nothing; use 1",
                    "warning",
                )
    else:
        for part, rate in rates.items():
            if rate >= 0.1:
                usual = f"{usual_rate(state, part):g} is usual"
                yield Problem(f"learning_rate.{part}", f"{rate:g} is far too high for {name.label}; {usual}", "warning")
