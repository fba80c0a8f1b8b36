"""What a plan says about the method: what prior prediction costs, when parts stop, where the new words occur."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from onetrainer_clone import epoch
from onetrainer_clone.dataset import Folder
from onetrainer_clone.model_size import BYTES, weights_of
from onetrainer_clone.new_words import occurs
from onetrainer_clone.settings import Problem
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.common import StopUnit
from onetrainer_clone.state.concepts import Role
from onetrainer_clone.state.method import NEW_WORDS, PARTS, Method
from onetrainer_clone.state.optimizer import learning_rates
from onetrainer_clone.state.training import PriorCopy, stop_of

if TYPE_CHECKING:
    from onetrainer_clone.plan import Plan


def problems(state: TrainingState, folders: Sequence[Folder], plan: "Plan") -> Iterator[Problem]:
    yield from _prior_copy(state)
    yield from _stops(state, folders, plan)
    yield from _words(state, folders)


def _prior_copy(state: TrainingState) -> Iterator[Problem]:
    if state.method is not Method.FINE_TUNE or not state.keeps_prior:
        return
    copy, total = state.training.prior_copy, 0
    for part in learning_rates(state).keys() - {NEW_WORDS}:
        count = weights_of(state.model.source, part)
        if count is None:
            return
        coarse = copy in (PriorCopy.BF16_DEVICE, PriorCopy.BF16_RAM)
        total += count * (2 if coarse else BYTES[getattr(state.model, f"{part}_dtype").value])
    message = f"the frozen copy of the model takes {total / 2**30:.2f} GiB {copy.label.removeprefix('in bfloat16 ')}"
    yield Problem("training.prior_copy", message, "note")


def _stops(state: TrainingState, folders: Sequence[Folder], plan: "Plan") -> Iterator[Problem]:
    ends = {part: last_step(state, part, folders) for part in learning_rates(state)}
    for part, end in ends.items():
        path = "embedding.stop.amount" if part == NEW_WORDS else f"training.{part}_stop.amount"
        if end is None or not plan.steps:
            continue
        if end >= plan.steps:
            message = f"has no effect: the {PARTS[part]} would stop at step {end:,}, the run ends at {plan.steps:,}"
        else:
            message = f"the {PARTS[part]} learns until step {end:,} of {plan.steps:,}, then stays as it is"
        yield Problem(path, message, "note")
    last = max((plan.steps if end is None else end for end in ends.values()), default=plan.steps)
    if last < plan.steps:
        message = (
            f"after step {last:,} of {plan.steps:,} nothing would be trained any more, since every part has stopped: let "
            "one go on, or shorten the run"
        )
        yield Problem("training", message)


def last_step(state: TrainingState, part: str, folders: Sequence[Folder]) -> int | None:
    """The last step that trains a part; None where it never stops."""
    stop = stop_of(state, part)
    if stop.unit is StopUnit.NEVER:
        return None
    if stop.unit is StopUnit.STEPS:
        return stop.amount
    trained = [folder for folder in folders if folder.concept.role is not Role.VALIDATION]
    if not any(folder.pictures for folder in trained):
        return None
    most = min(stop.amount, state.training.epochs) if state.training.length == "EPOCHS" else stop.amount
    return sum(islice(epoch.step_counts(state, trained), most))


def _words(state: TrainingState, folders: Sequence[Folder]) -> Iterator[Problem]:
    """A placeholder that no caption holds is never learned."""
    captions = {
        epoch.with_trigger(folder.concept, text)
        for folder in folders
        if folder.concept.role is not Role.VALIDATION
        for picture in folder.pictures
        for text in picture.captions
    }
    for index, word in enumerate(state.embedding.words):
        if not word.enabled or not word.placeholder or not captions:
            continue
        if not any(occurs(word.placeholder, text) for text in captions):
            message = (
                f"no caption holds '{word.placeholder}', so it would not be learned: put it into the captions, or into the "
                "concept's trigger words"
            )
            yield Problem(f"embedding.words[{index}].placeholder", message, "warning")
