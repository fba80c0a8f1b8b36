"""How fast runs are: what a run that goes on tells, and what the journals of past ones have told. Knows no Tk."""

from collections.abc import Sequence
from pathlib import Path

from onetrainer_clone.events import Stepped
from onetrainer_clone.past_runs import last_step, run_folders
from onetrainer_clone.progress import Progress
from onetrainer_clone.settings import UserError
from onetrainer_clone.state import TrainingState
from ui.runs.reopen import settings_of

Kind = tuple[str, ...]  # runs of one kind take about as long per picture
FEW_STEPS = 10  # the first ones are slow: nothing is foretold from them
MOST_READ = 300  # past runs, the newest first, whose settings are looked at
PAUSED = 4  # times the pace of its steps: a run that took longer was paused, or drew more than it trained


def kind_of(state: TrainingState) -> Kind:
    """What decides how long a picture takes; the batch size matters less."""
    training = state.training
    sides = sorted({state.resolution_of(concept) for concept in state.active})
    found = (state.model.type, state.method, sides, training.device, training.train_dtype,
             training.gradient_checkpointing, state.keeps_prior)  # fmt: skip
    return tuple(map(str, found))


def samples_per_step(state: TrainingState) -> int:
    return state.training.batch_size * state.training.accumulation


def seconds_per_sample(state: TrainingState, told: Progress | Stepped) -> float | None:
    """With all that is done beside the steps; None where the run has not told enough."""
    if told.step < FEW_STEPS:
        return None
    whole = told.elapsed_seconds / told.step / samples_per_step(state)
    pace = 1 / told.samples_per_second if told.samples_per_second > 0 else 0.0
    return (pace if pace and not 0 < whole < PAUSED * pace else whole) or None


def past_speed(kind: Kind, workspaces: Sequence[Path]) -> float | None:
    """Seconds per sample of the newest past run of a kind; None where there is none."""
    found = []
    for workspace in dict.fromkeys(workspaces):
        try:
            found += run_folders(workspace)
        except UserError:
            continue  # the page of past runs says it
    for run in sorted(found, key=lambda run: -run.changed)[:MOST_READ]:
        try:
            state = settings_of(run.folder)
            last = last_step(run.folder) if kind_of(state) == kind else None
        except UserError:
            continue
        if last is not None and (seconds := seconds_per_sample(state, last)):
            return seconds
    return None
