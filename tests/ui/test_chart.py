"""The chart of the run view: what it shows, its limits, zoom, values under the mouse, and its files."""

import csv
import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import customtkinter as ctk
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from onetrainer_clone.events import Event, Started, Stepped, Validated, to_json
from onetrainer_clone.journal import JOURNAL, Journal
from tests.ui.conftest import Answers, Window
from ui.run.chart import Chart
from ui.run.curves import VIEWS, curves, value_at
from ui.run.limits import x_limits, y_limits
from ui.run.picture import Drawn, Frame, Wish
from ui.run.record import Record
from ui.run.series import POINTS, Joined, Series
from ui.run.thin import thinned
from ui.run.zoom import Zoom
from ui.runs.reopen import record_of as record_of_folder

Line = tuple[Any, Any]


def line(values: list[float]) -> Line:
    return np.arange(len(values)), np.asarray(values, dtype=float)


@given(st.lists(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60), min_size=1, max_size=4), st.booleans())
def test_no_line_is_hidden(lines: list[list[float]], from_zero: bool) -> None:
    low, high = y_limits([line(values) for values in lines], [], None, False, from_zero)
    for values in lines:
        outside = [value for value in values if not low <= value <= high]
        assert len(outside) <= max(2, 0.05 * len(values))
    assert low < high


def test_one_wild_value_does_not_flatten_the_rest() -> None:
    wild = [0.1 + 0.001 * number for number in range(200)]
    wild[50] = 1e9
    low, high = y_limits([line(wild)], [], None, False, True)
    assert (low, 0.29 < high < 1) == (0.0, True)


def test_a_faint_line_does_not_push_the_main_one_aside() -> None:
    noise = [0.1] * 95 + [50.0] * 5
    assert y_limits([line([0.1, 0.2])], [line(noise)], None, False, True)[1] < 10


@pytest.mark.parametrize("values", [[], [float("nan")], [0.0], [-1.0, -2.0], [5.0, 5.0]])
@pytest.mark.parametrize("log", [False, True])
def test_limits_of_hardly_anything(values: list[float], log: bool) -> None:
    low, high = y_limits([line(values)], [], None, log, True)
    assert low < high
    assert not log or low > 0
    first, last = x_limits([line(values)])
    assert first < last


def test_the_limits_fit_the_steps_in_view() -> None:
    values = [1.0] * 100 + [0.01] * 100
    assert y_limits([line(values)], [], (100.0, 199.0), False, True)[1] < 0.02
    sparse = np.asarray([0, 500, 1000]), np.asarray([7.0, 8.0, 9.0])
    assert y_limits([sparse], [], (600.0, 700.0), False, True)[1] > 9, "the line goes through between two points"


def test_losses_that_begin_at_nothing_do_not_stretch_a_logarithmic_axis() -> None:
    """As those of a prior prediction do, which begins as what it is compared with."""
    prior = [1e-14 * 10 ** min(number / 2, 10.5) for number in range(100)]
    low, high = y_limits([line(prior), line([0.1] * 100)], [line(prior)], None, True, True)
    assert 1e-6 < low < np.median(prior) / 10
    assert 0.1 < high < 0.2
    assert y_limits([line(prior), line([0.1] * 100)], [], (0.0, 9.0), True, True)[0] < 1e-11, "who looks there sees them"


@given(st.integers(0, 99_999), st.booleans())
@settings(max_examples=15)
def test_a_spike_of_one_step_stays_however_long_the_run(spike: int, down: bool) -> None:
    """Half of them were lost whenever points were joined."""
    series = Series(limit=64, joined="peaks")
    wild = -9.0 if down else 9.0
    for step in range(100_000):
        series.add(step, wild if step == spike else 1.0 + step % 3)
    steps, values = series.points
    assert values[steps.index(spike)] == wild
    assert steps == sorted(set(steps))
    assert len(steps) <= 66
    line = np.asarray(steps), np.asarray(values)
    assert wild in thinned(line, (0.0, 1e5), 20)[1]


