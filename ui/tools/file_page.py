"""A tool for files: the form of its declaration, Start and Stop, how far it is, and what came of it."""

import dataclasses
from typing import Any, cast

import customtkinter as ctk

from onetrainer_clone.settings import Invalid, Settings, declarations
from onetrainer_clone.tool_checks import problems, proposed_target, target_suffix
from onetrainer_clone.tools import BESIDE, Inspect, Merge, Tool, ToolSettings
from ui import colours, theme
from ui.chosen import PathEntry
from ui.filekinds import FOLDER, PT, WEIGHTS, FileKind
from ui.form import Form, cards
from ui.runs.reveal import reveal
from ui.runs.toolbar import Action, Toolbar
from ui.tabs.page import Page, Scrolled
from ui.tools.loras import LoraRows
from ui.tools.said import Said
from ui.tools.status import WorkStatus, words_of
from ui.tools.store import ToolStore
from ui.tools.worker import ToolWorker
from ui.words import begun
from ui.workbench import Workbench

KINDS = {kind.suffix: kind for kind in (WEIGHTS, PT, FOLDER)}  # of results


class FileToolPage(Page):
    def __init__(self, parent: Any, bench: Workbench, tool: Tool, worker: ToolWorker, store: ToolStore):
        super().__init__(parent, bench)
        self.tool, self.worker, self.store = tool, worker, store
        self.said = Said(self.store)
        own = dataclasses.replace(bench, store=self.store, findings=cast(Any, self.said))
        head = ctk.CTkFrame(self, fg_color="transparent")  # stays in view, however long the form is
        head.grid_columnconfigure(0, weight=1)
        head.pack(fill="x")
        self.toolbar = Toolbar(head, self._actions(), bench.tooltip)
        self.toolbar.grid(row=0, column=0, sticky="ew", padx=2)
        self.status = WorkStatus(head)
        self.status.grid(row=1, column=0, sticky="ew", padx=(4, 10), pady=(4, 4))
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
        self._text = self._blocked = ""  # as shown
        self._ends = [worker.moved.connect(self.refresh_in_view)]

    def destroy(self) -> None:
        for end in self._ends:
            end()
        super().destroy()

    def start(self) -> None:
        """Start, or say beside the fields and in a list what is wrong with them."""
        found = self.store.rejected_problems()
        settings = cast(ToolSettings, self.store.settings)
        if self.loras is not None and isinstance(settings, Merge):
            try:
                settings = settings.model_copy(update={"loras": self.loras.read()})
            except Invalid as error:
                found += error.problems
        found += problems(settings)
        if found:
            wanted = self.said.refuse(self.bench, self.tool.label, found)
            self.form.refresh()
            if row := self.form.row(wanted):
                row.focus()
                row.flash()
            return
        self.worker.start(settings)

    @property
    def mine(self) -> bool:
        """Whether what works, or worked last, is this tool."""
        return isinstance(self.worker.settings, self.tool.settings)

    @property
    def blocked(self) -> str:
        """What else goes on, so that it cannot start; in words."""
        if self.worker.going:
            return "" if self.mine else "another tool is working"
        return self.worker.blocked(self.tool.settings in BESIDE)

    def tick(self) -> None:
        if self.blocked != self._blocked:
            self.refresh()

    def refresh(self) -> None:
        self.form.refresh_if_stale()
        worker, mine = self.worker, self.mine
        self._blocked = self.blocked
        self.toolbar.enable(
            {"start": not worker.going and not self._blocked, "stop": mine and worker.going and not worker.stopping,
             "folder": mine and not worker.going and worker.result is not None}
        )  # fmt: skip
        self.status.show(*self._words(), worker.progress if mine and worker.going else None)
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
        settings = cast(ToolSettings, self.store.settings)
        return proposed_target(settings), KINDS[target_suffix(settings)]

    def _words(self) -> tuple[str, colours.Pair]:
        worker = self.worker
        if not self.mine:
            return f"{begun(self._blocked or self.tool.tip)}.", colours.DIM
        if (ended := worker.progress.ended) is not None and ended.outcome == "done" and worker.result:
            return f"Done: {worker.result}", colours.GOOD
        return words_of(worker, worker.progress, "stopping …")

    def _actions(self) -> tuple[Action, ...]:
        found = [
            Action("start", "Look" if self.tool.settings is Inspect else "Start", self.start, self._start_tip, "main"),
            Action("stop", "Stop", self.worker.stop, "Nothing half-written stays."),
        ]
        if self.tool.settings is not Inspect:
            tip = "The folder of the new file, in the file manager."
            found.append(Action("folder", "Open folder", self._reveal, tip))
        else:
            found.append(Action("folder", "Open folder", self._reveal, "Of what was written."))
        return tuple(found)

    def _start_tip(self) -> str:
        return f"Not now: {self.blocked}." if self.blocked else f"{self.tool.tip}."

    def _reveal(self) -> None:
        if self.worker.result is not None:
            reveal(self.worker.result)
