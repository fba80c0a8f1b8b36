"""What the window does beside the run that goes on: past runs, the queue, and drawing without training."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onetrainer_clone.session import Train
from onetrainer_clone.settings import Problem, UserError, replace
from onetrainer_clone.state import TrainingState
from presets.runs import resume
from ui.background import Background
from ui.queue.controller import QueueRunner
from ui.run.offers import Offers
from ui.run.runner import Runner
from ui.signals import Signal
from ui.tabs.page import Page
from ui.workbench import Workbench

if TYPE_CHECKING:
    from ui.tools.drawer import Draw, Drawer
    from ui.tools.store import ToolStores
    from ui.tools.worker import RunTool, ToolWorker

Pages = dict[str, tuple[str, Callable[[Any], Page]]]


class Desk:
    """`reader` reads what may take long; `keeper` starts runs and writes the queue: it is heard out at the end."""

    def __init__(
        self, bench: Workbench, runner: Runner, train: Train, draw: "Draw | None", imports: Background,
        run_tool: "RunTool | None" = None,
    ):  # fmt: skip
        self.runner = runner
        self.reader, self.keeper = Background("past runs"), Background("queue")
        self._drawer: Drawer | None = None
        self._draw, self._train = draw, train
        self._tools: ToolWorker | None = None
        self._forms: ToolStores | None = None
        self._run_tool = run_tool
        self.queue = QueueRunner(runner, self.keeper, self._drawing)
        self.offers = Offers(bench.root, bench.ask)
        self.run_wanted: Signal[[Path]] = Signal()  # a past run is to be shown
        self._bench, self._imports = bench, imports
        # What is done at every turn of the window's loop.
        self.steps: tuple[Callable[[], object], ...] = (
            self.reader.deliver,
            self.keeper.deliver,
            self._poll_drawer,
            self.queue.poll,
            self.offers.poll,
        )

    @property
    def drawer(self) -> "Drawer":
        """Made, and imported, when the Tools tab is first shown."""
        if self._drawer is None:
            from ui.tools.drawer import Drawer

            self._drawer = Drawer(self._draw, self._train, self._busy_for_pictures)
        return self._drawer

    @property
    def tools(self) -> "ToolWorker":
        """As the drawer; the tools for files have a process of their own, one at a time."""
        if self._tools is None:
            from ui.tools.worker import ToolWorker

            self._tools = ToolWorker(self._run_tool, self._train, self._busy)
        return self._tools

    @property
    def forms(self) -> "ToolStores":
        """What is filled into the tools, kept on the disk."""
        if self._forms is None:
            from ui.tools.store import ToolStores

            self._forms = ToolStores(self.keeper)
        return self._forms

    def _busy_for_pictures(self) -> str:
        if self.runner.going:
            return "a run is going on: wait for its end, or ask for pictures on the Run tab, below its buttons"
        return f"{why}: wait, or stop that first" if (why := self._drawing()) else ""

    def _busy(self) -> str:
        """What else needs the memory now, in words; empty where nothing does."""
        if self.runner.going:
            return "a run is going on: wait for its end, or stop it, before a tool starts"
        return f"{why}: wait, or stop that first" if (why := self._drawing()) else ""

    def _poll_drawer(self) -> None:
        if self._drawer is not None:
            self._drawer.poll()
        if self._tools is not None:
            self._tools.poll()
        if self._forms is not None:
            self._forms.poll()

    @property
    def running_folder(self) -> Path | None:
        """Of the run that goes on."""
        return self.runner.running.run_folder if self.runner.running else None

    def errors(self) -> list[Problem]:
        """What keeps a run from starting."""
        why = self._drawing()
        return [Problem("", f"a run can start when {why}: wait, or stop it on the Tools tab")] if why else []

    @property
    def at_work(self) -> str:
        """What is done beside runs, in words; empty where nothing is."""
        if why := self._drawing():
            return why
        if not self.offers.copier.idle:
            return "a result is copied to the folder that was chosen"
        return "a file is inspected on the Tools tab" if self._tools is not None and self._tools.going else ""

    def stop_work(self) -> None:
        """Have it end; `at_work` says when it has."""
        if self._drawer is not None:
            self._drawer.stop()
        if self._tools is not None:
            self._tools.stop()

    def _drawing(self) -> str:
        """What needs the memory beside runs, in words; empty where nothing does."""
        if self._tools is not None and self._tools.heavy:
            return "a tool of the Tools tab works"
        return "the pictures of the Tools tab are drawn" if self._drawer is not None and self._drawer.going else ""

    def resume(self, folder: Path, steps: int | None = None) -> None:
        """Go on with a past run from its newest backup; with `steps`, up to there. Its earlier curves are shown too."""
        from ui.runs.reopen import record_until_backup

        def changes(state: TrainingState) -> TrainingState:
            if steps is None:
                return state
            return replace(replace(state, "training.length", "STEPS"), "training.steps", steps)

        self.runner.launch(
            self.keeper, lambda session: resume(session, folder, changes), lambda: record_until_backup(folder)
        )
        self._bench.go("run")

    def open_run(self, folder: Path) -> None:
        """Show a past run on the Runs tab, in whatever workspace it is."""
        self._bench.go("runs")
        self.run_wanted.emit(folder)

    def add_to_queue(self) -> None:
        """The settings as they are now, at the end of the queue, which is shown."""
        self._bench.go("queue")
        self.queue.add(self._bench.store.state, self._bench.store.rejected_problems())

    def pages(self) -> Pages:
        """The tabs of these; imports wait until one is shown."""

        def runs(parent: Any) -> Page:
            from ui.runs.page import RunsPage

            return RunsPage(parent, self._bench, self, self._imports)

        def queue(parent: Any) -> Page:
            from ui.queue.page import QueuePage

            return QueuePage(parent, self._bench, self.queue, self.runner, self.open_run)

        def tools(parent: Any) -> Page:
            from ui.tools.tabs import ToolTabs

            return ToolTabs(parent, self._bench, self.drawer, self.tools, self.forms)

        return {"runs": ("Runs", runs), "queue": ("Queue", queue), "tools": ("Tools", tools)}

    def close(self) -> None:
        """Stop what goes on; what is to be written is written first."""
        self.stop_work()
        if self._forms is not None:
            self._forms.keep()
        end = time.monotonic() + 5
        while not self.keeper.idle and time.monotonic() < end:
            with suppress(UserError):  # there is no window any more to tell it in
                self.keeper.deliver()
            time.sleep(0.005)
        for worker in (self.reader, self.keeper, self.offers.copier):
            worker.close(0.2)
