"""Image augmentation: the crops that the run cuts from a picture, one after the other, and the bucket they fill."""

from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageTk

from onetrainer_clone import dataset
from onetrainer_clone.buckets import Crop
from onetrainer_clone.dataset import Unusable
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.concepts import Concept
from ui import colours, theme
from ui.concept.preview import Preview, Wish
from ui.thumbnails import decode

GAP, NAME = 8, 18  # px at 100 %
LARGEST = 1600  # px; a larger picture is scaled down before its crops are cut: they are shown small


@dataclass(frozen=True)
class Cut:
    """One sample as a picture of the screen."""

    picture: Image.Image
    crop: Crop
    flip: bool
    repeat: int


@dataclass(frozen=True)
class Cuts:
    whole: Image.Image  # the picture with the crops drawn in
    size: tuple[int, int]
    cuts: tuple[Cut, ...]
    different: int  # how many different crops the run makes of it


class Crops(Preview):
    fields = ("flip", "crop_jitter", "image_variants", "resolution", "include_subfolders")
    unit = "samples of it"

    def __init__(self, parent: Any, bench: Any, index: Any):
        super().__init__(parent, bench, index)
        self.canvas = _Cuts(self.body, self)
        self.canvas.pack(fill="both", expand=True)

    def room(self) -> tuple[int, int]:
        return self.canvas.winfo_width(), self.canvas.winfo_height()

    def find(self, wish: Wish) -> Cuts | None:
        return find_cuts(wish, self.canvas.side)

    def display(self, wish: Wish, found: Cuts | None) -> None:
        self.canvas.cuts = found
        self.canvas.wanted = wish.room
        self.canvas.redraw()
        if found is not None:
            self.say(in_words(wish.concept, found))

    def clear(self) -> None:
        self.canvas.cuts = None
        self.canvas.redraw()


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


def find_cuts(wish: Wish, side: int) -> Cuts | None:
    """The first samples of a picture as the run trains them, each at most `side` pixels large."""
    samples = _samples(wish.state, wish.concept, wish)
    picture = samples[0].picture
    image = decode(picture.path, min(LARGEST, max(picture.width, picture.height)))
    if image is None:
        raise Unusable("damaged")
    different = len({(s.crop, s.flip) for s in samples})
    shown = samples if different > 1 else samples[:1]
    cuts = tuple(Cut(_cut(image, s.crop, s.flip, side), s.crop, s.flip, s.repeat) for s in shown)
    scale = side / max(image.size)
    whole = image.resize((max(round(image.width * scale), 1), max(round(image.height * scale), 1)))
    period = wish.concept.image_variants if wish.concept.augmented else 1
    every = {(s.crop, s.flip) for s in _samples(wish.state, wish.concept, wish, min(period, 200))}
    return Cuts(whole, (picture.width, picture.height), cuts, len(every))


def _samples(state: TrainingState, concept: Concept, wish: Wish, amount: int = 0) -> Any:
    from onetrainer_clone import epoch  # here: it needs numpy, which takes long to import

    picture = dataset.picture(concept, wish.entry.path, wish.entry.key)
    amount = amount or wish.amount
    return [epoch.sample(state, concept, picture, repeat, state.training.seed) for repeat in range(amount)]


def _cut(image: Image.Image, crop: Crop, flip: bool, side: int) -> Image.Image:
    """The crop, as small as it is shown."""
    across, down = image.width / crop.scaled_width, image.height / crop.scaled_height
    bucket = crop.bucket
    box = (
        crop.left * across, crop.top * down,
        min((crop.left + bucket.width) * across, image.width), min((crop.top + bucket.height) * down, image.height),
    )  # fmt: skip
    scale = side / max(bucket.width, bucket.height)
    size = (max(round(bucket.width * scale), 1), max(round(bucket.height * scale), 1))
    small = image.resize(size, Image.Resampling.BICUBIC, box=box)
    return small.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if flip else small


class _Cuts(theme.Canvas):
    """The whole picture with the crops' outlines first, then the crops."""

    def __init__(self, parent: Any, owner: Crops):
        super().__init__(parent, background=colours.PAGE, width=1, height=1)
        self.cuts: Cuts | None = None
        self.wanted = (0, 0)  # the room that the cuts were made for
        self.side = 128  # of a crop, in pixels of the screen
        self._owner = owner
        self._kept: list[Any] = []
        self.on_wheel(self._scroll)

    def draw(self) -> None:
        self.side = max(self.px(128), 16)
        room = (self.winfo_width(), self.winfo_height())
        if room != self.wanted and self.cuts is not None:
            self.wanted = room
            self._owner.look_soon()
        self.delete("all")
        self._kept.clear()
        if self.cuts is None:
            return
        cell, height = self.side + self.px(GAP), self.side + self.px(NAME + GAP)
        columns = max((room[0] + self.px(GAP)) // cell, 1)
        rows = -(-(len(self.cuts.cuts) + 1) // columns)
        self.configure(scrollregion=(0, 0, room[0], max(rows * height, room[1])), yscrollincrement=self.px(20))
        self._draw_whole(self.cuts)
        for number, cut in enumerate(self.cuts.cuts, start=1):
            left, top = number % columns * cell, number // columns * height
            kept = ImageTk.PhotoImage(cut.picture)
            self._kept.append(kept)
            self.create_image(left, top, image=kept, anchor="nw")
            self.create_rectangle(left, top, left + kept.width() - 1, top + kept.height() - 1,
                                  outline=theme.now(colours.LINE))  # fmt: skip
            bucket = cut.crop.bucket
            words = f"{cut.repeat + 1}. {bucket.width} x {bucket.height}{', flipped' if cut.flip else ''}"
            self._write(left, top + kept.height() - self.side, words)

    def _draw_whole(self, cuts: Cuts) -> None:
        kept = ImageTk.PhotoImage(cuts.whole)
        self._kept.append(kept)
        self.create_image(0, 0, image=kept, anchor="nw")
        for cut in cuts.cuts:
            crop, whole = cut.crop, cuts.whole
            across, down = whole.width / crop.scaled_width, whole.height / crop.scaled_height
            box = (crop.left * across, crop.top * down, (crop.left + crop.bucket.width) * across - 1,
                   (crop.top + crop.bucket.height) * down - 1)  # fmt: skip
            self.create_rectangle(*box, outline="#ffffff", width=self.px(1))
            self.create_rectangle(*box, outline="#c2185b", width=self.px(1), dash=(4, 4))
        self._write(0, cuts.whole.height - self.side, "the picture")

    def _write(self, left: int, top: int, words: str) -> None:
        self.create_text(left, top + self.side + self.px(1), text=words, anchor="nw", font=self.face(11),
                         fill=theme.now(colours.DIM))  # fmt: skip

    def _scroll(self, way: int) -> None:
        region = str(self.cget("scrollregion")).split()
        if region and int(float(region[3])) > self.winfo_height():
            self.yview_scroll(way * 3, "units")
