"""Whether a picture file ends too early."""

import io
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


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "AVIF"])
def test_half_a_file_is_cut_off_and_a_whole_one_is_not(path: Path, kind: str) -> None:
    whole = data(kind)
    path.write_bytes(whole)
    assert header_size(path) == SIZE
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Unusable):
        header_size(path)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_whole_file_is_not_decoded(path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cut_off, "_decodes", lambda _image: pytest.fail("it was decoded"))
    path.write_bytes(data(kind))
    assert header_size(path) == SIZE


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
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
