"""The samples as a timeline: which step is looked at, what is drawn, comparing two, and one of them large."""

import tkinter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import customtkinter as ctk
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from onetrainer_clone.events import Sampled, Weights
from tests.ui.conftest import Window
from ui import theme
from ui.run.comparison import SWIPE, Comparison
from ui.run.grid import SIZES
from ui.run.grid_face import GONE, LABELS
from ui.run.hold import Hold
from ui.run.look import MOST, Look
from ui.run.places import Place, neighbour, other_weights, why_no_other, words
from ui.run.record import PromptKey, Record
from ui.run.samples import Samples
from ui.run.timeline import Timeline
from ui.run.viewer import Viewer
from ui.runs.reopen import lay_over, overlaid


def test_the_newest_is_followed_until_the_person_goes_back() -> None:
    timeline = Timeline()
    timeline.update([0, 10])
    assert timeline.step == 10
    timeline.update([0, 10, 20])
    assert timeline.step == 20
    timeline.move(-1)
    timeline.update([0, 10, 20, 30])
    assert (timeline.step, timeline.following) == (10, False)
    timeline.update([0, 5, 10, 20, 30])  # an older one turns up: the same step is looked at
    assert timeline.step == 10
    timeline.move(99)
    timeline.update([0, 5, 10, 20, 30, 40])
    assert (timeline.step, timeline.following) == (40, True)
    timeline.move(-99)
    assert timeline.step == 0


def test_of_a_grid_the_newest_is_followed_and_the_end_is_its_last_column() -> None:
    timeline = Timeline()
    timeline.update(range(6), 0)
    assert (timeline.at, timeline.last) == (0, 5)
    timeline.update(range(6), 2)
    assert timeline.at == 2
    timeline.go(5)
    timeline.update(range(6), 3)
    assert (timeline.at, timeline.following) == (5, False)
    timeline.go(timeline.newest)
    timeline.update(range(6), 4)
    assert timeline.at == 4


def test_enlarged_pictures_keep_their_shape() -> None:
    assert Look().cut(Image.new("RGB", (512, 256)), (1000, 1000)).size == (1000, 500)
    assert Look().cut(Image.new("RGB", (64, 64)), (300, 100)).size == (100, 100)
    assert Look().cut(Image.new("RGB", (3000, 10)), (300, 300)).size == (300, 1)
    assert Look(own=True).cut(Image.new("RGB", (1024, 64)), (300, 300)).size == (300, 64)
    assert Look(own=True).cut(Image.new("RGB", (64, 64)), (300, 300)).size == (64, 64)


sides = st.integers(8, 300)


@given(st.tuples(sides, sides), st.tuples(sides, sides), st.floats(0.1, 20), st.floats(0, 1), st.floats(0, 1))
def test_what_is_under_the_mouse_stays_there_when_it_comes_closer(
    size: tuple[int, int], room: tuple[int, int], factor: float, across: float, down: float
) -> None:
    """Unless an edge of the picture would leave the room's edge."""
    at = (across * room[0], down * room[1])

    def shown(look: Look) -> list[float]:
        scale = look.scale(size, room)
        return [
            here + (point - side / 2) / (length * scale)
            for here, point, side, length in zip((look.x, look.y), at, room, size, strict=True)
        ]

    before = Look().closer(3.0, (room[0] / 2, room[1] / 2), size, room)
    after = before.closer(factor, at, size, room)
    assert after.zoom >= 1.0
    assert after.scale(size, room) <= max(MOST, Look().scale(size, room)) * 1.001
    for place, (was, now) in enumerate(zip(shown(before), shown(after), strict=True)):
        half = room[place] / (2 * size[place] * after.scale(size, room))
        middle = (after.x, after.y)[place]
        at_edge = half >= 0.5 or min(middle - half, 1 - half - middle) < 1e-6
        assert at_edge or now == pytest.approx(was, abs=1e-6)
    cut = after.cut(Image.new("L", size), room)
    assert cut.width <= room[0]
    assert cut.height <= room[1]


def test_a_moved_picture_leaves_no_room_empty() -> None:
    look = Look().closer(4.0, (50, 50), (100, 100), (100, 100))
    far = look.moved(10_000, 10_000, (100, 100), (100, 100))
    assert (far.x, far.y) == (0.125, 0.125)
    picture = Image.new("L", (100, 100))
    picture.paste(255, (0, 0, 50, 100))
    assert far.cut(picture, (100, 100)).getextrema() == (255, 255)
    assert look.moved(-10_000, 0, (100, 100), (100, 100)).cut(picture, (100, 100)).getextrema() == (0, 0)


