"""What is found in a folder: every kind of picture, every kind of damage, every kind of caption."""

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from onetrainer_clone import browse, dataset
from onetrainer_clone.captions import caption_path
from onetrainer_clone.dataset import Folder, find, variants
from onetrainer_clone.settings import Invalid
from onetrainer_clone.state.concepts import CaptionSource, Concept
from tests.onetrainer_clone.making import make_pictures
from tests.waiting import LIMIT

pytestmark = pytest.mark.filterwarnings(r"ignore:::PIL\.")  # as the program does; pytest forgets it for each test
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
SIZE = (48, 32)


def look(folder: Path, **options: object) -> Folder:
    return find(Concept.model_validate({"name": "cat", "path": str(folder), **options}))


def keys(folder: Folder) -> list[str]:
    return [picture.key for picture in folder.pictures]


def captions_of(folder: Path, **options: object) -> tuple[str, ...]:
    (picture,) = look(folder, **options).pictures
    return picture.captions


# Pictures


def save_moving(path: Path) -> None:
    frames = [Image.new("RGB", SIZE, colour) for colour in ("red", "green", "blue")]
    frames[0].save(path, save_all=True, append_images=frames[1:])


WRITERS: dict[str, Callable[[Path], object]] = {
    "rgb.png": lambda path: Image.new("RGB", SIZE).save(path),
    "rgba.png": lambda path: Image.new("RGBA", SIZE).save(path),
    "palette.png": lambda path: Image.new("P", SIZE).save(path),
    "grey.png": lambda path: Image.new("L", SIZE).save(path),
    "one_bit.png": lambda path: Image.new("1", SIZE).save(path),
    "sixteen_bits.png": lambda path: Image.fromarray(np.zeros(SIZE[::-1], dtype=np.uint16)).save(path),
    "rgb.jpg": lambda path: Image.new("RGB", SIZE).save(path),
    "cmyk.jpg": lambda path: Image.new("CMYK", SIZE).save(path),
    "grey.JPEG": lambda path: Image.new("L", SIZE).save(path),
    "old.jfif": lambda path: Image.new("RGB", SIZE).save(path, format="JPEG"),
    "still.webp": lambda path: Image.new("RGB", SIZE).save(path),
    "lossless.webp": lambda path: Image.new("RGBA", SIZE).save(path, lossless=True),
    "plain.bmp": lambda path: Image.new("RGB", SIZE).save(path),
    "still.gif": lambda path: Image.new("P", SIZE).save(path),
    "moving.gif": save_moving,
    "moving.png": save_moving,
    "moving.webp": save_moving,
    "sixteen_bits.tif": lambda path: Image.fromarray(np.zeros(SIZE[::-1], dtype=np.uint16)).save(path),
    "float.tiff": lambda path: Image.new("F", SIZE).save(path),
    "cmyk.tiff": lambda path: Image.new("CMYK", SIZE).save(path),
    "modern.avif": lambda path: Image.new("RGB", SIZE).save(path),
    "really_a_jpeg.png": lambda path: Image.new("RGB", SIZE).save(path, format="JPEG"),
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_kind_of_picture_is_found_with_its_size(tmp_path: Path, name: str) -> None:
    WRITERS[name](tmp_path / name)
    found = look(tmp_path)
    assert not found.left_out
    assert [(picture.key, picture.width, picture.height) for picture in found.pictures] == [(name, *SIZE)]


@pytest.mark.parametrize("kind", ["jpg", "png", "webp", "tiff"])
@pytest.mark.parametrize(("turn", "size"), [(1, (48, 32)), (2, (48, 32)), (3, (48, 32)), (6, (32, 48)), (8, (32, 48))])
def test_a_turned_picture_has_the_size_that_is_shown(
    tmp_path: Path, kind: str, turn: int, size: tuple[int, int]
) -> None:
    exif = Image.Exif()
    exif[dataset.ORIENTATION_TAG] = turn
    Image.new("RGB", SIZE).save(tmp_path / f"a.{kind}", exif=exif)
    (picture,) = look(tmp_path).pictures
    assert (picture.width, picture.height) == size


@pytest.mark.parametrize("turn", [0, 9, 65_535])
def test_an_impossible_orientation_is_none(tmp_path: Path, turn: int) -> None:
    exif = Image.Exif()
    exif[dataset.ORIENTATION_TAG] = turn
    Image.new("RGB", SIZE).save(tmp_path / "a.jpg", exif=exif)
    (picture,) = look(tmp_path).pictures
    assert (picture.width, picture.height) == SIZE


def test_damaged_exif_does_not_cost_the_picture(tmp_path: Path) -> None:
    Image.new("RGB", SIZE).save(tmp_path / "a.jpg", exif=b"Exif\0\0II*\0\xff\xff\xff\xff damaged")
    assert keys(look(tmp_path)) == ["a.jpg"]


def test_what_cannot_be_used_is_left_out_and_named(tmp_path: Path) -> None:
    make_pictures(tmp_path, "good.png")
    whole = (tmp_path / "good.png").read_bytes()
    (tmp_path / "empty.png").touch()
    (tmp_path / "cut.png").write_bytes(whole[:20])
    (tmp_path / "page.jpg").write_text("<html><body>404 Not Found</body></html>")
    (tmp_path / "script.png").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n")
    found = look(tmp_path)
    assert keys(found) == ["good.png"]
    assert dict(found.left_out) == {
        "empty.png": "an empty file",
        "cut.png": "not a picture, or damaged",
        "page.jpg": "not a picture, or damaged",
        "script.png": "not a picture, or damaged",
    }
    assert found.unreadable_share == 4 / 5


@posix
def test_pipes_and_dangling_links_are_left_out_without_waiting(tmp_path: Path) -> None:
    make_pictures(tmp_path, "good.png", caption=None)
    os.mkfifo(tmp_path / "pipe.png")
    os.mkfifo(tmp_path / "good.txt")
    (tmp_path / "gone.png").symlink_to("nowhere.png")
    (tmp_path / "circle.png").symlink_to("circle.png")
    seen: list[Folder] = []
    thread = threading.Thread(target=lambda: seen.append(look(tmp_path)), daemon=True)
    thread.start()
    thread.join(LIMIT)
    assert seen, "still waiting for a pipe"
    assert keys(seen[0]) == ["good.png"]
    assert [file for file, _ in seen[0].left_out] == ["circle.png", "gone.png", "pipe.png"]
    assert dict(seen[0].left_out)["pipe.png"] == "not a regular file"
    assert seen[0].remarks == ("good.txt: cannot be read: not a regular file",)


@pytest.mark.parametrize("times", [1.0, 0.4])  # Pillow warns above its limit, and refuses above twice of it
def test_a_picture_of_too_many_pixels_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: float
) -> None:
    make_pictures(tmp_path, "bomb.png", "good.png")
    Image.new("1", (200, 200)).save(tmp_path / "bomb.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", int(200 * 200 * times) - 1)
    found = look(tmp_path)
    assert keys(found) == ["good.png"]
    assert found.left_out == (("bomb.png", f"larger than {int(40_000 * times) - 1:,} pixels"),)


