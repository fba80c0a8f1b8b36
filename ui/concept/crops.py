"""Image augmentation: the crops that the run cuts from a picture, one after the other, and the bucket they fill."""

from functools import partial
from typing import Any

import customtkinter as ctk

from onetrainer_clone.state.concepts import Concept
from ui.concept.cut_canvas import CutCanvas
from ui.concept.cutting import Cuts, find_cuts
from ui.concept.preview import Preview, Wish

MASK_TIP = "Show in colour what the picture's mask leaves out, as the crops see it."


class Crops(Preview):
    fields = ("flip", "crop_jitter", "image_variants", "resolution", "include_subfolders")
    unit = "samples of the picture"

    def __init__(self, parent: Any, bench: Any, index: Any):
        super().__init__(parent, bench, index)
        self.canvas = CutCanvas(self.body, self.look_soon)
        self.canvas.pack(fill="both", expand=True)
        self.mask = ctk.CTkSwitch(self.name.master, text="Mask", width=80, command=self.look)
        self.mask.select()
        bench.tooltip.attach(self.mask, partial(str, MASK_TIP))

    def room(self) -> tuple[int, int]:
        return self.canvas.winfo_width(), self.canvas.winfo_height()

    def find(self, wish: Wish) -> Cuts | None:
        return find_cuts(wish, self._cells, self._masks)

    def look(self) -> None:
        self._masks, self._cells = bool(self.mask.get()), self.canvas.cells  # here: `find` is on a worker
        super().look()

    def display(self, wish: Wish, found: Cuts | None) -> None:
        self._offer_mask(wish.entry.masked)
        self.canvas.show(found, wish.room)
        if found is not None:
            self.say(in_words(wish.concept, found))

    def clear(self) -> None:
        self._offer_mask(False)
        self.canvas.show(None)

    def _offer_mask(self, there: bool) -> None:
        """The switch is there for pictures that have a mask."""
        if there and not self.mask.winfo_manager():
            self.mask.pack(side="right", before=self.name)
        elif not there:
            self.mask.pack_forget()


def in_words(concept: Concept, found: Cuts) -> str:
    """'1200 x 1600 px into the bucket 448 x 576, scaled to 37 %. 8 different crops.'"""
    crop, (width, height) = found.cuts[0].crop, found.size
    bucket = crop.bucket
    words = f"{width} x {height} px into the bucket {bucket.width} x {bucket.height}, "
    scale = crop.scaled_width / width
    words += f"scaled to {scale:.0%}. " if scale <= 1 else f"ENLARGED to {scale:.0%}: the picture is too small for it. "
    if found.different > 1:
        return f"{words}The run takes {found.different} different crops of it, in turn."
    if concept.augmented:
        return f"{words}Every sample of it is this crop."
    return f"{words}Without flip and crop jitter every sample of it is this crop."