def sampled(folder: Path, step: int, index: int, weights: Weights = "live", colour: str = "red") -> Sampled:
    path = folder / f"{step}-{index}-{weights}.png"
    if not path.exists():
        Image.new("RGB", (64, 64), colour).save(path)
    return Sampled(step, index, f"prompt {index}", index, weights, str(path))


def sampled_at(path: Path, step: int) -> Sampled:
    return Sampled(step, 0, "prompt 0", 0, "live", str(path))


def key(index: int, weights: Weights = "live") -> PromptKey:
    return PromptKey(index, f"prompt {index}", index, weights)


@pytest.fixture
def record(tmp_path: Path) -> Record:
    """Two prompts at three steps; the first also with averaged weights, but not at the first step."""
    record = Record()
    for step, colour in ((0, "red"), (10, "green"), (20, "blue")):
        for index in (0, 1):
            record.on(sampled(tmp_path, step, index, "live", colour))
        if step:
            record.on(sampled(tmp_path, step, 0, "ema", "white"))
    return record


def test_neighbours(record: Record) -> None:
    start = Place(key(0), 10)
    assert neighbour(record, start, 0, 5) == Place(key(0), 20)
    assert neighbour(record, start, 1, 0) == Place(key(0, "ema"), 10)
    assert neighbour(record, start, 1, 0, same_weights=True) == Place(key(1), 10)
    assert neighbour(record, Place(key(0), 0), 1, 0) == Place(key(0, "ema"), 10)
    assert other_weights(record, start) == Place(key(0, "ema"), 10)
    assert other_weights(record, Place(key(0), 0)) is None
    assert words(Record(), Place(key(0, "ema"), 10)) == "prompt 0\nstep 10, seed 0, EMA weights"


def test_a_prompt_that_comes_later_moves_no_other_row_of_a_comparison(record: Record, tmp_path: Path) -> None:
    """A sample that was looked at large was a fault: its row had another place."""
    other = Record()
    other.on(sampled(tmp_path, 10, 1))
    other.on(sampled(tmp_path, 10, 2))
    both = overlaid([record, other], ["a", "b"])
    before = both.rows()
    record.on(sampled(tmp_path, 20, 7))
    assert lay_over(both)
    assert set(before) < set(both.rows())
    assert neighbour(both, Place(before[-1], 10), 0, 1).key == before[-1]


@pytest.fixture
def opened() -> list[tuple[PromptKey, int]]:
    return []


@pytest.fixture
def samples(window: Window, opened: list[tuple[PromptKey, int]]) -> Iterator[Samples]:
    """In a window of its own above the real one, whose loop delivers what the worker decoded."""
    top = ctk.CTkToplevel(window.app.root)
    top.geometry("640x420+0+0")
    made = Samples(top, window.app.bench.pictures, lambda _record, row, step: opened.append((row, step)))
    made.pack(fill="both", expand=True)
    window.until(lambda: bool(made.winfo_viewable()) and made.view.winfo_width() > 300)
    yield made
    top.destroy()


def show(window: Window, samples: Samples, record: Record, until: Callable[[], bool]) -> None:
    samples.show(record)
    window.until(until)


def column_of(samples: Samples, step: int) -> tuple[int, int]:
    """The middle of the first row's picture of a step, in the widget."""
    for x in range(0, samples.view.winfo_width(), 8):
        place = samples.view.place_at(x, 60)
        if place and place.step == step:
            return x + 8, 60
    raise AssertionError(f"step {step} is not in view")


def test_slider_keys_and_following(window: Window, samples: Samples, record: Record, tmp_path: Path) -> None:
    show(window, samples, record, lambda: samples.drawn == 8)
    assert samples.words.cget("text") == "step 20  (3 of 3)"
    samples.view.focus_force()
    window.until(lambda: samples.focus_get() is samples.view)
    samples.view.event_generate("<Left>")
    window.turn()
    assert samples.words.cget("text") == "step 10  (2 of 3)"
    assert samples.slider.get() == 1
    record.on(sampled(tmp_path, 30, 0))
    samples.show(record)
    assert samples.words.cget("text") == "step 10  (2 of 4)"
    samples.buttons["newest"].invoke()
    record.on(sampled(tmp_path, 40, 0))
    samples.show(record)
    assert samples.words.cget("text") == "step 40  (5 of 5)"
    assert samples.buttons["newest"].cget("state") == "disabled"


