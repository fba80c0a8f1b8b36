"""The sampling tool: pictures without training, as a grid of files, strengths, prompts and seeds."""

import os
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from PIL.PngImagePlugin import PngImageFile

from onetrainer_clone.earlier_grids import SHEET, sheets_in
from onetrainer_clone.events import Sampled
from onetrainer_clone.grid_form import drawing_of, form_of, problems, run_side, size_of
from onetrainer_clone.paths import resolve
from onetrainer_clone.settings import UserError
from ui import colours, theme
from ui.filekinds import PNG
from ui.run.record import PromptKey, Record
from ui.run.samples import Samples
from ui.run.viewer import Viewer
from ui.runs.reveal import reveal
from ui.runs.toolbar import Action, Toolbar
from ui.tabs.page import Page
from ui.tools.drawer import Drawer
from ui.tools.form import DrawingForm
from ui.tools.status import WorkStatus, words_of
from ui.tools.store import ToolStore
from ui.words import begun
from ui.workbench import Workbench

EMPTY = (
    "Pictures without training: a column for every file at every strength, a row for every prompt and seed.\n\n"
    "Choose a model, add the LoRA files and embeddings that you want to compare (all saves of a run, for instance), write "
    "prompts, and press Draw. All of it is saved as one labelled picture too."
)
STACKED = 640  # px at 100 %: a narrower page has the pictures under the form
FORM, SHARE = 380, 0.44  # px at 100 %, and of the page: how wide the form is beside the pictures
PICTURES = 340  # px at 100 %: their height under the form
NAME = "pictures"  # of the folder that grids go to, and of the file that keeps the form
LISTED = 15  # earlier grids in the menu
MOST_PIXELS = 150_000_000  # of a labelled picture that is shown in the window


