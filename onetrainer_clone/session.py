"""Runs the trainer on a background thread, and stands between it and whoever watches: events out, wishes in."""

import queue
import threading
import traceback
from collections.abc import Callable
from functools import partial
from typing import Literal, get_args

from onetrainer_clone.events import Ended, Event, Outcome, Saved, Warned
from onetrainer_clone.settings import Invalid, UserError
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.sampling import Prompt

Emit = Callable[[Event], None]
Wish = Literal["sample", "save", "back up"]
WISHES: tuple[Wish, ...] = get_args(Wish)


class Stopped(Exception):
    """Raised by the trainer where it notices that it should stop in the middle of something."""


class Busy(UserError, RuntimeError):
    """A second run was to be started while one goes on."""

    def __init__(self) -> None:
        super().__init__("a run is going on: wait for its end, or stop it first")


class Controls:
    """What the person wants of a running trainer. Every method may be called from any thread and returns at once."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._lock = threading.Condition()  # notified when anything changes
        self._paused = False
        self._wishes: set[Wish] = set()
        self._asked: list[Prompt] = []
        self.save_on_stop = True
        self.stops = 0  # how often a stop was asked for

    def stop(self, save: bool = True) -> None:
        """Stop after the step; `save` says whether the result so far is kept. The first word counts; another one ends what
        the last save waits for."""
        with self._lock:
            if not self._stop.is_set():
                self.save_on_stop = save
            self._stop.set()
            self.stops += 1
            self._paused = False
            self._lock.notify_all()

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    def wait_for_stop(self, before: int, seconds: float) -> bool:
        """For the trainer: sleeps until a stop is asked for beyond those `before`, at most so long; whether one was."""
        with self._lock:
            return self._lock.wait_for(lambda: self.stops > before, seconds)

    def pause(self) -> None:
        with self._lock:  # else a stop in between would leave the trainer asleep
            self._paused = not self.stopping

    def resume(self) -> None:
        with self._lock:
            self._paused = False
            self._lock.notify_all()

    @property
    def paused(self) -> bool:
        return self._paused

    def wait_while_paused(self) -> bool:
        """For the trainer: sleeps while the run is paused. True where something is asked for meanwhile: do it, come back."""
        with self._lock:
            self._lock.wait_for(lambda: not self._paused or self._wishes or self._asked)
            return self._paused

    def wish(self, wish: Wish) -> None:
        """Ask for something to be done once, after the step; at once in a pause."""
        with self._lock:
            self._wishes.add(wish)
            self._lock.notify_all()

    def take(self, wish: Wish) -> bool:
        """For the trainer: whether this was asked for since the last time."""
        with self._lock:
            if wish in self._wishes:
                self._wishes.remove(wish)
                return True
        return False

    def ask(self, prompt: Prompt) -> None:
        """Ask for one picture from the weights as they are after the step; what is asked for is drawn in order."""
        with self._lock:
            self._asked.append(prompt)
            self._lock.notify_all()

    def asked(self) -> list[Prompt]:
        """For the trainer: the prompts that were asked for since the last time."""
        with self._lock:
            found, self._asked = self._asked, []
        return found


Work = Callable[[Emit, Controls], None]
Train = Callable[[TrainingState, Emit, Controls], None]


class Session:
    """One run at a time. A listener (a journal) hears the events on the run's thread; `events` hands them out."""

    def __init__(self, train: Train):
        self._train = train
        self._queue: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self.controls = Controls()

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def start(self, state: TrainingState, *listeners: Emit) -> None:
        """Start a run of a state. Raises `Busy` while another one runs."""
        self.run(partial(self._train, state), *listeners)

    def run(self, work: Work, *listeners: Emit) -> None:
        """Start any work that tells events and heeds controls, e.g. drawing pictures without training."""
        if self.running:
            raise Busy
        self.controls = Controls()
        self._thread = threading.Thread(target=self._run, args=(work, listeners, self.controls), name="training")
        self._thread.start()

    def _run(self, work: Work, listeners: tuple[Emit, ...], controls: Controls) -> None:
        saved = ""
        hearing, failing = list(listeners), set[Emit]()
        one_at_a_time = threading.Lock()  # most events come from the run's thread, a few from those that help it

        def emit(event: Event) -> None:
            nonlocal saved
            if isinstance(event, Saved):
                saved = event.path
            with one_at_a_time:
                for listener in tuple(hearing):
                    if said := _hear(listener, event, hearing, failing):
                        self._queue.put(Warned(said))
                self._queue.put(event)

        def tell(event: Event) -> None:
            if not isinstance(event, Ended):  # there is exactly one, and it is ours
                emit(event)

        emit(run_to_end(work, tell, controls, lambda: saved))

    def events(self, limit: int = 200, timeout: float = 0.0) -> list[Event]:
        """The events since the last call, at most `limit`; waits up to `timeout` seconds for the first."""
        found: list[Event] = []
        try:
            while len(found) < limit:
                found.append(self._queue.get(timeout=timeout) if timeout and not found else self._queue.get_nowait())
        except queue.Empty:
            pass
        return found

    def join(self, timeout: float | None = None) -> None:
        if self._thread is not None:
            self._thread.join(timeout)


def _hear(listener: Emit, event: Event, hearing: list[Emit], failing: set[Emit]) -> str:
    """Have a listener hear an event, whatever comes of it; returns what is to be said about it."""
    try:
        listener(event)
    except OSError as error:  # a full disk under the journal, which keeps the event and tries again
        if listener in failing:
            return ""
        failing.add(listener)
        return f"The journal of this run cannot be written at present: {error}. The run goes on, and it is tried again"
    except BaseException as error:  # noqa: BLE001 - what else it may be must not end the run either
        hearing.remove(listener)
        return f"The journal of this run could not be written any further: {error}"
    if listener in failing:
        failing.remove(listener)
        return "The journal of this run is written again"
    return ""


def run_to_end(work: Work, emit: Emit, controls: Controls, saved: Callable[[], str]) -> Ended:
    """Call the work and say in one event how it ended, whatever happened in it."""
    outcome: Outcome = "failed"
    try:
        work(emit, controls)
        if controls.stopping:
            before = f"The result was not saved; the last save is {saved()}." if saved() else "Nothing was saved."
            kept = f"The result so far is in {saved()}." if controls.save_on_stop and saved() else before
            return Ended("stopped", f"Stopped. {kept}", saved())
        return Ended("done", f"Done. The result is in {saved()}." if saved() else "Done.", saved())
    except Stopped:
        kept = f"The result so far is in {saved()}." if saved() else "There was nothing to save yet."
        return Ended("stopped", f"Stopped. {kept}", saved())
    except UserError as error:
        outcome = "refused"
        return Ended(outcome, str(error), saved(), problems=error.problems if isinstance(error, Invalid) else ())
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        message = (
            f"A file could not be read or written{place}: {error.strerror or error}. Check the disk, then start again."
        )
        return Ended("refused", message, saved(), traceback.format_exc())
    except BaseException as error:  # noqa: BLE001 - the thread's last line of defence: the front end must hear of it
        message = "".join(traceback.format_exception_only(error)).strip()  # also where the error's own text fails
        return Ended(outcome, message, saved(), traceback.format_exc())
