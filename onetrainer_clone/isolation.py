"""Runs the trainer in a process of its own, behind the same function as in a thread.

The interpreter lock would let a trainer's many small torch calls hold up the window; and a process gives its memory, the
GPU's too, back when it ends, and may crash without taking the window along. Events and wishes cross a pipe as they are.
"""

import importlib
import multiprocessing
import signal
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from threading import Lock, Thread
from typing import Any

from onetrainer_clone.events import Progressed
from onetrainer_clone.session import WISHES, Controls, Emit, Stopped
from onetrainer_clone.settings import Invalid, UserError
from onetrainer_clone.windows import leave_console

POLL_SECONDS = 0.05


class TrainerFault(Exception):
    """An error in the trainer's process that is no person's mistake; its text is the trace from there."""


def isolated(target: str) -> Callable[[Any, Emit, Controls], None]:
    """The function 'package.module:name' as one that runs in a new process each time it is called.

    Its first argument and its events must be picklable. Raises what the function raises: `UserError` and `Stopped` as they
    are, any other error as `TrainerFault`, and `UserError` where the process dies without a word.
    """

    def call(subject: Any, emit: Emit, controls: Controls) -> None:
        emit(Progressed("starting"))
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(target, subject, theirs), name="trainer", daemon=True)
        process.start()
        theirs.close()
        try:
            _follow(ours, emit, _Relay(controls, ours))
        except EOFError:
            process.join(5)
            raise UserError(_died(process.exitcode)) from None
        finally:
            ours.close()
            process.join(10)
            if process.is_alive():
                process.kill()

    return call


def _died(code: int | None) -> str:
    why = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
    return (
        f"The trainer's process ended without a word ({why}). A full memory is the usual reason: close other programs, or "
        "train with less. What was saved and backed up is still there"
    )


class _Relay:
    """Passes on what the person wants, as soon as it is wanted."""

    def __init__(self, controls: Controls, pipe: Connection):
        self._controls, self._pipe = controls, pipe
        self._stops, self._paused = 0, False

    def pass_on(self) -> None:
        if self._controls.stops > self._stops:
            self._stops = self._controls.stops
            self._pipe.send(("stop", self._controls.save_on_stop))
        if self._controls.paused != self._paused:
            self._paused = self._controls.paused
            self._pipe.send(("pause",) if self._paused else ("resume",))
        for wish in WISHES:
            if self._controls.take(wish):
                self._pipe.send(("wish", wish))
        for prompt in self._controls.asked():
            self._pipe.send(("ask", prompt))


def _follow(pipe: Connection, emit: Emit, relay: _Relay) -> None:
    """Hand on events until the process says how it ended. Raises EOFError where it dies."""
    while True:
        with suppress(BrokenPipeError, ConnectionResetError):  # it has ended: what it said before that is still to be read
            relay.pass_on()
        if (found := _receive(pipe)) is None:
            continue
        kind, content = found
        if kind == "event":
            emit(content)
        elif kind == "error":
            raise content
        else:
            return


def _receive(pipe: Connection) -> tuple[str, Any] | None:
    """The next message; None where none comes for a moment."""
    try:
        return pipe.recv() if pipe.poll(POLL_SECONDS) else None
    except (ConnectionResetError, BrokenPipeError):  # on Windows the look at a pipe fails once its other end is gone
        raise EOFError from None


def _work(target: str, subject: Any, pipe: Connection) -> None:
    """The life of the trainer's process."""
    leave_console()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process of a terminal; the window decides
    controls = Controls()
    Thread(target=_obey, args=(controls, pipe), daemon=True).start()
    module, _, name = target.partition(":")

    one_at_a_time = Lock()  # threads that help the run tell something now and then

    def tell(kind: str, content: object) -> None:
        try:
            with one_at_a_time:
                pipe.send((kind, content))
        except OSError:  # the window is gone; what it asked for on the way out is still done
            pass

    try:
        getattr(importlib.import_module(module), name)(subject, lambda event: tell("event", event), controls)
    except (Invalid, Stopped, OSError) as error:
        tell("error", error)
    except UserError as error:  # its own class may live where the window cannot import it
        tell("error", UserError(str(error)))
    except BaseException as error:  # noqa: BLE001 - told to the other side, whatever it is
        tell("error", TrainerFault(f"{type(error).__name__}: {error}\n{traceback.format_exc()}"))
    else:
        tell("done", None)


def _obey(controls: Controls, pipe: Connection) -> None:
    """Turn messages into wishes. When the window is gone without a word, the run stops and saves."""
    while True:
        try:
            name, *arguments = pipe.recv()
        except (EOFError, OSError):
            return controls.stop(save=True)
        getattr(controls, name)(*arguments)
