"""The Tools tab: pictures without training, as a grid of checkpoints, strengths, prompts and seeds."""

from pathlib import Path
from typing import Any

import customtkinter as ctk

from onetrainer_clone.paths import resolve
from onetrainer_clone.settings import UserError
from ui import colours, theme
from ui.run.samples import Samples
from ui.run.viewer import Viewer
from ui.runs.reveal import reveal
from ui.runs.toolbar import Action, Toolbar
from ui.tabs.page import Page
from ui.tools.drawer import Drawer
from ui.tools.form import DrawingForm
from ui.workbench import Workbench

EMPTY = (
    "Pictures without training: a column for every checkpoint at every strength, a row for every prompt and seed.\n\n"
    "Choose a model, add the LoRA files and embeddings that you want to compare (all saves of a run, for instance), write "
    "prompts, and press Draw. All of it is saved as one labelled picture too."
)


class ToolsPage(Page):
    def __init__(self, parent: Any, bench: Workbench, drawer: Drawer):
        super().__init__(parent, bench)
        self.drawer = drawer
        self.grid_columnconfigure(1, weight=1)
        self.grid_rowconfigure(2, weight=1)
        self.toolbar = Toolbar(self, self._actions(), bench.tooltip)
        self.toolbar.grid(row=0, column=1, sticky="ew", pady=(0, 6))
        self.form = DrawingForm(self, bench)
        self.form.grid(row=0, column=0, rowspan=3, sticky="nsew", padx=(0, 10))
        status = ctk.CTkFrame(self, fg_color="transparent")
        status.grid(row=1, column=1, sticky="ew", pady=(0, 6))
        self.words = ctk.CTkLabel(status, text="", anchor="w", justify="left")
        theme.wrap(self.words, status, less=10)
        self.bar = ctk.CTkProgressBar(status, height=8)
        self.words.pack(fill="x")
        self.pictures = Samples(
            self, bench.pictures, lambda record, key, step: Viewer(bench.root, record, key, step), EMPTY
        )
        self.pictures.grid(row=2, column=1, sticky="nsew")
        self.bind("<Configure>", lambda event: self._share(event.width))
        self._ends = [drawer.moved.connect(self.refresh_in_view)]

    def destroy(self) -> None:
        for end in self._ends:
            end()
        super().destroy()

    def enter(self) -> None:
        super().enter()
        self.form.take_model()

    def refresh(self) -> None:
        drawer = self.drawer
        self.pictures.show(drawer.record)
        self.toolbar.enable(
            {"draw": not drawer.going, "stop": drawer.going and not drawer.stopping, "sheet": bool(drawer.sheet),
             "folder": bool(drawer.record.samples)}
        )  # fmt: skip
        words, colour = self._words()
        if words != self.words.cget("text"):
            self.words.configure(text=words, text_color=colour)
        self._show_bar()

    def _share(self, width: int) -> None:
        """The form is as wide as it needs to be, but leaves most of the page to the pictures."""
        self.grid_columnconfigure(0, minsize=round(min(360 * theme.scaling(self), 0.42 * width)))

    def draw(self) -> None:
        self.drawer.start(self.form.read())

    def _words(self) -> tuple[str, colours.Pair]:
        drawer, ended = self.drawer, self.drawer.record.progress.ended
        if drawer.going:
            words = "stopping after this step …" if drawer.stopping else drawer.record.progress.words or "starting …"
            return f"{words[:1].upper()}{words[1:]}", colours.DIM
        if ended is None:
            return "", colours.DIM
        bad = ended.outcome in ("refused", "failed")
        return "\n".join(ended.problems) or ended.message, colours.ERROR if bad else colours.GOOD

    def _show_bar(self) -> None:
        progress = self.drawer.record.progress
        if self.drawer.going:
            if not self.bar.winfo_manager():
                self.bar.pack(fill="x", pady=(4, 0))
            fraction = progress.done / progress.total if progress.total else 0.0
            if abs(self.bar.get() - fraction) > 0.004:
                self.bar.set(fraction)
        elif self.bar.winfo_manager():
            self.bar.pack_forget()

    def _reveal_sheet(self) -> None:
        path = Path(self.drawer.sheet)
        if not path.is_file():
            raise UserError(f"the picture {path} is gone")
        reveal(path)

    def _actions(self) -> tuple[Action, ...]:
        return (
            Action("draw", "Draw", self.draw, "Draws every prompt with every checkpoint.", "main"),
            Action("stop", "Stop", self.drawer.stop, "What is drawn by then stays."),
            Action("sheet", "Labelled picture", self._reveal_sheet, "grid.png, in the file manager."),
            Action(
                "folder",
                "Single pictures",
                lambda: reveal(resolve(self.drawer.drawing.folder)),
                "Each with its prompt and settings inside.",
            ),
        )
