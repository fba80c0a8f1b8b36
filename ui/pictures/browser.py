"""A concept's pictures: looked through, described, masked, thrown away. Puts the parts together; each is a file."""

from collections.abc import Iterator, Set
from pathlib import Path
from typing import Any

import customtkinter as ctk

from onetrainer_clone.masks import mask_path
from onetrainer_clone.state.concepts import Concept
from ui.background import Background
from ui.concept import drop
from ui.concept.surveyed import Surveyed
from ui.pictures import page_keys, said
from ui.pictures.arrangement import Arrangement
from ui.pictures.bulk import Bulk
from ui.pictures.bulk_place import BulkPlace
from ui.pictures.caption_box import Context
from ui.pictures.current import Current
from ui.pictures.desk import Desk
from ui.pictures.history import AGAIN, BACK
from ui.pictures.shelf import Shelf
from ui.pictures.stage import Stage
from ui.pictures.steps import Steps
from ui.slices import Slices
from ui.viewport import CHANGED
from ui.workbench import Workbench


class Browser(ctk.CTkFrame):
    """`show` a concept; `leave` saves what was typed and painted; `destroy` saves it before the window goes.

    The widgets come one after the other; meanwhile the folder is listed already.
    """

    def __init__(self, parent: Any, bench: Workbench, writer: Background, context: Context, surveyed: Surveyed):
        super().__init__(parent, fg_color="transparent")
        self._bench = bench
        self.desk = desk = Desk(writer, context, surveyed)
        self.gallery, self.drafts, self.masks = desk.gallery, desk.drafts, desk.masks
        self.deeds, self.thumbs = desk.deeds, desk.thumbs
        self.ready = False  # whether all widgets are there
        self._wanted = ""  # the key of a picture that is shown when the folder has been listed
        self.many = BulkPlace(
            lambda: Bulk(self, desk.gallery, self._chosen, desk.drafts, desk.deeds, desk.reader, bench.tooltip),
            self._on_changed,
        )
        self._slices = Slices(self, self._build())

    def show(self, concept: Concept) -> None:
        """Look at a concept's pictures; files may have come and gone since the last time."""
        if self.ready and concept.path and concept != self.gallery.concept:
            self.current.forget()
            self.grid_.selected = -1
        self.desk.load(concept)

    def find(self, key: str) -> None:
        """Look at one picture, whatever the filter; as soon as it is known to be there."""
        self._wanted = key
        self._find()

    def leave(self) -> None:
        if self.ready:
            self.current.save()

    def tick(self) -> None:
        if self.ready:
            self.desk.deliver()
            self.many.tick()
            self.shelf.say_why(self.desk.hint)

    def destroy(self) -> None:
        self._slices.stop()
        self.desk.close()
        super().destroy()

    def needs(self, width: float) -> float:
        """The height that it needs at a width, both in px at 100 %."""
        return self.arrangement.needs(width) if self.ready else 0.0

    @property
    def at(self) -> int:
        """The picture in the large view: its place in the gallery."""
        return self.current.at

    @property
    def bulk(self) -> Bulk:
        return self.many.panel

    def step(self, by: int) -> str:
        """To the next or the previous picture."""
        self.grid_.select(self.grid_.selected + by)
        return "break"

    def delete(self) -> None:
        """What is chosen goes to the trash folder; the picture that came after it is looked at."""
        if self.at >= 0 and not self.deeds.working:
            self.current.save_mask()
            chosen = self._chosen()
            self.grid_.selected = sum(self.desk.key(row) not in chosen for row in range(self.grid_.selected))
            self.grid_.selection.keys = set()
            self.desk.surveyed.forget()
            self.deeds.delete(chosen)

    def add(self, paths: list[Path]) -> None:
        """Pictures that were dropped here, or those of a folder, are copied into the concept's."""
        self.leave()
        self.deeds.add(paths, self._on_added)

    @property
    def undoes(self) -> tuple[str, str]:
        """What `undo` would take back, and what `redo` would do again."""
        return self.deeds.sentence(BACK), self.deeds.sentence(AGAIN)

    def undo(self) -> str:
        """Take back what was done last to these pictures, and say what it was."""
        return self.steps.step(BACK) if self.ready else ""

    def redo(self) -> str:
        return self.steps.step(AGAIN) if self.ready else ""

    def reload(self) -> None:
        """Everything anew from the disk, except what is not saved yet."""
        self.leave()
        self.desk.surveyed.forget()
        self.thumbs.forget()
        self.view.reload()
        if self.gallery.concept is not None:
            self.show(self.gallery.concept)

    def renew(self, paths: Set[str]) -> None:
        """Other programs have changed these files. What is not saved yet stays."""
        self.thumbs.forget(paths)
        if not (self.ready and self.winfo_ismapped() and self.gallery.concept is not None):
            return  # all is looked at anew when it comes into view
        if self.view.path is not None and {str(self.view.path), str(mask_path(self.view.path))} & paths:
            self.view.reload()
        self.desk.load(self.gallery.concept)

    def _build(self) -> Iterator[None]:
        """The widgets, in parts that take some hundredths of a second each."""
        desk, tooltip = self.desk, self._bench.tooltip
        self.shelf = Shelf(self, desk.thumbs, desk.trigger, tooltip)
        self.filters, self.grid_, self.count = self.shelf.filters, self.shelf.grid_, self.shelf.count
        yield
        commands = {
            "previous": lambda: self.step(-1), "next": lambda: self.step(1), "delete": self.delete,
            "reload": self.reload, "bulk": self._open_many, "remove": self._remove_mask,
        }  # fmt: skip
        self.stage = Stage(self, commands, tooltip)
        yield from self.stage.build(desk)
        self.bar, self.title = self.stage.top.buttons, self.stage.title
        self.view, self.tools, self.box = self.stage.view, self.stage.tools, self.stage.box
        self.current = Current(desk, self.stage)
        self.steps = Steps(desk, self.stage, self.find, self.reload, self._on_changed)
        yield
        self._connect()
        page_keys.bind(self)
        self.arrangement = Arrangement(self, self.shelf, self.stage, self.many)
        self.ready = True
        self.arrangement.look()
        self._refresh()

    def _connect(self) -> None:
        self.filters.changed.connect(self._filter)
        self.grid_.on_select.connect(lambda row: self.current.look(self.gallery.shown[row], row))
        self.grid_.on_choose.connect(self._on_choose)
        self.grid_.on_delete.connect(self.delete)
        self.gallery.changed.connect(self._refresh)
        self.gallery.read.connect(self._on_read)
        self.drafts.changed.connect(lambda _path: self._refresh_count())
        self.deeds.changed.connect(self._refresh_count)
        self.masks.saved.connect(self._on_mask)
        self.tools.changed.connect(lambda: self.event_generate(CHANGED))
        self.many.opened.connect(self._on_many)
        for widget in (self.grid_.canvas, self.view):
            drop.accept(widget, self.add)

    def _refresh(self) -> None:
        """Other pictures are shown, or there are others."""
        gallery, shown = self.gallery, self.gallery.shown
        self.current.place_again()
        self.grid_.selected = shown.index(self.at) if self.at in shown else min(self.grid_.selected, len(shown) - 1)
        self.grid_.show(len(shown), self.desk.cell, self.desk.key, self.desk.hint)
        self._refresh_count()
        if shown and not gallery.listing:
            self._find()
            self.grid_.keep(max(self.grid_.selected, 0))
        elif not shown and (not gallery.entries or not gallery.wish.everything):
            self.current.nothing("" if gallery.listing else self.desk.hint)
        self.current.say()

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

    def _on_read(self) -> None:
        self.current.read_again()
        self._refresh_count()
        self.many.look()

    def _filter(self) -> None:
        self.box.save()
        self.desk.filter(self.filters.wish)

    def _on_mask(self, picture: Path, there: bool) -> None:
        for place, entry in enumerate(self.gallery.entries):
            if entry.path == picture:
                self.gallery.set_masked(place, there)
        self._refresh_count()

    def _remove_mask(self) -> None:
        self.current.remove_mask()
        self._refresh_count()

    def _chosen(self) -> set[str]:
        """The keys of the pictures that are chosen; of one where there are not several."""
        selection = self.grid_.selection
        if selection.several:
            return selection.keys
        return {self.current.key} if self.at >= 0 else set()

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
        self.arrangement.look()
        if not shown:
            self.grid_.canvas.focus_set()

    def _on_added(self, first: Path) -> None:
        """Look at it: in a list that has it."""
        self.reload()
        self.find(first.name)

    def _on_changed(self) -> None:
        """Many captions are others now."""
        self.desk.surveyed.forget()
        self.current.read_again()
        self._refresh_count()
        self.many.look()
