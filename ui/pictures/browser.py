"""A concept's pictures: looked through, described, masked, thrown away. Puts the parts together; each is a file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import customtkinter as ctk

from onetrainer_clone.caption_changes import Edit
from onetrainer_clone.state.concepts import Concept
from ui import theme
from ui.background import Background
from ui.pictures import arrangement, said
from ui.pictures.bulk import Bulk
from ui.pictures.bulk_place import BulkPlace
from ui.pictures.caption_box import Context
from ui.pictures.cells import Cell
from ui.pictures.deeds import Deeds
from ui.pictures.drafts import Drafts
from ui.pictures.fault_finder import FaultFinder
from ui.pictures.gallery import Gallery
from ui.pictures.mask_store import MaskStore
from ui.pictures.shelf import Shelf
from ui.pictures.sieve import OF_FILES, Faults
from ui.pictures.stage import Stage
from ui.pictures.thumbs import Thumbs
from ui.slices import Slices
from ui.viewport import CHANGED
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
        self.deeds, self.thumbs = Deeds(self.gallery, self.drafts, self.masks, writer), Thumbs(self._decoder)
        self.at = -1  # the picture in the large view: its place in the gallery
        self._key = ""  # and its key, which stays the same when others come or go
        self.ready = False  # whether all widgets are there
        self._wanted = ""  # the key of a picture that is shown when the folder has been listed
        self._arranged: tuple[bool, Any] | None = None  # whether narrow, and what stands beside the grid
        self.finder = FaultFinder(context)
        self.many = BulkPlace(
            lambda: Bulk(self, self.gallery, self._chosen, self.drafts, self._reader, self._writer, bench.tooltip),
            self._on_bulk,
        )
        self._slices = Slices(self, self._build())

    def show(self, concept: Concept) -> None:
        """Look at a concept's pictures; files may have come and gone since the last time."""
        if self.ready and concept.path and concept != self.gallery.concept:
            self.at, self._key, self.grid_.selected = -1, "", -1
        self.finder.forget()
        self.gallery.load(concept)

    def find(self, key: str) -> None:
        """Look at one picture, whatever the filter; as soon as it is known to be there."""
        self._wanted = key
        self._find()

    def leave(self) -> None:
        if self.ready:
            self.box.save()
            self._save_mask()

    def tick(self) -> None:
        if not self.ready:
            return
        for worker in self._workers:
            worker.deliver()
        self.many.tick()
        self._tick_finder()

    def destroy(self) -> None:
        self._slices.stop()
        self.drafts.flush()
        self.masks.flush()
        for worker in self._workers:
            worker.close(0.1)
        self.finder.close()
        super().destroy()

    def needs(self, width: float) -> float:
        """The height that it needs at a width, both in px at 100 %."""
        return arrangement.needs(width, self._arranged[1]) if self._arranged is not None else 0.0

    @property
    def bulk(self) -> Bulk:
        return self.many.panel

    def step(self, by: int) -> str:
        """To the next or the previous picture."""
        self.grid_.select(self.grid_.selected + by)
        return "break"

    def delete(self) -> None:
        """What is chosen goes to the trash folder; the picture that came after it is looked at."""
        if 0 <= self.at < len(self.gallery.entries):
            self._save_mask()
            chosen, shown = self._chosen(), self.gallery.shown[: self.grid_.selected]
            self.grid_.selected = sum(self.gallery.entries[place].key not in chosen for place in shown)
            self.deeds.delete(chosen)

    def remove_mask(self) -> None:
        """To the trash folder."""
        if 0 <= self.at < len(self.gallery.entries):
            self.deeds.remove_mask(self.at)
            self.view.reload()
            self._refresh_count()

    def undo(self) -> None:
        """Take the last deletion or change of many captions back."""
        self.deeds.take_back(lambda deed: self.reload() if deed.moves else self.many.take_back(deed.edits))

    def reload(self) -> None:
        """Everything anew from the disk, except what is not saved yet."""
        self.leave()
        self.thumbs.forget()
        self.view.reload()
        if self.gallery.concept is not None:
            self.show(self.gallery.concept)

    def _build(self) -> Iterator[None]:
        """The widgets, in parts that take some hundredths of a second each."""
        tooltip = self._bench.tooltip
        self.shelf = Shelf(self, self.thumbs, self._trigger, tooltip)
        self.filters, self.grid_, self.count = self.shelf.filters, self.shelf.grid_, self.shelf.count
        yield
        commands = {
            "previous": lambda: self.step(-1), "next": lambda: self.step(1), "delete": self.delete,
            "reload": self.reload, "undo": self.undo, "bulk": self._open_many, "remove": self.remove_mask,
        }  # fmt: skip
        self.stage = Stage(self, commands, tooltip)
        yield from self.stage.build(self.drafts, self.masks, self._large, self._context, lambda: self.deeds.sentence)
        self.bar, self.title = self.stage.top.buttons, self.stage.title
        self.view, self.tools, self.box = self.stage.view, self.stage.tools, self.stage.box
        yield
        self._connect()
        self.ready = True
        self.bind("<Configure>", lambda _event: self._arrange())
        self._arrange()
        self._refresh()

    def _arrange(self) -> None:
        """Anew where the window has become narrow or wide, or something else is shown in the large view's place."""
        narrow = self.winfo_width() < arrangement.NARROW * theme.scaling(self)
        main = self.many.panel if self.many.shown else self.stage
        if (narrow, main) != self._arranged:
            self._arranged = (narrow, main)
            (self.stage if self.many.shown else self.many).grid_forget()
            arrangement.arrange(self, self.shelf, main, narrow)
            self.event_generate(CHANGED)

    def _connect(self) -> None:
        self.filters.changed.connect(self._filter)
        self.grid_.on_select.connect(self._look)
        self.grid_.on_choose.connect(self._on_choose)
        self.grid_.on_delete.connect(self.delete)
        self.gallery.changed.connect(self._refresh)
        self.gallery.read.connect(self._on_read)
        self.drafts.wrote.connect(self.gallery.wrote)
        self.drafts.changed.connect(lambda _path: self._refresh_count())
        self.deeds.changed.connect(self.stage.top.refresh)
        self.deeds.changed.connect(self._refresh_count)
        self.finder.found.connect(self._on_faults)
        self.masks.saved.connect(self._on_mask)
        self.masks.failed.connect(lambda _path: self._say())
        self.view.painted.connect(self._say)
        self.view.came.connect(self._say)
        self.view.zoomed.connect(self._say)
        self.tools.changed.connect(lambda: self.event_generate(CHANGED))
        self.many.opened.connect(self._on_many)
        for widget in (self.box.text, self.grid_.canvas, self.view):
            widget.bind("<Prior>", lambda _event: self.step(-1))
            widget.bind("<Next>", lambda _event: self.step(1))
        for key, by in (("<Left>", -1), ("<Right>", 1)):
            self.view.bind(key, lambda _event, by=by: self.step(by))  # type: ignore[misc]
        self.grid_.canvas.bind("<<Undo>>", self._on_undo_key)
        self.grid_.canvas.bind("<Key>", self.view.hand.key)

    def _on_undo_key(self, _event: Any) -> str:
        self.undo()
        return "break"  # else the window would undo a change of the settings too

    def _look(self, index: int) -> None:
        """Show the picture that was selected; what was done to the one before is saved."""
        place = self.gallery.shown[index]
        if place == self.at:
            return
        self._save_mask()
        self.at, self._key = place, self.gallery.entries[place].key
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
        place = gallery.place(self._key)
        self.at = -1 if place is None else place
        self.grid_.selected = shown.index(self.at) if self.at in shown else min(self.grid_.selected, len(shown) - 1)
        hint = said.hint(gallery, self.finder.words)
        self.grid_.show(len(shown), self._cell, lambda index: self.gallery.entries[self.gallery.shown[index]].key, hint)
        self._refresh_count()
        if shown and not gallery.listing:
            self._find()
            self.grid_.keep(max(self.grid_.selected, 0))
        elif not shown and (not gallery.entries or not gallery.wish.everything):
            self._save_mask()
            self.at, self._key = -1, ""
            self.box.show(None, "")
            self.view.show(None, "" if gallery.listing else hint)
        self._say()

    def _find(self) -> None:
        """Select the picture that was asked for, once the list is that of all pictures."""
        gallery = self.gallery
        if not self._wanted or not self.ready or gallery.listing:
            return
        if len(gallery.shown) < len(gallery.entries) or self.filters.wish.narrows:
            self.filters.everything()  # comes back here when it has been gone through
            return
        place, self._wanted = gallery.place(self._wanted), ""
        if place in gallery.shown:
            self.grid_.select(gallery.shown.index(place))

    def _refresh_count(self) -> None:
        chosen = len(self.grid_.selection.keys)
        self.shelf.say(*said.count(self.gallery, self.drafts, self.masks, chosen, self.deeds.working))

    def _cell(self, index: int) -> Cell:
        return said.cell(self.gallery, self.gallery.shown[index], self.drafts, self.masks)

    def _say(self) -> None:
        scale = self.view.lens.scale if self.view.lens is not None else 0.0
        self.stage.say(*said.title(self.gallery, self.at, self.grid_.selected, self.view.loaded, scale, self.masks))

    def _on_read(self) -> None:
        if self.box.path is not None:
            self.box.stored_is(self.gallery.texts.get(self.box.path, ""))
        self._refresh_count()
        self.many.look()
        self._look_for_faults()

    def _filter(self) -> None:
        self.box.save()
        self.gallery.filter(self.filters.wish, self.drafts.texts)
        self._look_for_faults()

    def _save_mask(self) -> None:
        if self.view.path is not None:
            self.masks.save(self.view.path)

    def _on_mask(self, picture: Path) -> None:
        for place, entry in enumerate(self.gallery.entries):
            if entry.path == picture:
                self.gallery.set_masked(place, True)
        self._refresh_count()

    def _look_for_faults(self) -> None:
        """Where the filter needs them."""
        if self.gallery.wish.kind in OF_FILES:
            self.finder.look()
        else:
            self.finder.stop()

    def _tick_finder(self) -> None:
        """How far the search for faults is."""
        self.finder.tick()
        if self.grid_.count == 0 and (hint := said.hint(self.gallery, self.finder.words)) != self.grid_.hint:
            self.grid_.hint = hint
            self.grid_.canvas.redraw()

    def _on_faults(self, faults: Faults) -> None:
        self.gallery.found(faults)

    def _chosen(self) -> set[str]:
        """The keys of the pictures that are chosen; of one where there are not several."""
        selection = self.grid_.selection
        if selection.several:
            return selection.keys
        return {self.gallery.entries[self.at].key} if 0 <= self.at < len(self.gallery.entries) else set()

    def _on_choose(self) -> None:
        """Others or more are chosen."""
        self.stage.top.several(len(self.grid_.selection.keys))
        self._refresh_count()
        self.many.look()

    def _open_many(self) -> None:
        self.many.open(self.grid_.selection.several)

    def _on_many(self, shown: bool) -> None:
        """The change of many captions takes the large view's place, or gives it back."""
        self.leave()
        self._arrange()
        if not shown:
            self.grid_.canvas.focus_set()

    def _on_bulk(self, edits: list[Edit], sentence: str) -> None:
        self.deeds.changed_captions(edits, sentence)
        if self.box.path is not None:
            self.box.stored_is(self.gallery.texts.get(self.box.path, ""))
        self._refresh_count()

    def _trigger(self) -> str:
        return self.gallery.concept.trigger_words if self.gallery.concept else ""
