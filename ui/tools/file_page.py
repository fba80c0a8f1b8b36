"""A tool for files: the form of its declaration, Start and Stop, how far it is, and what came of it."""

import dataclasses
from typing import Any, cast

import customtkinter as ctk

from onetrainer_clone.settings import Invalid, Problem, Settings, declarations
from onetrainer_clone.state import TrainingState
from onetrainer_clone.tools import Inspect, Merge, Tool, ToolSettings, problems, proposed_target, target_suffix
from ui import colours, theme
from ui.controls import PathEntry
from ui.filekinds import FOLDER, PT, WEIGHTS, FileKind
from ui.form import Form, cards
from ui.runs.reveal import reveal
from ui.runs.toolbar import Action, Toolbar
from ui.signals import Signal
from ui.store import StateStore
from ui.tabs.page import Page, Scrolled
from ui.tools.loras import LoraRows
from ui.tools.worker import ToolWorker
from ui.workbench import Workbench

KINDS = {kind.suffix: kind for kind in (WEIGHTS, PT, FOLDER)}  # of results


class ToolStore(StateStore):
    """The settings of a tool. They come from no preset, so nothing in them differs from one."""

    def __init__(self, settings: ToolSettings):
        super().__init__(cast(TrainingState, settings))

    @property
    def settings(self) -> ToolSettings:
        return cast(ToolSettings, self.state)

    def _go(self, state: TrainingState) -> None:
        self.saved = state
        super()._go(state)


class Said:
    """What kept the tool from starting, beside its fields until something changes: as `Findings` for the run."""

    def __init__(self, store: StateStore):
        self.checked: Signal[[]] = Signal()
        self.problems: tuple[Problem, ...] = ()
        store.changed.connect(lambda before, after: self.say(()) if before != after else None)

    def of(self, path: str) -> list[Problem]:
        return [problem for problem in self.problems if problem.path == path]

    def say(self, found: tuple[Problem, ...]) -> None:
        if found != self.problems:
            self.problems = found
            self.checked.emit()


