"""The run view where there is little room: nothing is cut, nothing out of reach."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import customtkinter as ctk
import pytest

from onetrainer_clone.events import Logged, Sampled
from tests.ui.conftest import Window
from tests.ui.fake_trainer import FakeTrainer
from ui import memory, theme
from ui.run.chart import EMPTY, Chart
from ui.run.log import HEAD, LogView
from ui.run.record import Record
from ui.run.samples import Samples
from ui.run.status import Status
from ui.tabs.run import RunPage


def run_page(window: Window) -> RunPage:
    found = window.app.shell.show("run")
    assert isinstance(found, RunPage)
    window.until(lambda: found.panes.shared)
    window.turn(0.1)
    return found


@pytest.fixture
def top(window: Window) -> Iterator[Any]:
    made = ctk.CTkToplevel(window.app.root)
    yield made
    made.destroy()


@pytest.mark.parametrize(("percent", "narrow"), [(80, False), (100, False), (150, True), (200, True)])
def test_chart_and_samples_stand_above_each_other_where_the_page_is_narrow(
    make_window: Callable[..., Window], percent: int, narrow: bool
) -> None:
    memory.keep_view(memory.View("1100x740+0+0", scaling_percent=percent))
    window = make_window()
    page = run_page(window)
    scale = theme.scaling(page)
    assert page.panes.narrow == narrow
    beside = page.samples.winfo_rootx() >= page.chart.winfo_rootx() + page.chart.winfo_width()
    below = page.samples.winfo_rooty() >= page.chart.winfo_rooty() + page.chart.winfo_height()
    assert (beside, below) == (not narrow, narrow)
    assert min(page.chart.winfo_height(), page.samples.winfo_height()) >= 170 * scale
    assert min(page.chart.winfo_width(), page.samples.winfo_width()) >= 240 * scale
    bottom = max(part.winfo_rooty() + part.winfo_height() for part in (page.log, page.samples))
    assert bottom <= page.winfo_rooty() + page.winfo_height()


def test_a_wider_window_puts_them_beside_each_other_again(make_window: Callable[..., Window]) -> None:
    memory.keep_view(memory.View("1100x740+0+0", scaling_percent=150))
    window = make_window()
    page = run_page(window)
    assert page.panes.narrow
    window.app.root.geometry("1900x1000")
    window.until(lambda: not page.panes.narrow and page.samples.winfo_rootx() > page.chart.winfo_rootx())
    window.until(lambda: page.log.winfo_rooty() >= page.chart.winfo_rooty() + page.chart.winfo_height())


def test_the_log_has_whole_lines_or_only_its_heading(window: Window, top: Any) -> None:
    made = LogView(top)
    made.pack(fill="both", expand=True)
    record = Record()
    for number in range(60):
        record.on(Logged(f"line {number}"))
    made.show(record)
    for height in range(100, 131, 6):
        top.geometry(f"400x{height}+0+0")
        window.until(lambda height=height: made.winfo_height() == height)  # type: ignore[misc]
        window.turn(0.05)
        made.box.see("end")
        window.turn()
        first = made.box.dlineinfo("@0,0")
        assert first[1] >= 0, f"at {height} px its first line is cut"
    top.geometry(f"400x{HEAD}+0+0")
    window.until(lambda: not made.box.winfo_ismapped())
    top.geometry("400x130+0+0")
    window.until(lambda: bool(made.box.winfo_ismapped()))
    window.turn(0.05)
    assert "line 59" in made.get("@0,0", "end")
    made.box._textbox.event_generate("<Button-4>")
    window.turn()
    assert made.box.dlineinfo("@0,0")[1] >= 0


def test_the_pace_goes_below_the_sentence_where_both_have_no_room(window: Window, top: Any) -> None:
    status = Status(top)
    status.pack(fill="x")
    progress = Record()
    progress.progress.steps, progress.progress.step, progress.progress.activity = 20_000, 12_000, "training"
    progress.progress.samples_per_second, progress.progress.seconds_left = 1.25, 7500.0
    progress.progress.elapsed_seconds = 9000.0
    for width, below in ((900, False), (360, True), (900, False)):
        top.geometry(f"{width}x200+0+0")
        window.until(lambda width=width: status.winfo_width() == width)  # type: ignore[misc]
        status.show(progress, going=True, paused=False, stopping=False)
        window.turn(0.05)
        assert (status.facts.winfo_y() > status.words.winfo_y() + 10) == below
        for label in (status.words, status.facts):
            assert label.winfo_x() >= 0
            assert label.winfo_x() + label.winfo_reqwidth() <= width


def test_two_columns_of_samples_are_seen_in_a_narrow_pane_until_a_size_is_chosen(
    window: Window, top: Any, tmp_path: Path
) -> None:
    top.geometry("340x400+0+0")
    made = Samples(top, window.app.bench.pictures, lambda *_: None)
    made.pack(fill="both", expand=True)
    record = Record()
    for step in range(6):
        record.on(Sampled(step, 0, "a cat", 1, "live", str(tmp_path / f"{step}.png")))
    window.until(lambda: made.view.winfo_width() > 200)
    made.show(record)
    window.turn(0.2)
    steps = {place.step for x in range(0, made.view.winfo_width(), 8) if (place := made.view.place_at(x, 60))}
    assert {4, 5} <= steps
    for button in made.buttons.values():
        assert button.winfo_rootx() + button.winfo_reqwidth() <= top.winfo_rootx() + 340
    made.buttons["size"].invoke()
    window.turn()
    chosen = made.view.size_at
    assert chosen == 1
    top.geometry("300x400+0+0")
    window.turn(0.1)
    assert made.view.size_at == chosen


def test_the_hint_of_the_chart_does_not_lie_over_its_buttons(window: Window, top: Any, trainer: FakeTrainer) -> None:
    top.geometry("300x190+0+0")
    chart = Chart(top, window.app.importer, window.app.colours, window.ask)
    chart.pack(fill="both", expand=True)
    record = Record()
    chart.show(record)
    window.until(lambda: chart.screen.words == EMPTY)
    chart.choose("Validation loss")
    record.curves_version = 1  # something came, but nothing of this view

    def told() -> bool:
        chart.show(record)
        return "Nothing measured" in chart.screen.words

    window.until(told)
    window.turn(0.05)
    _, top_of_words, _, bottom = chart.screen.bbox("words")
    assert top_of_words >= 0
    assert bottom <= chart.screen.winfo_height()
    assert chart.screen.winfo_rooty() >= chart.bar.winfo_rooty() + chart.bar.winfo_height()
