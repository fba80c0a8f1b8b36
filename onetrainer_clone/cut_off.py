"""Whether a picture file ends too early, as after a broken download. Its header is fine, so that decoding alone shows it.

Decoding every picture would take minutes. A file that has its format's end mark where it belongs is whole; only the few
that have none are decoded, since some cameras write data of their own behind the end.
"""

import os
from typing import BinaryIO

from PIL import Image

NEAR, FAR = 4 * 2**10, 2**20  # bytes at the end of a file that are searched
THUMBNAIL = 64 * 2**10  # bytes at the start of a JPEG, where its EXIF thumbnail has an end mark of its own
ENDS = {"PNG": b"IEND", "JPEG": b"\xff\xd9"}


def cut_off(file: BinaryIO, image: Image.Image) -> bool:
    """Of an opened picture and its file. Of a WebP and an AVIF Pillow finds it when it reads the header; a GIF, BMP or
    TIFF, which nobody downloads, is found when it is decoded.
    """
    mark = ENDS.get(image.format or "")
    return mark is not None and not _ends_with(file, mark) and not _decodes(image)


def _ends_with(file: BinaryIO, mark: bytes) -> bool:
    place, size = file.tell(), file.seek(0, os.SEEK_END)
    try:
        for length in (NEAR, FAR):
            first = max(size - length, 0)
            file.seek(first)
            found = file.read(length).rfind(mark)
            if found >= 0 and (length == NEAR or first + found >= THUMBNAIL):
                return True
        return False
    finally:
        file.seek(place)


def _decodes(image: Image.Image) -> bool:
    try:
        image.load()
    except Exception:  # noqa: BLE001 - what Pillow's decoders raise on damaged bytes is any of a dozen kinds
        return False
    return True
