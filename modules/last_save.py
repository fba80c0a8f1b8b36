"""The last save: the weights are written somewhere, and it is said where."""

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path

from safetensors import SafetensorError

from modules.checkpoints.stream import Unwritable
from onetrainer_clone.events import WAITING_FOR_ROOM, Progressed, Saved, Warned
from onetrainer_clone.journal import SAVES
from onetrainer_clone.paths import default_workspace
from onetrainer_clone.session import Controls, Emit
from onetrainer_clone.settings import UserError
from onetrainer_clone.state import TrainingState

PAUSE_SECONDS, AGAIN_SECONDS = 2.0, 10.0
GIVE_UP_SECONDS = 600.0  # long enough to free some space by hand

Write = Callable[[Path], Sequence[Path]]  # to a folder; returns the files, the main one first


def places(state: TrainingState) -> list[Path]:
    """Folders to save to, in order: the run's own, then new ones on other drives where there are any."""
    others = (default_workspace(), Path.home(), state.cache_folder, Path(tempfile.gettempdir()))
    return [state.run_folder / SAVES, *(_new(folder / state.run_name) for folder in dict.fromkeys(others))]


def _new(folder: Path) -> Path:
    """A folder that is not there yet: another run's is not written into."""
    names = (folder.with_name(f"{folder.name}-{number}") for number in count(2))
    return folder if not os.path.exists(folder) else next(other for other in names if not os.path.exists(other))


def save_somewhere(
    state: TrainingState, step: int, write: Write, emit: Emit, controls: Controls, final: bool = True
) -> Path:
    """Have the result written to the run's folder, twice tried, else to another, else to whichever has room first.

    Returns the main file. Raises `UserError` where ten minutes later there is still no room anywhere, or where a person
    who is asked to free some asks for a stop instead.
    """
    wanted, *others = places(state)
    begun, stops = time.monotonic(), controls.stops
    files, failures = _tried([wanted, wanted, *others], write, emit)
    if not files:
        way = "Free some space: it is tried again for ten minutes. Stop (in a terminal Ctrl-C) gives it up"
        emit(Warned(f"The result could not be saved anywhere ({_listed(failures)}). {way}"))
    while not files:
        emit(Progressed("saving", detail=WAITING_FOR_ROOM))
        given_up = controls.wait_for_stop(stops, AGAIN_SECONDS)
        if given_up or time.monotonic() - begun > GIVE_UP_SECONDS:
            why = "given up as you wished" if given_up else "there was no room for ten minutes"
            raise UserError(f"the result could not be saved anywhere, {why}: {_listed(failures)}")
        files, failures = _tried([wanted, *others], write, lambda _event: None)
    for path in reversed(files):  # the main one last: it is what the end of a run names
        emit(Saved(step, str(path), final, "" if path.parent == wanted else str(wanted)))
    return files[0]


def _listed(failures: Sequence[str]) -> str:
    return "; ".join(dict.fromkeys(failures))


def _tried(folders: Sequence[Path], write: Write, emit: Emit) -> tuple[Sequence[Path], list[str]]:
    """The files, written to the first folder that takes them; else none, and why."""
    failures = []
    for before, folder in zip((None, *folders), folders):
        if folder == before:
            time.sleep(PAUSE_SECONDS)  # a network drive may be back by then
        try:
            return write(folder), []
        except Unwritable:
            raise
        except (OSError, SafetensorError, UserError) as error:
            failures.append(f"{folder}: {getattr(error, 'strerror', None) or error}")
            emit(Warned(f"The result could not be saved to {failures[-1]}"))
            with suppress(OSError):
                folder.rmdir()  # if it was made for this alone
    return (), failures
