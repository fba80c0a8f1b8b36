"""Whether a picture file ends too early, as after a broken download. Its header is fine, so that decoding alone shows it.

Decoding every picture would take minutes. A file that has its format's end mark where it belongs, or is as long as its
header says, is whole; only the few that are not are decoded, since some programs write data of their own behind the end.
"""

import os
from typing import Any, BinaryIO

from PIL import Image

NEAR, FAR = 4 * 2**10, 2**20  # bytes at the end of a file that are searched
THUMBNAIL = 64 * 2**10  # bytes at the start of a JPEG, where its EXIF thumbnail has an end mark of its own
ENDS = {"PNG": b"IEND", "JPEG": b"\xff\xd9", "MPO": b"\xff\xd9"}  # MPO: of phones, a JPEG with more behind it
GIF_END = b";"
TIFF_PARTS = ((273, 279), (324, 325))  # tags: where the strips or tiles lie, and how many bytes each has


def cut_off(file: BinaryIO, image: Image.Image) -> bool:
    """Of an opened picture and its file. Of a WebP and an AVIF Pillow finds it when it reads the header."""
    place, length = file.tell(), os.fstat(file.fileno()).st_size
    try:
        whole = _seems_whole(file, length, image)
    finally:
        file.seek(place)
    return not whole and not _decodes(image)


def _seems_whole(file: BinaryIO, length: int, image: Any) -> bool:
    match image.format:
        case "PNG" | "JPEG" | "MPO":
            return _ends_with(file, length, ENDS[image.format])
        case "GIF":  # the mark is a frequent byte: it counts at the very end alone, where zeros may fill the last block
            file.seek(max(length - NEAR, 0))
            return file.read(NEAR).rstrip(b"\0").endswith(GIF_END)
        case "BMP":
            return all(_bitmap_end(tile) <= length for tile in image.tile)
        case "TIFF":
            parts = [(image.tag_v2.get(places), image.tag_v2.get(lengths)) for places, lengths in TIFF_PARTS]
            ends = [place + size for found in parts if all(found) for place, size in zip(*found, strict=False)]
            return bool(ends) and max(ends) <= length
    return True


def _bitmap_end(tile: Any) -> float:
    """The byte behind a bitmap's last row; no file is so long where its rows are packed."""
    decoder, (_left, top, _right, bottom), place, options = tile
    return place + (bottom - top) * options[1] if decoder == "raw" else float("inf")


def _ends_with(file: BinaryIO, size: int, mark: bytes) -> bool:
    for length in (NEAR, FAR):
        first = max(size - length, 0)
        file.seek(first)
        found = file.read(length).rfind(mark)
        if found >= 0 and (length == NEAR or first + found >= THUMBNAIL):
            return True
    return False


def _decodes(image: Image.Image) -> bool:
    try:
        image.load()
    except Exception:  # noqa: BLE001 - what Pillow's decoders raise on damaged bytes is any of a dozen kinds
        return False
    return True
