"""Thumbnails of a long list: only those in view are decoded, however fast the person scrolls past the others."""

import time
from collections.abc import Callable, Sequence, Set
from pathlib import Path

from PIL import Image, ImageTk

from ui.background import Background
from ui.thumbnails import Bounded, decode

KEPT = 600  # decoded pictures; at 100 px some 18 MiB
AT_ONCE_SECONDS = 0.1  # of decoding before the worker asks again what is in view


class Thumbs:
    def __init__(self, background: Background):
        self._background = background
        self._decoded: Bounded[tuple[Path, int], Image.Image | None] = Bounded(KEPT)
        self._shown: Bounded[tuple[Path, int], ImageTk.PhotoImage] = Bounded(KEPT)
        self._busy = False

    def get(self, path: Path, side: int) -> ImageTk.PhotoImage | None:
        """The picture inside a square of so many pixels, where it is there."""
        key = (path, side)
        if (shown := self._shown.look(key)) is None and (picture := self._decoded.look(key)) is not None:
            shown = ImageTk.PhotoImage(picture)
            self._shown.keep(key, shown)
        return shown

    def known(self, path: Path, side: int) -> bool:
        """Whether it was decoded, or cannot be."""
        return (path, side) in self._decoded

    def want(self, paths: Sequence[Path], side: int, ready: Callable[[], None]) -> None:
        """Decode these; `ready` is called when some are there, and asks for what is in view then."""
        missing = [path for path in paths if not self.known(path, side)]
        if missing and not self._busy:
            self._busy = True
            self._background.submit("thumbs", lambda: _some(missing, side), lambda found: self._on(found, side, ready))

    def forget(self, paths: Set[str] | None = None) -> None:
        """These files have changed; without names all may have."""
        for kept in (self._decoded, self._shown):
            for key in [key for key in kept if paths is None or str(key[0]) in paths]:
                del kept[key]

    def _on(self, found: dict[Path, Image.Image | None], side: int, ready: Callable[[], None]) -> None:
        self._busy = False
        for path, picture in found.items():
            self._decoded.keep((path, side), picture)
        ready()


def _some(paths: Sequence[Path], side: int) -> dict[Path, Image.Image | None]:
    """As many as can be decoded in a moment; at least one."""
    found: dict[Path, Image.Image | None] = {}
    end = time.monotonic() + AT_ONCE_SECONDS
    for path in paths:
        found[path] = decode(path, side)
        if time.monotonic() > end:
            break
    return found