class ToolsPage(Page):
    def __init__(
        self, parent: Any, bench: Workbench, drawer: Drawer, store: ToolStore, needs_changed: Callable[[], None]
    ):
        super().__init__(parent, bench)
        self.drawer, self.stacked = drawer, False
        self._tell_needs = needs_changed
        self._blocked = ""  # as shown
        self.store = store
        self.form = DrawingForm(self, bench, store)
        self.toolbar = Toolbar(self, self._actions(), bench.tooltip)
        self.status = WorkStatus(self)
        self.pictures = Samples(
            self, bench.pictures, lambda record, key, step: Viewer(bench.root, record, key, step), EMPTY
        )
        self._arrange()
        self.bind("<Configure>", lambda event: self._share(event.width))
        for part in (self.form, self.toolbar, self.status):
            part.bind("<Configure>", lambda _event: self._fit(), add="+")
        self._ends = [
            drawer.moved.connect(self.refresh_in_view),
            store.changed.connect(lambda _before, _after: self._show_back()),
        ]

    def destroy(self) -> None:
        for end in self._ends:
            end()
        super().destroy()

    def needs(self, width: float) -> float:
        if width >= STACKED:
            return 0.0
        shown = [part for part in (self.toolbar, self.status) if part.winfo_manager()]
        above = sum(part.winfo_reqheight() for part in shown) / theme.scaling(self)
        return float(round(above + self.form.content + PICTURES + 24))

    def enter(self) -> None:
        self.form.begin()
        super().enter()

    def tick(self) -> None:
        if self.drawer.blocked() != self._blocked:
            self.refresh()

    def refresh(self) -> None:
        drawer = self.drawer
        self._blocked = drawer.blocked()
        self.form.refresh()
        self.pictures.show(drawer.record)
        self.toolbar.enable(
            {"draw": not drawer.going and not self._blocked, "stop": drawer.going and not drawer.stopping,
             "sheet": bool(drawer.sheet), "folder": bool(drawer.record.samples), "earlier": not drawer.going,
             "again": bool(drawer.drawing.prompts), "back": bool(self.form.store.undo_sentence)}
        )  # fmt: skip
        words, colour = self._words()
        self.status.show(words, colour, drawer.record.progress if drawer.going else None)
        self.status.grid() if words else self.status.grid_remove()

    def draw(self) -> None:
        """Draw, or say beside the fields and in a list what is wrong with them."""
        found = [*self.form.store.rejected_problems(), *problems(self.form.settings)]
        if found:
            wanted = self.form.said.refuse(self.bench, "Draw", found)
            self.form.refresh()
            self.form.go(wanted)
            return
        side = run_side(self.form.settings, self.bench.store.state)
        self.drawer.start(drawing_of(self.form.settings, self._new_folder(), side))
        if self.stacked:
            self.pictures.view.focus_set()  # which brings them into view

    def show_sheet(self) -> Viewer | None:
        """The labelled picture in a window; one that is too large for it in the file manager."""
        path = Path(self.drawer.sheet)
        if not os.path.isfile(path):
            raise UserError(f"the picture {path} is gone")
        with PngImageFile(path) as sheet:
            if sheet.width * sheet.height > MOST_PIXELS:
                reveal(path)
                return None
        record, key = Record(), PromptKey(0, path.parent.name, -1, "live")
        record.columns = (_counted(len(self.drawer.record.columns), len(self.drawer.drawing.prompts)),)
        record.on(Sampled(0, 0, key.prompt, key.seed, "live", str(path)))
        return Viewer(self.bench.root, record, key, 0)

    def earlier(self) -> list[Path]:
        """The newest grids."""
        return sheets_in(self.bench.store.state.saving.folder / NAME, LISTED)

    def choose_earlier(self) -> None:
        folder = self.bench.store.state.saving.folder / NAME
        start = str(folder) if os.path.isdir(folder) else ""
        if chosen := self.bench.ask.file(f"The labelled picture of a grid ({SHEET})", start, [PNG]):
            self.drawer.open(Path(chosen))

    def take_settings(self) -> None:
        """Into the form, what the pictures in view were drawn with."""
        self.form.store.set(form_of(self.drawer.drawing), "the settings of an earlier grid")  # type: ignore[arg-type]

    def _new_folder(self) -> Path:
        """Named by the time; of two within a second the later one by a number, too."""
        folder = self.bench.store.state.saving.folder / NAME / datetime.now().strftime("%Y-%m-%d %H.%M.%S")
        number, found = 2, folder
        while os.path.exists(resolve(str(found))):
            number, found = number + 1, folder.with_name(f"{folder.name} {number}")
        return found

    def _words(self) -> tuple[str, colours.Pair]:
        if not self.drawer.going and self.drawer.record.progress.ended is None and self.drawer.sheet:
            return f"Drawn earlier: {Path(self.drawer.sheet).parent}", colours.DIM
        if self._blocked and self.drawer.record.progress.ended is None and not self.drawer.going:
            return f"{begun(self._blocked)}.", colours.DIM
        return words_of(self.drawer, self.drawer.record.progress, "stopping after this step …")

    def _open_menu(self) -> None:
        menu = theme.menu(self)
        sheets = self.earlier()
        for sheet in sheets:
            menu.add_command(label=sheet.parent.name, command=partial(self.drawer.open, sheet))
        if sheets:
            menu.add_separator()
        menu.add_command(label="Another grid…", command=self.choose_earlier)
        button = self.toolbar.buttons["earlier"]
        menu.tk_popup(button.winfo_rootx(), button.winfo_rooty() + button.winfo_height())

    def _share(self, width: int) -> None:
        """Beside the pictures the form is as wide as it needs to be, but leaves most of the page to them."""
        scale = theme.scaling(self)
        if width > 1 and (stacked := width < STACKED * scale) != self.stacked:
            self.stacked = stacked
            self._arrange()
        if not self.stacked:
            self.grid_columnconfigure(0, minsize=round(min(FORM * scale, SHARE * width)))
        self._fit()

    def _arrange(self) -> None:
        beside = 0 if self.stacked else 1
        self.grid_columnconfigure(beside, weight=1)
        self.grid_columnconfigure(1 - beside, weight=0, minsize=0)
        for row in (2, 3):
            self.grid_rowconfigure(row, weight=1 if row == 2 + self.stacked else 0)
        self.toolbar.grid(row=0, column=beside, sticky="ew", pady=(0, 6))
        self.status.grid(row=1, column=beside, sticky="ew", pady=(0, 6))
        if self.stacked:
            self.form.grid(row=2, column=0, rowspan=1, sticky="nsew", padx=0, pady=(0, 8))
        else:
            self.form.grid(row=0, column=0, rowspan=4, sticky="nsew", padx=(0, 10), pady=0)
        self.pictures.grid(row=2 + self.stacked, column=beside, sticky="nsew")

    def _fit(self) -> None:
        """Above the pictures the form is as high as all that is in it; beside them it scrolls."""
        wanted = round(self.form.content) if self.stacked else 200
        if self.form.cget("height") != wanted:
            self.form.configure(height=wanted)
        self._tell_needs()

    def _actions(self) -> tuple[Action, ...]:
        return (
            Action("draw", "Draw", self.draw, self._draw_tip, "main"),
            Action("stop", "Stop", self.drawer.stop, "What is drawn by then stays."),
            Action("sheet", "Labelled picture", self.show_sheet, "All pictures as one, with their labels."),
            Action("folder", "Single pictures", self._reveal, "In the file manager; each has its settings inside."),
            Action("earlier", "Earlier grids…", self._open_menu, "Shows a grid again that was drawn before."),
            Action("again", "Use its settings", self.take_settings, "Fills the form with what these were drawn with."),
            Action("back", "Take back", self.form.store.undo, self._back_tip),
        )

    def _draw_tip(self) -> str:
        if (why := self.drawer.blocked()) and not self.drawer.going:
            return f"Not now: {why}."
        try:
            columns, rows = size_of(self.form.settings)
        except UserError:
            return "Draws every prompt with every column."
        return f"Draws every prompt with every column: {_counted(columns, rows)}, {columns * rows:,} in all."

    def _show_back(self) -> None:
        self.toolbar.enable({"back": bool(self.form.store.undo_sentence)})

    def _back_tip(self) -> str:
        sentence = self.form.store.undo_sentence
        return f"Takes back in the form: {sentence}" if sentence else "Takes back the last change in the form."

    def _reveal(self) -> None:
        [first, *_] = [sample for row in self.drawer.record.samples.values() for sample in row.values()]
        reveal(Path(first.path).parent)


def _counted(columns: int, rows: int) -> str:
    return ", ".join(f"{count:,} {noun}{'s' if count != 1 else ''}" for count, noun in ((columns, "column"), (rows, "row")))
