"""Runs the queue: starts the next entry when a run has ended, and writes down what each of them said. Touches no widget."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from onetrainer_clone.events import Ended
from onetrainer_clone.session import Session
from onetrainer_clone.settings import Problem, UserError
from onetrainer_clone.state import TrainingState, check, errors
from presets.queue import Entry, Gone, Queue, Status
from presets.runs import begin
from ui.background import Background
from ui.queue.said import before_it_runs, why
from ui.run.runner import Runner
from ui.signals import Signal
from ui.words import in_words

T = TypeVar("T")
OUTCOMES: dict[str, Status] = {"done": "done", "stopped": "stopped"}  # all others have failed
BY_HAND = "The queue waits: its run was stopped by hand. Start it to go on with the next."
LAST_BY_HAND = "The run was stopped by hand. Nothing else waits."


class QueueRunner:
    """The entries as they are on the disk, and whether they are being run. All of the writing is the worker's."""

    def __init__(self, runner: Runner, worker: Background, blocked: Callable[[], str] = lambda: ""):
        self.entries: list[Entry] = []
        self.removed: list[Entry] = []  # what `bring_back` would bring
        self.going = self.last = False  # last: the one that runs now is the last for the present
        self.note = ""  # why the queue does what it does, in words
        self.changed: Signal[[]] = Signal()
        self.added: Signal[[Entry, list[Problem]]] = Signal()  # also one that has other settings now
        self.refused: Signal[[list[Problem]]] = Signal()  # what was typed and is no value: nothing was added
        self.brought_back: Signal[[list[Entry]]] = Signal()
        self._queue, self._runner, self._worker, self._blocked = Queue(), runner, worker, blocked
        self._current = ""  # the key of the entry that runs
        self._marking = False  # whether it is being written down how one ended: nothing begins before that is known
        self._jobs = 0
        runner.ended.connect(self._on_ended)
        self._do(self._queue.recover)

    @property
    def current(self) -> Entry | None:
        return next((entry for entry in self.entries if entry.key == self._current), None)

    @property
    def waiting(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.status == "waiting"]

    def look(self) -> None:
        """Show what is on the disk now: another window may have changed it."""
        self._do(lambda: None)

    def add(self, state: TrainingState, rejected: list[Problem], name: str = "") -> None:
        """Put a state at the end. What is wrong with it is said by `added`, and again when it is started. `rejected`: what
        was typed and never reached the state; with any of it nothing is added."""
        self._put(state, rejected, lambda said: self._queue.add(state, name or self._queue.free_name(state), said))

    def exchange(self, key: str, state: TrainingState, rejected: list[Problem]) -> None:
        """Give an entry other settings; what is wrong with them is said as by `add`."""
        self._put(state, rejected, lambda said: self._queue.exchange(key, state, said))

    def _put(self, state: TrainingState, rejected: list[Problem], put: Callable[[str], Entry]) -> None:
        if rejected:  # the state has what stood there before: its run would be another than the person sees
            return self.refused.emit(rejected)
        problems: list[Problem] = []

        def work() -> Entry:
            problems.extend(errors(check(state)))
            return put(before_it_runs(state, problems))

        self._do(work, lambda entry: self.added.emit(entry, problems))

    def remove(self, keys: Sequence[str]) -> None:
        self._do(lambda: self._queue.remove(keys))

    def bring_back(self) -> None:
        """Undo the last removal or exchange of settings."""
        self._do(self._queue.bring_back, self.brought_back.emit)

    def move(self, keys: Sequence[str], to: int) -> None:
        """Behind so many of the others."""
        self._do(lambda: self._queue.move(keys, to))

    def rename(self, key: str, name: str) -> None:
        self._do(lambda: self._queue.rename(key, name))

    def again(self, keys: Sequence[str]) -> None:
        """Have those that have run wait once more."""
        self._do(lambda: self._queue.again(keys))

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
        if not self.going or self._runner.going or self._current or self._marking:
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
            found = self._queue.find(entry.key)  # it may have other settings by now
            if found.status != "waiting":
                raise Gone("another window has taken it")
            claimed = begin(session, found.state())
            try:
                self._queue.mark(entry.key, "running", folder=str(claimed.run_folder))
            except UserError:
                pass  # the run goes on; what became of it is written when it has ended
            return claimed

        def failed(error: Exception) -> None:
            self._current = ""
            if isinstance(error, Gone):
                self._hide(entry.key)
                return self.look()
            self._mark(entry.key, "failed", why(entry, error))
            if not isinstance(error, UserError):
                raise error

        self._current, self.note = entry.key, ""
        self._runner.launch(self._worker, start, quiet=True, failed=failed)
        self.look()  # shows it as running as soon as it is

    def _on_ended(self, ended: Ended) -> None:
        if not self._current:
            return
        key, self._current = self._current, ""
        state = self._runner.state
        folder = str(state.run_folder) if state else ""
        said = "\n".join(in_words(state or TrainingState(), ended.problems)) or ended.message
        if lies := self._runner.record.elsewhere:
            said += f"\nThe folder {lies[0].wanted} could not be written: the result is in {Path(lies[0].path).parent}."
        self._mark(key, OUTCOMES.get(ended.outcome, "failed"), said, folder)
        if ended.outcome == "stopped" and self.going:
            self.going = False
            self._say(BY_HAND if self.waiting else LAST_BY_HAND)
        elif self.last:
            self.last = False
            self._say("")

    def _mark(self, key: str, status: Status, said: str, folder: str = "") -> None:
        """Write down how an entry ended. Where that cannot be, the queue halts: the entry would have its turn again."""

        def done(_nothing: None) -> None:
            self._marking = False

        def failed(error: Exception) -> None:
            self._marking = self.going = False
            self._say(f"The queue waits: {error}")
            self.look()
            raise error

        self._marking = True
        self._do(lambda: self._queue.mark(key, status, said, folder), done, failed)
        self._hide(key)

    def _hide(self, key: str) -> None:
        """It does not wait any more, though the worker has yet to tell so: it must not have its turn again."""
        self.entries = [entry for entry in self.entries if entry.key != key]

    def _say(self, note: str) -> None:
        if note != self.note or not self.going:
            self.note = note
            self.changed.emit()

    def _do(
        self,
        change: Callable[[], T],
        then: Callable[[T], object] = lambda _result: None,
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        """Change the queue on the disk, show it as it is then, and hand over what the change gave."""

        def work() -> tuple[T, list[Entry], list[Entry]]:
            return change(), self._queue.entries(), self._queue.removed()

        def show(found: tuple[T, list[Entry], list[Entry]]) -> None:
            result, self.entries, self.removed = found
            self.changed.emit()
            then(result)

        self._jobs += 1
        self._worker.submit(f"queue {self._jobs}", work, show, failed)  # each its own key: none may drop another
