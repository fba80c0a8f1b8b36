"""Whether a picture file ends too early."""

import io
import struct
from pathlib import Path

import pytest
from PIL import Image

from onetrainer_clone import cut_off
from onetrainer_clone.dataset import Unusable, header_size

SIZE = (320, 200)


def data(kind: str, **options: object) -> bytes:
    kept = io.BytesIO()
    Image.effect_noise(SIZE, 60).convert("RGB").save(kept, kind, **options)
    return kept.getvalue()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.png"


KINDS = ["PNG", "JPEG", "BMP", "GIF", "TIFF"]


@pytest.mark.parametrize("kind", [*KINDS, "WEBP", "AVIF"])
def test_half_a_file_is_cut_off_and_a_whole_one_is_not(path: Path, kind: str) -> None:
    whole = data(kind)
    path.write_bytes(whole)
    assert header_size(path) == SIZE
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Unusable):
        header_size(path)


@pytest.fixture
def undecoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cut_off, "_decodes", lambda _image: pytest.fail("it was decoded"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_file_is_not_decoded(path: Path, kind: str, undecoded: None) -> None:
    path.write_bytes(data(kind))
    assert header_size(path) == SIZE


@pytest.mark.parametrize("packed", ["tiff_lzw", "tiff_adobe_deflate", "jpeg", "group4"])
def test_a_packed_tiff(path: Path, packed: str, undecoded: None) -> None:
    """Its strips lie wherever its tags say, the tags themselves at the start or at the end."""
    kept = io.BytesIO()
    picture = Image.effect_noise(SIZE, 60).convert("1" if packed == "group4" else "RGB")
    picture.save(kept, "TIFF", compression=packed)
    path.write_bytes(kept.getvalue())
    assert header_size(path) == SIZE


def test_tiles_and_a_large_tiff_of_32_bits(path: Path, undecoded: None) -> None:
    kept = io.BytesIO()
    Image.effect_noise(SIZE, 60).save(kept, "TIFF", tiffinfo={322: 64, 323: 64}, compression="tiff_lzw", big_tiff=True)
    path.write_bytes(kept.getvalue())
    assert header_size(path) == SIZE


def test_strips_behind_the_end_are_found_by_decoding(path: Path) -> None:
    """Tags first, as scanners write it: the header alone is fine."""
    kept = io.BytesIO()
    Image.effect_noise(SIZE, 60).convert("RGB").save(kept, "TIFF")
    path.write_bytes(kept.getvalue()[:-5000])
    with pytest.raises(Unusable, match="cut off: its end is missing"):
        header_size(path)


def test_a_gif_whose_first_picture_is_whole_can_be_used(path: Path) -> None:
    """A run takes the first one."""
    frames = [Image.effect_noise(SIZE, 60) for _ in range(3)]
    kept = io.BytesIO()
    frames[0].save(kept, "GIF", save_all=True, append_images=frames[1:])
    path.write_bytes(kept.getvalue()[:-5000])
    assert header_size(path) == SIZE


def test_a_packed_bitmap_is_decoded(path: Path) -> None:
    """Of an RLE bitmap the header does not tell how long it is."""
    rows = b"".join(bytes((8, 1, 0, 0)) for _ in range(8)) + b"\0\1"
    palette = b"".join(bytes((value, 0, value, 0)) for value in range(256))
    header = struct.pack("<2sIHHI IiiHHIIiiII", b"BM", 1078 + len(rows), 0, 0, 1078, 40, 8, 8, 1, 8, 1, 0, 0, 0, 256, 0)
    path.write_bytes(header + palette + rows)
    assert header_size(path) == (8, 8)
    path.write_bytes(header + palette + rows[:12])
    with pytest.raises(Unusable, match="cut off"):
        header_size(path)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("behind", [100, 20_000])
def test_what_a_camera_writes_behind_the_end_does_no_harm(path: Path, kind: str, behind: int) -> None:
    path.write_bytes(data(kind) + bytes(behind))
    assert header_size(path) == SIZE


def test_the_end_of_a_thumbnail_is_not_the_end_of_the_photo(path: Path) -> None:
    """As cameras write it: a small JPEG within the EXIF data at the start of a large one."""
    start, rest = data("JPEG", quality=98)[:2], data("JPEG", quality=98)[2:]
    thumbnail = b"Exif\0\0" + data("JPEG", quality=5)[:6000] + b"\xff\xd9"
    path.write_bytes((start + b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail + rest)[:40_000])
    with pytest.raises(Unusable, match="cut off: its end is missing"):
        header_size(path)


def test_the_header_is_read_as_before(path: Path) -> None:
    """Where the file stands is as Pillow left it: what it reads later is at its place."""
    path.write_bytes(data("PNG"))
    with open(path, "rb") as file, Image.open(file) as image:
        assert not cut_off.cut_off(file, image)
        image.load()