def test_the_slider_of_a_grid_ends_where_its_columns_end(window: Window, samples: Samples, tmp_path: Path) -> None:
    record = Record()
    record.columns = tuple(f"file {number}" for number in range(12))
    samples.show(record)
    assert not samples._bar.winfo_manager(), "nothing is drawn yet"
    record.on(sampled(tmp_path, 0, 0))
    record.on(sampled(tmp_path, 1, 0))
    show(window, samples, record, lambda: samples.drawn == 2)
    assert samples.slider.cget("to") == 11
    assert samples.words.cget("text") == "file 1  (2 of 12)"
    assert samples.slider.get() == 1
    assert column_of(samples, 0)[0] < column_of(samples, 1)[0]
    for step in range(2, 9):
        record.on(sampled(tmp_path, step, 0))
        samples.show(record)
    window.turn(0.2)
    assert samples.words.cget("text") == "file 8  (9 of 12)"
    column_of(samples, 8)
    samples.view.xview("moveto", 1.0)
    window.turn(0.1)
    assert samples.view.canvasx(samples.view.winfo_width()) >= samples.view._width() - 2, "who looks ahead stays there"
    samples.buttons["newest"].invoke()
    window.turn(0.1)
    column_of(samples, 8)


def test_no_half_words_stand_over_a_column_that_is_seen_in_part(
    window: Window, samples: Samples, tmp_path: Path
) -> None:
    record = Record()
    for step in range(100_000, 100_040):
        record.on(sampled(tmp_path, step, 0))
    show(window, samples, record, lambda: samples.drawn >= 3)
    view = samples.view
    for share in (0.3, 0.31, 0.33, 0.35, 1.0):
        view.xview("moveto", share)
        window.turn(0.15)
        texts = [item for item in view.find_all() if str(view.type(item)) == "text"]
        heads = [item for item in texts if "step" in view.itemcget(item, "text")]
        assert heads
        for item in heads:
            begin, _, end, _ = view.bbox(item)
            assert begin >= view.canvasx(view.px(LABELS - 5))
            assert end <= view.canvasx(view.winfo_width())


def test_hundreds_of_steps_draw_only_what_is_seen(
    window: Window, samples: Samples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: set[Path] = set()
    pictures: Any = window.app.bench.pictures
    original = pictures.thumbnail

    def thumbnail(path: Path, size: int, ready: Callable[[], None]) -> Any:
        asked.add(path)
        return original(path, size, ready)

    monkeypatch.setattr(pictures, "thumbnail", thumbnail)
    record = Record()
    for step in range(0, 400):
        for index in range(10):
            record.on(Sampled(step, index, f"prompt {index}", 1, "live", str(tmp_path / f"{step}-{index}.png")))
    samples.show(record)
    window.until(lambda: bool(asked))
    window.turn()
    items = len(samples.view.find_all())
    assert items < 150
    assert len(asked) <= 6 * 5
    for place in range(0, 300, 3):  # flown over: none of these is read
        samples.go(place)
        window.app.root.update_idletasks()
    window.turn(0.2)
    assert len(asked) <= 2 * 6 * 5
    seen = [samples.view.place_at(x, 60) for x in range(0, samples.view.winfo_width(), 8)]
    assert 297 in [place.step for place in seen if place]


@pytest.mark.parametrize("broken", [None, b"", b"no picture", "half"])
def test_a_picture_that_is_not_there_or_broken_says_so_in_its_cell(
    window: Window, samples: Samples, tmp_path: Path, broken: bytes | str | None
) -> None:
    record = Record()
    record.on(sampled(tmp_path, 0, 0))
    path = Path(sampled(tmp_path, 10, 0).path)
    if broken is None:
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:60] if isinstance(broken, str) else broken)
    record.on(sampled_at(path, 10))
    samples.show(record)

    def texts() -> list[str]:
        view = samples.view
        return [view.itemcget(item, "text") for item in view.find_all() if str(view.type(item)) == "text"]

    window.until(lambda: GONE in texts() and samples.drawn == 1)
    assert texts().count(GONE) == 1
    x, y = column_of(samples, 10)
    samples.view.event_generate("<Button-1>", x=x, y=y)  # it can be opened all the same, and says where it was
    assert not window.ask.told


