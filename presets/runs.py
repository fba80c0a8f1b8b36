"""How a run begins, for every front end: check the state, give the run a folder of its own, keep a journal."""

from collections.abc import Callable
from pathlib import Path

from onetrainer_clone.backups import PREFIX, backups
from onetrainer_clone.events import Ended, Event
from onetrainer_clone.journal import BACKUPS, STATE, Journal, rewind
from onetrainer_clone.paths import write_whole
from onetrainer_clone.session import Session
from onetrainer_clone.settings import Invalid, Problem, UserError, replace
from onetrainer_clone.state import TrainingState, check, errors
from presets.codec import encode, read_file


def begin(session: Session, state: TrainingState) -> TrainingState:
    """Start a run. Returns the state as it runs, with the run's own name. Raises `Invalid` with every error at once."""
    if found := errors(check(state)):
        raise Invalid(found)
    claimed = claim(state)
    _start(session, claimed)
    return claimed


def resume(
    session: Session, folder: Path, changes: Callable[[TrainingState], TrainingState] = lambda s: s
) -> TrainingState:
    """Go on with a run from its newest backup; `changes` may alter its settings. Raises `UserError` where it cannot."""
    found = backups(folder / BACKUPS)
    if not found:
        raise UserError(f"there is no backup in '{folder}': only a run that was backed up, or stopped, can be resumed")
    state = changes(read_file(folder / STATE, ""))
    for path, value in {
        "saving.workspace": str(folder.resolve().parent),
        "saving.name": folder.resolve().name,
        "resume": str(folder.resolve() / BACKUPS),
    }.items():
        state = replace(state, path, value)
    if wrong := errors(check(state)):
        raise Invalid(wrong)
    rewind(folder, int(found[-1].name.removeprefix(PREFIX)))
    _start(session, state)
    return state


def _start(session: Session, state: TrainingState) -> None:
    journal = Journal(state.run_folder)

    def listen(event: Event) -> None:
        journal(event)
        if isinstance(event, Ended):
            journal.close()

    session.start(state, listen)


def claim(state: TrainingState) -> TrainingState:
    """Make the run's folder, never one that is there already: the run gets a name of its own ('cat', 'cat-2', ...).

    Raises `Invalid` where the workspace cannot be written.
    """
    number = 1
    while True:
        name = state.run_name if number == 1 else f"{state.run_name}-{number}"
        folder = state.saving.folder / name
        try:
            folder.mkdir(parents=True)
            claimed = replace(state, "saving.name", name)
            write_whole(folder / STATE, encode(claimed))
            return claimed
        except FileExistsError:
            if folder.parent.exists() and not folder.parent.is_dir():
                raise Invalid([Problem("saving.workspace", f"'{folder.parent}' is a file: choose a folder")]) from None
            number += 1
        except OSError as error:
            message = f"'{folder}' cannot be written ({error.strerror}): choose another folder or free some space"
            raise Invalid([Problem("saving.workspace", message)]) from None
