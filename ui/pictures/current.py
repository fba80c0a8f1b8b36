"""The picture in the large view: which it is, and that nothing done to it is lost when another one comes."""

from ui.pictures import said
from ui.pictures.desk import Desk
from ui.pictures.stage import Stage


class Current:
    """`at` is its place in the gallery, -1 where there is none; `key` stays the same when others come or go."""

    def __init__(self, desk: Desk, stage: Stage):
        self.at, self.key = -1, ""
        self._desk, self._stage = desk, stage
        self._row = -1  # in the grid
        for signal in (stage.view.painted, stage.view.came, stage.view.zoomed):
            signal.connect(self.say)
        desk.masks.failed.connect(lambda _path: self.say())

    def look(self, place: int, row: int) -> None:
        """Show this one; what was done to the one before is saved. `row` is its place in the grid."""
        self._row = row
        if place == self.at:
            return
        self.save_mask()
        desk, gallery = self._desk, self._desk.gallery
        self.at, self.key = place, gallery.entries[place].key
        picture, path = gallery.entries[place].path, gallery.caption_file(place)
        stored = gallery.text(path)
        self._stage.box.show(path, stored, gallery.unreadable.get(path) or said.source_note(gallery.concept))
        desk.masks.recover(picture)
        self._stage.view.show(picture)
        self.say()

    def nothing(self, hint: str) -> None:
        """No picture is shown; `hint` says why."""
        self.save_mask()
        self.forget()
        self._stage.box.show(None, "")
        self._stage.view.show(None, hint)

    def forget(self) -> None:
        """The next one is shown anew, even where it is the same."""
        self.at, self.key = -1, ""

    def place_again(self) -> None:
        """The list of pictures is another one."""
        place = self._desk.gallery.place(self.key)
        self.at = -1 if place is None else place

    def save(self) -> None:
        self._stage.box.save()
        self.save_mask()

    def save_mask(self) -> None:
        if self._stage.view.path is not None:
            self._desk.masks.save(self._stage.view.path)

    def read_again(self) -> None:
        """The caption may be another one on the disk now."""
        if self._stage.box.path is not None:
            self._stage.box.stored_is(self._desk.gallery.texts.get(self._stage.box.path, ""))

    def remove_mask(self) -> None:
        """To the trash folder."""
        if self.at >= 0:
            self._desk.deeds.remove_mask(self.at)
            self._stage.view.reload()

    def say(self) -> None:
        """The line above the picture."""
        view, desk = self._stage.view, self._desk
        scale = view.lens.scale if view.lens is not None else 0.0
        self._stage.say(*said.title(desk.gallery, self.at, self._row, view.loaded, scale, desk.masks))
