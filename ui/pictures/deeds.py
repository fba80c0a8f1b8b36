"""What is done to pictures, captions and masks and can be taken back, the last first: per concept, since it is shown where
it happens."""

from collections.abc import Callable, Sequence, Set
from pathlib import Path
from typing import TypeVar

from onetrainer_clone import browse, caption_changes
from onetrainer_clone.browse import Entry
from onetrainer_clone.caption_changes import Edit
from onetrainer_clone.settings import UserError
from ui.background import Background
from ui.pictures.drafts import Drafts
from ui.pictures.gallery import Gallery
from ui.pictures.history import Deed, History
from ui.pictures.mask_store import MaskStore
from ui.signals import Signal

AT_ONCE = 20  # pictures that are moved while the window waits; more in the background
Moves = list[tuple[Path, Path]]

T = TypeVar("T")


class Deeds:
    """No question is asked before, since undo brings everything back. `changed` when there is another one to undo."""

    def __init__(self, gallery: Gallery, drafts: Drafts, masks: MaskStore, writer: Background):
        self.changed: Signal[[]] = Signal()
        self.working = ""  # what is being done in the background, in words
        self._gallery, self._drafts, self._masks, self._writer = gallery, drafts, masks, writer
        self._histories: dict[str, History] = {}  # by the concept's folder
        self._history = History()

    @property
    def sentence(self) -> str:
        """What undo would take back; empty: nothing."""
        last = None if self.working else self._last()
        return last.sentence if last is not None else ""

    def turn_to(self, folder: str) -> None:
        """Another concept's pictures are looked at: what was done to others is not taken back out of view."""
        self._history = self._histories.setdefault(folder, History())
        self.changed.emit()

    def painted(self, picture: Path, way: int) -> None:
        """A stroke, or all of the mask at once (1); one that was taken back (-1)."""
        if way > 0:
            self._history.add(Deed(f"what was painted in {picture.name}", painted=picture))
        else:
            self._history.unpaint(picture)
        self.changed.emit()

    def typed(self, path: Path, before: str, anew: bool) -> None:
        """A letter of a caption. What is typed in one go is one step; `anew`: this does not go on with the last one."""
        if anew or not self.typing(path):
            self._add(Deed(f"what was typed into {path.name}", typed=(path, before)))

    def typing(self, path: Path | None) -> bool:
        """Whether the last that was done is typing into this caption."""
        last = self._last()
        return last is not None and last.typed is not None and last.typed[0] == path

    def typed_back(self, path: Path | None, text: str) -> None:
        """The caption's own undo has come to this text."""
        if (last := self._last()) is not None and last.typed == (path, text):
            self._history.take()
            self.changed.emit()

    def delete(self, keys: Set[str]) -> None:
        """Pictures with caption and mask go to the trash, with what was typed and painted a moment ago."""
        entries = [self._gallery.entries[place] for place in self._gallery.places(keys)]
        if not entries or self.working:
            return
        if any(self._masks.changed(entry.path) or entry.caption in self._drafts.drafts for entry in entries):
            self._drafts.flush()
            self._masks.flush()
        self._do(
            len(entries),
            f"moving {len(entries):,} pictures to the trash …",
            lambda: list(browse.delete_several([entry.path for entry in entries])),
            lambda results: self._on_deleted(entries, results),
        )

    def remove_mask(self, place: int) -> None:
        """To the trash; what was painted and is not saved yet is saved first, so that undo brings it back."""
        entry = self._gallery.entries[place]
        self._masks.flush()
        moves = browse.delete_mask(entry.path)
        self._masks.forget(entry.path)
        self._gallery.set_masked(place, False)
        if moves:
            self._add(Deed(f"mask of {entry.key} moved to the trash", moves=tuple(moves)))

    def changed_captions(self, edits: list[Edit], sentence: str) -> None:
        """Many captions were changed."""
        for edit in edits:
            self._gallery.wrote(edit.path, edit.after)
        if edits:
            self._add(Deed(sentence, edits=tuple(edits)))

    def take_back(self, then: Callable[[Deed], None]) -> None:
        """The last one. `then`: files are what they were again; strokes and typing are for the caller."""
        if self.working or (deed := self._last()) is None:
            return
        if deed.painted is None:  # a stroke goes when the painting has taken it back
            self._history.take()
        if deed.edits:
            self._write_back(deed, then)
            return
        if not deed.moves:
            then(deed)
            self.changed.emit()
            return
        self._do(
            len(deed.moves),
            f"bringing {len(deed.moves):,} files back …",
            lambda: browse.bring_back(list(deed.moves)),
            lambda _nothing: then(deed),
        )

    def _last(self) -> Deed | None:
        """Strokes on masks that are no longer remembered (those of the last few pictures are) are passed over."""
        while (deed := self._history.last) is not None and deed.painted is not None:
            painting = self._masks.get(deed.painted)
            if painting is not None and painting.can_undo:
                break
            self._history.take()
        return deed

    def _write_back(self, deed: Deed, then: Callable[[Deed], None]) -> None:
        """On the thread that writes what is typed, so that it comes after it."""
        self._drafts.save_all()
        edits = [edit.back for edit in reversed(deed.edits)]

        def done(results: list[tuple[Edit, str]]) -> None:
            for edit, why in results:
                if not why:
                    self._gallery.wrote(edit.path, edit.after)
            then(deed)
            if reasons := [why for _, why in results if why]:
                raise UserError(f"{len(reasons):,} of {len(results):,} captions stay as they are: {reasons[0]}")

        words = f"taking the change of {len(edits):,} captions back …"
        self._do(len(edits), words, lambda: list(caption_changes.apply(edits)), done, later=True)

    def _do(
        self, count: int, words: str, work: Callable[[], T], then: Callable[[T], None], later: bool = False
    ) -> None:
        """At once where it is little; `later` and else when there is time, so that the window does not stand still."""

        def done(result: T) -> None:
            self.working = ""
            try:
                then(result)
            finally:
                self.changed.emit()

        def failed(error: Exception) -> None:
            self.working = ""
            self.changed.emit()
            raise error

        if later or count > AT_ONCE:
            self.working = words
            self.changed.emit()
            self._writer.submit("trash", work, done, failed)
            return
        try:
            result = work()
        except UserError as error:
            failed(error)
        else:
            done(result)

    def _on_deleted(self, entries: Sequence[Entry], results: Sequence[tuple[Moves, str]]) -> None:
        gone = [entry for entry, (moves, _) in zip(entries, results, strict=True) if moves]
        self._masks.gone(entry.path for entry in gone)
        what = gone[0].key if len(gone) == 1 else f"{len(gone):,} pictures"
        if gone:
            self._history.add(Deed(f"{what} moved to the trash", moves=tuple(m for moves, _ in results for m in moves)))
            self._gallery.drop({entry.key for entry in gone})
        if reasons := [why for _, why in results if why]:
            kept = f"{len(reasons):,} of {len(entries):,} pictures stay where they are. " if len(entries) > 1 else ""
            raise UserError(f"{kept}{reasons[0]}")

    def _add(self, deed: Deed) -> None:
        self._history.add(deed)
        self.changed.emit()
