"""The crops that a run cuts from a picture, as small as they are shown. Knows no Tk: it works on a worker."""

from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageColor

from onetrainer_clone import dataset, masks
from onetrainer_clone.buckets import Crop
from onetrainer_clone.dataset import Unusable
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.concepts import Concept
from ui.concept.preview import Wish
from ui.pictures.scene import TINT, TINT_SHARE
from ui.thumbnails import decode

LARGEST = 2048  # px; a larger picture is scaled down before its crops are cut: the screen shows no more


@dataclass(frozen=True)
class Cut:
    """One sample as a picture of the screen."""

    picture: Image.Image
    crop: Crop
    flip: bool
    repeat: int


@dataclass(frozen=True)
class Cuts:
    source: Image.Image  # what the crops are cut from, at most `LARGEST` large
    whole: Image.Image  # the same, as small as it is shown
    size: tuple[int, int]  # of the picture itself
    cuts: tuple[Cut, ...]
    different: int  # how many different crops the run makes of it


@dataclass(frozen=True)
class Cells:
    """How the whole picture and its crops lie in a view: a name of so many pixels under each, a gap around it."""

    name: int
    gap: int
    least: int  # the side of a picture
    most: int

    def side(self, room: tuple[int, int], count: int, shape: tuple[float, float] = (1.0, 1.0)) -> int:
        """As large as they all fit beside and under each other; where that is too small, one has to scroll.

        shape: the width and height of the largest of them, of which the larger is 1.
        """
        fitting = []
        for columns in range(1, count + 1):
            rows = -(-count // columns)
            across, down = (room[0] + self.gap) // columns - self.gap, room[1] // rows - self.name - self.gap
            fitting.append(min(int(across / shape[0]), int(down / shape[1])))
        if max(fitting) >= self.least:
            return min(max(fitting), self.most)
        columns = self.columns(room[0], round(self.least * shape[0]))  # one has to scroll: the width is filled
        return max(min(int(((room[0] + self.gap) // columns - self.gap) / shape[0]), self.most), self.least)

    def columns(self, room: int, width: int) -> int:
        """How many pictures of a width lie beside each other."""
        return max((room + self.gap) // (width + self.gap), 1)


def find_cuts(wish: Wish, cells: Cells, mask: bool = True) -> Cuts | None:
    """The first samples of a picture as the run trains them, what its mask leaves out in colour."""
    samples = _samples(wish.state, wish.concept, wish)
    picture = samples[0].picture
    side = min(LARGEST, max(picture.width, picture.height))
    image = decode(picture.path, side, wish.state.training.background)
    if image is None:
        raise Unusable("damaged")
    if mask and wish.entry.masked:
        image = tinted(image, masks.read(picture.path, image.size))
    different = len({(s.crop, s.flip) for s in samples})
    shown = samples if different > 1 else samples[:1]
    sizes = [image.size, *((s.crop.bucket.width, s.crop.bucket.height) for s in shown)]
    shape = (max(w / max(w, h) for w, h in sizes), max(h / max(w, h) for w, h in sizes))
    side = cells.side(wish.room, len(shown) + 1, shape)
    cuts = tuple(Cut(cut(image, s.crop, s.flip, (side, side)), s.crop, s.flip, s.repeat) for s in shown)
    period = wish.concept.image_variants if wish.concept.augmented else 1
    every = {(s.crop, s.flip) for s in _samples(wish.state, wish.concept, wish, min(period, 200))}
    return Cuts(image, fitted(image, (side, side)), (picture.width, picture.height), cuts, len(every))


def tinted(image: Image.Image, mask: Image.Image | None) -> Image.Image:
    """With a colour over what the mask leaves out."""
    if mask is None:
        return image
    colour = Image.new("RGB", image.size, ImageColor.getrgb(TINT))
    return Image.composite(image, Image.blend(image, colour, TINT_SHARE), mask)


def fitted(image: Image.Image, room: tuple[int, int]) -> Image.Image:
    """As large as it fits, its pixels as squares where it is enlarged."""
    scale = min(room[0] / image.width, room[1] / image.height)
    size = (max(round(image.width * scale), 1), max(round(image.height * scale), 1))
    return image.resize(size, Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.LANCZOS)


def cut(image: Image.Image, crop: Crop, flip: bool, room: tuple[int, int]) -> Image.Image:
    """The crop as large as it fits; never with more detail than the run sees."""
    across, down = image.width / crop.scaled_width, image.height / crop.scaled_height
    bucket = crop.bucket
    box = (
        crop.left * across, crop.top * down,
        min((crop.left + bucket.width) * across, image.width), min((crop.top + bucket.height) * down, image.height),
    )  # fmt: skip
    scale = min(room[0] / bucket.width, room[1] / bucket.height, 1.0)
    size = (max(round(bucket.width * scale), 1), max(round(bucket.height * scale), 1))
    small = image.resize(size, Image.Resampling.LANCZOS, box=box)  # as the run does
    shown = fitted(small, room)
    return shown.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if flip else shown


def _samples(state: TrainingState, concept: Concept, wish: Wish, amount: int = 0) -> Any:
    from onetrainer_clone import epoch  # here: it needs numpy, which takes long to import

    picture = dataset.picture(concept, wish.entry.path, wish.entry.key)
    amount = amount or wish.amount
    return [epoch.sample(state, concept, picture, repeat, state.training.seed) for repeat in range(amount)]