def test_masks_are_no_pictures_but_belong_to_them(tmp_path: Path) -> None:
    make_pictures(tmp_path, "cat.png", "cat-masklabel.png", "dog.png", "bird-masklabel.png")
    found = look(tmp_path)
    assert [(picture.key, picture.mask) for picture in found.pictures] == [("cat.png", True), ("dog.png", False)]
    assert (found.left_out, found.remarks) == ((), ())
    alone = dataset.picture(found.concept, tmp_path / "cat.png", "cat.png")
    assert alone == found.pictures[0]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["png", "jpg", "gif", "webp", "bmp", "tiff"]), st.data())
def test_no_damage_of_the_bytes_raises_anything_else(
    tmp_path_factory: pytest.TempPathFactory, kind: str, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("damaged") / f"a.{kind}"
    Image.new("RGB", (9, 7)).save(path)
    content = bytearray(path.read_bytes()[: data.draw(st.integers(1, 400))])
    for place, byte in data.draw(st.dictionaries(st.integers(0, 399), st.integers(0, 255), max_size=8)).items():
        content[place % len(content)] = byte
    path.write_bytes(content)
    folder = look(path.parent)
    assert len(folder.pictures) + len(folder.left_out) == 1
    assert all(picture.width > 0 and picture.height > 0 for picture in folder.pictures)
    assert all(reason for _, reason in folder.left_out)


# Folders


def test_pictures_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    make_pictures(tmp_path, "b.png", "a.jpg", "c.webp", "B.png")
    assert keys(look(tmp_path)) == ["B.png", "a.jpg", "b.png", "c.webp"]


def test_subfolders_are_looked_into_when_wanted(tmp_path: Path) -> None:
    make_pictures(tmp_path, "a.png")
    make_pictures(tmp_path / "inner" / "deep", "b.png")
    assert keys(look(tmp_path)) == ["a.png"]
    found = look(tmp_path, include_subfolders=True)
    assert keys(found) == ["a.png", "inner/deep/b.png"]
    assert [picture.captions for picture in found.pictures] == [("a cat",), ("a cat",)]


def test_hidden_files_and_folders_are_left_alone(tmp_path: Path) -> None:
    make_pictures(tmp_path, "a.png", ".hidden.png", "._a.png")
    make_pictures(tmp_path / ".thumbnails", "a.png")
    found = look(tmp_path, include_subfolders=True)
    assert keys(found) == ["a.png"]
    assert found.left_out == ()


def test_a_folder_that_is_itself_hidden_can_be_used(tmp_path: Path) -> None:
    assert keys(look(make_pictures(tmp_path / ".cats", "a.png"), include_subfolders=True)) == ["a.png"]


@posix
def test_links_to_folders_are_followed_once_and_never_in_circles(tmp_path: Path) -> None:
    make_pictures(tmp_path / "cats" / "deep", "a.png")
    make_pictures(tmp_path / "elsewhere", "b.png")
    (tmp_path / "cats" / "deep" / "up").symlink_to(tmp_path / "cats")
    (tmp_path / "cats" / "linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "cats" / "again").symlink_to(tmp_path / "elsewhere")
    assert keys(look(tmp_path / "cats", include_subfolders=True)) == ["again/b.png", "deep/a.png"]


def test_a_folder_called_like_a_picture_is_no_picture(tmp_path: Path) -> None:
    make_pictures(tmp_path / "cats.png", "a.png")
    found = look(tmp_path)
    assert not found.pictures
    assert not found.left_out


def test_other_files_are_no_pictures(tmp_path: Path) -> None:
    make_pictures(tmp_path, "a.png")
    (tmp_path / "notes.md").write_text("x")
    (tmp_path / "model.safetensors").write_bytes(b"x")
    (tmp_path / "png").write_bytes(b"x")
    assert look(tmp_path).left_out == ()


@pytest.mark.parametrize("path", ["nowhere", "file.txt", "a" * 300, "~nobody_of_this_name/cats", "with\0zero"])
def test_a_folder_that_cannot_be_read_is_refused_in_words(tmp_path: Path, path: str) -> None:
    (tmp_path / "file.txt").touch()
    with pytest.raises(Invalid, match=r"the folder .* cannot be read"):
        look(tmp_path / path if "~" not in path else Path(path))


# Names


@pytest.mark.parametrize(
    "name",
    [
        "weiß wie Schnee.png",
        "貓.png",
        "🐈‍⬛.png",
        "e\u0301.png",
        "two  spaces .png",
        "dots...png",
        "a" * 251 + ".png",
        "貓" * 83 + ".png",
        pytest.param("line\nbreak.png", marks=posix),
        pytest.param('quo"te?*<>|.png', marks=posix),
        pytest.param("back\\slash.png", marks=posix),
        pytest.param("no text \udcff.png", marks=pytest.mark.skipif(sys.platform != "linux", reason="Linux only")),
    ],
)
def test_odd_names_are_found_with_their_captions(tmp_path: Path, name: str) -> None:
    make_pictures(tmp_path, name, caption="found")
    (picture,) = look(tmp_path).pictures
    assert (picture.key, picture.captions) == (name, ("found",))
    (caption,) = captions_of(tmp_path, caption_source="FILE_NAME")
    assert caption.encode()
    assert "\n" not in caption


# Captions


@pytest.mark.parametrize(
    ("content", "captions"),
    [
        (b"a cat", ("a cat",)),
        (b"\xef\xbb\xbfa cat\r\n", ("a cat",)),
        ("schöne Katze".encode("utf-16"), ("schöne Katze",)),
        (b"\xfe\xff" + "猫".encode("utf-16-be"), ("猫",)),
        ("a cat".encode("utf-16-le"), ("a cat",)),
        (b"a cat\n\n  \n a black cat \n", ("a cat", "a black cat")),
        (b"", ("",)),
        (b" \n\t\n", ("",)),
        (b"a\x00 cat", ("a cat",)),
    ],
)
def test_caption_files_are_read_whatever_wrote_them(content: bytes, captions: tuple[str, ...]) -> None:
    assert variants(content) == (captions, "")


def test_a_caption_that_is_not_utf8_is_read_and_remarked(tmp_path: Path) -> None:
    make_pictures(tmp_path, "a.png")
    (tmp_path / "a.txt").write_bytes("süß".encode("cp1252"))
    found = look(tmp_path)
    assert found.pictures[0].captions == ("süß",)
    assert found.remarks == ("a.txt: not UTF-8; read as Windows-1252",)


def test_no_line_is_lost_of_many_but_an_endless_one_is_cut() -> None:
    many = [f"a cat, number {number}" for number in range(5_000)]
    assert variants("\n".join(many).encode()) == (tuple(many), "")
    (line,), remark = variants(b"a" * 30_000)
    assert len(line) == dataset.LONGEST_CAPTION
    assert "20,000" in remark


def test_a_gigantic_caption_file_is_not_read(tmp_path: Path) -> None:
    make_pictures(tmp_path, "a.png")
    with open(tmp_path / "a.txt", "wb") as file:
        file.truncate(dataset.LARGEST_CAPTION_FILE + 1)
    found = look(tmp_path)
    assert found.pictures[0].captions == ("",)
    assert found.remarks == ("a.txt: cannot be read: larger than 16 MiB",)


@given(st.binary(max_size=200))
def test_any_bytes_are_some_caption(content: bytes) -> None:
    found, _ = variants(content)
    assert found
    assert all(line == line.strip() and "\n" not in line for line in found)
    assert all(line.encode() for line in found if line), "text that can be encoded"


def test_a_picture_without_a_caption_has_the_empty_one(tmp_path: Path) -> None:
    assert captions_of(make_pictures(tmp_path, "a.png", caption=None)) == ("",)


def test_a_folder_called_like_the_caption_is_none(tmp_path: Path) -> None:
    make_pictures(tmp_path, "a.png", caption=None)
    (tmp_path / "a.txt").mkdir()
    assert captions_of(tmp_path) == ("",)


@pytest.mark.parametrize(
    ("name", "caption"),
    [
        ("a_red_cat.png", "a red cat"),
        ("a red cat (2).png", "a red cat"),
        ("a cat (red).png", "a cat (red)"),
        ("(2).png", "(2)"),
        ("a.b.c.png", "a.b.c"),
        ("_.png", ""),
    ],
)
def test_a_caption_from_the_file_name(tmp_path: Path, name: str, caption: str) -> None:
    assert captions_of(make_pictures(tmp_path, name), caption_source="FILE_NAME") == (caption,)


@pytest.mark.parametrize("suffix", [".TXT", ".Txt"])
def test_a_caption_file_may_shout(tmp_path: Path, suffix: str) -> None:
    make_pictures(tmp_path, "a.png", caption=None)
    (tmp_path / f"a{suffix}").write_text("found")
    assert captions_of(tmp_path) == ("found",)
    concept = Concept(name="cat", path=str(tmp_path))
    assert dataset.picture(concept, tmp_path / "a.png", "a.png").captions == ("found",)
    assert caption_path(tmp_path / "a.png").read_text() == "found"
    assert [(entry.captioned, entry.caption.name.lower()) for entry in browse.entries(concept)] == [(True, "a.txt")]


def test_one_text_for_all(tmp_path: Path) -> None:
    make_pictures(tmp_path, "a.png")
    assert captions_of(tmp_path, caption_source="TEXT", caption_text="  one cat ") == ("one cat",)


def test_one_file_for_all(tmp_path: Path) -> None:
    make_pictures(tmp_path / "cats", "a.png", "b.png")
    (tmp_path / "all.txt").write_bytes("un chat\nun été\n".encode("cp1252"))
    found = look(tmp_path / "cats", caption_source="TEXT_FILE", caption_file=str(tmp_path / "all.txt"))
    assert [picture.captions for picture in found.pictures] == [("un chat", "un été")] * 2
    assert len(found.remarks) == 1


@pytest.mark.parametrize("name", ["nowhere.txt", "", "a" * 300])
def test_a_shared_caption_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str) -> None:
    make_pictures(tmp_path, "a.png")
    with pytest.raises(Invalid, match="cannot be read"):
        look(tmp_path, caption_source=CaptionSource.TEXT_FILE, caption_file=str(tmp_path / name))


def test_the_demo_is_complete() -> None:
    for name, count in (("subject", 6), ("class", 100), ("class_varied", 100)):
        found = find(Concept(name=name, path=f"demo:concepts/{name}"))
        assert len(found.pictures) == count
        assert not found.left_out
        assert not found.remarks
        assert all(picture.captions != ("",) for picture in found.pictures)
