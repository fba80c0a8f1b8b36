"""Makes a folder of hostile and broken files, as they come from the internet, crashes and jokes, and says what is right.

    python -m tests.hostile FOLDER

Each item is a file (with a caption where that is the point) and its treatment: USED, or left out with a reason, either when
the headers are read (SCAN) or when the pixels are (DECODE).
"""

import io
import os
import struct
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

USED, SCAN, DECODE = "used", "left out by its header", "left out when it is decoded"
BOMB_SIDE = 20_000  # pixels
SIZE = (48, 40)


@dataclass(frozen=True)
class Item:
    """A file of the corpus. `reason` is part of what is said about one that is left out."""

    name: str
    make: Callable[[Path], object]
    treatment: str = USED
    reason: str = ""
    caption: bytes | None = b"a thing"
    captions: tuple[str, ...] = ("a thing",)  # as they are to be read


def noise(*shape: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    return np.random.default_rng(len(shape)).integers(0, 256, shape, dtype=np.uint8)


def picture(mode: str = "RGB") -> Image.Image:
    """Noise, so that it does not compress to nothing and a truncation cuts pixels off."""
    return Image.fromarray(noise(SIZE[1], SIZE[0], 3)).convert(mode)


def save(image: Image.Image, kind: str, **options: object) -> Callable[[Path], object]:
    return lambda path: image.save(path, kind, **options)


def content(data: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(data)


def encoded(kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture().save(file, kind, **options)
    return file.getvalue()


def truncated(kind: str, share: float) -> Callable[[Path], object]:
    data = encoded(kind)
    return content(data[: int(len(data) * share)])


def flipped(kind: str, share: float) -> Callable[[Path], object]:
    data = bytearray(encoded(kind))
    data[int(len(data) * share)] ^= 0x55
    return content(bytes(data))


def turned(path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture().save(path, "JPEG", exif=exif)


def animated(path: Path) -> None:
    frames = [Image.new("RGB", SIZE, colour) for colour in ("red", "green", "blue")]
    frames[0].save(path, save_all=True, append_images=frames[1:])


def bomb(path: Path) -> None:
    """A PNG of 20,000 x 20,000 white pixels in a few hundred KB; decoded it takes 1.2 GB."""
    row = b"\0" + b"\xff" * (BOMB_SIDE // 8)
    packer = zlib.compressobj(9)
    data = b"".join([packer.compress(row * 100) for _ in range(BOMB_SIDE // 100)]) + packer.flush()
    header = struct.pack(">IIBBBBB", BOMB_SIDE, BOMB_SIDE, 1, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b""))


def text_bomb(path: Path) -> None:
    """A small PNG with a comment of 1 GB, packed."""
    packer = zlib.compressobj(9)
    packed = b"".join([packer.compress(bytes(2**20)) for _ in range(1024)]) + packer.flush()
    data = encoded("PNG")
    at = data.index(b"IDAT") - 4
    path.write_bytes(data[:at] + chunk(b"zTXt", b"comment\0\0" + packed) + data[at:])


def lying(path: Path) -> None:
    """A PNG that says it has more rows than it holds."""
    data = encoded("PNG")
    header = struct.pack(">IIBBBBB", SIZE[0], 4000, 8, 2, 0, 0, 0)
    path.write_bytes(data[:8] + chunk(b"IHDR", header) + data[33:])


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def link(target: str) -> Callable[[Path], object]:
    return lambda path: path.symlink_to(target)


def device(path: Path) -> None:
    """A device node that never ends; where none may be made, a link to one."""
    try:
        os.mknod(path, 0o20600, os.makedev(1, 5))  # /dev/zero
    except PermissionError:
        path.symlink_to("/dev/zero")


DAMAGED = "not a picture, or damaged"
PIXELS = "larger than 89,478,485 pixels"

PICTURES = [
    Item("truncated.jpg", truncated("JPEG", 0.6), SCAN, "cut off"),
    Item("truncated.png", truncated("PNG", 0.6), SCAN, "cut off"),
    Item("truncated.webp", truncated("WEBP", 0.6), SCAN, DAMAGED),
    Item("truncated.gif", truncated("GIF", 0.6), SCAN, "cut off"),
    Item("truncated.bmp", truncated("BMP", 0.6), SCAN, "cut off"),
    Item("truncated_header.jpg", truncated("JPEG", 0.02), SCAN, DAMAGED),
    Item("truncated_header.png", content(encoded("PNG")[:20]), SCAN, DAMAGED),
    Item("flipped.png", flipped("PNG", 0.5), DECODE, "broken"),
    Item("lying.png", lying),  # Pillow fills up with black and says nothing
    Item("zero_bytes.png", content(b""), SCAN, "an empty file"),
    Item("zeros.jpg", content(bytes(5000)), SCAN, DAMAGED),
    Item("page.jpg", content(b"<!DOCTYPE html><html><body>404 Not Found</body></html>"), SCAN, DAMAGED),
    Item("script.png", content(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n"), SCAN, DAMAGED),
    Item("vector.png", content(b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), SCAN, DAMAGED),
    Item("wrong_extension.png", save(picture(), "JPEG")),
    Item("wrong_extension.jpg", save(picture(), "PNG")),
    Item("cmyk.jpg", save(picture("CMYK"), "JPEG")),
    Item("sixteen_bits.png", save(Image.fromarray(noise(40, 48).astype(np.uint16) * 257), "PNG")),
    Item("sixteen_bits.tif", save(Image.fromarray(noise(40, 48).astype(np.uint16) * 257), "TIFF")),
    Item("float_with_nan.tif", save(Image.fromarray(np.full((40, 48), np.nan, dtype=np.float32)), "TIFF")),
    Item("palette_transparent.png", save(picture("P"), "PNG", transparency=3)),
    Item("palette_transparent.gif", save(picture("P"), "GIF", transparency=3)),
    Item("grey_alpha.png", save(picture("LA"), "PNG")),
    Item("one_bit.png", save(picture("1"), "PNG")),
    Item("animated.gif", animated),
    Item("animated.png", animated),
    Item("animated.webp", animated),
    Item("turned.jpg", turned),
    Item("bad_exif.jpg", save(picture(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff damaged")),
    Item("one_pixel.png", save(Image.new("RGB", (1, 1)), "PNG")),
    Item("hair.png", save(Image.new("RGB", (3000, 1)), "PNG")),
    Item("bomb.png", bomb, SCAN, PIXELS),
    Item("text_bomb.png", text_bomb, SCAN, DAMAGED),
]
SPECIAL = [
    Item("pipe.png", os.mkfifo, SCAN, "not a regular file"),
    Item("device.png", device, SCAN, "not a regular file"),
    Item("circle.png", link("circle.png"), SCAN, "Too many levels of symbolic links"),
    Item("dangling.png", link("nowhere.png"), SCAN, "No such file"),
    Item("to_a_device.png", link("/dev/zero"), SCAN, "not a regular file"),
]  # what POSIX alone has
LONG = "x" * 20_000
CAPTIONED = [
    Item("latin1.png", save(picture(), "PNG"), caption="süß".encode("latin-1"), captions=("süß",)),
    Item("no_encoding.png", save(picture(), "PNG"), caption=b"a\x81\xffb", captions=("a\ufffdÿb",)),
    Item("mark.png", save(picture(), "PNG"), caption=b"\xef\xbb\xbfa thing\r\n"),
    Item("utf16.png", save(picture(), "PNG"), caption="a thing".encode("utf-16")),
    Item("half_utf16.png", save(picture(), "PNG"), caption=b"\xff\xfea\x00b", captions=("ÿþab",)),
    Item("zero_bytes.jpg", save(picture(), "JPEG"), caption=b"a\0 thing\0"),
    Item("megabyte.png", save(picture(), "PNG"), caption=b"x" * 2**20, captions=(LONG,)),
    Item("words.png", save(picture(), "PNG"), caption=b"cat, " * 2**17, captions=("cat, " * 3999 + "cat,",)),
    Item("empty_caption.png", save(picture(), "PNG"), caption=b"", captions=("",)),
    Item("shouting.png", save(picture(), "PNG"), caption=None, captions=("A CAPTION",)),
]
NAMED = [
    Item("line\nbreak.png", save(picture(), "PNG")),
    Item("emoji 🐈‍⬛.png", save(picture(), "PNG")),
    Item("no text \udcff\udc80.png", save(picture(), "PNG")),
    Item("\x1b[31mred.png", save(picture(), "PNG")),
    Item("x" * 251 + ".png", save(picture(), "PNG")),
    Item("猫" * 83 + ".png", save(picture(), "PNG")),
    Item("'; rm -rf ~ #.png", save(picture(), "PNG")),
]  # names that Linux alone takes


def items() -> list[Item]:
    """What this system can have."""
    found = [*PICTURES, *CAPTIONED]
    found += SPECIAL if os.name == "posix" else []
    return [*found, *(NAMED if sys.platform == "linux" else [])]


def make(folder: Path) -> list[Item]:
    """The corpus; also what is no picture at all: folders in circles, named as a picture, a pipe as a caption."""
    folder.mkdir(parents=True, exist_ok=True)
    for item in items():
        path = folder / item.name
        item.make(path)
        if item.caption is not None:
            path.with_suffix(".txt").write_bytes(item.caption)
    (folder / "shouting.TXT").write_text("A CAPTION")
    (folder / "folder.png").mkdir(exist_ok=True)
    if os.name == "posix":
        (folder / "deep").mkdir(exist_ok=True)
        (folder / "deep" / "circle").symlink_to("..")
        (folder / "endless").symlink_to("endless")
        Image.new("RGB", SIZE).save(folder / "with_pipe.png")
        os.mkfifo(folder / "with_pipe.txt")
    return items()


if __name__ == "__main__":
    sys.stdout.write(f"{len(make(Path(sys.argv[1])))} hostile files in {sys.argv[1]}\n")
