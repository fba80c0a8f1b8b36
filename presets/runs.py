"""How a run begins, for every front end: check the state, give the run a folder of its own, keep a journal."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from onetrainer_clone.backups import PREFIX, backups
from onetrainer_clone.events import Ended, Event
from onetrainer_clone.journal import BACKUPS, STATE, Journal, rewind
from onetrainer_clone.locks import FileLock
from onetrainer_clone.paths import write_whole
from onetrainer_clone.running import announce
from onetrainer_clone.session import Busy, Session
from onetrainer_clone.settings import Invalid, Problem, UserError, replace
from onetrainer_clone.state import TrainingState, check, errors
from presets.codec import encode, read_file, read_object
from presets.workspaces import remember


def begin(session: Session, state: TrainingState) -> TrainingState:
    """Start a run. Returns the state as it runs, with the run's own name. Raises `Invalid` with every error at once."""
    _idle(session)
    if found := errors(check(state)):
        raise Invalid(found)
    claimed = claim(state)
    _start(session, claimed, announce(claimed.run_folder))
    return claimed


def resume(
    session: Session, folder: Path, changes: Callable[[TrainingState], TrainingState] = lambda s: s
) -> TrainingState:
    """Go on with a run from its newest backup; `changes` may alter its settings. Raises `UserError` where it cannot."""
    _idle(session)
    found = backups(folder / BACKUPS)
    if not found:
        raise UserError(f"there is no backup in '{folder}': only a run that was backed up, or stopped, can be resumed")
    before = _of_run(folder / STATE)
    state = changes(before)
    changed = state != before
    for path, value in {
        "saving.workspace": str(folder.resolve().parent),
        "saving.name": folder.resolve().name,
        "resume": str(folder.resolve() / BACKUPS),
    }.items():
        state = replace(state, path, value)
    if wrong := errors(check(state)):
        raise Invalid(wrong)
    lock = announce(state.run_folder)
    try:
        if changed:  # so that the next resumption begins from what this one was told
            write_whole(folder / STATE, encode(state, of_run=True))
        rewind(folder, int(found[-1].name.removeprefix(PREFIX)))
    except OSError as error:
        lock.release()
        raise _unwritable(folder, error) from None
    except BaseException:
        lock.release()
        raise
    _start(session, state, lock)
    return state


def _of_run(path: Path) -> TrainingState:
    """The state of a run, with the name of the preset that it came from."""
    state = read_file(path, "")
    return replace(state, "preset", str(read_object(path.read_bytes()).get("preset", "")))


def _idle(session: Session) -> None:
    """Raises `Busy` while a run goes on: before a folder is made for another, or its own journal cut."""
    if session.running:
        raise Busy


def _start(session: Session, state: TrainingState, lock: FileLock) -> None:
    """The run keeps the lock until it has ended."""
    try:
        journal = Journal(state.run_folder)
    except OSError as error:
        lock.release()
        message = f"the journal in '{state.run_folder}' cannot be written: {error.strerror or error}"
        raise Invalid([Problem("saving.workspace", f"{message}; choose another folder or free some space")]) from None

    def listen(event: Event) -> None:
        try:
            journal(event)
        finally:
            if isinstance(event, Ended):
                lock.release()
                journal.close()

    try:
        session.start(state, listen)
    except Busy:
        lock.release()
        journal.close()
        raise


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
        except FileExistsError:
            if not os.path.isdir(folder.parent):
                raise Invalid([Problem("saving.workspace", f"'{folder.parent}' is no folder: choose one")]) from None
            number += 1
            continue
        except OSError as error:
            raise _unwritable(folder, error) from None
        claimed = replace(state, "saving.name", name)
        try:
            write_whole(folder / STATE, encode(claimed, of_run=True))
        except OSError as error:
            with suppress(OSError):
                folder.rmdir()
            raise _unwritable(folder, error) from None
        remember(folder.parent)
        return claimed


def _unwritable(folder: Path, error: OSError) -> Invalid:
    message = f"'{folder}' cannot be written ({error.strerror or error}): choose another folder or free some space"
    return Invalid([Problem("saving.workspace", message)])
