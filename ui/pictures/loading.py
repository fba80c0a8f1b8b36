"""One picture for the large view: its size, its pixels as they fit into the view, its mask. Runs on a worker."""

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from onetrainer_clone import masks
from onetrainer_clone.dataset import Unusable, header_size
from onetrainer_clone.settings import UserError
from ui.thumbnails import decode


@dataclass(frozen=True)
class Loaded:
    path: Path
    room: tuple[int, int]  # the view's size in pixels of the screen
    size: tuple[int, int] = (0, 0)  # the picture's own
    picture: Image.Image | None = None
    mask: Image.Image | None = None
    problem: str = ""  # why the picture cannot be shown
    mask_problem: str = ""


def load(path: Path, room: tuple[int, int]) -> Loaded:
    try:
        width, height = header_size(path)
    except Unusable as error:
        return Loaded(path, room, problem=f"{path.name}: {error}")
    scale = min(room[0] / width, room[1] / height)
    picture = decode(path, max(round(max(width, height) * scale), 1))
    if picture is None:
        return Loaded(path, room, (width, height), problem=f"{path.name}: damaged")
    try:
        mask, mask_problem = masks.read(path, (width, height)), ""
    except UserError as error:
        mask, mask_problem = None, str(error)
    return Loaded(path, room, (width, height), picture, mask, "", mask_problem)