@pytest.mark.parametrize(
    "prompt",
    ["word " * 400, "x" * 2000, "猫" * 300, "قطة تجلس على القمر " * 30, "🐈‍⬛👩🏽‍🎨" * 60, "one\n\n\n\n\ntwo\n" * 20, ""],
    ids=["words", "letters", "chinese", "arabic", "emoji", "lines", "none"],
)
def test_a_prompt_of_any_length_and_script_stays_in_its_row(
    window: Window, samples: Samples, tmp_path: Path, prompt: str
) -> None:
    record = Record()
    for number, text in enumerate((prompt, "below")):
        path = sampled(tmp_path, 0, number).path
        record.on(Sampled(0, number, text, 7, "ema", path))
    for size in range(len(SIZES)):
        samples.view.chosen_size = size
        samples.show(record)
        samples.view.redraw()
        window.until(lambda: samples.drawn == 2)
        window.turn()
        view = samples.view
        items = [item for item in view.find_all() if str(view.type(item)) == "text" and view.bbox(item)[0] < 20]
        note = next(item for item in items if view.itemcget(item, "text") == "seed 7, EMA")
        first_row = view._head + view._cell
        assert view.bbox(note)[3] <= first_row
        assert view.bbox(note)[2] <= view.px(LABELS)
    assert "\n" not in words(record, Place(record.rows()[0], 0)).split("\nstep")[0]
    assert len(words(record, Place(record.rows()[0], 0))) < 400


def test_a_click_opens_and_two_are_compared(
    window: Window, samples: Samples, record: Record, opened: list[tuple[PromptKey, int]]
) -> None:
    show(window, samples, record, lambda: samples.drawn == 8)
    at = column_of(samples, 20)
    samples.view.event_generate("<Button-1>", x=at[0], y=at[1])
    window.turn()
    assert opened == [(key(0), 20)]
    samples.buttons["compare"].invoke()
    for step in (20, 0):
        at = column_of(samples, step)
        samples.view.event_generate("<Button-1>", x=at[0], y=at[1])
        window.turn()
    assert samples.comparison is not None
    assert samples.comparison.places == [Place(key(0), 0), Place(key(0), 20)]
    assert not samples.picking
    assert len(opened) == 1
    samples.comparison.destroy()


def arriving(window: Window, samples: Samples, record: Record, folder: Path, steps: range) -> None:
    for step in steps:
        record.on(sampled(folder, step, 0))
        samples.show(record)
        window.turn()


def test_the_columns_stay_while_one_is_picked(
    window: Window, samples: Samples, record: Record, tmp_path: Path, opened: list[tuple[PromptKey, int]]
) -> None:
    """A new column once moved the others away from under the mouse, between looking and clicking."""
    show(window, samples, record, lambda: samples.drawn == 8)
    arriving(window, samples, record, tmp_path, range(30, 60, 10))
    samples.buttons["compare"].invoke()
    window.turn(0.1)
    at, other = column_of(samples, 50), column_of(samples, 40)
    arriving(window, samples, record, tmp_path, range(60, 90, 10))
    for x, y in (at, other):
        samples.view.event_generate("<Button-1>", x=x, y=y)
        arriving(window, samples, record, tmp_path, range(90, 100, 10))
    assert samples.comparison is not None
    assert [place.step for place in samples.comparison.places] == [40, 50]
    samples.comparison.destroy()
    window.turn(0.1)
    assert column_of(samples, 90), "the newest is followed again"


def test_the_columns_stay_while_the_mouse_moves_over_them(
    window: Window, samples: Samples, record: Record, tmp_path: Path
) -> None:
    show(window, samples, record, lambda: samples.drawn == 8)
    arriving(window, samples, record, tmp_path, range(30, 60, 10))
    window.turn(0.1)
    at = column_of(samples, 50)
    samples.view.event_generate("<Motion>", x=at[0], y=at[1])
    arriving(window, samples, record, tmp_path, range(60, 90, 10))
    found = samples.view.place_at(*at)
    assert found is not None
    assert found.step == 50
    samples.view.event_generate("<Leave>")
    window.turn(0.1)
    assert column_of(samples, 80), "the newest is followed again"


def test_a_mouse_that_rests_holds_nothing(window: Window) -> None:
    ended: list[bool] = []
    held = theme.Canvas(window.app.root)
    held.place(x=0, y=0)
    window.turn()
    hold = Hold(held, lambda: ended.append(hold.on), seconds=0.05)
    held.event_generate("<Motion>")
    held.event_generate("<Motion>")
    assert hold.on
    window.until(lambda: not hold.on)
    window.turn(0.1)
    assert ended == [False]
    held.destroy()


