"""A real window on a real display for the tests; its dialogs are answered by the test."""

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
from PIL import Image

from onetrainer_clone.settings import Problem
from presets.runs import begin
from tests.ui.fake_trainer import FakeTrainer
from tests.ui.workers import Workers
from tests.waiting import LIMIT, STEP, until
from ui.app import App
from ui.dialogs import Option
from ui.filekinds import PRESET, FileKind


@dataclass
class Answers:
    """An `Ask` that answers what the test put into it, and remembers what it was asked."""

    choices: list[str | None] = field(default_factory=list)
    texts: list[str | None] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    go_to: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    told: list[tuple[str, str, str]] = field(default_factory=list)
    listed: list[tuple[str, ...]] = field(default_factory=list)
    kinds: list[tuple[FileKind, ...]] = field(default_factory=list)  # of files that were asked for
    proposed: list[str] = field(default_factory=list)  # names of new files

    def choose(self, title: str, message: str, options: Sequence[Option]) -> str | None:
        self.asked.append(title)
        chosen = self.choices.pop(0)
        assert chosen is None or chosen in [option.key for option in options]
        return chosen

    def text(
        self, title: str, message: str, initial: str = "", wrong: Callable[[str], str] = lambda _typed: ""
    ) -> str | None:
        self.asked.append(title)
        typed = self.texts.pop(0)
        while typed is not None and (why := wrong(typed)):
            self.told.append((title, why, ""))
            typed = self.texts.pop(0)
        return typed

    def tell(self, title: str, message: str, details: str = "") -> None:
        self.told.append((title, message, details))

    def problems(self, title: str, message: str, problems: Sequence[tuple[Problem, str]]) -> Problem | None:
        self.listed.append(tuple(problem.path for problem, _ in problems))
        wanted = self.go_to.pop(0) if self.go_to else ""
        return next((problem for problem, _ in problems if problem.path == wanted), None)

    def folder(self, title: str, initial: str = "") -> str:
        return self.folders.pop(0)

    def file(self, title: str, initial: str = "", kinds: Sequence[FileKind] = ()) -> str:
        self.kinds.append(tuple(kinds))
        return self.folders.pop(0)

    def files(self, title: str, initial: str = "", kinds: Sequence[FileKind] = ()) -> tuple[str, ...]:
        """One answer is one file; '|' stands between several."""
        return tuple(filter(None, self.file(title, initial, kinds).split("|")))

    def new_file(self, title: str, initial: str = "", kind: FileKind = PRESET) -> str:
        self.kinds.append((kind,))
        self.proposed.append(initial)
        return self.folders.pop(0)

    def colour(self, title: str, initial: str = "") -> str:
        return self.folders.pop(0)


TURN_MS = 10  # of the window's loop: what workers and runs tell is heard sooner, and half of a test was waiting for that
ROUNDS = 4  # of work that a run's work brings about


@dataclass
class Window:
    """The window under test and how to wait for it.

    How fast the machine is decides no test: what a thread, a process or a timer brings about is waited for by `until` or
    `rest`. `turn(seconds)` is for what is *not* to happen, and for timers of the window, never for another thread.
    """

    app: App
    ask: Answers
    trainer: FakeTrainer
    workers: Workers
    _turns: int = 0

    def __post_init__(self) -> None:
        self.app.desk.steps = (*self.app.desk.steps, self._count)

    def _count(self) -> None:
        self._turns += 1

    def turn(self, seconds: float = 0.0) -> None:
        """Let the window's loop turn: as often as a fast machine does in this time, and at least so long."""
        for _ in range(round(seconds / STEP)):
            self.app.root.update()
            time.sleep(STEP)
        self.app.root.update()

    def until(self, true: Callable[[], bool], seconds: float = LIMIT) -> None:
        """Let it turn until something is so."""
        until(true, self.turn, seconds)

    def when(self, true: Callable[[], object], call: Callable[[], object]) -> None:
        """Have something done as soon as something is so, also while the test stands in a dialog that waits for its end."""

        def look() -> None:
            if true():
                call()
            else:
                self.when(true, call)

        self.app.root.after(20, look)

    def rest(self) -> None:
        """Until all that was given to the window's threads is done and shown; of what a run goes on giving, the first."""
        for rounds in count(1):
            self.until(self.workers.given())
            before = self.workers.undelivered()
            self.whole_turns(1)
            if not self.workers.at_work and before == self.workers.undelivered():
                return
            if rounds > ROUNDS and self.app.runner.going:
                return

    def whole_turns(self, count: int) -> None:
        """So often all that the window's loop does at every turn of its own, from its beginning to its end."""
        wanted = self._turns + count + 1  # one may be going on
        self.until(lambda: self._turns >= wanted)
        self.turn()

    def run(self) -> None:
        """Start a run of the settings as they are, without going to the Run tab."""
        state, runner = self.app.store.state, self.app.runner
        before = runner.state
        runner.launch(self.app.desk.keeper, lambda session: begin(session, state))
        self.until(lambda: runner.state is not before)

    def settle(self) -> None:
        """Until the workers have said what they had to say about the state."""
        self.app.findings.look()
        self.until(lambda: self.app.checks.idle)
        self.turn()


@pytest.fixture
def trainer() -> FakeTrainer:
    return FakeTrainer()


@pytest.fixture
def ask() -> Answers:
    return Answers()


@pytest.fixture
def no_garbage() -> Iterator[None]:
    """A window's fonts and variables call Tk when they are collected. Left to a run's thread in a later test, each would
    wait a second for this window's loop, which turns no more."""
    yield
    gc.collect()


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> Workers:
    """The threads of windows that are opened from now on."""
    found = Workers()
    found.watch(monkeypatch)
    return found


@pytest.fixture
def make_window(
    no_garbage: None, display: str, trainer: FakeTrainer, ask: Answers, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Window]]:
    """Opens windows, also several after each other, and closes what is left open."""
    monkeypatch.setattr("ui.app.TURN_MS", TURN_MS)
    opened: list[Window] = []

    def make(preset: str | None = "demo", start: bool = False) -> Window:
        window = Window(App(trainer, ask=ask), ask, trainer, workers)
        opened.append(window)
        window.app.begin(preset, start)
        window.turn()
        return window

    yield make
    while opened:
        close(opened.pop())


@pytest.fixture
def window(make_window: Callable[..., Window]) -> Window:
    return make_window()


def close(window: Window) -> None:
    """Take the window down whatever it is in the middle of."""
    if window.app.closed:
        return
    window.app.runner.stop(save=False)
    window.app.desk.stop_work()
    window.until(lambda: not (window.app.runner.going or window.app.desk.at_work))
    window.app.close()
    window.until(lambda: window.app.closed)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with three pictures, one of them without a caption."""
    folder = tmp_path / "my cat"
    folder.mkdir()
    for number, colour in enumerate(("red", "green", "blue")):
        Image.new("RGB", (96, 64), colour).save(folder / f"{number}.png")
        if number:
            (folder / f"{number}.txt").write_text(f"a {colour} cat", encoding="utf-8")
    return folder
