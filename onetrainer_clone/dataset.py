"""Concept folders -> pictures with sizes and captions. Only headers are read: 5,000 pictures take under a second.

Nothing is dropped silently: what cannot be used is in `Folder.left_out`, with the reason.
"""

import math
import os
import warnings
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from onetrainer_clone.cut_off import cut_off
from onetrainer_clone.paths import in_order, require_regular, resolve, shown
from onetrainer_clone.settings import Invalid, Problem
from onetrainer_clone.state.concepts import CaptionSource, Concept

PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".jfif", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".avif"})
CAPTION_SUFFIX = ".txt"
CAPTION_SUFFIXES = (CAPTION_SUFFIX, ".TXT", ".Txt")  # the first that is there counts
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "AVIF")  # whatever the suffix says; no EPS, no PDF
MASK_ENDING = "-masklabel.png"  # OneTrainer's masks lie beside the pictures
ORIENTATION_TAG = 0x0112
LONGEST_CAPTION = 20_000  # characters; nobody means more, and a tokenizer should not have to find that out
LARGEST_CAPTION_FILE = 16 * 2**20  # bytes

# What Pillow remarks on damaged or gigantic files, `header_size` says in words. Set once: filters are the process's.
warnings.filterwarnings("ignore", module=r"PIL\.")


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of a concept. `key` is its path inside the folder: what random choices about it depend on."""

    path: Path
    key: str
    width: int  # as shown, after the EXIF orientation
    height: int
    captions: tuple[str, ...]  # variants; a sample takes one
    mask: bool = False  # whether the person's mask lies beside it


@dataclass(frozen=True)
class Folder:
    """What was found for a concept."""

    concept: Concept
    pictures: tuple[Picture, ...]
    left_out: tuple[tuple[str, str], ...]  # file, reason
    remarks: tuple[str, ...] = ()

    @property
    def unreadable_share(self) -> float:
        return len(self.left_out) / max(1, len(self.left_out) + len(self.pictures))


def find(concept: Concept, look: Callable[[int], None] = lambda _count: None) -> Folder:
    """The pictures of a concept, sorted by path. Raises `Invalid`, with the concept's setting, where nothing can be read.

    `look` is told before each picture how many were seen; what it raises ends the search.
    """
    root = resolve(concept.path)
    shared, remarks = _shared_captions(concept)
    pictures: list[Picture] = []
    left_out: list[tuple[str, str]] = []

    def unreadable(folder: Path, error: OSError) -> None:
        left_out.append(
            (folder.relative_to(root).as_posix(), f"a folder that cannot be read: {error.strerror or error}")
        )

    try:
        folders = list(walk(root, concept.include_subfolders, unreadable))
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the path
        message = f"the folder '{concept.path}' cannot be read: {getattr(error, 'strerror', None) or error}"
        raise Invalid([Problem("path", message)]) from None
    for folder, names in folders:
        within = f"{folder.relative_to(root).as_posix()}/" if folder != root else ""
        present = set(names)
        texts = {name for name in names if name.endswith(CAPTION_SUFFIXES)}
        for name in in_order(names):
            if os.path.splitext(name)[1].lower() not in PICTURE_SUFFIXES:
                continue
            path, key = folder / name, within + name
            if name.endswith(MASK_ENDING):
                continue
            look(len(pictures) + len(left_out))
            try:
                width, height = header_size(path)
            except Unusable as error:
                left_out.append((key, str(error)))
                continue
            captions = shared if shared is not None else _captions(path, concept, texts, remarks)
            pictures.append(Picture(path, key, width, height, captions, path.stem + MASK_ENDING in present))
    return Folder(concept, tuple(pictures), tuple(left_out), tuple(remarks))


def picture(concept: Concept, path: Path, key: str) -> Picture:
    """One picture of a concept, as `find` gives it. Raises `Unusable` and `Invalid`."""
    width, height = header_size(path)
    shared, _ = _shared_captions(concept)
    own = {name for suffix in CAPTION_SUFFIXES if path.with_name(name := path.stem + suffix).exists()}
    captions = shared if shared is not None else _captions(path, concept, own, [])
    return Picture(path, key, width, height, captions, path.with_name(path.stem + MASK_ENDING).exists())


def walk(
    root: Path, deep: bool, unreadable: Callable[[Path, OSError], object] = lambda _folder, _error: None
) -> Iterator[tuple[Path, list[str]]]:
    """The folders to look in with the names in them, hidden ones aside; links are followed, but never in circles.

    `unreadable` hears of inner folders that cannot be read. Raises OSError where the root itself cannot.
    """
    todo, seen = [root], set()
    while todo:
        folder = todo.pop()
        real = os.path.realpath(folder)
        if real in seen:
            continue
        seen.add(real)
        names, inner = [], []
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    if _is_folder(entry):
                        inner.append(folder / entry.name)
                    else:
                        names.append(entry.name)
        except OSError as error:
            if folder == root:
                raise
            unreadable(folder, error)
        yield folder, names
        if deep:
            todo.extend(sorted(inner, reverse=True))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that points to itself
        return False


class Unusable(Exception):
    """Why a file cannot be used as a picture."""


def header_size(path: Path) -> tuple[int, int]:
    """Width and height as shown, from the file's header alone. Raises `Unusable`."""
    try:
        if require_regular(path) == 0:
            raise Unusable("an empty file")
        with open(path, "rb") as file, Image.open(file, formats=FORMATS) as image:
            width, height = image.size
            if width * height > (Image.MAX_IMAGE_PIXELS or math.inf):
                raise Image.DecompressionBombError
            turned = orientation(image) >= 5
            if cut_off(file, image):
                raise Unusable("cut off: its end is missing")
            return (height, width) if turned else (width, height)
    except Unusable:
        raise
    except UnidentifiedImageError:
        raise Unusable("not a picture, or damaged") from None
    except Image.DecompressionBombError:
        raise Unusable(f"larger than {Image.MAX_IMAGE_PIXELS or 0:,} pixels") from None
    except Exception as error:  # noqa: BLE001 - what Pillow's readers raise on damaged bytes is any of a dozen kinds
        raise Unusable(getattr(error, "strerror", None) or "not a picture, or damaged") from None


def orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8, in which a picture is still to be turned.

    A PNG is only asked where the header has it, since asking would decode the file. A TIFF is turned by Pillow itself.
    """
    if image.format == "TIFF" or (image.format == "PNG" and "exif" not in image.info):
        return 1
    try:
        value = image.getexif().get(ORIENTATION_TAG, 1)
    except Exception:  # noqa: BLE001 - damaged EXIF data, on which Pillow raises any of a dozen kinds; the picture is fine
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _shared_captions(concept: Concept) -> tuple[tuple[str, ...] | None, list[str]]:
    """The captions that all pictures share, None where each has its own; and remarks where something is odd."""
    if concept.caption_source is CaptionSource.TEXT:
        return (" ".join(concept.caption_text.split()),), []
    if concept.caption_source is CaptionSource.TEXT_FILE:
        try:
            found, remark = _read_captions(resolve(concept.caption_file))
        except (OSError, ValueError) as error:
            message = f"the file '{concept.caption_file}' cannot be read: {getattr(error, 'strerror', None) or error}"
            raise Invalid([Problem("caption_file", message)]) from None
        return found, [f"{concept.caption_file}: {remark}"] if remark else []
    return None, []


def _captions(path: Path, concept: Concept, texts: set[str], remarks: list[str]) -> tuple[str, ...]:
    if concept.caption_source is CaptionSource.FILE_NAME:
        return (_from_name(path.stem),)
    name = caption_name(path.stem, texts)
    if not name:
        return ("",)
    try:
        found, remark = _read_captions(path.with_name(name))
    except OSError as error:
        found, remark = ("",), f"cannot be read: {error.strerror or error}"
    if remark:
        remarks.append(f"{shown(name)}: {remark}")
    return found


def caption_name(stem: str, there: Container[str]) -> str:
    """The name of a picture's caption file among those that are there; empty where there is none."""
    return next((name for suffix in CAPTION_SUFFIXES if (name := stem + suffix) in there), "")


def _read_captions(path: Path) -> tuple[tuple[str, ...], str]:
    if require_regular(path) > LARGEST_CAPTION_FILE:
        raise OSError(f"larger than {LARGEST_CAPTION_FILE // 2**20} MiB")
    with open(path, "rb") as file:
        return variants(file.read())


def _from_name(stem: str) -> str:
    """'a_red cat (2)' -> 'a red cat'. Bytes of the name that are no text, and line breaks, are left out."""
    text = " ".join(stem.encode(errors="ignore").decode().replace("_", " ").split())
    head, _, tail = text.rpartition("(")
    return head.strip() if head and tail.rstrip(")").isdigit() else text


def variants(data: bytes) -> tuple[tuple[str, ...], str]:
    """The lines of a caption file, each one variant; ('',) where there is none. And a remark where something is odd."""
    remark = ""
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        text, remark = data.decode("cp1252", errors="replace"), "not UTF-8; read as Windows-1252"
    lines = [line.strip() for line in text.replace("\x00", "").splitlines() if line.strip()]
    if any(len(line) > LONGEST_CAPTION for line in lines):
        remark = f"a line is longer than {LONGEST_CAPTION:,} characters; the rest of it is left out"
        lines = [line[:LONGEST_CAPTION].strip() for line in lines]
    return tuple(lines) or ("",), remark