def test_the_picture_of_a_prompt_that_was_asked_for_comes_into_view(
    window: Window, samples: Samples, tmp_path: Path, record: Record
) -> None:
    """It is in the last row: a person who asked for it saw an empty column."""
    show(window, samples, record, lambda: samples.drawn > 0)
    for index in (2, 3, 4, 5):
        record.on(sampled(tmp_path, 20, index, "live", "gray"))
    show(window, samples, record, lambda: len(samples.view.rows) == 7)
    window.turn(0.1)
    assert samples.view.canvasy(0) == 0
    record.on(sampled(tmp_path, 25, -1, "live", "yellow"))
    show(window, samples, record, lambda: samples.view.canvasy(0) > 0)
    last = samples.view.winfo_height() - 20
    xs = range(0, samples.view.winfo_width(), 8)
    assert key(-1) in [place.key for x in xs if (place := samples.view.place_at(x, last))]
    samples.view.yview("moveto", 0.0)
    record.on(sampled(tmp_path, 30, 0, "live", "red"))  # of the others none moves what is looked at
    show(window, samples, record, lambda: 30 in samples.timeline.steps)
    window.turn(0.1)
    assert samples.view.canvasy(0) == 0


@pytest.fixture
def comparison(window: Window, record: Record) -> Iterator[Comparison]:
    made = Comparison(window.app.root, record, Place(key(0), 0), Place(key(0), 20))
    yield made
    made.destroy()