@pytest.mark.parametrize("joined", ["peaks", "means", "thinned"])
def test_a_run_that_goes_back_tells_those_steps_anew(joined: Joined) -> None:
    series = Series(limit=64, joined=joined)
    for step in range(1, 1001):
        series.add(step, 1.0)
    for step in range(500, 801):
        series.add(step, 2.0)
    steps, values = series.points
    assert steps == sorted(set(steps))
    assert steps[-1] == 800
    assert {value for step, value in zip(steps, values, strict=True) if step >= 560} == {2.0}
    assert {value for step, value in zip(steps, values, strict=True) if step <= 440} == {1.0}


@pytest.mark.parametrize("joined", ["peaks", "means"])
def test_what_is_no_number_hides_none(joined: Joined) -> None:
    series = Series(limit=64, joined=joined)
    for step in range(10_000):
        series.add(step, float("nan") if step % 20 == 0 or step > 9000 else 1.0)
    _, values = series.points
    before = values[: len(values) * 8 // 10]
    assert before.count(1.0) == len(before)
    assert np.isnan(values[-2:]).all(), "where there is nothing else the line ends"
    line = np.arange(10_000), np.where(np.arange(10_000) % 7, np.nan, 0.5)
    assert np.isfinite(thinned(line, (0.0, 1e4), 100)[1][1:-1]).all()


def test_zoom_never_leaves_the_run_and_ends_at_all_of_it() -> None:
    whole = (0.0, 1000.0)
    near = Zoom().scaled(4, 100, whole, whole)
    assert near.x == (75.0, 325.0)
    assert near.scaled(0.5, 0, (0.0, 250.0), whole).x == (0.0, 500.0)
    assert near.scaled(0.01, 100, (75.0, 325.0), whole) == Zoom()
    assert near.scaled(1e9, 100, (75.0, 325.0), whole) == near
    assert near.panned(0.5, 1.0, (75.0, 325.0), (0.0, 1.0), whole, False) == Zoom((200.0, 450.0))
    assert near.panned(-9, 0, (75.0, 325.0), (0.0, 1.0), whole, False).x == (0.0, 250.0)
    assert near.panned(9, 0, (75.0, 325.0), (0.0, 1.0), whole, False).x == (750.0, 1000.0)
    box = Zoom().box((9.0, 3.0), (0.1, 0.4))
    assert (box.x, box.y) == ((3.0, 9.0), (0.1, 0.4))
    assert box.panned(0, 1.0, (3.0, 9.0), (0.1, 0.4), whole, True).y == pytest.approx((0.4, 1.6))


def test_the_nearest_point() -> None:
    series = Series()
    for step in (10, 20, 40):
        series.add(step, step / 10)
    assert [value_at(series, step)[0] for step in (-5, 14, 16, 31, 99, None)] == [10, 10, 20, 40, 40, 40]


def stepped(step: int, loss: float) -> Stepped:
    smoothed, raw = {"cat": loss, "class": loss / 2}, {"cat": loss + 0.01 * (step % 3)}
    change = 1e-4 * step if step % 10 == 0 else None
    return Stepped(
        step, 1, loss, loss, raw, smoothed, {"unet": 1e-4, "text_encoder": 1e-5}, 0.5 if step % 7 else -1.0, change, change,
        rounded_away=0.2, skipped_steps=step // 50,
    )  # fmt: skip


def record_of(loss: Callable[[int], float], steps: int = 100) -> Record:
    record = Record()
    record.on(Started("my run", "/x", steps, 1, ("cat", "class")))
    for step in range(1, steps + 1):
        record.on(stepped(step, loss(step)))
    record.on(Validated(steps, "live", {"held out": 0.3}))
    record.on(Validated(steps, "ema", {"held out": 0.2}))
    return record


@pytest.fixture
def folder_asked(tmp_path: Path) -> Answers:
    return Answers(folders=[str(tmp_path / "losses.csv"), str(tmp_path / "losses.png")])


@pytest.fixture
def chart(window: Window, folder_asked: Answers) -> Iterator[Chart]:
    """In a window of its own above the real one, whose loop delivers what the worker did."""
    top = ctk.CTkToplevel(window.app.root)
    top.geometry("640x480+0+0")
    made = Chart(top, window.app.importer, window.app.colours, folder_asked)
    made.pack(fill="both", expand=True)
    window.until(lambda: bool(made.winfo_viewable()))
    yield made
    top.destroy()


def shown(window: Window, chart: Chart, record: Record, until: Callable[[], bool]) -> None:
    def done() -> bool:
        chart.show(record)
        return until()

    window.until(done)


def test_the_limits_follow_the_run(window: Window, chart: Chart) -> None:
    """They once stayed as they were at the first drawing, with the later line above the edge."""
    record = record_of(lambda _step: 0.01)
    shown(window, chart, record, lambda: len(chart.lines) == 2)
    for step in range(101, 200):
        record.on(stepped(step, 0.8))
    shown(window, chart, record, lambda: len(chart.lines["cat"].series.steps) == 199)
    low, high = chart.screen.frame.y
    assert low == 0
    assert high >= 0.8
    assert chart.screen.frame.x == (1, 199)


def test_every_view_shows_its_curves(window: Window, chart: Chart) -> None:
    record = record_of(lambda step: 1 / step)
    expected = {
        "Loss per concept": {"cat", "class"}, "Loss of all": {"loss of all"},
        "Validation loss": {"held out", "held out (EMA)"}, "Learning rate": {"unet", "text_encoder"},
        "Gradient norm": {"gradient norm"}, "Weight change": {"weight change", "EMA distance"},
        "Lost updates": {"rounded away", "skipped steps"},
    }  # fmt: skip
    assert [view.title for view in VIEWS] == list(expected)
    for title, labels in expected.items():
        chart.choose(title)
        shown(window, chart, record, lambda labels=labels: set(chart.lines) == labels)  # type: ignore[misc]
    assert all(value >= 0 for value in record.curves["gradient norm"]["gradient norm"].values)


def test_where_nothing_was_measured_there_are_words_and_no_axes(window: Window, chart: Chart) -> None:
    record = record_of(lambda step: 1 / step)
    shown(window, chart, record, lambda: len(chart.lines) == 2)
    screen = chart.screen
    later = Record()
    later.on(Started("my second run", "/x", 100, 1, ("cat", "class")))
    later.curves_version += 1
    shown(window, chart, later, lambda: screen.words.startswith("Nothing measured yet"))
    window.until(lambda: screen.itemcget("picture", "state") == "hidden")
    later.on(stepped(1, 0.5))
    shown(window, chart, later, lambda: len(chart.lines) == 2 and not screen.words)
    window.until(lambda: screen.itemcget("picture", "state") == "normal")


def test_log_scale_zoom_and_hidden_lines(window: Window, chart: Chart) -> None:
    record = record_of(lambda step: 1 / step)
    shown(window, chart, record, lambda: len(chart.lines) == 2)
    chart.bar.buttons["log"].invoke()
    chart.bar.buttons["in"].invoke()
    shown(window, chart, record, lambda: chart.screen.frame.log and chart.screen.frame.x[0] > 1)
    assert chart.screen.frame.y[0] > 0
    chart.bar.buttons["reset"].invoke()
    chart.toggle("class")
    shown(window, chart, record, lambda: chart.screen.frame.x == (1.0, 100.0) and set(chart.lines) == {"cat"})
    chart.toggle("class")
    shown(window, chart, record, lambda: set(chart.lines) == {"cat", "class"})


def test_heights_that_reach_zero_are_let_go_on_a_logarithmic_scale(window: Window, chart: Chart) -> None:
    """A rectangle down to the axis, then 'log': there was no picture any more, but a fault."""
    record = record_of(lambda step: 1 / step)
    shown(window, chart, record, lambda: len(chart.lines) == 2)
    chart.hover.set(Zoom((10.0, 60.0), (0.0, 0.5)))
    chart.bar.buttons["log"].invoke()
    shown(window, chart, record, lambda: chart.screen.frame.log)
    assert chart.screen.frame.x == (10.0, 60.0)
    assert chart.screen.frame.y[0] > 0


@pytest.mark.parametrize("value", [0.0, -0.5])
def test_a_logarithmic_scale_without_anything_above_zero_says_so(window: Window, chart: Chart, value: float) -> None:
    record = record_of(lambda _step: value)
    chart.choose("Loss of all")
    shown(window, chart, record, lambda: bool(chart.lines) and not chart.screen.words)
    chart.bar.buttons["log"].invoke()
    shown(window, chart, record, lambda: "above zero" in chart.screen.words)
    window.turn()
    x, y = (round(part) for part in chart.screen.frame.pixel(50, 0.5))
    chart.screen.event_generate("<Motion>", x=x, y=y)
    window.turn()
    assert not chart.screen.find_withtag("hover"), "no line lies over the words"
    chart.bar.buttons["log"].invoke()
    shown(window, chart, record, lambda: chart.up_to_date and not chart.screen.words)


@pytest.mark.parametrize("log", [False, True])
def test_a_run_of_one_step_is_a_point(window: Window, chart: Chart, log: bool) -> None:
    record = record_of(lambda _step: 0.5, 1)
    chart.log = log
    shown(window, chart, record, lambda: len(chart.lines) == 2)
    frame = chart.screen.frame
    assert frame.x[0] < 1 < frame.x[1]
    assert frame.inside(*frame.pixel(1, 0.5))
    chart.bar.buttons["in"].invoke()
    shown(window, chart, record, lambda: chart.up_to_date)


def test_a_loss_that_is_no_number_leaves_the_others_to_be_seen(window: Window, chart: Chart) -> None:
    """As of a run whose loss was lost, read back from its journal."""
    record = record_of(lambda step: float("nan") if step > 60 else 1 / step)
    shown(window, chart, record, lambda: len(chart.lines) == 2)
    assert chart.screen.frame.y == pytest.approx((0.0, 1.05), abs=0.1)
    assert chart.legend.entries[0][1] == "no number"
    for call in (chart.toggle_log, partial(chart.smooth, 10)):
        call()
        shown(window, chart, record, lambda: chart.up_to_date)
        assert not chart.screen.words
    window.turn()
    x, y = (round(part) for part in chart.screen.frame.pixel(80, 0.5))
    chart.screen.event_generate("<Motion>", x=x, y=y)
    window.turn()
    assert chart.legend.head == "step 80"


def test_the_mouse_shows_values_and_chooses_a_rectangle(window: Window, chart: Chart) -> None:
    record = record_of(lambda step: 1 / step)
    shown(window, chart, record, lambda: len(chart.lines) == 2)
    widget = chart.screen
    window.turn(0.05)
    x, y = (round(part) for part in widget.frame.pixel(50, 0.5))
    widget.event_generate("<Motion>", x=x, y=y)
    window.turn()
    assert chart.legend.head == "step 50"
    assert [entry[1] for entry in chart.legend.entries] == ["0.02", "0.01"]
    assert widget.find_withtag("hover")
    widget.event_generate("<Leave>")
    window.turn()
    assert not widget.find_withtag("hover")
    assert chart.legend.entries[0][1] == "0.01"
    to = [round(part) for part in widget.frame.pixel(80, 0.1)]
    widget.event_generate("<Button-1>", x=x, y=y)
    widget.event_generate("<B1-Motion>", x=to[0], y=to[1], state=0x100)
    widget.event_generate("<ButtonRelease-1>", x=to[0], y=to[1], state=0x100)
    shown(window, chart, record, lambda: widget.frame.x == pytest.approx((50, 80), abs=1))
    assert widget.frame.y == pytest.approx((0.1, 0.5), abs=0.02)


def test_it_is_not_drawn_more_often_than_four_times_a_second(
    window: Window, chart: Chart, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = record_of(lambda _step: 0.5)
    shown(window, chart, record, lambda: len(chart.lines) == 2)
    drawn: list[Wish] = []
    paint = chart.easel.work

    def counted(wish: Wish) -> Drawn:
        drawn.append(wish)
        return paint(wish)

    monkeypatch.setattr(chart.easel, "work", counted)
    for step in range(101, 121):
        record.on(stepped(step, 0.5))
        chart.show(record)
    assert len(drawn) <= 1
    shown(window, chart, record, lambda: len(drawn) >= 1)


def test_a_table_has_every_point_of_the_run_and_a_picture_what_is_in_view(
    window: Window, chart: Chart, tmp_path: Path
) -> None:
    """The curves in the window are thinned; the journal has all steps."""
    steps = 2 * POINTS + 7
    record = Record()
    journal = Journal(tmp_path)
    begun = Started("my run", str(tmp_path), steps, 1, ("cat",))
    told: list[Event] = [begun, *(stepped(n, n / 100) for n in range(1, steps + 1))]
    for event in told:
        journal(event)
        record.on(event)
    journal.close()
    shown(window, chart, record, lambda: len(chart.lines) == 2)
    chart.export("csv")
    path = tmp_path / "losses.csv"
    shown(window, chart, record, path.exists)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == steps > len(chart.lines["cat"].series.steps)
    assert (rows[49]["step"], rows[49]["cat"], rows[49]["class"]) == ("50", "0.5", "0.25")
    assert float(rows[49]["cat, every step"]) == pytest.approx(0.52)
    chart.export("png")
    picture = tmp_path / "losses.png"
    shown(window, chart, record, picture.exists)
    with Image.open(picture) as opened:
        assert opened.width > 1000
    shown(window, chart, record, lambda: chart.legend.head.startswith("Written to"))


@given(st.floats(0, 1), st.floats(0, 1), st.booleans())
def test_a_point_of_the_chart_is_found_again(across: float, up: float, log: bool) -> None:
    frame = Frame(50, 10, 450, 210, (3.0, 900.0), (0.01, 2.0), (0.0, 1000.0), log)
    x, y = 50 + 400 * across, 210 - 200 * up
    assert frame.pixel(*frame.place(x, y)) == pytest.approx((x, y), abs=1e-6)


def test_curves_of_a_resumed_run_go_on() -> None:
    record = record_of(lambda _step: 0.5, 10)
    record.on(Started("my run", "/x", 20, 1, ("cat", "class"), first_step=10))
    record.on(stepped(11, 0.4))
    assert record.concept_loss["cat"].points[0] == list(range(1, 12))
    assert record.curves["learning rate"]["unet"].points[0] == list(range(1, 12))


def test_a_long_run_that_is_read_back_has_its_spikes_and_its_means(tmp_path: Path) -> None:
    told: list[Event] = [Started("a", "/x", 15_000, 1, ("cat",))]
    told += [stepped(step, 5.0 if step == 14_778 else 0.5) for step in range(1, 15_001)]
    lines = [json.dumps({"time": 1.0, **to_json(event)}) for event in told]
    (tmp_path / JOURNAL).write_text("\n".join(lines) + "\n")
    record = record_of_folder(tmp_path)
    assert max(record.curves["raw loss"]["loss of all"].points[1]) == 5.0
    assert max(record.curves["raw concept loss"]["cat"].points[1]) >= 5.0
    means = record.curves["mean loss"]["loss of all"]
    assert means.points[1] == pytest.approx([0.5] * len(means.points[1])), "no mean is of its spikes"


def test_nothing_is_drawn_of_a_concept_without_points(window: Window) -> None:
    record = Record()
    record.on(Started("run", "/x", 10, 1, ("cat",)))
    assert curves(record, VIEWS[0], window.app.colours) == []


def test_what_is_drawn_is_thinned_and_keeps_its_ends_and_its_peaks() -> None:
    values = np.sin(np.arange(10_000) / 700)
    values[4321] = 9.0
    steps, shown_values = thinned((np.arange(10_000), values), (2000.0, 8000.0), 200)
    assert len(steps) <= 210
    assert steps[0] <= 2000
    assert steps[-1] >= 8000
    assert (np.diff(steps) > 0).all()
    assert (shown_values == values[steps]).all()
    assert 9.0 in shown_values
