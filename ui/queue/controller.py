"""Runs the queue: starts the next entry when a run has ended, and writes down what each of them said. Touches no widget."""

from collections.abc import Callable, Sequence
from typing import Any

from onetrainer_clone.events import Ended
from onetrainer_clone.session import Session
from onetrainer_clone.settings import Invalid, Problem, UserError
from onetrainer_clone.state import TrainingState, check, errors
from presets.queue import Entry, Queue, Status
from presets.runs import begin
from ui.background import Background
from ui.run.runner import Runner
from ui.signals import Signal
from ui.words import where

OUTCOMES: dict[str, Status] = {"done": "done", "stopped": "stopped"}  # all others have failed
BY_HAND = "The queue waits: its run was stopped by hand. Start it to go on with the next."


class QueueRunner:
    """The entries as they are on the disk, and whether they are being run. All of the writing is the worker's."""

    def __init__(self, runner: Runner, worker: Background, blocked: Callable[[], str] = lambda: ""):
        self.entries: list[Entry] = []
        self.going = self.last = False  # last: the one that runs now is the last for the present
        self.note = ""  # why the queue does what it does, in words
        self.changed: Signal[[]] = Signal()
        self.added: Signal[[Entry, list[Problem]]] = Signal()
        self._queue, self._runner, self._worker, self._blocked = Queue(), runner, worker, blocked
        self._current = ""  # the key of the entry that runs
        self._jobs = 0
        runner.ended.connect(self._on_ended)
        self._do(self._queue.recover)

    @property
    def current(self) -> Entry | None:
        return next((entry for entry in self.entries if entry.key == self._current), None)

    @property
    def waiting(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.status == "waiting"]

    def add(self, state: TrainingState, rejected: list[Problem], name: str = "") -> None:
        """Put a state at the end. What is wrong with it is said by `added`, and again when it is started."""
        name = name or self.free_name(state.run_name)

        def work() -> tuple[Entry, list[Problem], list[Entry]]:
            found = [*rejected, *errors(check(state))]
            said = "\n".join(["Before it can run:", *_in_words(state, found)]) if found else ""
            return self._queue.add(state, name, said), found, self._queue.entries()

        def then(found: tuple[Entry, list[Problem], list[Entry]]) -> None:
            entry, problems, entries = found
            self._show(entries)
            self.added.emit(entry, problems)

        self._submit(work, then)

    def free_name(self, wanted: str) -> str:
        """'cat', 'cat-2' ...: a name that no other entry has."""
        taken = {entry.name for entry in self.entries}
        number, name = 2, wanted
        while name in taken:
            number, name = number + 1, f"{wanted}-{number}"
        return name

    def remove(self, key: str) -> None:
        self._do(lambda: self._queue.remove(key))

    def move(self, key: str, to: int) -> None:
        self._do(lambda: self._queue.move(key, to))

    def rename(self, key: str, name: str) -> None:
        self._do(lambda: self._queue.rename(key, name))

    def again(self, key: str) -> None:
        """Have one that has run wait once more."""
        self._do(lambda: self._queue.again(key))

    def start(self) -> None:
        """Run what waits, one after the other; a run that goes on already is waited for."""
        if not self.waiting:
            raise UserError("nothing waits in the queue: add a state to it first")
        self.going, self.last = True, False
        self.note = "It begins when the run that goes on now has ended." if self._runner.going else ""
        self.changed.emit()

    def finish_current(self) -> None:
        """Start no other one after the one that runs now."""
        self.going = False
        self.last = self.current is not None
        self.note = "The queue ends after the run that goes on now." if self.last else ""
        self.changed.emit()

    def poll(self) -> None:
        """Every turn of the window's loop."""
        if not self.going or self._runner.going or self._current:
            return
        if why := self._blocked():
            self._say(f"It begins when {why}.")
        elif (entry := next(iter(self.waiting), None)) is None:
            self.going = False
            self._say("The queue is done.")
        else:
            self._launch(entry)

    def _launch(self, entry: Entry) -> None:
        def start(session: Session) -> TrainingState:
            claimed = begin(session, entry.state())
            try:
                self._queue.mark(entry.key, "running", folder=str(claimed.run_folder))
            except UserError:
                pass  # the run goes on; what became of it is written when it has ended
            return claimed

        def failed(error: Exception) -> None:
            self._current = ""
            said = f"{type(error).__name__}: {error}"
            if isinstance(error, UserError):
                said = str(error)
            if isinstance(error, Invalid):
                said = "\n".join(_in_words(entry.state(), error.problems))
            self._do(lambda: self._queue.mark(entry.key, "failed", said))
            self.entries = [other for other in self.entries if other.key != entry.key]  # until the worker has told
            if not isinstance(error, UserError):
                raise error

        self._current, self.note = entry.key, ""
        self._runner.launch(self._worker, start, quiet=True, failed=failed)
        self._do(lambda: None)  # shows it as running as soon as it is

    def _on_ended(self, ended: Ended) -> None:
        if not self._current:
            return
        key, self._current = self._current, ""
        folder = str(self._runner.state.run_folder) if self._runner.state else ""
        said = "\n".join(ended.problems) or ended.message
        self._do(lambda: self._queue.mark(key, OUTCOMES.get(ended.outcome, "failed"), said, folder))
        self.entries = [entry for entry in self.entries if entry.key != key]  # until the worker has told
        if ended.outcome == "stopped" and self.going:
            self.going = False
            self._say(BY_HAND)
        elif self.last:
            self.last = False
            self._say("")

    def _say(self, note: str) -> None:
        if note != self.note or not self.going:
            self.note = note
            self.changed.emit()

    def _do(self, change: Callable[[], object]) -> None:
        def work() -> list[Entry]:
            change()
            return self._queue.entries()

        self._submit(work, self._show)

    def _submit(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        self._jobs += 1
        self._worker.submit(f"queue {self._jobs}", work, then)  # each its own key: none may drop another

    def _show(self, entries: list[Entry]) -> None:
        self.entries = entries
        self.changed.emit()


def _in_words(state: TrainingState, problems: Sequence[Problem]) -> list[str]:
    """'Concepts, "cat": Folder: there is no folder ...'; a path that this version does not know stays as it is."""
    found = []
    for problem in problems:
        try:
            place = where(state, problem.path)
        except UserError:
            place = problem.path
        found.append(f"{place}: {problem.message}" if place else problem.message)
    return found
