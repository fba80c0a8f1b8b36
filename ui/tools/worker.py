"""Runs a tool for files in the background: one at a time, followed like a run. Touches no widget."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from onetrainer_clone.events import Ended, Event, Inspected, Logged, Saved, Warned
from onetrainer_clone.inspection import as_text
from onetrainer_clone.progress import Progress
from onetrainer_clone.session import Busy, Controls, Emit, Session, Train
from onetrainer_clone.settings import UserError
from onetrainer_clone.tools import ToolSettings
from ui.signals import Signal, each

BATCH = 200  # events that one turn of the window's loop takes at most

RunTool = Callable[[ToolSettings, Emit, Controls], None]


class ToolWorker:
    """`busy` says in words what else goes on and needs the memory; empty where nothing does."""

    def __init__(self, run_tool: RunTool | None, train: Train, busy: Callable[[], str]):
        self.going = False
        self.settings: ToolSettings | None = None  # of the tool that works, or worked last
        self.progress = Progress()
        self.lines: list[str] = []  # what it told, in order
        self.result: Path | None = None
        self.moved: Signal[[]] = Signal()
        self._run_tool, self._busy, self._session = run_tool, busy, Session(train)

    @property
    def stopping(self) -> bool:
        return self.going and self._session.controls.stopping

    def start(self, settings: ToolSettings) -> None:
        """Raises `UserError` while something else goes on."""
        if self.going:
            raise Busy
        if why := self._busy():
            raise UserError(why)
        if self._run_tool is None:
            raise UserError("this window was opened without the tools")
        self._session.join(5)
        self._session.run(partial(self._run_tool, settings))
        self.settings, self.progress, self.lines, self.result = settings, Progress(), [], None
        self.going = True
        self.moved.emit()

    def stop(self) -> None:
        if self.going:
            self._session.controls.stop()
            self.moved.emit()

    def poll(self) -> None:
        """Take what the tool has told since the last turn."""
        if events := self._session.events(limit=BATCH):
            each([*(partial(self._on, event) for event in events), self.moved.emit])

    def _on(self, event: Event) -> None:
        match event:
            case Saved():
                self.result = Path(event.path)
            case Logged() | Warned():
                self.lines.append(event.message)
            case Inspected():
                self.lines.append(as_text(event.report))
            case Ended():
                self.going = False
        self.progress.on(event)
