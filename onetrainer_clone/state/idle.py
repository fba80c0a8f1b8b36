"""Settings that were changed but do nothing, or less than they say, where no single other setting decides on that."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from onetrainer_clone.settings import Problem
from onetrainer_clone.state.common import StopUnit, Unit
from onetrainer_clone.state.concepts import Role
from onetrainer_clone.state.embedding import new_words
from onetrainer_clone.state.method import NEW_WORDS, PARTS, Method
from onetrainer_clone.state.model import ModelType
from onetrainer_clone.state.optimizer import learning_rates
from onetrainer_clone.state.saving import SavingSettings
from onetrainer_clone.state.training import stop_of

if TYPE_CHECKING:
    from onetrainer_clone.state import TrainingState


def problems(state: "TrainingState") -> Iterator[Problem]:
    yield from _validation(state)
    yield from _stops(state)
    if state.embedding.preserve_norm and not any(word.train for word in new_words(state)):
        yield Problem("embedding.preserve_norm", "has no effect: there is no new word to train", "note")
    kept = state.saving.backups_kept
    if kept != SavingSettings().backups_kept and state.saving.backup_every.unit is Unit.NEVER:
        message = "counts only backups made by hand or when a run is stopped: 'Back up every' is never"
        yield Problem("saving.backups_kept", message, "note")


def _validation(state: "TrainingState") -> Iterator[Problem]:
    """The loss of validation concepts is measured at the start and the end in any case."""
    never = state.training.validate_every.unit is Unit.NEVER
    if not never and not state.validated:
        message = "has no effect: no concept has the role Validation"
        yield Problem("training.validate_every.unit", message, "note")
    for index, concept in enumerate(state.concepts):
        if never and concept.enabled and concept.role is Role.VALIDATION:
            message = "is measured only at the start and the end: set 'Validation' in the training for more"
            yield Problem(f"concepts[{index}].role", message, "note")


def _stops(state: "TrainingState") -> Iterator[Problem]:
    """Of parts that are not trained; where a part's own switch is off, `without_effect` says so."""
    switched = {"unet": state.training.unet, "text_encoder": state.training.text_encoder}
    switched |= {"text_encoder_2": state.model.type is ModelType.SDXL, NEW_WORDS: True}
    for part in [part for part in PARTS if switched[part]]:
        if part in learning_rates(state) or stop_of(state, part).unit is StopUnit.NEVER:
            continue
        path = "embedding.stop.unit" if part == NEW_WORDS else f"training.{part}_stop.unit"
        if part == NEW_WORDS:
            reason = "there is no new word to train"
        elif state.method is Method.EMBEDDING:
            reason = f"an embedding leaves the {PARTS[part]} as it is"
        else:
            reason = f"the {PARTS[part]} is not trained"
        yield Problem(path, f"has no effect: {reason}", "note")
