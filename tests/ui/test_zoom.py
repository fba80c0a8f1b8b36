"""The large view enlarged: what is drawn, pointed at and painted is the same pixel, at every zoom and place."""

import random
from collections.abc import Callable
from math import floor
from pathlib import Path

import pytest
from PIL import Image

from onetrainer_clone.masks import LEFT_OUT, TRAINED, Painting, mask_path
from tests.ui.conftest import Window
from tests.ui.test_pictures import browse
from ui.pictures import loading
from ui.pictures.browser import Browser
from ui.pictures.brush import BRUSH, ERASE, FILL, LOOK
from ui.pictures.lens import LARGEST, Lens
from ui.pictures.loading import Loaded, load
from ui.pictures.scene import Scene

SIZE = (96, 64)


def many_colours(size: tuple[int, int]) -> Image.Image:
    """Every pixel another colour."""
    picture = Image.new("RGB", size)
    picture.putdata([(x, y, 7) for y in range(size[1]) for x in range(size[0])])
    return picture


def lenses() -> list[Lens]:
    """Some of every kind: fitted, enlarged, shifted, in rooms of all shapes."""
    chance = random.Random(3)
    found = []
    for _ in range(60):
        lens = Lens(SIZE, (chance.randint(40, 400), chance.randint(40, 300)))
        if chance.random() < 0.8:
            at = (chance.randint(0, lens.room[0] - 1), chance.randint(0, lens.room[1] - 1))
            lens = lens.zoomed(chance.uniform(1, LARGEST), at)
            lens = lens.moved(chance.uniform(-500, 500), chance.uniform(-500, 500))
        found.append(lens)
    return found


@pytest.mark.parametrize("lens", [lens for lens in lenses() if lens.scale >= 1])
def test_what_is_drawn_at_a_point_is_what_the_point_is_of(lens: Lens) -> None:
    picture = many_colours(SIZE)
    scene = Scene(Loaded(Path("a.png"), lens.room, SIZE, (picture,), whole=True), lens)
    drawn = scene.composed(True)
    (left, top, right, bottom), _ = lens.seen()
    assert drawn.size == (right - left, bottom - top)
    chance = random.Random(1)
    for _ in range(200):
        x, y = chance.randrange(left, right), chance.randrange(top, bottom)
        where = lens.to_picture(x, y)
        assert drawn.getpixel((x - left, y - top)) == picture.getpixel((floor(where[0]), floor(where[1])))


@pytest.mark.parametrize("lens", lenses())
def test_a_stroke_is_drawn_as_if_the_whole_mask_were_laid_anew(lens: Lens) -> None:
    loaded = Loaded(Path("a.png"), lens.room, SIZE, (many_colours(SIZE),), whole=True)
    painting = Painting(Image.new("L", SIZE, LEFT_OUT))
    kept = Scene(loaded, lens)
    kept.lay(painting.mask)
    chance = random.Random(5)
    for _ in range(6):
        start, end = ((chance.uniform(-5, 100), chance.uniform(-5, 70)) for _ in range(2))
        box = painting.line(start, end, chance.uniform(0.1, 9), chance.choice((TRAINED, LEFT_OUT)))
        if box is not None:
            kept.lay(painting.mask, box)
        anew = Scene(loaded, lens)
        anew.lay(painting.mask)
        assert kept.composed(True).tobytes() == anew.composed(True).tobytes()


def test_zooming_keeps_what_is_under_the_mouse_and_the_edges_in_the_view() -> None:
    lens = Lens((1000, 800), (500, 400))
    assert lens.scale == lens.fit == 0.5
    at = (200, 120)
    under = lens.to_picture(*at)
    for _ in range(8):
        lens = lens.stepped(1, at)
    assert lens.scale > 1
    assert lens.to_picture(*at) == pytest.approx(under, abs=2)
    shifted = lens.moved(10_000, -10_000)
    assert shifted.to_picture(0, 0)[0] == pytest.approx(0, abs=1)
    assert shifted.to_picture(0, 399)[1] == pytest.approx(800, abs=1)
    for _ in range(20):
        lens = lens.stepped(-1, at)
    assert lens.zoom is None  # as it fits, and no smaller


