"""What is done to pictures, captions and masks, taken back and done again: per concept, so that it is in view."""

import time
from collections.abc import Callable, Sequence, Set
from dataclasses import replace
from functools import partial
from pathlib import Path

from onetrainer_clone import browse
from onetrainer_clone.browse import Entry, Moves
from onetrainer_clone.caption_changes import Edit
from onetrainer_clone.paths import resolve, shown
from onetrainer_clone.settings import UserError
from ui.background import Background
from ui.pictures.drafts import Drafts
from ui.pictures.gallery import Gallery
from ui.pictures.history import AGAIN, BACK, Added, Deed, Edited, History, Moved, Painted, Typed
from ui.pictures.many_captions import Results, Writing, in_words
from ui.pictures.mask_store import MaskStore
from ui.pictures.work import Work

PAUSE_SECONDS = 1.5  # keystrokes that follow each other this fast are one step

class Deeds:
    """No question is asked before, since undo brings everything back. `changed` when there is another one to undo."""

    def __init__(self, gallery: Gallery, drafts: Drafts, masks: MaskStore, writer: Background):
        self._work = Work(writer)
        self.changed = self._work.changed
        self._gallery, self._drafts, self._masks, self._writer = gallery, drafts, masks, writer
        self._histories: dict[str, History] = {}  # by the concept's folder
        self._history = History()
        self._typed_at = 0.0

    @property
    def working(self) -> str:
        """What is being done in the background, in words."""
        return self._work.words

    @property
    def writing(self) -> Writing | None:
        """Many captions that are being changed."""
        return self._work.job if isinstance(self._work.job, Writing) else None

    def sentence(self, way: int) -> str:
        """What would be taken back, or done again; empty: nothing."""
        deed = None if self.working else self._next(way)
        return deed.sentence if deed is not None else ""

    def turn_to(self, folder: str) -> None:
        """Another concept's pictures are looked at: what was done to others is not taken back out of view."""
        self._history = self._histories.setdefault(folder, History())
        self.changed.emit()

    def painted(self, picture: Path, way: int) -> None:
        """A stroke, or all of a mask at once: a new one (0), or one that was taken back or painted again."""
        deed = Painted(picture)
        if way:
            self._history.passed(deed, way, deed)
        else:
            self._history.add(deed)
        self.changed.emit()

    def typed(self, path: Path, before: str, after: str, anew: bool) -> None:
        """A letter of a caption. What is typed in one go is one step; `anew`: this does not go on with the last one."""
        now, last = time.monotonic(), self._next(BACK)
        on = not anew and now - self._typed_at < PAUSE_SECONDS
        self._typed_at = now
        if on and isinstance(last, Typed) and (last.path, last.after) == (path, before):
            self._history.done[-1:] = [replace(last, after=after)] if after != last.before else []
            if after == last.before:
                self.changed.emit()
        else:
            self._add(Typed(path, before, after))

    def delete(self, keys: Set[str]) -> None:
        """Pictures with caption and mask go to the trash, with what was typed and painted a moment ago."""
        entries = [self._gallery.entries[place] for place in self._gallery.places(keys)]
        if not entries or self.working:
            return
        if self._drafts.drafts or self._masks.unsaved:
            self._drafts.flush()
            self._masks.flush()
        self._work.do(
            len(entries),
            f"moving {len(entries):,} pictures to the trash …",
            lambda: list(browse.delete_several([entry.path for entry in entries])),
            partial(self._on_deleted, entries),
        )

    def remove_mask(self, place: int) -> None:
        """To the trash; what was painted and is not saved yet is saved first, so that undo brings it back."""
        entry = self._gallery.entries[place]
        self._masks.flush()
        moves = browse.delete_mask(entry.path)
        self._masks.put_away([entry.path])
        self._gallery.set_masked(place, False)
        if moves:
            self._add(Moved(f"mask of {shown(entry.key)} moved to the trash", (moves,), (entry.path,)))

    def add(self, paths: Sequence[Path], then: Callable[[Path], None]) -> None:
        """Copy pictures of other folders into this one, with caption and mask. `then` hears of the first of them."""
        concept = self._gallery.concept
        if concept is None or self.working:
            return
        folder = resolve(concept.path)

        def done(results: list[tuple[Moves, str]]) -> None:
            pictures = tuple(copies[0][1] for copies, _ in results if copies)
            if pictures:
                what = shown(pictures[0].name) if len(pictures) == 1 else f"{len(pictures):,} pictures"
                self._history.add(Added(f"{what} added", pictures))
                then(pictures[0])
            self._tell(results, "pictures", "are not added")
            if not results:
                raise UserError("None of what was dropped is a picture that is not in this folder already")

        self._work.do(
            len(paths), f"copying pictures to {folder} …",
            lambda: list(browse.copy_several(browse.pictures_among(paths, folder), folder)), done, later=True,
        )  # fmt: skip

    def change(self, edits: Sequence[Edit], sentence: str, then: Callable[[Results], None]) -> None:
        """Change many captions, as far as they are what they are thought to be. `then` hears what came of each."""
        if self.working:
            return

        def done(results: Results) -> None:
            if made := tuple(edit for edit, why in results if not why):
                self._history.add(Edited(sentence, made))
            then(results)

        self._rewrite(edits, sentence, f"changing {len(edits):,} captions …", done)

    def step(self, way: int, then: Callable[[Deed], None]) -> None:
        """Take the last one back, or do again what was taken back last. `then`: files are what they are to be;
        what was painted or typed is for the caller, and so is to say that it was."""
        if self.working or (deed := self._next(way)) is None:
            return
        match deed:
            case Edited():
                self._edit_again(deed, way, then)
            case Moved():
                self._move_again(deed, way, then)
            case Added():
                self._add_again(deed, way, then)
            case Painted():  # it passes when the painting has changed
                then(deed)
            case Typed():
                self._history.passed(deed, way, deed)
                then(deed)
                self.changed.emit()

    def _next(self, way: int) -> Deed | None:
        """Strokes on masks that are no longer remembered (those of the last few pictures are) are passed over."""
        there = self._history.next(way)
        while there and isinstance(deed := there[-1], Painted):
            painting = self._masks.get(deed.picture)
            if painting is not None and (painting.can_undo if way == BACK else painting.can_redo):
                break
            there.pop()
        return there[-1] if there else None

    def _edit_again(self, deed: Edited, way: int, then: Callable[[Deed], None]) -> None:
        edits = deed.edits if way == AGAIN else [edit.back for edit in reversed(deed.edits)]

        def done(results: Results) -> None:
            made = [edit for edit, why in results if not why]
            there = [tuple(e if way == AGAIN else e.back for e in part[::way]) for part in (made, edits[len(results) :])]
            self._history.passed(deed, way, *(replace(deed, edits=part) if part else None for part in there))
            then(deed)
            if any(why for _, why in results):
                raise UserError(in_words(results))

        words = "taking the change of {:,} captions back …" if way == BACK else "changing {:,} captions again …"
        sentence = deed.sentence if way == AGAIN else f"Undo: {deed.sentence}"
        self._rewrite(edits, sentence, words.format(len(edits)), done)

    def _rewrite(self, edits: Sequence[Edit], sentence: str, words: str, then: Callable[[Results], None]) -> None:
        """On the thread that writes what is typed, so that it comes after it."""
        self._drafts.save_all()

        def done(results: Results) -> None:
            for edit, why in results:
                if not why:
                    self._gallery.wrote(edit.path, edit.after)
            then(results)

        self._work.do(len(edits), words, Writing(edits, sentence, self._writer), done, later=True)

    def _move_again(self, deed: Moved, way: int, then: Callable[[Deed], None]) -> None:
        groups = deed.groups if way == AGAIN else tuple(map(browse.turned, deed.groups))

        def done(results: list[tuple[Moves, str]]) -> None:
            made = tuple(moves if way == AGAIN else browse.turned(moves) for moves, _ in results if moves)
            (self._masks.put_away if way == AGAIN else self._masks.take_out)(deed.pictures)
            self._history.passed(deed, way, replace(deed, groups=made) if made else None)
            then(deed)
            self._tell(results, "files")

        words = "bringing {:,} files back …" if way == BACK else "moving {:,} files to the trash …"
        count = sum(map(len, groups))
        self._work.do(count, words.format(count), lambda: list(browse.move_several(groups)), done)

    def _add_again(self, deed: Added, way: int, then: Callable[[Deed], None]) -> None:
        def done(results: list[tuple[Moves, str]]) -> None:
            made = tuple(moves for moves, _ in results if moves)
            (self._masks.take_out if way == AGAIN else self._masks.put_away)(deed.pictures)
            self._history.passed(deed, way, replace(deed, groups=made) if made else None)
            then(deed)
            self._tell(results, "pictures")

        def work() -> list[tuple[Moves, str]]:
            if way == BACK:
                return list(browse.delete_several(deed.pictures))
            return list(browse.move_several(map(browse.turned, deed.groups)))

        count = len(deed.pictures)
        words = "moving {:,} pictures to the trash …" if way == BACK else "bringing {:,} pictures back …"
        self._work.do(count, words.format(count), work, done)

    def _on_deleted(self, entries: Sequence[Entry], results: list[tuple[Moves, str]]) -> None:
        gone = [entry for entry, (moves, _) in zip(entries, results, strict=True) if moves]
        pictures = tuple(entry.path for entry in gone)
        self._masks.put_away(pictures)
        what = shown(gone[0].key) if len(gone) == 1 else f"{len(gone):,} pictures"
        if gone:
            groups = tuple(moves for moves, _ in results if moves)
            self._history.add(Moved(f"{what} moved to the trash", groups, pictures))
            self._gallery.drop({entry.key for entry in gone})
        self._tell(results, "pictures")

    @staticmethod
    def _tell(results: Sequence[tuple[Moves, str]], what: str, end: str = "stay where they are") -> None:
        """What could not be moved."""
        if reasons := [why for _, why in results if why]:
            kept = f"{len(reasons):,} of {len(results):,} {what} {end}. " if len(results) > 1 else ""
            raise UserError(f"{kept}{reasons[0]}")

    def _add(self, deed: Deed) -> None:
        self._history.add(deed)
        self.changed.emit()