def colour_at(comparison: Comparison, share: float) -> tuple[int, ...]:
    """Of the picture that is shown."""
    shown = comparison._kept[-1]
    tk = comparison.tk
    found = tk.call(str(shown), "get", round(share * (shown.width() - 1)), shown.height() // 2)
    return tuple(int(part) for part in (found if isinstance(found, tuple) else str(found).split()))


def test_swipe_shows_the_one_left_and_the_other_right_of_the_divider(window: Window, comparison: Comparison) -> None:
    window.until(lambda: len(comparison._kept) == 2)
    comparison.mode.set(SWIPE)
    comparison.view.redraw()
    window.until(lambda: len(comparison._kept) == 1)
    assert (colour_at(comparison, 0.2), colour_at(comparison, 0.8)) == ((255, 0, 0), (0, 0, 255))
    width, shown = comparison.view.winfo_width(), comparison._kept[0].width()
    comparison.view.event_generate("<Button-1>", x=round(width / 2 + 0.4 * shown), y=50)
    window.turn()
    assert comparison.divider == pytest.approx(0.9, abs=0.02)
    assert colour_at(comparison, 0.8) == (255, 0, 0)


def test_a_comparison_goes_on_to_neighbours(comparison: Comparison) -> None:
    comparison.go(0, -1)
    assert [place.step for place in comparison.places] == [0, 10]
    comparison.go(0, 1, left=True)
    assert [place.step for place in comparison.places] == [10, 10]
    comparison.go(0, 1)  # the same step: both go
    assert [place.step for place in comparison.places] == [20, 20]
    comparison.go(1, 0)
    assert [place.key for place in comparison.places] == [key(1), key(1)]


def test_a_comparison_is_enlarged_and_moved_in_both_pictures_alike(window: Window, comparison: Comparison) -> None:
    window.until(lambda: len(comparison._kept) == 2)
    width, height = comparison.view.winfo_width(), comparison.view.winfo_height()
    comparison.view.event_generate("<Button-4>", x=width // 4, y=height // 2)
    comparison.view.event_generate("<Button-4>", x=width // 4, y=height // 2)
    window.turn(0.05)
    assert comparison.loupe.look.zoom > 1.5
    before = comparison.loupe.look.x
    comparison.view.event_generate("<Button-1>", x=width // 4, y=height // 2)
    comparison.view.event_generate("<B1-Motion>", x=width // 4 - 40, y=height // 2, state=0x100)
    comparison.view.event_generate("<ButtonRelease-1>", x=width // 4 - 40, y=height // 2)
    window.turn(0.05)
    assert comparison.loupe.look.x > before
    assert len({kept.width() for kept in comparison._kept}) == 1
    comparison.size_button.invoke()
    assert comparison.loupe.look.whole


def test_the_viewer_fits_shows_pixels_and_copies_the_path(window: Window, record: Record) -> None:
    viewer = Viewer(window.app.root, record, key(0), 20)
    window.until(lambda: viewer._shown is not None and viewer._shown.width() > 300)
    viewer.buttons["size"].invoke()
    window.until(lambda: viewer._shown.width() == 64)
    assert viewer._words.cget("text").endswith("100 %")
    assert viewer.buttons["size"].cget("text") == "Fit"
    viewer.buttons["copy"].invoke()
    assert viewer.clipboard_get() == record.samples[key(0)][20].path
    assert viewer.buttons["ema"].cget("state") == "normal"
    viewer.go(0, -2)
    assert (viewer.step, viewer.buttons["ema"].cget("state")) == (0, "disabled")
    Path(record.samples[key(0)][10].path).unlink()
    viewer.go(0, 1)
    window.until(lambda: viewer.pictures.gone(Path(record.samples[key(0)][10].path)))
    window.turn()
    assert "The picture is gone" in viewer.view.itemcget(viewer.view.find_all()[0], "text")
    viewer.destroy()


def test_the_viewers_slider_knows_what_was_drawn_meanwhile(window: Window, record: Record, tmp_path: Path) -> None:
    viewer = Viewer(window.app.root, record, key(0), 20)
    assert viewer._slider.get() == viewer._slider.cget("to") == 2
    record.on(sampled(tmp_path, 30, 0))
    window.until(lambda: viewer._slider.cget("to") == 3)
    assert (viewer.step, viewer._slider.get()) == (20, 2), "the same picture is looked at"
    viewer.destroy()


def test_a_missing_partner_is_explained(window: Window, record: Record, tmp_path: Path) -> None:
    viewer = Viewer(window.app.root, record, key(0), 20)
    button = viewer.buttons["ema"]
    assert "nothing to compare" not in tooltip_of(window, button)
    viewer.go(0, -2)
    assert "nothing to compare it with" in tooltip_of(window, button)
    viewer.destroy()
    alone = Record()
    alone.on(sampled(tmp_path, 5, 0, "ema"))
    assert "averaged weights (EMA) only" in why_no_other(alone, Place(key(0, "ema"), 5))
    assert "Sampling > Weights" in why_no_other(alone, Place(key(0, "ema"), 5))
    assert not why_no_other(record, Place(key(0), 20))


def tooltip_of(window: Window, widget: Any) -> str:
    """What is shown when the mouse rests on it, also where it is greyed."""
    shown: list[Any] = []

    def found() -> bool:
        shown[:] = [top for top in window.app.root.winfo_children() if type(top) is tkinter.Toplevel]
        return bool(shown)

    window.until(lambda: bool(widget.winfo_viewable()))
    widget._canvas.event_generate("<Enter>")
    window.until(found)
    text = str(shown[0].winfo_children()[0].cget("text"))
    widget._canvas.event_generate("<Leave>")
    return text


def test_the_comparison_says_what_its_keys_do_now(comparison: Comparison) -> None:
    assert "another step of the right picture" in comparison.hint.cget("text")
    assert "divider" not in comparison.hint.cget("text")
    comparison.go(0, 9, left=True)
    assert "another step of both" in comparison.hint.cget("text")
    comparison._other_mode()
    assert "moves the divider" in comparison.hint.cget("text")


def test_the_viewer_takes_the_room_of_the_screen_and_remembers_its_size(window: Window, tmp_path: Path) -> None:
    record = Record()
    path = tmp_path / "large.png"
    Image.new("RGB", (1024, 1024), "red").save(path)
    record.on(Sampled(10, 0, "prompt 0", 0, "live", str(path)))
    viewer = Viewer(window.app.root, record, key(0), 10)
    window.until(lambda: viewer._shown is not None and viewer._shown.width() > 700)
    viewer.view.event_generate("<Button-4>", x=10, y=10)
    window.turn(0.05)
    assert viewer.loupe.look.zoom == pytest.approx(1.25)
    assert viewer.loupe.look.y < 0.45, "closer around the mouse"
    viewer.geometry("500x520")
    window.until(lambda: viewer.winfo_width() == 500)
    viewer.destroy()
    again = Viewer(window.app.root, record, key(0), 10)
    window.until(lambda: again.winfo_width() > 200)
    assert (again.winfo_width(), again.winfo_height()) == (500, 520)
    again.destroy()
