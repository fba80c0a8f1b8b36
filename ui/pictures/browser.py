"""A concept's pictures: looked through, described, masked, thrown away. Puts the parts together; each is a file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import customtkinter as ctk

from onetrainer_clone.caption_changes import Edit
from onetrainer_clone.state.concepts import Concept
from ui import colours, theme
from ui.background import Background
from ui.pictures import said
from ui.pictures.bulk import Bulk, back
from ui.pictures.caption_box import CaptionBox, Context
from ui.pictures.deeds import Deeds
from ui.pictures.drafts import Drafts
from ui.pictures.filter_bar import FilterBar
from ui.pictures.gallery import ALL, Gallery
from ui.pictures.grid import Cell, Grid
from ui.pictures.mask_bar import MaskBar
from ui.pictures.mask_store import MaskStore
from ui.pictures.thumbs import Thumbs
from ui.pictures.top_bar import TopBar
from ui.pictures.view import View
from ui.slices import Slices
from ui.workbench import Workbench


class Browser(ctk.CTkFrame):
    """`show` a concept; `leave` saves what was typed and painted; `destroy` saves it before the window goes.

    The widgets come one after the other; meanwhile the folder is listed already.
    """

    def __init__(self, parent: Any, bench: Workbench, writer: Background, context: Context):
        super().__init__(parent, fg_color="transparent")
        self._bench, self._context, self._writer = bench, context, writer
        self._reader, self._large, self._decoder = self._workers = [
            Background(name) for name in ("captions", "large picture", "thumbnails")
        ]
        self.gallery, self.drafts, self.masks = Gallery(self._reader), Drafts(writer), MaskStore(writer)
        self.deeds, self.thumbs = Deeds(self.gallery, self.drafts, self.masks), Thumbs(self._decoder)
        self.at = -1  # the picture in the large view: its place in the gallery
        self.ready = False  # whether all widgets are there
        self._bulk: Bulk | None = None
        self.grid_columnconfigure(0, weight=1)
        self.grid_columnconfigure(1, weight=4)
        self.grid_rowconfigure(0, weight=1)
        self._slices = Slices(self, self._build())

    def needs(self, _width: float) -> float:
        """The height that it needs at this width, both in px at 100 %."""
        return 0.0

    def show(self, concept: Concept) -> None:
        """Look at a concept's pictures; files may have come and gone since the last time."""
        if self.ready and concept.path and concept != self.gallery.concept:
            self.at, self.grid_.selected = -1, -1
        self.gallery.load(concept)

    def leave(self) -> None:
        if self.ready:
            self.box.save()
            self._save_mask()

    def tick(self) -> None:
        if not self.ready:
            return
        for worker in self._workers:
            worker.deliver()
        if self._bulk is not None:
            self._bulk.tick()

    def destroy(self) -> None:
        self._slices.stop()
        self.drafts.flush()
        self.masks.flush()
        for worker in self._workers:
            worker.close(0.1)
        super().destroy()

    @property
    def bulk(self) -> Bulk:
        """Made when it is first asked for."""
        if self._bulk is None:
            self._bulk = Bulk(self, self.gallery, self.drafts, self._reader, self._writer)
            self._bulk.done.connect(self._on_bulk)
            self._bulk.closed.connect(self._close_bulk)
        return self._bulk

    def step(self, by: int) -> str:
        """To the next or the previous picture."""
        self.grid_.select(self.grid_.selected + by)
        return "break"

    def delete(self) -> None:
        """To the trash folder."""
        if 0 <= self.at < len(self.gallery.entries):
            place, self.at = self.at, -1
            self.deeds.delete(place)
            self.grid_.select(self.grid_.selected)

    def remove_mask(self) -> None:
        """To the trash folder."""
        if 0 <= self.at < len(self.gallery.entries):
            self.deeds.remove_mask(self.at)
            self.view.reload()
            self._refresh_count()

    def undo(self) -> None:
        """Take the last deletion or change of many captions back."""
        if (deed := self.deeds.take_back()) is None:
            return
        if deed.moves:
            self.reload()
        else:
            self._open_bulk()
            self.bulk.run(back(list(deed.edits)), "")

    def reload(self) -> None:
        """Everything anew from the disk, except what is not saved yet."""
        self.leave()
        self.thumbs.forget()
        self.view.reload()
        if self.gallery.concept is not None:
            self.gallery.load(self.gallery.concept)

    def _build(self) -> Iterator[None]:
        """The widgets, in parts that take some hundredths of a second each."""
        left = ctk.CTkFrame(self, fg_color="transparent")
        left.grid(row=0, column=0, sticky="nsew", padx=(0, 10))
        self.filters = FilterBar(left, lambda: self.gallery.concept.trigger_words if self.gallery.concept else "")
        self.filters.pack(fill="x", pady=(0, 6))
        self.grid_ = Grid(left, self.thumbs)
        self.grid_.pack(fill="both", expand=True)
        self.count = ctk.CTkLabel(left, text="", anchor="w", text_color=colours.DIM, font=theme.font(theme.SMALL))
        self.count.pack(fill="x", padx=4)
        yield
        self._right = ctk.CTkFrame(self, fg_color="transparent")
        commands = {
            "previous": lambda: self.step(-1), "next": lambda: self.step(1), "delete": self.delete,
            "reload": self.reload, "undo": self.undo, "bulk": self._open_bulk,
        }  # fmt: skip
        top = TopBar(self._right, self._bench.tooltip, commands, lambda: self.deeds.sentence)
        top.pack(fill="x", pady=(0, 6))
        self.bar = top.buttons
        self.deeds.changed.connect(top.refresh)
        yield
        self.title = ctk.CTkLabel(
            self._right, text="", anchor="w", text_color=colours.DIM, font=theme.font(theme.SMALL)
        )
        self.title.pack(fill="x", pady=(0, 2))
        self.box = CaptionBox(self._right, self.drafts, self._large, self._context)
        self.box.pack(side="bottom", fill="x", pady=(8, 0))
        self.view = View(self._right, self._large, self.masks)
        yield
        self.tools = MaskBar(self._right, self.view, self._bench.tooltip, self.remove_mask)
        self.tools.pack(side="bottom", fill="x", pady=(6, 0))
        self.view.pack(fill="both", expand=True)
        yield
        self._right.grid(row=0, column=1, sticky="nsew")
        self._connect()
        self.ready = True
        self._refresh()

    def _connect(self) -> None:
        self.filters.changed.connect(self._filter)
        self.grid_.on_select.connect(self._look)
        self.grid_.on_delete.connect(self.delete)
        self.gallery.changed.connect(self._refresh)
        self.gallery.read.connect(self._on_read)
        self.drafts.wrote.connect(self.gallery.wrote)
        self.drafts.changed.connect(lambda _path: self._refresh_count())
        self.masks.saved.connect(self._on_mask)
        self.masks.failed.connect(lambda _path: self._say())
        self.view.painted.connect(self._say)
        self.view.came.connect(self._say)
        for widget in (self.box.text, self.grid_.canvas, self.view):
            widget.bind("<Prior>", lambda _event: self.step(-1))
            widget.bind("<Next>", lambda _event: self.step(1))
        self.grid_.canvas.bind("<Control-z>", self._on_undo_key)

    def _on_undo_key(self, _event: Any) -> str:
        self.undo()
        return "break"  # else the window would undo a change of the settings too

    def _look(self, index: int) -> None:
        """Show the picture that was selected; what was done to the one before is saved."""
        place = self.gallery.shown[index]
        if place == self.at:
            return
        self._save_mask()
        self.at = place
        path = self.gallery.caption_file(place)
        stored = self.gallery.text(path)
        self.box.show(path, stored, self.gallery.unreadable.get(path) or said.source_note(self.gallery.concept))
        self.masks.recover(self.gallery.entries[place].path)
        self.view.show(self.gallery.entries[place].path)
        self._say()

    def _refresh(self) -> None:
        """Other pictures are shown, or there are others."""
        gallery = self.gallery
        shown = gallery.shown
        self.grid_.selected = shown.index(self.at) if self.at in shown else min(self.grid_.selected, len(shown) - 1)
        hint = said.hint(gallery)
        self.grid_.show(len(shown), self._cell, hint)
        self._refresh_count()
        if shown and not gallery.listing:
            self.grid_.select(max(self.grid_.selected, 0))
        elif not shown and (not gallery.entries or gallery.kind != ALL):
            self._save_mask()
            self.at = -1
            self.box.show(None, "")
            self.view.show(None, "" if gallery.listing else hint)
        self._say()

    def _refresh_count(self) -> None:
        words, colour = said.count(self.gallery, self.drafts, self.masks)
        self.count.configure(text=words, text_color=colour)
        self.grid_.canvas.redraw()

    def _cell(self, index: int) -> Cell:
        return said.cell(self.gallery, self.gallery.shown[index], self.drafts, self.masks)

    def _say(self) -> None:
        """The line above the picture."""
        words, colour = said.title(self.gallery, self.at, self.grid_.selected, self.view.loaded, self.masks)
        self.title.configure(text=words, text_color=colour)

    def _on_read(self) -> None:
        if self.box.path is not None:
            self.box.stored_is(self.gallery.texts.get(self.box.path, ""))
        self._refresh_count()
        if self._bulk is not None and self._bulk.winfo_ismapped():
            self._bulk.look()

    def _filter(self) -> None:
        self.box.save()
        self.gallery.filter(self.filters.kind, self.filters.words, self.drafts.texts)

    def _save_mask(self) -> None:
        if self.view.path is not None:
            self.masks.save(self.view.path)

    def _on_mask(self, picture: Path) -> None:
        for place, entry in enumerate(self.gallery.entries):
            if entry.path == picture:
                self.gallery.set_masked(place, True)
        self._refresh_count()

    def _open_bulk(self) -> None:
        self.leave()
        self._right.grid_forget()
        self.bulk.grid(row=0, column=1, sticky="nsew")
        self.bulk.look()
        self.bulk.find.focus_set()

    def _close_bulk(self) -> None:
        self.bulk.grid_forget()
        self._right.grid(row=0, column=1, sticky="nsew")
        self.grid_.canvas.focus_set()

    def _on_bulk(self, edits: list[Edit], sentence: str) -> None:
        self.deeds.changed_captions(edits, sentence)
        if self.box.path is not None:
            self.box.stored_is(self.gallery.texts.get(self.box.path, ""))
        self._refresh_count()