def test_steps_stop_at_pixel_for_pixel() -> None:
    lens, seen = Lens((1000, 800), (500, 300)), []
    for _ in range(25):
        lens = lens.stepped(1, (250, 150))
        seen.append(lens.scale)
    assert 1.0 in seen
    assert seen[-1] == LARGEST
    assert Lens((64, 64), (640, 640)).stepped(-1, (5, 5)).scale < 10  # a small one may be shown smaller than it fits


def test_a_large_picture_is_read_whole_only_to_be_enlarged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = Image.effect_noise((3000, 2000), 50)
    picture.save(tmp_path / "a.png")
    fitted = load(tmp_path / "a.png", (600, 600))
    assert (fitted.whole, [level.size for level in fitted.levels]) == (False, [(600, 400)])
    whole = load(tmp_path / "a.png", (600, 600), whole=True)
    assert (whole.whole, [level.size for level in whole.levels]) == (True, [(3000, 2000), (1500, 1000)])
    assert whole.level(400).width == 1500
    monkeypatch.setattr(loading, "MOST_PIXELS", 1_500_000)
    coarse = load(tmp_path / "a.png", (600, 600), whole=True)
    assert (coarse.whole, coarse.levels[0].size, coarse.size) == (True, (1500, 1000), (3000, 2000))


def zoomed(window: Window, browser: Browser, zoom: float | None) -> Lens:
    browser.view.zoom(zoom, (40, 30))
    window.until(lambda: browser.view.loaded is not None and (zoom is None or browser.view.loaded.whole))
    window.turn(0.05)
    assert browser.view.lens is not None
    return browser.view.lens


@pytest.mark.parametrize("zoom", [None, 3.7, 12.0, 32.0])
@pytest.mark.parametrize("button", [1, 3])
def test_the_pixel_under_the_mouse_is_painted(window: Window, pictures: Path, zoom: float | None, button: int) -> None:
    browser = browse(window, pictures)
    lens = zoomed(window, browser, zoom)
    browser.view.tool = BRUSH if button == 1 else ERASE
    browser.view.brush_px = 1
    assert lens.scale >= 1 / 0.7, "the brush is thinner than a pixel"
    for x, y in ((7, 5), (33, 20), (90, 61)):
        left, top = lens.origin
        at = (floor((x + 0.5) * lens.scale + left), floor((y + 0.5) * lens.scale + top))
        if not (0 <= at[0] < lens.room[0] and 0 <= at[1] < lens.room[1]):
            continue
        browser.view.event_generate(f"<ButtonPress-{button}>", x=at[0], y=at[1])
        browser.view.event_generate(f"<ButtonRelease-{button}>", x=at[0], y=at[1])
        painting = browser.view.painting
        assert painting is not None
        assert painting.mask.histogram()[TRAINED] == 1
        assert painting.mask.getpixel((x, y)) == TRAINED
        browser.view.undo()


