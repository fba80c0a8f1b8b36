"""The masks that are being painted: saved when the person moves on, kept with their undo while they cannot be saved."""

import hashlib
import io
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from PIL import Image

from onetrainer_clone import masks, paths
from onetrainer_clone.masks import LEFT_OUT, TRAINED, Painting
from onetrainer_clone.settings import UserError
from ui import memory
from ui.background import Background
from ui.signals import Signal

MASK = "mask "  # begins the keys of the writer's jobs
KEPT = 5  # paintings whose undo is kept after they were saved


class MaskStore:
    def __init__(self, writer: Background):
        self.problems: dict[Path, str] = {}  # picture, why its mask could not be saved
        self.saved: Signal[[Path, bool]] = Signal()  # the picture, whether it has a mask
        self.failed: Signal[[Path]] = Signal()
        self._writer = writer
        self._paintings: dict[Path, Painting] = {}
        self._versions: dict[Path, int] = {}  # what of each is on the disk
        self._fresh: set[Path] = set()  # those that had no mask before
        self._away: dict[Path, tuple[Painting, int, bool]] = {}  # of masks in the trash, with version and whether fresh

    def get(self, picture: Path) -> Painting | None:
        return self._paintings.get(picture)

    def open(self, picture: Path, size: tuple[int, int], mask: Image.Image | None, trained: bool) -> Painting:
        """The painting of a picture. A new mask is all one value: what the first stroke is not."""
        if picture not in self._paintings:
            self._paintings[picture] = Painting(mask or Image.new("L", size, TRAINED if trained else LEFT_OUT))
            self._versions[picture] = 0
            if mask is None:
                self._fresh.add(picture)
        return self._paintings[picture]

    def fit(self, picture: Path, size: tuple[int, int]) -> None:
        """The picture has this size (now: another program may have changed it); what is not saved is kept, in that size."""
        painting = self._paintings.get(picture)
        if painting is not None and painting.mask.size != size:
            changed = self.changed(picture)
            self.forget(picture)
            if changed:
                self._paintings[picture] = Painting(painting.mask.resize(size, Image.Resampling.BILINEAR))
                self._versions[picture] = -1  # it is not on the disk

    def changed(self, picture: Path) -> bool:
        painting = self._paintings.get(picture)
        if painting is None or painting.version == self._versions[picture]:
            return False
        return not (self.blank(picture) and self._versions[picture] == 0)

    def blank(self, picture: Path) -> bool:
        """Whether a new mask has nothing on it (any more): then there is none."""
        painting = self._paintings.get(picture)
        return painting is not None and picture in self._fresh and not painting.can_undo and not painting.painting

    @property
    def unsaved(self) -> list[Path]:
        return [picture for picture in self._paintings if self.changed(picture)]

    def save(self, picture: Path) -> None:
        """In the background, from a copy: the person may paint on."""
        if not self.changed(picture):
            return
        painting = self._paintings[picture]
        version, copy = painting.version, self._to_save(picture)

        def done(_nothing: None) -> None:
            self._versions[picture] = version
            self.problems.pop(picture, None)
            _drop(picture)
            self._forget_old()
            self.saved.emit(picture, copy is not None)

        def failed(error: Exception) -> None:
            if not isinstance(error, UserError):
                raise error
            self.problems[picture] = str(error)
            self.failed.emit(picture)

        self._writer.submit(f"{MASK}{picture}", lambda: masks.write(picture, copy), done, failed)

    def flush(self) -> None:
        """Save all now, and nothing later: the window closes, or files are moved. What cannot be saved is kept in a file of
        the window: see `recover`."""
        self._writer.take_back(lambda key: key.startswith(MASK))
        for picture in self.unsaved:
            try:
                masks.write(picture, self._to_save(picture))
            except UserError:
                if (mask := self._to_save(picture)) is None:
                    continue
                with suppress(OSError):  # a disk that takes neither must not keep the window from closing
                    data = io.BytesIO()
                    mask.save(data, "PNG")
                    _kept(picture).parent.mkdir(parents=True, exist_ok=True)
                    paths.write_whole(_kept(picture), data.getvalue())

    def recover(self, picture: Path) -> None:
        """Take up again what was painted when it could not be saved at the end of the window."""
        if picture not in self._paintings and _kept(picture).is_file():
            with suppress(OSError, ValueError, SyntaxError), Image.open(_kept(picture)) as opened:
                self._paintings[picture] = Painting(opened.convert("L"))
                self._versions[picture] = -1  # it is not on the disk

    def forget(self, picture: Path) -> None:
        _drop(picture)
        self._paintings.pop(picture, None)
        self.problems.pop(picture, None)
        self._fresh.discard(picture)

    def put_away(self, pictures: Iterable[Path]) -> None:
        """Their masks went to the trash. Of most nothing is known here, and paths take long to compare."""
        gone = {str(picture) for picture in pictures} if self._paintings else set()
        for picture in [one for one in self._paintings if str(one) in gone]:
            self._away.pop(picture, None)
            self._away[picture] = self._paintings[picture], self._versions[picture], picture in self._fresh
            self.forget(picture)
        for picture in list(self._away)[:-KEPT]:
            del self._away[picture]

    def take_out(self, pictures: Iterable[Path]) -> None:
        """Their masks came back: so does what can be undone in them."""
        back = {str(picture) for picture in pictures} if self._away else set()
        for picture in [one for one in self._away if str(one) in back]:
            self._paintings[picture], self._versions[picture], fresh = self._away.pop(picture)
            if fresh:
                self._fresh.add(picture)

    def _to_save(self, picture: Path) -> Image.Image | None:
        """None: all of a new mask was taken back, so there is to be no file."""
        return None if self.blank(picture) else self._paintings[picture].mask.copy()

    def _forget_old(self) -> None:
        saved = [picture for picture in self._paintings if not self.changed(picture)]
        for picture in saved[:-KEPT]:
            self.forget(picture)


def _drop(picture: Path) -> None:
    with suppress(OSError):
        _kept(picture).unlink(missing_ok=True)


def _kept(picture: Path) -> Path:
    """Where the mask of a picture lies that could not be saved beside it."""
    name = hashlib.sha256(str(picture).encode(errors="surrogateescape")).hexdigest()[:24]
    return memory.folder() / "masks" / f"{name}.png"
