"""What is done to pictures and captions and can be taken back: to the trash folder and out of it, many captions at once."""

from onetrainer_clone import browse
from onetrainer_clone.caption_changes import Edit
from ui.pictures.drafts import Drafts
from ui.pictures.gallery import Gallery
from ui.pictures.history import Deed, History
from ui.pictures.mask_store import MaskStore
from ui.signals import Signal


class Deeds:
    """No question is asked before, since undo brings everything back. `changed` when there is another one to undo."""

    def __init__(self, gallery: Gallery, drafts: Drafts, masks: MaskStore):
        self.changed: Signal[[]] = Signal()
        self._gallery, self._drafts, self._masks = gallery, drafts, masks
        self._history = History()

    @property
    def sentence(self) -> str:
        """What undo would take back; empty: nothing."""
        return self._history.sentence

    def delete(self, place: int) -> None:
        """A picture with its caption and mask goes to the trash, with what was typed and painted a moment ago."""
        entry = self._gallery.entries[place]
        if self._masks.changed(entry.path) or entry.caption in self._drafts.drafts:
            self._drafts.flush()
            self._masks.flush()
        moves = browse.delete(entry.path)
        self._masks.forget(entry.path)
        self._add(Deed(f"{entry.key} moved to the trash", moves=tuple(moves)))
        self._gallery.drop(place)

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
        """Many captions were changed; without a sentence that was itself an undo."""
        for edit in edits:
            self._gallery.wrote(edit.path, edit.after)
        if edits and sentence:
            self._add(Deed(sentence, edits=tuple(edits)))

    def take_back(self) -> Deed | None:
        """The last one: files are where they were again; changes of captions are for the caller to write."""
        deed = self._history.take()
        if deed is not None:
            if deed.moves:
                browse.bring_back(list(deed.moves))
            self.changed.emit()
        return deed

    def _add(self, deed: Deed) -> None:
        self._history.add(deed)
        self.changed.emit()
