"""Undo and redo on the page of pictures: what was done there, be it to files, captions or masks, in one order, and shown."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from ui.pictures.desk import Desk
from ui.pictures.history import AGAIN, BACK, Added, Deed, Edited, Moved, Painted, Typed
from ui.pictures.stage import Stage

SAID = {BACK: "Undone", AGAIN: "Done again"}
NOTHING = {
    BACK: "Nothing that was done to these pictures is left to take back.",
    AGAIN: "Nothing that was taken back here is left to do again.",
}


class Steps:
    """`find` looks at the picture with this key, `anew` lists the folder again, `read` the captions that were changed."""

    def __init__(
        self, desk: Desk, stage: Stage, find: Callable[[str], None], anew: Callable[[], None], read: Callable[[], None]
    ):
        self._desk, self._stage = desk, stage
        self._find, self._anew, self._read = find, anew, read
        stage.view.stroked.connect(desk.deeds.painted)
        stage.box.typed.connect(desk.deeds.typed)
        for event in ("<<Undo>>", "<<Redo>>"):  # else the text would take back its typing out of this order
            stage.box.text.bind(event, partial(self._pass_on, event))

    def step(self, way: int) -> str:
        """Take the last one back, or do again what was taken back last, and say what it was."""
        self._stage.box.take()
        deeds = self._desk.deeds
        sentence = deeds.sentence(way)
        if sentence:
            deeds.step(way, partial(self._on_step, way))
        return deeds.working or (f"{SAID[way]}: {sentence}" if sentence else NOTHING[way])

    def _pass_on(self, event: str, _event: Any) -> str:
        """To the window, which comes to `step`."""
        self._stage.event_generate(event)
        return "break"

    def _on_step(self, way: int, deed: Deed) -> None:
        match deed:
            case Moved() | Added():
                self._anew()
            case Edited():
                self._read()
            case Painted():
                self._paint(deed.picture, way)
            case Typed():
                self._retype(deed.path, deed.before if way == BACK else deed.after)

    def _paint(self, picture: Path, way: int) -> None:
        desk, view = self._desk, self._stage.view
        if view.path == picture:
            view.brush.step(way)
        elif (painting := desk.masks.get(picture)) is not None:
            (painting.undo if way == BACK else painting.redo)()
            desk.deeds.painted(picture, way)
            desk.masks.save(picture)
            self._look(picture)

    def _retype(self, path: Path, text: str) -> None:
        desk, box = self._desk, self._stage.box
        if box.path == path:
            box.retype(text)
            return
        desk.drafts.type(path, text, desk.gallery.text(path))
        desk.drafts.save(path)
        self._look(path)

    def _look(self, path: Path) -> None:
        """At the picture, or the picture of the caption."""
        key = next((entry.key for entry in self._desk.gallery.entries if path in (entry.path, entry.caption)), "")
        if key:
            self._find(key)
