"""How smooth the curves are drawn, and two charts above each other that share their steps."""

from collections.abc import Callable, Iterator
from typing import Any

import customtkinter as ctk
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ui.conftest import Answers, Window
from tests.ui.test_chart import record_of, stepped
from ui import memory
from ui.run import easel as easel_module
from ui.run.charts import Charts
from ui.run.curves import VIEWS
from ui.run.picture import Drawn, Wish
from ui.run.record import Record
from ui.run.series import Series
from ui.run.smoothing import OVER, USUAL, Smoother, smoothed

losses = st.lists(st.floats(0, 10), min_size=1, max_size=200)


def means_of(values: list[float], limit: int | None = None) -> Series:
    series = Series(limit, "means")
    for step, value in enumerate(values, start=1):
        series.add(step, value)
    return series


@given(losses, st.sampled_from(OVER))
def test_smoothing_is_the_trainers_own_rule(values: list[float], over: int) -> None:
    """A mean at first, then each value counts 1/over; over one step it is the values themselves."""
    expected, mean = [], 0.0
    for count, value in enumerate(values, start=1):
        mean += (value - mean) / min(count, over)
        expected.append(mean)
    steps, found = smoothed(means_of(values), over).points
    assert steps == list(range(1, len(values) + 1))
    assert found == pytest.approx(expected)
    assert over > 1 or found == pytest.approx(values)


@given(st.lists(st.floats(0, 10), min_size=1, max_size=500))
def test_joined_points_keep_the_mean_of_their_steps(values: list[float]) -> None:
    series = means_of(values, limit=8)
    assert len(series.steps) <= 9
    assert series.steps[-1] == len(values)
    whole = series.stride * (len(series.steps) - 1)  # the last point may stand for fewer
    assert sum(series.values[:-1]) * series.stride == pytest.approx(sum(values[:whole]), abs=1e-6)
    assert series.values[-1] == pytest.approx(sum(values[whole:]) / len(values[whole:]))


def test_a_long_run_is_as_smooth_as_a_short_one() -> None:
    values = [1.0 + (number * 7919 % 101) / 100 for number in range(20_000)]  # noise around 1.5
    exact, joined = smoothed(means_of(values), 500).points[1], smoothed(means_of(values, 1000), 500).points[1]
    assert joined[-1] == pytest.approx(exact[-1], abs=0.02)


def test_a_run_of_which_every_tenth_step_is_told_is_as_smooth_as_one_of_all() -> None:
    """As a long one that is read back from its journal: smoothed over ten times as many steps as the slider said."""
    values = [1.0 + (number * 7919 % 101) / 100 if number < 10_000 else 5.0 for number in range(10_200)]
    told = Series(None, "means")
    for number in range(0, 10_200, 10):
        told.add(number + 1, values[number])
    exact, thin = smoothed(means_of(values), 100).points[1], smoothed(told, 100).points[1]
    assert exact[-1] > 4.4
    assert thin[-1] == pytest.approx(exact[-1], abs=0.1)


def test_what_was_smoothed_is_remembered_until_a_point_comes() -> None:
    smoother, series = Smoother(), means_of([1.0, 2.0])
    first = smoother.of(series, 2)
    assert smoother.of(series, 2) is first
    series.add(3, 9.0)
    assert smoother.of(series, 2).values[-1] == pytest.approx(5.25)


@pytest.fixture
def charts(window: Window, ask: Answers) -> Iterator[Charts]:
    top = ctk.CTkToplevel(window.app.root)
    top.geometry("640x760+0+0")
    made = Charts(top, window.app.importer, window.app.colours, ask)
    made.pack(fill="both", expand=True)
    window.until(lambda: bool(made.winfo_viewable()))
    yield made
    top.destroy()


def shown(window: Window, charts: Charts, record: Record, until: Callable[[], bool]) -> None:
    def done() -> bool:
        charts.show(record)
        return until()

    window.until(done)


def test_the_slider_smooths_and_a_double_click_brings_back_the_trainers_own(window: Window, charts: Charts) -> None:
    record = record_of(lambda step: float(step % 2))  # told as smoothed by the trainer: 1 or 0
    chart = charts.first
    shown(window, charts, record, lambda: len(chart.lines) == 2)
    assert chart.lines["cat"].series.points[1][-1] == 0.0
    chart.smoothing.slider._command(0)  # to the left end: every step as it was
    shown(window, charts, record, lambda: chart.up_to_date)
    every_step = chart.lines["cat"].series.points[1]
    assert every_step[-1] == pytest.approx(0.01)
    chart.smooth(50)
    shown(window, charts, record, lambda: chart.up_to_date)
    assert chart.lines["cat"].series.points[1][-1] == pytest.approx(0.51, abs=0.03)
    assert {entry[0]: entry[1] for entry in chart.legend.entries}["cat"].startswith("0.5")
    assert chart.smoothing.said.cget("text") == "50 steps"
    for _ in range(2):
        chart.smoothing.slider._canvas.event_generate("<Button-1>", x=5, y=5)
        chart.smoothing.slider._canvas.event_generate("<ButtonRelease-1>", x=5, y=5)
    window.turn()
    assert chart.over is None
    assert chart.smoothing.slider.get() == USUAL
    chart.choose("Learning rate")
    window.turn()
    assert not chart.smoothing.winfo_manager(), "nothing there is smoothed"


