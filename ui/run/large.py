"""Pictures in their full size: read on a worker's thread, a few of them kept."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from ui.background import Background
from ui.thumbnails import Bounded

KEPT, KEPT_PIXELS = 8, 50_000_000  # together some 150 MiB, but the last two in any case: they may be compared
POLL_MS = 20


class LargePictures:
    """For a window that closes: `picture` gives what is read; else None, and `ready` is called when it is."""

    def __init__(self, widget: Any, ready: Callable[[], object]):
        self._widget, self._ready = widget, ready
        self._worker = Background("large pictures", newest_first=True)
        self._read: Bounded[Path, Image.Image | None] = Bounded(KEPT)
        self._polling = ""

    def picture(self, path: Path) -> Image.Image | None:
        if path in self._read:
            return self._read.look(path)
        self._worker.submit(str(path), lambda: read(path), lambda picture: self._on_read(path, picture))
        if not self._polling:
            self._polling = self._widget.after(POLL_MS, self._poll)
        return None

    def gone(self, path: Path) -> bool:
        """Whether it could not be read."""
        return path in self._read and self._read[path] is None

    def close(self) -> None:
        if self._polling:
            self._widget.after_cancel(self._polling)
            self._polling = ""
        self._worker.close(0.1)

    def _on_read(self, path: Path, picture: Image.Image | None) -> None:
        self._read.keep(path, picture)
        while len(self._read) > 2 and sum(kept.width * kept.height for kept in self._read.values() if kept) > KEPT_PIXELS:
            self._read.popitem(last=False)
        self._ready()

    def _poll(self) -> None:
        self._polling = ""
        self._worker.deliver()
        if not self._worker.idle:
            self._polling = self._widget.after(POLL_MS, self._poll)


def read(path: Path) -> Image.Image | None:
    try:
        with Image.open(path) as opened:
            return opened.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
