"""One change of all captions: search and replace, add or remove a tag. Shows what it would do before it does it."""

from collections.abc import Callable, Set
from functools import partial
from pathlib import Path
from typing import Any

import customtkinter as ctk

from onetrainer_clone.caption_changes import Change, Edit, adding_tag, excerpt, preview, removing_tag, replacing
from ui import colours, theme
from ui.background import Background
from ui.cardlist import CardList, Item
from ui.colours import Pair
from ui.findings import Timer
from ui.pictures.deeds import Deeds
from ui.pictures.drafts import Drafts
from ui.pictures.gallery import Gallery
from ui.pictures.many_captions import Results, in_words
from ui.runs.toolbar import Wrapping
from ui.signals import Signal
from ui.tooltip import Tooltip

REPLACE, ADD, REMOVE = "Replace", "Add a tag", "Remove a tag"
EVERY, SHOWN, CHOSEN = "In all captions", "In those shown", "In those selected"
LOOK_MS = 250
NEEDS = 420  # px at 100 %: its height, with some of the changes in view
TIPS = {
    "go": "Changes the files; 'Undo' (Ctrl+Z) takes it back.",
    "case": "'Cat' and 'cat' are not the same.",
    "words": "'cat' is not found in 'cattle'.",
    "front": "The tag comes first in every caption, else last.",
    "scope": "Whose captions: those of all pictures, of those that the filter shows, or of those that are selected.",
}


