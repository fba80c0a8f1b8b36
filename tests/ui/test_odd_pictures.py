"""Pictures, names and folders that are not as usual: the window shows what a run takes, and everything works with them."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from onetrainer_clone import dataset
from onetrainer_clone.masks import TRAINED, mask_path
from onetrainer_clone.pixels import open_rgb
from onetrainer_clone.state.concepts import Concept
from tests.ui.conftest import Window
from tests.ui.test_pictures import browse, drag, names, type_in
from ui.pictures.brush import BRUSH
from ui.pictures.loading import load
from ui.thumbnails import WHITE, decode

SIZE = (64, 40)
NAMES = [
    "#1 100% & more;.png", "cat 🐈 日本.png", "line\nbreak.png", '{brace} [x] $y "z".png', " space .png", "dot.a.b.png",
]  # fmt: skip


def turned(value: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = value
    return exif


def make(path: Path, kind: str) -> None:
    """A picture of a kind that is more than rows of RGB."""
    plain = Image.linear_gradient("L").resize(SIZE).convert("RGB")
    match kind:
        case "transparent":
            plain.putalpha(Image.radial_gradient("L").resize(SIZE))
            plain.save(path, "PNG")
        case "palette":
            Image.linear_gradient("L").resize(SIZE).convert("P").save(path, "PNG", transparency=3)
        case "16 bits":
            values = np.linspace(0, 65535, SIZE[0] * SIZE[1]).astype(np.uint16).reshape(SIZE[1], SIZE[0])
            Image.fromarray(values).save(path, "PNG")
        case "CMYK":
            plain.convert("CMYK").save(path, "JPEG")
        case "animated":
            plain.save(path, "GIF", save_all=True, append_images=[Image.new("RGB", SIZE, "red")])
        case _:
            kind, _, value = kind.partition(" ")
            plain.save(path, kind, exif=turned(int(value)))


@pytest.mark.parametrize("kind", ["transparent", "palette", "16 bits", "CMYK", "animated", "JPEG 6", "PNG 8", "TIFF 6"])
def test_the_window_shows_what_a_run_takes(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.png"
    make(path, kind)
    with path.open("rb") as file:
        wanted = open_rgb(file, WHITE)
    assert wanted.size == dataset.header_size(path)
    large = load(path, SIZE, whole=True)
    assert large.picture is not None
    assert large.picture.tobytes() == wanted.tobytes()
    small = decode(path, max(SIZE))
    assert small is not None
    assert small.tobytes() == wanted.tobytes()


def test_a_very_wide_picture(tmp_path: Path) -> None:
    Image.new("RGB", (20_000, 30), "green").save(tmp_path / "a.png")
    found = load(tmp_path / "a.png", (600, 400))
    assert found.picture is not None
    assert (found.size, found.picture.size) == ((20_000, 30), (600, 1))
    small = decode(tmp_path / "a.png", 88)
    assert small is not None
    assert small.size == (88, 1)


@pytest.mark.skipif(os.name == "nt", reason="such names are not possible there")
def test_names_of_every_kind(window: Window, tmp_path: Path) -> None:
    folder = tmp_path / "50% #1 🐈\n{x}"
    folder.mkdir()
    for name in NAMES:
        Image.new("RGB", SIZE).save(folder / name)
    with open(os.fsencode(folder) + b"/\xff\xfe.png", "wb") as file:
        Image.new("RGB", SIZE).save(file, "PNG")
    browser = browse(window, folder)
    assert len(names(browser)) == len(NAMES) + 1
    for row, name in enumerate(names(browser)):
        browser.grid_.select(row)
        window.until(lambda name=name: browser.view.seen and browser.view.path == folder / name)  # type: ignore[misc]
        type_in(window, browser, f"caption {row}")
        browser.view.tool = BRUSH
        drag(window, browser, (-20, 0), (20, 0))
    browser.leave()
    window.until(lambda: not browser.drafts.drafts and not browser.masks.unsaved)
    found = dataset.find(Concept(name="odd", path=str(folder)))
    assert sorted(picture.captions[0] for picture in found.pictures) == [f"caption {n}" for n in range(len(NAMES) + 1)]
    assert all(picture.mask for picture in found.pictures)
    browser.grid_.select_all()
    browser.delete()
    window.until(lambda: names(browser) == [])
    browser.undo()
    window.until(lambda: len(names(browser)) == len(NAMES) + 1 and not browser.gallery.reading)
    assert len(list(folder.iterdir())) == 3 * (len(NAMES) + 1) + 1
    window.app.go("concept[0].numbers")
    page = window.app.shell.pages["concept"]
    window.until(lambda: page.views["numbers"].found is not None)
    window.app.shell.show("concepts")
    window.settle()
    assert window.ask.told == []


def test_a_mask_of_another_size_is_painted_in_that_of_the_picture(window: Window, pictures: Path) -> None:
    Image.new("L", (10, 10), TRAINED).save(mask_path(pictures / "0.png"))
    browser = browse(window, pictures)
    browser.view.tool = BRUSH
    drag(window, browser, (-20, 0), (20, 0), button=3)
    browser.leave()
    window.until(lambda: not browser.masks.unsaved)
    with Image.open(mask_path(pictures / "0.png")) as mask:
        assert mask.size == (96, 64)
        assert mask.getextrema() == (0, 255)


def test_a_picture_that_gets_another_size_keeps_what_is_painted_on_it(window: Window, pictures: Path) -> None:
    browser = browse(window, pictures)
    browser.view.tool = BRUSH
    drag(window, browser, (-60, 0), (60, 0))
    Image.new("RGB", (48, 32)).save(pictures / "0.png")
    browser.view.reload()
    window.until(lambda: browser.view.loaded is not None and browser.view.loaded.size == (48, 32))
    painting = browser.view.painting
    assert painting is not None
    assert painting.mask.size == (48, 32)
    assert painting.mask.getpixel((24, 16)) == TRAINED
    drag(window, browser, (0, 20), (20, 20))
    browser.leave()
    window.until(lambda: not browser.masks.unsaved)
    with Image.open(mask_path(pictures / "0.png")) as mask:
        assert mask.size == (48, 32)


def test_a_folder_that_vanishes_while_it_is_looked_at(window: Window, pictures: Path) -> None:
    browser = browse(window, pictures)
    browser.step(1)
    type_in(window, browser, "typed")
    shutil.rmtree(pictures)
    browser.step(1)
    window.until(lambda: not browser.drafts.drafts or bool(browser.drafts.failed))
    assert browser.drafts.drafts or (pictures / "1.txt").read_text() == "typed", "not lost"
    browser.reload()
    window.rest()
    for told in window.ask.told:
        assert "our fault" not in told[1]


def test_two_concepts_of_one_folder(window: Window, pictures: Path) -> None:
    """What is typed for the one is there for the other."""
    first = window.app.store.state.concepts[0].model_copy(update={"path": str(pictures)})
    both = (first, first.model_copy(update={"name": "again"}))
    window.app.store.set(window.app.store.state.model_copy(update={"concepts": both}), "two")
    browser = browse(window, pictures)
    type_in(window, browser, "for both")
    window.app.go("concept[1].pictures")
    window.until(lambda: not browser.gallery.reading and bool(browser.gallery.entries))
    window.until(lambda: browser.box.content == "for both")
    assert browser.undoes[0] == "what was typed into 0.txt"
    window.until(lambda: not browser.drafts.drafts)
    browser.undo()
    window.until(lambda: browser.box.content == "")
