"""What the browser works with and that is no widget: the pictures, what is done to them, and the threads that read them."""

from onetrainer_clone.state.concepts import Concept
from ui.background import Background
from ui.concept.surveyed import Surveyed
from ui.pictures import said
from ui.pictures.caption_box import Context
from ui.pictures.cells import Cell
from ui.pictures.deeds import Deeds
from ui.pictures.drafts import Drafts
from ui.pictures.fault_finder import FaultFinder
from ui.pictures.gallery import Gallery
from ui.pictures.mask_store import MaskStore
from ui.pictures.sieve import OF_FILES, Wish
from ui.pictures.thumbs import Thumbs


class Desk:
    """`writer` outlives it: what is being saved is not cut off when the browser goes."""

    def __init__(self, writer: Background, context: Context, surveyed: Surveyed):
        self.writer, self.context = writer, context
        self.reader, self.large, self._decoder = self._workers = [
            Background(name) for name in ("captions", "large picture", "thumbnails")
        ]
        self.gallery, self.drafts, self.masks = Gallery(self.reader), Drafts(writer), MaskStore(writer)
        self.deeds, self.thumbs = Deeds(self.gallery, self.drafts, self.masks, writer), Thumbs(self._decoder)
        self.finder = FaultFinder(context, surveyed)
        self.surveyed = surveyed
        self.drafts.wrote.connect(self.gallery.wrote)
        self.drafts.wrote.connect(lambda _path, _text: surveyed.forget())
        self.masks.saved.connect(lambda _picture, _there: surveyed.forget())
        self.finder.found.connect(self.gallery.found)
        self.gallery.read.connect(self._look_for_faults)

    def load(self, concept: Concept) -> None:
        """List the concept's pictures; files may be others than the last time."""
        self.finder.forget()
        self.deeds.turn_to(concept.path)
        self.gallery.load(concept)

    def filter(self, wish: Wish) -> None:
        self.gallery.filter(wish, self.drafts.texts)
        self._look_for_faults()

    def deliver(self) -> None:
        """On the main thread: take what the workers have found."""
        for worker in self._workers:
            worker.deliver()
        self.finder.tick()

    def close(self) -> None:
        """Save everything; the window goes."""
        self.drafts.flush()
        self.masks.flush()
        for worker in self._workers:
            worker.close(0.1)
        self.finder.close()

    def key(self, index: int) -> str:
        """Of a picture of the grid."""
        return self.gallery.entries[self.gallery.shown[index]].key

    def cell(self, index: int) -> Cell:
        """A picture of the grid."""
        return said.cell(self.gallery, self.gallery.shown[index], self.drafts, self.masks)

    def trigger(self) -> str:
        """The concept's trigger words."""
        return self.gallery.concept.trigger_words if self.gallery.concept else ""

    @property
    def hint(self) -> str:
        """Why there is nothing in the grid, where there is nothing."""
        return said.hint(self.gallery, self.finder.words)

    def _look_for_faults(self) -> None:
        """Where the filter needs them."""
        if self.gallery.wish.kind in OF_FILES:
            self.finder.look()
        else:
            self.finder.stop()