class FileToolPage(Page):
    def __init__(self, parent: Any, bench: Workbench, tool: Tool, worker: ToolWorker):
        super().__init__(parent, bench)
        self.tool, self.worker = tool, worker
        self.store = ToolStore(tool.settings())
        self.said = Said(self.store)
        own = dataclasses.replace(bench, store=self.store, findings=cast(Any, self.said))
        head = ctk.CTkFrame(self, fg_color="transparent")  # stays in view, however long the form is
        head.grid_columnconfigure(0, weight=1)
        head.pack(fill="x")
        self.toolbar = Toolbar(head, self._actions(), bench.tooltip)
        self.toolbar.grid(row=0, column=0, sticky="ew", padx=2)
        self.words = ctk.CTkLabel(head, text="", anchor="w", justify="left")
        theme.wrap(self.words, head, less=20)
        self.words.grid(row=1, column=0, sticky="ew", padx=4, pady=(4, 2))
        self.bar = ctk.CTkProgressBar(head, height=8)
        column = Scrolled(self)
        column.pack(fill="both", expand=True)
        [card] = cards(cast(type[Settings], tool.settings), "", tool.label, tool.tip)
        self.form = Form(column, own, card)
        self.form.refresh()
        self.form.grid(row=0, column=0, sticky="ew", padx=(2, 8), pady=(0, 10))
        if (target := self.form.row("target")) and isinstance(target.control, PathEntry):
            target.control.proposes = self._proposed
        self.loras: LoraRows | None = None
        if "loras" in declarations(tool.settings):
            self.loras = LoraRows(column, bench, self.store, "loras")
            self.loras.grid(row=1, column=0, sticky="ew", padx=(2, 8), pady=(0, 10))
        self.box = ctk.CTkTextbox(column, height=260, wrap="word", state="disabled", font=theme.font(theme.SMALL))
        self._text = ""
        self._ends = [worker.moved.connect(self.refresh_in_view)]

    def destroy(self) -> None:
        for end in self._ends:
            end()
        super().destroy()

    def start(self) -> None:
        """Start, or say beside the fields and in a list what is wrong with them."""
        found = self.store.rejected_problems()
        settings = self.store.settings
        if self.loras is not None and isinstance(settings, Merge):
            try:
                settings = settings.model_copy(update={"loras": self.loras.read()})
            except Invalid as error:
                found += error.problems
        found += problems(settings)
        if found:
            self.said.say(tuple(found))
            self.form.refresh()
            labels = declarations(type(settings))
            named = [(problem, labels[problem.path.partition("[")[0]].label) for problem in found]
            wanted = self.bench.ask.problems(f"'{self.tool.label}' cannot start yet", "This has to be mended first:", named)
            if wanted is not None and (row := self.form.row(wanted.path)):
                row.focus()
                row.flash()
            return
        self.worker.start(settings)

    @property
    def mine(self) -> bool:
        """Whether what works, or worked last, is this tool."""
        return isinstance(self.worker.settings, self.tool.settings)

    def refresh(self) -> None:
        self.form.refresh_if_stale()
        worker, mine = self.worker, self.mine
        self.toolbar.enable(
            {"start": not worker.going, "stop": mine and worker.going and not worker.stopping,
             "folder": mine and not worker.going and worker.result is not None}
        )  # fmt: skip
        words, colour = self._words()
        if words != self.words.cget("text"):
            self.words.configure(text=words, text_color=colour)
        self._show_bar(mine and worker.going)
        text = "\n".join(worker.lines) if mine else ""
        if text != self._text:
            self._text = text
            self.box.configure(state="normal")
            self.box.delete("1.0", "end")
            self.box.insert("1.0", text)
            self.box.configure(state="disabled")
            self.box.grid(row=2, column=0, sticky="ew", padx=(2, 8), pady=(8, 8)) if text else theme.put_away(self.box)

    def _proposed(self) -> tuple[str, FileKind]:
        """A name and a kind of file for the result, by what is chosen in the form."""
        settings = self.store.settings
        return proposed_target(settings), KINDS[target_suffix(settings)]

    def _show_bar(self, going: bool) -> None:
        progress = self.worker.progress
        if not going:
            theme.put_away(self.bar)
            return
        self.bar.grid(row=2, column=0, sticky="ew", padx=(4, 10), pady=(2, 4))
        self.bar.set(progress.done / progress.total if progress.total else 0.0)

    def _words(self) -> tuple[str, colours.Pair]:
        worker = self.worker
        if not self.mine:
            return ("Another tool is working." if worker.going else f"{self.tool.tip}."), colours.DIM
        if worker.going:
            words = "stopping …" if worker.stopping else worker.progress.words or "starting …"
            return f"{words[:1].upper()}{words[1:]}", colours.DIM
        ended = worker.progress.ended
        if ended is None:
            return "", colours.DIM
        if ended.outcome == "done":
            return (f"Done: {worker.result}" if worker.result else "Done."), colours.GOOD
        bad = ended.outcome in ("refused", "failed")
        return "\n".join(ended.problems) or ended.message, colours.ERROR if bad else colours.WARNING

    def _actions(self) -> tuple[Action, ...]:
        found = [
            Action("start", "Look" if self.tool.settings is Inspect else "Start", self.start, f"{self.tool.tip}.", "main"),
            Action("stop", "Stop", self.worker.stop, "Nothing half-written stays."),
        ]
        if self.tool.settings is not Inspect:
            tip = "The folder of the new file, in the file manager."
            found.append(Action("folder", "Open folder", self._reveal, tip))
        else:
            found.append(Action("folder", "Open folder", self._reveal, "Of what was written."))
        return tuple(found)

    def _reveal(self) -> None:
        if self.worker.result is not None:
            reveal(self.worker.result)
