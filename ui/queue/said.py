"""Why an entry cannot run, or did not, in words."""

from collections.abc import Sequence

from onetrainer_clone.settings import Invalid, Problem, UserError
from onetrainer_clone.state import TrainingState
from presets.queue import Entry
from ui.words import in_words


def before_it_runs(state: TrainingState, problems: Sequence[Problem]) -> str:
    """What has to be mended first; empty where nothing has."""
    return "\n".join(["Before it can run:", *in_words(state, problems)]) if problems else ""


def why(entry: Entry, error: Exception) -> str:
    """What went wrong with an entry, whatever it was."""
    if isinstance(error, Invalid):
        return "\n".join(in_words(_state_of(entry), error.problems))
    return str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"


def _state_of(entry: Entry) -> TrainingState:
    """An empty one where a later version wrote it: then its problems name no setting."""
    try:
        return entry.state()
    except Invalid:
        return TrainingState()