def test_a_large_picture_is_painted_exactly_too(window: Window, pictures: Path) -> None:
    """Where many pixels of the picture lie under one of the screen, and where one is 12 of them."""
    many_colours((255, 255)).resize((2550, 2550), Image.Resampling.NEAREST).save(pictures / "0.png")
    browser = browse(window, pictures)
    browser.view.tool = BRUSH
    browser.view.brush_px = 10
    for zoom in (None, 0.5, 12.0):
        lens = zoomed(window, browser, zoom)
        at = (lens.room[0] // 2 + 7, lens.room[1] // 2 - 3)
        middle, radius = lens.to_picture(*at), 10 / lens.scale
        browser.view.event_generate("<ButtonPress-1>", x=at[0], y=at[1])
        browser.view.event_generate("<ButtonRelease-1>", x=at[0], y=at[1])
        painting = browser.view.painting
        assert painting is not None
        box = painting.mask.getbbox()
        assert box == pytest.approx(
            (middle[0] - radius, middle[1] - radius, middle[0] + radius, middle[1] + radius), abs=0.6
        )
        browser.view.undo()


def test_wheel_keys_and_drags(window: Window, pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = browse(window, pictures)
    view = browser.view
    window.app.root.focus_force()
    view.focus_force()
    window.turn()

    def press(key: str) -> None:
        view.event_generate(f"<{key}>", x=60, y=50)
        window.turn()

    fit = zoomed(window, browser, None).scale
    press("Button-4")
    assert view.lens is not None
    assert view.lens.scale == pytest.approx(fit * 1.25)
    assert f"{view.lens.scale:.0%}" in browser.title.cget("text")
    for key in ("Key-plus", "Key-plus", "Key-plus", "Key-plus", "Key-plus", "Key-plus"):
        press(key)
    before = view.lens.origin
    for button in (1, 2):  # 'Look' shifts with the left button, everything with the middle one
        view.event_generate(f"<ButtonPress-{button}>", x=100, y=100)
        view.event_generate(f"<B{button}-Motion>", x=90, y=95)
        view.event_generate(f"<ButtonRelease-{button}>", x=90, y=95)
    assert view.lens.origin == pytest.approx((before[0] - 20, before[1] - 10), abs=2)
    assert pictures / "0.png" not in browser.masks.unsaved
    for key, tool in (
        ("b", BRUSH),
        ("e", ERASE),
        ("f", FILL),
        ("V", LOOK),
        ("B", BRUSH),
        ("Escape", LOOK),
        ("b", BRUSH),
    ):
        press(f"Key-{key}")
        assert browser.tools.tool.get() == view.tool == tool
    radius = view.brush_px
    press("Key-bracketright")
    assert view.brush_px > radius
    press("Control-Button-5")
    assert view.brush_px == pytest.approx(radius, abs=2)
    assert round(browser.tools.size.get()) == view.brush_px
    before = view.lens.origin
    press("KeyPress-space")
    view.event_generate("<ButtonPress-1>", x=100, y=100)
    view.event_generate("<B1-Motion>", x=110, y=100)
    view.event_generate("<ButtonRelease-1>", x=110, y=100)
    assert view.lens.origin[0] == pytest.approx(before[0] + 10, abs=1)
    assert pictures / "0.png" not in browser.masks.unsaved
    press("KeyRelease-space")
    window.turn(0.1)
    view.event_generate("<ButtonPress-1>", x=100, y=100)
    view.event_generate("<ButtonRelease-1>", x=100, y=100)
    assert view.painting is not None
    press("Key-o")
    assert not view.overlay
    assert not browser.tools.overlay.get()
    press("Key-0")
    assert view.lens.zoom is None
    press("Key-1")
    assert view.lens.scale == 1
    press("Alt-Key-1")  # the first tab, not the zoom
    assert window.app.shell.current == "model"


def test_the_next_picture_is_seen_as_it_fits_and_the_window_may_change(window: Window, pictures: Path) -> None:
    browser = browse(window, pictures)
    browser.tools.buttons["exact"].invoke()
    window.turn(0.05)
    assert browser.view.lens is not None
    assert browser.view.lens.scale == 1
    room = browser.view.lens.room
    window.app.root.geometry("1000x700")
    window.until(lambda: browser.view.lens is not None and browser.view.lens.room != room)
    assert browser.view.lens.scale == 1
    browser.step(1)
    window.until(lambda: browser.view.loaded is not None and browser.view.loaded.path == pictures / "1.png")
    assert browser.view.lens.zoom is None
    browser.tools.buttons["fit"].invoke()
    assert browser.view.lens.zoom is None


def test_a_mask_painted_enlarged_is_saved_in_the_pictures_pixels(
    make_window: Callable[..., Window], pictures: Path
) -> None:
    window = make_window()
    browser = browse(window, pictures)
    zoomed(window, browser, 32.0)
    browser.view.tool = BRUSH
    browser.view.event_generate("<ButtonPress-1>", x=40, y=30)
    browser.view.event_generate("<ButtonRelease-1>", x=40, y=30)
    painting = browser.view.painting
    assert painting is not None
    browser.step(1)
    window.until(mask_path(pictures / "0.png").exists)
    with Image.open(mask_path(pictures / "0.png")) as saved:
        assert saved.size == SIZE
        assert saved.tobytes() == painting.mask.tobytes()
