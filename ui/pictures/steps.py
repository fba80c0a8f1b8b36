"""Undo on the page of pictures: what was done there last is taken back, be it to files, captions or masks, and shown."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ui.pictures.desk import Desk
from ui.pictures.history import Deed
from ui.pictures.stage import Stage

NOTHING = "Nothing that was done to these pictures is left to take back."
NOTHING_AGAIN = "Nothing to do again here: only painting is."
AGAIN = "painting"


class Steps:
    """`find` looks at the picture with this key, `anew` lists the folder again, `read` the captions that were changed."""

    def __init__(
        self, desk: Desk, stage: Stage, find: Callable[[str], None], anew: Callable[[], None], read: Callable[[], None]
    ):
        self._desk, self._stage = desk, stage
        self._find, self._anew, self._read = find, anew, read
        stage.view.stroked.connect(desk.deeds.painted)
        stage.box.typed.connect(desk.deeds.typed)
        stage.box.text.bind("<<Undo>>", self._back_in_caption)
        stage.box.text.bind("<<Redo>>", self._forth_in_caption)

    @property
    def words(self) -> tuple[str, str]:
        """What would be taken back, and what done again; empty: nothing."""
        painting = self._stage.view.painting
        return self._desk.deeds.sentence, AGAIN if painting is not None and painting.can_redo else ""

    def back(self) -> str:
        """Take the last one back, and say what it was."""
        self._stage.box.take()
        deeds = self._desk.deeds
        sentence = deeds.sentence
        if sentence:
            deeds.take_back(self._on_taken)
        return deeds.working or (f"Undone: {sentence}" if sentence else NOTHING)

    def forth(self) -> str:
        """Paint again what was taken back of the picture in view."""
        if not self.words[1]:
            return NOTHING_AGAIN
        self._stage.view.redo()
        return f"Done again: {AGAIN}"

    def _back_in_caption(self, _event: Any) -> str:
        """As the text itself takes its typing back, as long as nothing else was done since."""
        box, deeds = self._stage.box, self._desk.deeds
        box.take()
        if deeds.typing(box.path) and box.step("undo"):
            deeds.typed_back(box.path, box.content)
        else:
            self._stage.event_generate("<<Undo>>")
        return "break"

    def _forth_in_caption(self, _event: Any) -> str:
        if not self._stage.box.step("redo"):
            self._stage.event_generate("<<Redo>>")
        return "break"

    def _on_taken(self, deed: Deed) -> None:
        if deed.moves:
            self._anew()
        elif deed.edits:
            self._read()
        elif deed.painted is not None:
            self._unpaint(deed.painted)
        elif deed.typed is not None:
            self._untype(*deed.typed)

    def _unpaint(self, picture: Path) -> None:
        desk, view = self._desk, self._stage.view
        if view.path == picture:
            view.undo()
        elif (painting := desk.masks.get(picture)) is not None:
            painting.undo()
            desk.deeds.painted(picture, -1)
            desk.masks.save(picture)
            self._look(picture)

    def _untype(self, path: Path, text: str) -> None:
        desk, box = self._desk, self._stage.box
        if box.path == path:
            box.put_back(text)
            return
        desk.drafts.type(path, text, desk.gallery.text(path))
        desk.drafts.save(path)
        self._look(path)

    def _look(self, path: Path) -> None:
        """At the picture, or the picture of the caption."""
        key = next((entry.key for entry in self._desk.gallery.entries if path in (entry.path, entry.caption)), "")
        if key:
            self._find(key)
