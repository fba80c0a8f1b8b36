"""Picture files of every kind, as a run and the window see them."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from onetrainer_clone.dataset import header_size
from onetrainer_clone.pixels import open_rgb

WHITE, BLACK = "#ffffff", "#000000"


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def opened(image: Image.Image, kind: str = "PNG", background: str = WHITE, **options: object) -> NDArray[np.uint8]:
    found = open_rgb(io.BytesIO(encoded(image, kind, **options)), background)
    assert found.mode == "RGB"
    return np.asarray(found)


def gradient(width: int = 40, height: int = 24) -> Image.Image:
    across, down = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return Image.fromarray(np.stack([across, down, (across + down) / 2], -1).astype(np.uint8))


def test_rgb_is_what_it_is() -> None:
    assert np.array_equal(opened(gradient()), np.asarray(gradient()))


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_keep_their_range(kind: str) -> None:
    values = np.linspace(0, 65535, 64).astype(np.uint16).reshape(8, 8)
    found = opened(Image.fromarray(values), kind)
    assert np.array_equal(found[..., 0], np.round(values / 257))
    assert np.array_equal(found[..., 0], found[..., 2])


@pytest.mark.parametrize("mode", ["L", "1"])
def test_grey_and_black_and_white_become_rgb(mode: str) -> None:
    image = gradient().convert(mode)
    assert np.array_equal(opened(image), np.asarray(image.convert("RGB")))


def test_float_grey_in_0_to_1_keeps_its_range() -> None:
    values = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    assert np.abs(opened(Image.fromarray(values), "TIFF")[..., 1] - values * 255).max() <= 1


@pytest.mark.parametrize(("background", "expected"), [(WHITE, 255), (BLACK, 0), ("#10a0f0", (16, 160, 240))])
def test_transparency_shows_the_background(background: str, expected: object) -> None:
    image = Image.new("RGBA", (4, 4), (200, 100, 50, 0))
    image.putpixel((0, 0), (200, 100, 50, 255))
    image.putpixel((1, 0), (200, 100, 50, 128))
    found = opened(image, background=background)
    assert np.array_equal(found[0, 0], (200, 100, 50))
    assert (found[1:] == expected).all()
    full = np.broadcast_to(np.asarray(expected, float), (3,))
    half = (np.array((200, 100, 50)) * 128 + full * 127) / 255
    assert np.abs(found[0, 1] - half).max() <= 1


def test_a_palette_with_transparency_shows_the_background() -> None:
    image = Image.new("P", (4, 4), 1)
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    image.putpixel((0, 0), 2)
    assert (opened(image, transparency=1, background="#102030")[1] == (16, 32, 48)).all()
    assert np.array_equal(opened(image, transparency=1)[0, 0], (0, 0, 255))
    assert (opened(image)[1] == (0, 255, 0)).all()


def test_grey_with_alpha_shows_the_background() -> None:
    image = Image.new("LA", (2, 1), (90, 255))
    image.putpixel((1, 0), (90, 0))
    assert opened(image, background=BLACK).tolist() == [[[90] * 3, [0] * 3]]


def test_rgb_with_one_transparent_colour_shows_the_background() -> None:
    image = Image.new("RGB", (2, 1), (1, 2, 3))
    image.putpixel((1, 0), (9, 9, 9))
    assert opened(image, transparency=(1, 2, 3)).tolist() == [[[255] * 3, [9] * 3]]


def test_cmyk_becomes_rgb() -> None:
    image = gradient().convert("CMYK")
    assert np.abs(opened(image, "TIFF").astype(int) - np.asarray(gradient()).astype(int)).max() <= 2


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_an_animated_file_gives_its_first_frame(kind: str) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ((250, 0, 0), (0, 0, 250))]
    found = opened(frames[0], kind, save_all=True, append_images=frames[1:])
    assert np.abs(found.astype(int) - (250, 0, 0)).max() <= 8


@pytest.mark.parametrize("value", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_it_is_turned_as_its_exif_says(value: int, kind: str) -> None:
    turns: dict[int, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a, -1),
        7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
        8: lambda a: np.rot90(a, 1),
    }
    exif = Image.Exif()
    exif[0x0112] = value
    found = opened(gradient(), kind, exif=exif)
    plain = opened(gradient(), kind)
    assert np.array_equal(found, turns[value](plain))


@pytest.mark.parametrize("data", [b"", b"not a picture", encoded(gradient())[:120], encoded(gradient(), "JPEG")[:300]])
def test_what_cannot_be_decoded_raises(data: bytes) -> None:
    with pytest.raises((OSError, ValueError, SyntaxError)):
        open_rgb(io.BytesIO(data), WHITE)


def test_the_sizes_of_headers_and_of_opened_pictures_agree(tmp_path: Path) -> None:
    for value in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = value
        path = tmp_path / f"{value}.jpg"
        path.write_bytes(encoded(gradient(), "JPEG", exif=exif))
        assert header_size(path) == open_rgb(io.BytesIO(path.read_bytes()), WHITE).size