class Bulk(ctk.CTkFrame):
    """`done` is emitted when captions were changed. `chosen` gives the keys of the pictures that are selected."""

    def __init__(
        self,
        parent: Any,
        gallery: Gallery,
        chosen: Callable[[], Set[str]],
        drafts: Drafts,
        deeds: Deeds,
        background: Background,
        tooltip: Tooltip,
    ):
        super().__init__(parent, corner_radius=8, border_width=theme.BORDER, border_color=colours.LINE)
        self.edits: list[Edit] = []
        self.done: Signal[[]] = Signal()
        self.closed: Signal[[]] = Signal()
        self._gallery, self._drafts, self._deeds, self._background = gallery, drafts, deeds, background
        self._chosen = chosen
        self._looking = Timer(self.after, self.after_cancel)
        self._said_working = False  # whether what is shown is that captions are being written
        self._result: tuple[str, Pair] | None = None  # what came of the last change
        self.grid_columnconfigure(0, weight=1)
        self.grid_rowconfigure(4, weight=1)
        top = Wrapping(self)
        top.grid(row=0, column=0, sticky="ew", padx=12, pady=(12, 6))
        self.kind = ctk.CTkSegmentedButton(top, values=[REPLACE, ADD, REMOVE], command=self.turn_to, height=30)
        self.kind.set(REPLACE)
        self._kind, self._searched = REPLACE, {ADD: "", REMOVE: ""}  # what was typed for the other kinds of change
        top.lay(self.kind)
        top.lay(theme.button(top, "Close", self.closed.emit))
        self.find, self.by = (theme.Entry(self, height=theme.FIELD_HEIGHT) for _ in range(2))
        self.find.grid(row=1, column=0, sticky="ew", padx=12, pady=(0, 6))
        self._switches()
        self.said = ctk.CTkLabel(self, text="", anchor="w", justify="left", text_color=colours.DIM)
        theme.wrap(self.said, self, less=30)
        self.list = CardList(self, None, 66, "What would change is shown here.")
        self.list.grid(row=4, column=0, sticky="nsew", padx=12, pady=(0, 6))
        self.said.grid(row=5, column=0, sticky="ew", padx=14)
        below = ctk.CTkFrame(self, fg_color="transparent")
        below.grid(row=6, column=0, sticky="ew", padx=12, pady=(4, 12))
        self.go = theme.button(below, "Change 0 captions", self.apply, "main", width=180)
        self.go.pack(side="left")
        self.bar = theme.ProgressBar(below)
        for entry in (self.find, self.by):
            entry.bind("<KeyRelease>", lambda _event: self._looking.start(LOOK_MS, self.look))
            entry.bind("<Return>", lambda _event: self.look())
        for key, tip in TIPS.items():
            tooltip.attach(getattr(self, key), partial(str, tip))
        for widget in (self.find, self.by, self.list.canvas):
            widget.bind("<Escape>", lambda _event: self.closed.emit())
        self._show([])
        self.look()

    def needs(self, _width: float) -> float:
        """The height at a width, both in px at 100 %."""
        return NEEDS

    def about(self, scope: str) -> None:
        """Whose captions are changed."""
        self.scope.set(scope)
        self.look()

    def turn_to(self, kind: str) -> None:
        """Another kind of change: what was searched for is no tag to be added."""
        if kind != self._kind:
            self._searched[self._kind] = self.find.get()
            self._kind = kind
            self.kind.set(kind)
            self.find.delete(0, "end")
            self.find.insert(0, self._searched[kind])
        self.find.focus_set()
        self.look()

    def look(self) -> None:
        """Find what would change."""
        self._looking.stop()
        kind, front = self.kind.get(), bool(self.front.get())
        self._arrange(kind)
        find, by = self.find.get(), self.by.get()
        case, words = bool(self.case.get()), bool(self.words.get())
        change: Change
        if kind == REPLACE:
            change = replacing(find, by, case, words)
        else:
            change = adding_tag(find, front) if kind == ADD else removing_tag(find)
        files = self._files()
        known, unread = {**self._gallery.texts, **self._drafts.texts}, self._gallery.unreadable
        self._background.submit(
            "bulk",
            lambda: preview({path: known.get(path, "") for path in files if path not in unread}, change),
            self._show,
        )

    @property
    def working(self) -> bool:
        """Whether captions are being changed, here or by undo and redo."""
        return self._deeds.writing is not None

    def apply(self) -> None:
        """Do it, or stop doing it."""
        if self._deeds.writing is not None:
            self._deeds.writing.stop()
        elif self.edits and not self._gallery.reading:
            self._deeds.change(self.edits, self._sentence(), self._on_done)
            self.tick()

    def tick(self) -> None:
        """How far it is."""
        writing = self._deeds.writing
        if self.working != self._said_working:
            self._said_working = self.working
            if self.working:
                self.bar.pack(side="left", fill="x", expand=True, padx=(12, 0))
            else:
                self.bar.pack_forget()
            self._call_go()
        if writing is not None:
            self.bar.set(writing.done / len(writing.edits))

    def _on_done(self, results: Results) -> None:
        failed = any(why for _, why in results)
        self._result = (in_words(results), colours.WARNING if failed else colours.GOOD)
        self.done.emit()

    def _show(self, edits: list[Edit]) -> None:
        self.edits = edits
        self.list.show(len(edits), self._item)
        self._call_go()
        if self._result:
            words, colour = self._result
            self._result = None  # said until the person looks for something else
            self.said.configure(text=words, text_color=colour)
        elif self._gallery.reading:
            self.said.configure(text="The captions are still being read …", text_color=colours.DIM)
        elif self.find.get():
            of = len(self._files())
            self.said.configure(text=f"{len(edits):,} of {of:,} captions would change.", text_color=colours.DIM)
        else:
            self.said.configure(text="")

    def _call_go(self) -> None:
        """What the button does."""
        count = len(self.edits)
        words = "Stop" if self.working else f"Change {count:,} {'caption' if count == 1 else 'captions'}"
        self.go.configure(text=words, state="normal" if self.working or count else "disabled")

    def _item(self, index: int) -> Item:
        edit = self.edits[index]
        before = excerpt(edit.before, edit.after) or "(no caption)"
        after = excerpt(edit.after, edit.before) or "(empty)"
        return Item(edit.path.name, ((f"−  {before}", colours.ERROR), (f"+  {after}", colours.GOOD)))

    def _sentence(self) -> str:
        find, by, count = self.find.get(), self.by.get(), len(self.edits)
        what = {REPLACE: f"'{find}' replaced by '{by}'", ADD: f"tag '{find}' added", REMOVE: f"tag '{find}' removed"}
        return f"{what[self.kind.get()]} in {count:,} captions"

    def _switches(self) -> None:
        self._row = row = Wrapping(self)
        row.grid(row=3, column=0, sticky="ew", padx=12, pady=(0, 6))
        self.case, self.words, self.front = (
            ctk.CTkCheckBox(
                row,
                text=text,
                command=self.look,
                checkbox_width=18,
                checkbox_height=18,
                width=40,
                height=30,
                border_width=theme.BORDER,
                corner_radius=4,
                border_color=colours.FAINT,
                fg_color=colours.ACCENT,
                hover_color=colours.ACCENT_HOVER,
            )
            for text in ("Match case", "Whole words", "In front")
        )
        self.scope = ctk.CTkOptionMenu(
            row, values=[EVERY, SHOWN, CHOSEN], command=lambda _scope: self.look(), height=30, width=160
        )

    def _arrange(self, kind: str) -> None:
        """Only what the kind of change asks for."""
        self.find.configure(placeholder_text="Search for" if kind == REPLACE else "Tag")
        if kind == REPLACE:
            self.by.grid(row=2, column=0, sticky="ew", padx=12, pady=(0, 6))
            self.by.configure(placeholder_text="Replace by (may be empty)")
        else:
            self.by.grid_forget()
        asked = {REPLACE: (self.case, self.words), ADD: (self.front,), REMOVE: ()}[kind]
        self._row.lay_only([self.scope, *asked])

    def _files(self) -> list[Path]:
        """The captions that are looked through."""
        gallery, scope = self._gallery, self.scope.get()
        if scope == EVERY:
            return gallery.caption_files()
        return gallery.caption_files(gallery.shown if scope == SHOWN else gallery.places(self._chosen()))
