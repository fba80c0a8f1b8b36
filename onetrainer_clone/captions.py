"""Caption files as a person edits them: the whole text, in the encoding and with the line ends that the file has.

Saving replaces a file whole or not at all, and never one that another program has changed since it was read.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from onetrainer_clone.dataset import CAPTION_SUFFIX, CAPTION_SUFFIXES, LARGEST_CAPTION_FILE
from onetrainer_clone.paths import require_regular, write_whole
from onetrainer_clone.settings import UserError

UTF16_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
UTF8_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Caption:
    """What a caption file holds. `text` has '\\n' line ends; a file that is not there has the empty text."""

    text: str = ""
    encoding: str = "utf-8"
    mark: bytes = b""  # the byte order mark that the file begins with
    line_end: str = "\n"


class Changed(UserError):
    """The file is no longer what was read: another program has written it."""


def caption_path(picture: Path) -> Path:
    """The picture's caption file; where none is there, the one to be made."""
    there = (path for suffix in CAPTION_SUFFIXES if os.path.exists(path := picture.with_suffix(suffix)))
    return next(there, picture.with_suffix(CAPTION_SUFFIX))


def read(path: Path) -> Caption:
    """The caption file; an empty one where there is none. Raises `UserError` where it cannot be read."""
    try:
        if require_regular(path) > LARGEST_CAPTION_FILE:
            raise UserError(f"{path.name} is larger than {LARGEST_CAPTION_FILE // 2**20} MiB: that is no caption")
        return decode(path.read_bytes())
    except FileNotFoundError:
        return Caption()
    except OSError as error:
        raise UserError(f"{path.name} cannot be read: {error.strerror or error}") from None


def decode(data: bytes) -> Caption:
    """Every byte is kept in some way: what is neither UTF-8 nor Windows-1252 is read byte by byte as Latin-1."""
    if (mark := data[:2]) in UTF16_MARKS:
        encodings, body = [UTF16_MARKS[mark]], data[2:]
    elif data[:3] == UTF8_MARK:
        encodings, mark, body = ["utf-8"], UTF8_MARK, data[3:]
    else:
        encodings, mark, body = ["utf-8"], b"", data
    for encoding in (*encodings, "cp1252", "latin-1"):
        try:
            text = body.decode(encoding)
        except UnicodeDecodeError:
            continue
        line_end = "\r\n" if "\r\n" in text else "\n"
        # What was not UTF-8 is written as UTF-8: it is what every program reads, and new words may need it.
        kept = encoding if encoding.startswith("utf") else "utf-8"
        return Caption(text.replace("\r\n", "\n"), kept, mark if kept == encoding else b"", line_end)
    raise AssertionError("Latin-1 reads everything")


def encode(caption: Caption) -> bytes:
    return caption.mark + caption.text.replace("\n", caption.line_end).encode(caption.encoding, "surrogatepass")


def write(path: Path, text: str, before: str | None = None) -> None:
    """Save a text in the file's own encoding. `before` is what it is thought to hold now; None: whatever it holds.

    Raises `Changed` where it holds something else, `UserError` where it cannot be written. An empty text for a file
    that is not there writes none.
    """
    present = read(path)
    if before is not None and present.text != before:
        if present.text == text:
            return
        raise Changed(f"{path.name} was changed by another program since it was read")
    if text == present.text:
        return
    try:
        if os.path.isdir(path):
            raise IsADirectoryError(None, "there is a folder of that name")
        write_whole(path, encode(Caption(text, present.encoding, present.mark, present.line_end)))
    except OSError as error:
        raise UserError(f"{path.name} cannot be written: {error.strerror or error}") from None


def lines(text: str) -> list[str]:
    """The variants that a run takes from a text: its lines, without the empty ones."""
    return [line.strip() for line in text.splitlines() if line.strip()]
