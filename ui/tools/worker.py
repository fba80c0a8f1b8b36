"""Runs a tool for files in the background."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from onetrainer_clone.events import Event, Inspected, Logged, Saved, Warned
from onetrainer_clone.inspection import as_text
from onetrainer_clone.progress import Progress
from onetrainer_clone.session import Controls, Emit, Train
from onetrainer_clone.settings import UserError
from onetrainer_clone.tools import BESIDE, ToolSettings
from ui.tools.job import Job

RunTool = Callable[[ToolSettings, Emit, Controls], None]


class ToolWorker(Job):
    def __init__(self, run_tool: RunTool | None, train: Train, busy: Callable[[], str]):
        super().__init__(train, busy)
        self._run_tool = run_tool
        self._show(None)

    def _show(self, settings: ToolSettings | None) -> None:
        self.settings = settings  # of the tool that works, or worked last
        self.progress = Progress()
        self.lines: list[str] = []  # what it told, in order
        self.result: Path | None = None

    def start(self, settings: ToolSettings) -> None:
        """Raises `UserError` while something else goes on."""
        if self._run_tool is None:
            raise UserError("this window was opened without the tools")
        self._begin(partial(self._run_tool, settings), partial(self._show, settings), isinstance(settings, BESIDE))

    @property
    def heavy(self) -> bool:
        """Whether what works needs the memory for itself."""
        return self.going and not isinstance(self.settings, BESIDE)

    def _on(self, event: Event) -> None:
        super()._on(event)
        match event:
            case Saved():
                self.result = Path(event.path)
            case Logged() | Warned():
                self.lines.append(event.message)
            case Inspected():
                self.lines.append(as_text(event.report))
        self.progress.on(event)
