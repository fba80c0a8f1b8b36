"""Stands for the trainer in another process; each function behaves in one way."""

import os
import signal
import sys
import time

from onetrainer_clone.events import Logged, Progressed
from onetrainer_clone.session import Controls, Emit, Stopped
from onetrainer_clone.settings import Invalid, Problem, UserError


class Own(UserError):
    """An error whose class the other side should not need."""


def tells(subject: str, emit: Emit, controls: Controls) -> None:
    emit(Logged(f"{subject} in {os.getpid()}"))


def waits(subject: str, emit: Emit, controls: Controls) -> None:
    """Goes on until it is stopped, and tells what was wished."""
    emit(Progressed("training"))
    while not controls.stopping:
        if controls.paused:
            emit(Logged("paused"))
            controls.wait_while_paused()
            emit(Logged("resumed"))
        if controls.take("sample"):
            emit(Logged("sample"))
        time.sleep(0.01)
    emit(Logged(f"stopped, save {controls.save_on_stop}"))


def refuses(subject: str, emit: Emit, controls: Controls) -> None:
    raise Invalid([Problem("a.b", "must be 1"), Problem("c", "must be 2")])


def refuses_in_its_own_way(subject: str, emit: Emit, controls: Controls) -> None:
    raise Own("mend it")


def stops(subject: str, emit: Emit, controls: Controls) -> None:
    raise Stopped


def breaks(subject: str, emit: Emit, controls: Controls) -> None:
    raise ZeroDivisionError("a fault of ours")


def dies(subject: str, emit: Emit, controls: Controls) -> None:
    emit(Logged("last words"))
    time.sleep(0.2)
    if sys.platform != "win32":
        os.kill(os.getpid(), signal.SIGKILL)
    os._exit(9)


def leaves_a_mark(subject: str, emit: Emit, controls: Controls) -> None:
    """Goes on until it is stopped, then saves."""
    emit(Progressed("training"))
    while not controls.stopping:
        time.sleep(0.01)
    with open(subject, "w", encoding="utf-8") as file:
        file.write("saved" if controls.save_on_stop else "discarded")
