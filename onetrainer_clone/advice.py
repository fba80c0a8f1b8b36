"""Rules that read the state, the plan and what happened so far, and say what to change and why."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from onetrainer_clone.settings import Problem
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.common import Dtype
from onetrainer_clone.state.concepts import Mode, Role
from onetrainer_clone.state.method import NEW_WORDS, PARTS, Method
from onetrainer_clone.state.optimizer import Optimizer, learning_rates, usual_rate
from onetrainer_clone.state.training import PriorCopy

if TYPE_CHECKING:
    from onetrainer_clone.plan import Plan

TOO_FAST, FAR_TOO_FAST, TOO_SLOW = 5, 100, 20  # times the usual rate: of a fine-tune, of the others; its fraction
SWAMPED = 0.2  # of the loss weight; at 1/11 the demo's subject is not learned at all


def before(state: TrainingState, plan: "Plan") -> Iterator[Problem]:
    """What can be said before the start."""
    yield from _swamped(plan)
    yield from _class_unprotected(state)
    yield from _rates(state, plan)
    if state.method is Method.EMBEDDING and state.keeps_prior:
        message = "only the new word learns, and pictures without it change nothing: PRIOR_PREDICTION costs time in vain"
        yield Problem("concepts", message, "note")
    if state.training.ema.enabled and plan.steps:
        window = 1 / (1 - state.training.ema.decay)
        if window > plan.steps:
            message = (
                f"averages over about {window:,.0f} steps, but the run has only {plan.steps:,}: the result would lag "
                f"behind what was learned; use at most {_decay_for(plan.steps)}, or switch EMA off"
            )
            yield Problem("training.ema.decay", message, "warning")
    if state.optimizer.optimizer is Optimizer.PRODIGY and 0 < plan.steps < 100:
        message = f"needs some hundred steps to find its step size; the run has {plan.steps}"
        yield Problem("optimizer.optimizer", f"Prodigy {message}", "warning")


def _rates(state: TrainingState, plan: "Plan") -> Iterator[Problem]:
    """Rates of another method's size. AdamW moves each weight by at most about its rate at every step."""
    if state.optimizer.optimizer is Optimizer.PRODIGY:
        return
    for part, rate in learning_rates(state).items():
        usual, name = usual_rate(state, part), PARTS[part]
        way = f"{rate * plan.steps:.2g} in all over the {plan.steps:,} steps of this run"
        tuned = state.method is Method.FINE_TUNE and part != NEW_WORDS
        if 0.1 > rate >= TOO_FAST * usual and tuned:
            message = (
                f"{rate:g} is a LoRA's rate: each weight of the {name} may move by that at every step, {way}, and most of "
                f"them are smaller than 0.1; {usual:g} is usual for a fine-tune"
            )
        elif 0.1 > rate >= FAR_TOO_FAST * usual:
            message = f"{rate:g} is {rate / usual:.0f} times the usual {usual:g}: it may destroy more than it teaches"
        elif rate <= usual / TOO_SLOW:
            kind = "a fine-tune's rate: " if state.method is Method.LORA and part != NEW_WORDS else ""
            message = f"{rate:g} is {kind}a weight moves by at most {way}, so little would be learned; {usual:g} is usual"
        else:
            continue
        yield Problem(f"learning_rate.{part}", message, "warning")


def _decay_for(steps: int) -> str:
    """The decay that averages over half of the run, with as many nines as it takes."""
    window = max(steps, 4) / 2
    return f"{1 - 1 / window:.{1 + len(str(int(window)))}g}"


def _swamped(plan: "Plan") -> Iterator[Problem]:
    """The pathology that this program exists to end: regularization that outweighs the subject."""
    subjects = [concept for concept in plan.concepts if concept.role == Role.SUBJECT]
    if not any(concept.role == Role.REGULARIZATION for concept in plan.concepts):
        return
    share = sum(concept.share_of_loss_weight for concept in subjects)
    if subjects and 0 < share < SWAMPED:
        message = (
            f"the subject has only {share:.0%} of the loss weight: regularization would swamp it and it would hardly be "
            "learned; raise the subject's repeats, or balance by samples so that about half are the subject's"
        )
        yield Problem("concepts", message, "warning")


def _class_unprotected(state: TrainingState) -> Iterator[Problem]:
    """Pictures that the base model would not draw change the class, unless its own prediction is kept."""
    for index, concept in enumerate(state.concepts):
        if concept.enabled and concept.role is Role.REGULARIZATION and concept.mode is Mode.STANDARD:
            message = (
                "a regularization folder in STANDARD mode teaches its own look to the class; "
                "PRIOR_PREDICTION keeps what the base model knows"
            )
            yield Problem(f"concepts[{index}].mode", message, "note")


WHILE_LOADING = (
    "closing other programs (costs nothing); bfloat16 for the weights of the UNet and the text encoder (half the memory, "
    "slightly coarser); a model file of half precision"
)


def while_caching(state: TrainingState) -> str:
    """What would help where the VAE does not find room for the pictures, and what it costs."""
    found = ["closing other programs (costs nothing)"]
    if state.model.vae_dtype is Dtype.FP32:
        found.append("bfloat16 for the VAE's weights (half the memory, slightly coarser latents)")
    return "; ".join([*found, "a lower resolution (less detail)"])


def out_of_memory(state: TrainingState, plan: "Plan") -> str:
    """The up to three settings that would save most memory in this very state, and what each costs."""
    training, found = state.training, []
    largest = max((width * height for concept in plan.concepts for width, height, _ in concept.buckets), default=0)
    if training.batch_size > 1:
        half = training.batch_size // 2
        found.append(
            f"batch size {half} instead of {training.batch_size}, with twice the accumulation (the same result, slower)"
        )
    if not training.gradient_checkpointing:
        found.append("gradient checkpointing (the same result, about a third slower)")
    if training.train_dtype is Dtype.FP32:
        found.append("bfloat16 for the weights and for training (half the memory, slightly coarser)")
    if state.optimizer.optimizer is not Optimizer.ADAMW_8BIT:
        found.append("AdamW 8-bit (a quarter of the optimizer's memory)")
    if largest > 512 * 512:
        found.append("a lower resolution (less detail)")
    if state.method is Method.FINE_TUNE and state.keeps_prior and training.prior_copy is PriorCopy.DEVICE:
        found.append("the frozen model for prior prediction in RAM (as much memory as the weights, slower)")
    if any(part.startswith("text_encoder") for part in learning_rates(state)):
        found.append("not training the text encoder (new words are learned less well)")
    return "; ".join(found[:3]) or _last_resort(state)


def _last_resort(state: TrainingState) -> str:
    match state.method:
        case Method.FINE_TUNE:
            return "a LoRA (a small part of the optimizer's memory)"
        case Method.LORA:
            return "a smaller rank (a LoRA that holds less)"
    return "a smaller model"
