"""One picture for the large view: its size, its pixels in one or more sizes, its mask. Runs on a worker."""

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from onetrainer_clone import masks
from onetrainer_clone.dataset import Unusable, header_size
from onetrainer_clone.paths import require_regular
from onetrainer_clone.pixels import open_rgb
from onetrainer_clone.settings import UserError
from ui.thumbnails import WHITE

Size = tuple[int, int]
MOST_PIXELS = 40_000_000  # that are kept of one picture: 120 MB. A larger one is shown coarser, its mask is not
SMALLEST = 1024  # px: below this the halves of a picture are not kept beside it


@dataclass(frozen=True)
class Loaded:
    path: Path
    room: Size  # the view's size in pixels of the screen
    size: Size = (0, 0)  # the picture's own
    levels: tuple[Image.Image, ...] = ()  # the picture in several sizes, the largest first
    whole: bool = False  # the largest has all pixels (that are kept); else it is as large as it fits
    mask: Image.Image | None = None
    problem: str = ""  # why the picture cannot be shown
    mask_problem: str = ""

    @property
    def picture(self) -> Image.Image | None:
        return self.levels[0] if self.levels else None

    def level(self, width: float) -> Image.Image:
        """The smallest that has so many pixels across, else the largest there is."""
        return next((level for level in reversed(self.levels) if level.width >= width - 1), self.levels[0])


def load(path: Path, room: Size, whole: bool = False) -> Loaded:
    """`whole`: with all pixels, to be enlarged; else no larger than it fits into the room."""
    try:
        size = header_size(path)
    except Unusable as error:
        return Loaded(path, room, problem=f"{path.name}: {error}")
    scale = min(room[0] / size[0], room[1] / size[1], 1.0)
    most = min((MOST_PIXELS / (size[0] * size[1])) ** 0.5, 1.0)
    limit = most if whole else min(scale, most)
    try:
        picture = _decode(path, (max(int(size[0] * limit + 1e-6), 1), max(int(size[1] * limit + 1e-6), 1)))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return Loaded(path, room, size, problem=f"{path.name}: damaged")
    try:
        mask, mask_problem = masks.read(path, size), ""
    except UserError as error:
        mask, mask_problem = None, str(error)
    whole = whole or limit >= most
    return Loaded(path, room, size, _levels(picture) if whole else (picture,), whole, mask, "", mask_problem)


def _decode(path: Path, wanted: Size) -> Image.Image:
    """In this size, never enlarged."""
    require_regular(path)
    with path.open("rb") as file:
        picture = open_rgb(file, WHITE, max(wanted))
    return picture if picture.size == wanted else picture.resize(wanted, Image.Resampling.LANCZOS)


def _levels(picture: Image.Image) -> tuple[Image.Image, ...]:
    """The picture, its half, its quarter …: a large one is drawn small without a look at all of its pixels."""
    levels = [picture]
    while max(levels[-1].size) > 2 * SMALLEST:
        levels.append(levels[-1].reduce(2))
    return tuple(levels)
