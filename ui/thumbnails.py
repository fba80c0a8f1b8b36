"""Pictures for the window: decoded off the main thread, kept in a bounded cache, made Tk images only where shown."""

import os
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from PIL import Image, ImageTk

from onetrainer_clone.dataset import PICTURE_SUFFIXES
from onetrainer_clone.paths import require_regular
from onetrainer_clone.pixels import open_rgb
from ui.background import Background

WHITE = "#ffffff"  # under what is transparent
KEPT = 400  # decoded pictures; at 128 px some 20 MiB

K = TypeVar("K")
V = TypeVar("V")


class Bounded(OrderedDict[K, V]):
    """A dictionary that forgets what was not looked at for longest."""

    def __init__(self, limit: int):
        super().__init__()
        self._limit = limit

    def look(self, key: K) -> V | None:
        if key in self:
            self.move_to_end(key)
            return self[key]
        return None

    def keep(self, key: K, value: V) -> None:
        self[key] = value
        self.move_to_end(key)
        while len(self) > self._limit:
            self.popitem(last=False)


class Pictures:
    """`thumbnail` gives the picture where it is ready; else None, and it calls `ready` when it is."""

    def __init__(self, background: Background, root: Any):
        self._background, self._root = background, root
        self._decoded: Bounded[str, Image.Image | None] = Bounded(KEPT)
        self._shown: Bounded[str, ImageTk.PhotoImage] = Bounded(KEPT)
        self._wanted: dict[str, list[Callable[[], None]]] = {}

    def thumbnail(self, path: Path, size: int, ready: Callable[[], None]) -> ImageTk.PhotoImage | None:
        """A picture file, or the first picture of a folder, inside a square of so many pixels."""
        key = f"{size} {path}"
        if (shown := self._shown.look(key)) is not None:
            return shown
        if key in self._decoded:
            if (picture := self._decoded.look(key)) is None:
                return None
            shown = ImageTk.PhotoImage(picture, master=self._root)
            self._shown.keep(key, shown)
            return shown
        waiting = self._wanted.setdefault(key, [])
        waiting.append(ready)
        if len(waiting) == 1:
            self._background.submit(key, lambda: decode(path, size), lambda picture: self._on_decoded(key, picture))
        return None

    def gone(self, path: Path, size: int) -> bool:
        """Whether it could not be read."""
        key = f"{size} {path}"
        return key in self._decoded and self._decoded[key] is None

    def _on_decoded(self, key: str, picture: Image.Image | None) -> None:
        self._decoded.keep(key, picture)
        for ready in dict.fromkeys(self._wanted.pop(key, ())):
            ready()


def decode(path: Path, size: int, background: str = WHITE) -> Image.Image | None:
    """The picture inside a square of so many pixels, small ones enlarged without smoothing; None where there is none."""
    try:
        file = first_picture(path) if os.path.isdir(path) else path
        if file is None:
            return None
        require_regular(file)
        with file.open("rb") as opened:
            picture = open_rgb(opened, background, size)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    scale = size / max(picture.size)
    wanted = (max(round(picture.width * scale), 1), max(round(picture.height * scale), 1))
    return picture.resize(wanted, Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.LANCZOS)


def first_picture(folder: Path) -> Path | None:
    """The first picture of a folder by name, without listing the names of all to sort them."""
    with os.scandir(folder) as entries:
        names = (entry.name for entry in entries if os.path.splitext(entry.name)[1].lower() in PICTURE_SUFFIXES)
        first = min(names, default=None)
    return folder / first if first else None