def test_two_charts_share_their_steps(window: Window, charts: Charts) -> None:
    record = record_of(lambda step: 1 / step)
    first = charts.first
    shown(window, charts, record, lambda: len(first.lines) == 2)
    first.bar.buttons["second"].invoke()
    assert charts.second is not None
    second = charts.second
    assert second.view.title == "Validation loss", "it was measured, at the last step only"
    shown(window, charts, record, lambda: charts.up_to_date and bool(second.lines))
    assert second.screen.frame.x == first.screen.frame.x == (1.0, 100.0)
    assert second.screen.frame.left == first.screen.frame.left
    first.bar.buttons["in"].invoke()
    shown(window, charts, record, lambda: charts.up_to_date)
    assert second.screen.frame.x == first.screen.frame.x != (1.0, 100.0)
    second.bar.buttons["reset"].invoke()
    shown(window, charts, record, lambda: charts.up_to_date)
    assert first.screen.frame.x == (1.0, 100.0)
    window.turn(0.05)
    x, y = (round(part) for part in first.screen.frame.pixel(40, 0.5))
    first.screen.event_generate("<Motion>", x=x, y=y)
    window.turn()
    assert (first.legend.head, second.legend.head) == ("step 40", "step 40")
    assert second.screen.find_withtag("hover")
    first.screen.event_generate("<Leave>")
    window.turn()
    assert not second.screen.find_withtag("hover")
    second.bar.buttons["second"].invoke()
    window.turn()
    assert charts.shown == [first]
    assert not second.winfo_ismapped()


def test_what_the_charts_show_is_so_at_the_next_start(window: Window, ask: Answers) -> None:
    def made() -> Charts:
        return Charts(window.app.root, window.app.importer, window.app.colours, ask)

    charts = made()
    charts.first.smooth(50)
    charts.toggle()
    assert charts.second is not None
    charts.second.choose("Gradient norm")
    charts.second.toggle_log()
    window.until(lambda: window.app.importer.idle)
    again = made()
    assert again.second is not None
    assert again.shown == [again.first, again.second]
    assert again.first.over == 50
    assert again.first.smoothing.said.cget("text") == "50 steps"
    assert (again.second.view.title, again.second.log, again.second.over) == ("Gradient norm", True, None)
    again.toggle()
    window.until(lambda: window.app.importer.idle)
    third = made()
    assert third.shown == [third.first]
    third.toggle()
    assert third.second is not None
    assert third.second.view.title == "Gradient norm", "also where it was put away meanwhile"
    for one in (charts, again, third):
        one.destroy()


@pytest.mark.parametrize("kept", [b"", b"[1]", b'{"a": 1}', b'[{"title": "gone", "over": 7, "log": "x"}, {"shown": true}]'])
def test_what_was_kept_of_charts_may_be_of_any_version(window: Window, ask: Answers, kept: bytes) -> None:
    memory.folder().mkdir(exist_ok=True)
    (memory.folder() / "charts.json").write_bytes(kept)
    charts = Charts(window.app.root, window.app.importer, window.app.colours, ask)
    assert (charts.first.view.title, charts.first.over, charts.first.log) == (VIEWS[0].title, None, False)
    charts.destroy()


def test_two_charts_together_are_drawn_at_most_four_times_a_second(
    window: Window, charts: Charts, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    clock: Any = type("Clock", (), {"monotonic": staticmethod(lambda: now[0])})
    record = record_of(lambda step: 1 / step)
    charts.toggle()
    shown(window, charts, record, lambda: charts.up_to_date and len(charts.first.lines) == 2)
    drawn: list[Wish] = []
    for chart in charts.shown:
        work = chart.easel.work

        def counted(wish: Wish, work: Callable[[Wish], Drawn] = work) -> Drawn:
            drawn.append(wish)
            found = work(wish)
            return Drawn(found.wish, found.picture, found.frame, 0.001)

        monkeypatch.setattr(chart.easel, "work", counted)
        monkeypatch.setattr(chart.easel, "_next", 0.0)
    monkeypatch.setattr(easel_module, "time", clock)
    step = 100
    for _tick in range(40):  # of 50 ms: two seconds
        now[0] += 0.05
        step += 1
        record.on(stepped(step, 0.5))
        charts.show(record)
        window.until(lambda: window.app.importer.idle)
        window.turn()
    assert 4 <= len(drawn) <= 10, "4 a second in two seconds, and each at the very first"


def test_the_page_grows_for_a_second_chart_where_it_is_low(window: Window) -> None:
    window.app.root.geometry("1000x640")
    page: Any = window.app.shell.show("run")
    window.settle()
    window.until(lambda: page.panes.shared and page.plan.winfo_ismapped())  # the plan takes its room first
    window.whole_turns(3)
    before = page.winfo_height()
    page.charts.toggle()
    window.until(lambda: page.winfo_height() > before)
    window.until(lambda: page.panes.shared)
    window.turn(0.1)
    assert all(chart.winfo_height() >= 120 for chart in page.charts.shown)
    page.charts.toggle()
    window.until(lambda: page.winfo_height() == before)
