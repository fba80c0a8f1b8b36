"""A concept's pictures: looked through, described, masked, thrown away. Puts the parts together; each is a file."""

from functools import partial
from pathlib import Path
from typing import Any

import customtkinter as ctk

from onetrainer_clone import browse, captions
from onetrainer_clone.caption_changes import Edit
from onetrainer_clone.settings import UserError
from onetrainer_clone.state.concepts import CaptionSource, Concept
from ui import colours, theme
from ui.background import Background
from ui.pictures.bulk import Bulk, back
from ui.pictures.caption_box import CaptionBox, Context
from ui.pictures.drafts import Drafts
from ui.pictures.filter_bar import FilterBar
from ui.pictures.gallery import ALL, Gallery
from ui.pictures.grid import Cell, Grid
from ui.pictures.history import Deed, History
from ui.pictures.mask_bar import MaskBar
from ui.pictures.mask_store import MaskStore
from ui.pictures.thumbs import Thumbs
from ui.pictures.view import View
from ui.workbench import Workbench

EMPTY = "There are no pictures in this folder."
NOTHING = "No picture passes the filter."


class Browser(ctk.CTkFrame):
    """`show` a concept; `leave` saves what was typed and painted; `destroy` saves it before the window goes."""

    def __init__(self, parent: Any, bench: Workbench, writer: Background, context: Context):
        super().__init__(parent, fg_color="transparent")
        self._bench, self._context = bench, context
        self._workers = [Background(name) for name in ("captions", "large picture", "thumbnails")]
        reader, large, decoder = self._workers
        self.gallery, self.drafts, self.masks = Gallery(reader), Drafts(writer), MaskStore(writer)
        self.history, self.thumbs = History(), Thumbs(decoder)
        self.at = -1  # the picture in the large view: its place in the gallery
        self.grid_columnconfigure(0, weight=1)
        self.grid_columnconfigure(1, weight=4)
        self.grid_rowconfigure(0, weight=1)
        self._left().grid(row=0, column=0, sticky="nsew", padx=(0, 10))
        self._right = ctk.CTkFrame(self, fg_color="transparent")
        self._right.grid(row=0, column=1, sticky="nsew")
        self.bar: dict[str, Any] = {}
        self.title = ctk.CTkLabel(self, text="")
        self._top(self._right).pack(fill="x", pady=(0, 6))
        self._large(self._right, large)
        self.bulk = Bulk(self, self.gallery, self.drafts, reader, writer)
        self._connect()

    def show(self, concept: Concept) -> None:
        """Look at a concept's pictures; files may have come and gone since the last time."""
        if concept.path and concept != self.gallery.concept:
            self.at, self.grid_.selected = -1, -1
        self.gallery.load(concept)

    def leave(self) -> None:
        self.box.save()
        self._save_mask()

    def tick(self) -> None:
        for worker in self._workers:
            worker.deliver()
        self.bulk.tick()

    def destroy(self) -> None:
        self.drafts.flush()
        self.masks.flush()
        for worker in self._workers:
            worker.close(0.1)
        super().destroy()

    def step(self, by: int) -> str:
        """To the next or the previous picture."""
        self.grid_.select(self.grid_.selected + by)
        return "break"

    def delete(self) -> None:
        """To the trash folder; no question is asked, since undo brings it back."""
        if not 0 <= self.at < len(self.gallery.entries):
            return
        entry, place = self.gallery.entries[self.at], self.at
        if self.masks.changed(entry.path) or entry.caption in self.drafts.drafts:
            self.drafts.flush()
            self.masks.flush()
        moves = browse.delete(entry.path)
        self.masks.forget(entry.path)
        self.history.add(Deed(f"{entry.key} moved to the trash", moves=tuple(moves)))
        self.at = -1
        self.gallery.drop(place)
        self._refresh_bar()
        self.grid_.select(self.grid_.selected)

    def remove_mask(self) -> None:
        """To the trash folder; what was painted and is not saved yet is saved first, so that undo brings it back."""
        if not 0 <= self.at < len(self.gallery.entries):
            return
        entry = self.gallery.entries[self.at]
        self.masks.flush()
        moves = browse.delete_mask(entry.path)
        self.masks.forget(entry.path)
        self.gallery.set_masked(self.at, False)
        if moves:
            self.history.add(Deed(f"mask of {entry.key} moved to the trash", moves=tuple(moves)))
        self.view.reload()
        self._refresh_bar()
        self._refresh_count()

    def undo(self) -> None:
        """Take the last deletion or change of many captions back."""
        if (deed := self.history.take()) is None:
            return
        if deed.moves:
            browse.bring_back(list(deed.moves))
            self.reload()
        else:
            self._open_bulk()
            self.bulk.run(back(list(deed.edits)), "")
        self._refresh_bar()

    def reload(self) -> None:
        """Everything anew from the disk, except what is not saved yet."""
        self.leave()
        self.thumbs.forget()
        self.view.reload()
        if self.gallery.concept is not None:
            self.gallery.load(self.gallery.concept)

    def _left(self) -> Any:
        left = ctk.CTkFrame(self, fg_color="transparent")
        self.filters = FilterBar(left, self._trigger)
        self.filters.pack(fill="x", pady=(0, 6))
        self.grid_ = Grid(left, self.thumbs)
        self.grid_.pack(fill="both", expand=True)
        self.count = ctk.CTkLabel(left, text="", anchor="w", text_color=colours.DIM, font=theme.font(theme.SMALL))
        self.count.pack(fill="x", padx=4)
        return left

    def _top(self, parent: Any) -> Any:
        top = ctk.CTkFrame(parent, fg_color="transparent")
        for key, text, command, tip in (
            ("previous", "◀", lambda: self.step(-1), "The previous picture (Page up)"),
            ("next", "▶", lambda: self.step(1), "The next picture (Page down)"),
            ("delete", "Delete", self.delete, "Moves the picture, its caption and mask to the folder .trash (Delete)"),
            ("reload", "Reload", self.reload, "Reads the folder again."),
            ("undo", "Undo", self.undo, ""),
            ("bulk", "All captions …", self._open_bulk, "Search and replace, add or remove a tag in all captions."),
        ):
            made = theme.button(top, text, command, "danger" if key == "delete" else "plain")
            made.pack(
                side="left" if key in ("previous", "next") else "right", padx=(0, 6) if key[0] in "pn" else (6, 0)
            )
            says = partial(str, tip) if tip else (lambda: f"Undo: {self.history.sentence or 'nothing yet'}")
            self._bench.tooltip.attach(made, says)
            self.bar[key] = made
        return top

    def _large(self, parent: Any, worker: Background) -> None:
        self.title = ctk.CTkLabel(parent, text="", anchor="w", text_color=colours.DIM, font=theme.font(theme.SMALL))
        self.title.pack(fill="x", pady=(0, 2))
        self.box = CaptionBox(parent, self.drafts, worker, self._context)
        self.box.pack(side="bottom", fill="x", pady=(8, 0))
        self.view = View(parent, worker, self.masks)
        self.tools = MaskBar(parent, self.view, self._bench.tooltip, self.remove_mask)
        self.tools.pack(side="bottom", fill="x", pady=(6, 0))
        self.view.pack(fill="both", expand=True)

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
        self.bulk.done.connect(self._on_bulk)
        self.bulk.closed.connect(self._close_bulk)
        for widget in (self.box.text, self.grid_.canvas, self.view):
            widget.bind("<Prior>", lambda _event: self.step(-1))
            widget.bind("<Next>", lambda _event: self.step(1))
        self.grid_.canvas.bind("<Control-z>", self._on_undo_key)
        self._refresh_bar()

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
        stored = self._stored(path)
        self.box.show(path, stored, self.gallery.unreadable.get(path) or self._source_note())
        self.masks.recover(self.gallery.entries[place].path)
        self.view.show(self.gallery.entries[place].path)
        self._say()

    def _stored(self, path: Path) -> str:
        """What the file holds; read now where the reader has not come to it yet."""
        if self.gallery.reading and path not in self.gallery.texts:
            try:
                return captions.read(path).text
            except UserError as error:
                self.gallery.unreadable[path] = str(error)
        return self.gallery.texts.get(path, "")

    def _refresh(self) -> None:
        """Other pictures are shown, or there are others."""
        gallery = self.gallery
        hint = "Looking into the folder …" if gallery.listing else gallery.problem or (
            EMPTY if not gallery.entries else NOTHING
        )  # fmt: skip
        shown = gallery.shown
        self.grid_.selected = shown.index(self.at) if self.at in shown else min(self.grid_.selected, len(shown) - 1)
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
        shown, total = len(self.gallery.shown), len(self.gallery.entries)
        words = f"{total:,} pictures" if shown == total else f"{shown:,} of {total:,} pictures"
        if self.gallery.reading and total:
            words += ", reading captions …"
        unsaved = len(self.drafts.failed) + len(self.masks.problems)
        if unsaved:
            words += f" · {unsaved:,} not saved"
        self.count.configure(text=words, text_color=colours.ERROR if unsaved else colours.DIM)
        self.grid_.canvas.redraw()

    def _refresh_bar(self) -> None:
        self.bar["undo"].configure(state="normal" if self.history.sentence else "disabled")

    def _cell(self, index: int) -> Cell:
        entry = self.gallery.entries[self.gallery.shown[index]]
        path = entry.caption
        text = self.drafts.texts.get(path, self.gallery.texts.get(path, ""))
        marks = [colours.WARNING] if not self.gallery.reading and not text.strip() else []
        if path in self.drafts.failed or entry.path in self.masks.problems:
            marks.append(colours.ERROR)
        if entry.masked:
            marks.append(colours.ACCENT)
        return Cell(entry.path, entry.path.name, tuple(marks))

    def _say(self) -> None:
        """The line above the picture: which one it is, how large, and what is wrong with its mask."""
        if not 0 <= self.at < len(self.gallery.entries):
            self.title.configure(text="")
            return
        entry, loaded = self.gallery.entries[self.at], self.view.loaded
        words = f"{self.grid_.selected + 1:,} of {len(self.gallery.shown):,}   {entry.key}"
        problem = self.masks.problems.get(entry.path, "")
        if loaded is not None and loaded.path == entry.path:
            words += f"   {loaded.size[0]} x {loaded.size[1]} px" if loaded.size[0] else ""
            problem = problem or loaded.mask_problem
        self.title.configure(text=f"{words}   {problem}" if problem else words,
                             text_color=colours.ERROR if problem else colours.DIM)  # fmt: skip

    def _on_read(self) -> None:
        if self.box.path is not None:
            self.box.stored_is(self.gallery.texts.get(self.box.path, ""))
        self._refresh_count()
        if self.bulk.winfo_ismapped():
            self.bulk.look()

    def _filter(self) -> None:
        self.box.save()
        self.gallery.filter(self.filters.kind, self.filters.words, self.drafts.texts)

    def _trigger(self) -> str:
        return self.gallery.concept.trigger_words if self.gallery.concept else ""

    def _save_mask(self) -> None:
        if self.view.path is not None:
            self.masks.save(self.view.path)

    def _on_mask(self, picture: Path) -> None:
        for place, entry in enumerate(self.gallery.entries):
            if entry.path == picture:
                self.gallery.set_masked(place, True)
        self._refresh_count()

    def _source_note(self) -> str:
        concept = self.gallery.concept
        if concept is None or concept.caption_source is CaptionSource.FILE:
            return ""
        return f"not used now: captions come from '{concept.caption_source.label}'"

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
        for edit in edits:
            self.gallery.wrote(edit.path, edit.after)
        if edits and sentence:
            self.history.add(Deed(sentence, edits=tuple(edits)))
        if self.box.path is not None:
            self.box.stored_is(self.gallery.texts.get(self.box.path, ""))
        self._refresh_bar()
        self._refresh_count()
