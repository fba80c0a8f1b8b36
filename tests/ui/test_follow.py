"""A run that goes on in another window or terminal is seen here as it goes on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from onetrainer_clone.events import Ended, Sampled, Started, Stepped
from onetrainer_clone.journal import JOURNAL, STATE, Journal, rewind
from onetrainer_clone.locks import FileLock
from onetrainer_clone.running import announce
from presets.codec import encode
from tests.ui.conftest import Window
from ui.runs import follow
from ui.runs.page import RunsPage


class Elsewhere:
    """A run of another program: its folder, its lock and its journal."""

    def __init__(self, folder: Path, state: str):
        self.folder = folder
        folder.mkdir(parents=True)
        (folder / STATE).write_text(state, encoding="utf-8")
        self.lock: FileLock = announce(folder)
        self.journal = Journal(folder)
        self.journal(Started(folder.name, str(folder), 1000, 1, ("cat",)))

    def step(self, number: int, loss: float = 0.5) -> None:
        losses = {"cat": loss}
        self.journal(Stepped(number, 0, loss, loss, losses, losses, {"unet": 1e-4}, 0.5, steps_per_second=2.0))

    def sample(self, number: int) -> None:
        path = self.folder / f"{number}.png"
        Image.new("RGB", (64, 64), "red").save(path)
        self.journal(Sampled(number, 0, "a cat", 1, "live", str(path)))

    def vanish(self) -> None:
        self.journal.close()
        self.lock.release()


@pytest.fixture
def other(window: Window, monkeypatch: pytest.MonkeyPatch) -> Iterator[Elsewhere]:
    monkeypatch.setattr(follow, "SECONDS", 0.0)
    state = window.app.store.state
    run = Elsewhere(state.saving.folder / "elsewhere", encode(state, of_run=True))
    for number in range(1, 4):
        run.step(number)
    run.sample(3)
    yield run
    run.vanish()


def opened(window: Window) -> RunsPage:
    page = window.app.shell.show("runs")
    assert isinstance(page, RunsPage)
    window.until(lambda: page.detail.record.progress.step > 0)
    return page


def test_it_is_followed_to_its_end(window: Window, other: Elsewhere) -> None:
    page = opened(window)
    detail = page.detail
    window.until(lambda: "'elsewhere' goes on in another window or terminal" in detail.said.cget("text"))
    assert detail.status.words.cget("text") == "Sampling, at step 3 of 1,000"
    other.step(4)
    window.until(lambda: detail.status.words.cget("text") == "Step 4 of 1,000")
    assert "2 it/s" in detail.status.facts.cget("text")
    row = page.table.row(0)
    assert "4 of 1,000" in row.cells
    other.sample(4)
    window.until(lambda: detail.samples.timeline.steps == [3, 4])
    window.until(lambda: detail.samples.drawn == 2)
    window.until(lambda: bool(detail.chart.lines) and detail.chart.up_to_date)
    assert detail.chart.lines["cat"].series.points[0] == [1, 2, 3, 4]
    other.journal(Ended("stopped", "Stopped. Nothing was saved."))
    other.vanish()
    window.until(lambda: detail.said.cget("text") == "Stopped. Nothing was saved.")
    window.until(lambda: not detail.status.winfo_manager())
    window.until(lambda: page.listing.runs[0].outcome == "stopped")


def test_one_that_is_killed_is_told_and_one_that_is_resumed_is_read_anew(window: Window, other: Elsewhere) -> None:
    page = opened(window)
    before = page.detail.record
    other.journal.close()
    rewind(other.folder, 2)
    other.journal = Journal(other.folder)
    other.step(3, 0.25)
    window.until(lambda: page.detail.record is not before and page.detail.record.progress.step == 3)
    assert page.detail.record.concept_loss["cat"].points == ([1, 2, 3], [0.5, 0.5, 0.25])
    other.vanish()
    window.until(lambda: "was interrupted" in page.detail.said.cget("text"))
    assert not page.detail.follower.words


def test_one_that_says_nothing_for_long_is_said_to_be_silent(window: Window, other: Elsewhere) -> None:
    page = opened(window)
    record = page.detail.record
    record.clock = lambda: record.heard + 200
    window.until(lambda: "Last heard of 3 min ago" in page.detail.said.cget("text"))
    other.step(4)
    record.clock = lambda: record.heard
    window.until(lambda: "Last heard" not in page.detail.said.cget("text"))


def test_a_journal_that_cannot_be_read_any_more_is_said(window: Window, other: Elsewhere) -> None:
    page = opened(window)
    (other.folder / JOURNAL).rename(other.folder / "gone")
    (other.folder / JOURNAL).mkdir()
    window.until(lambda: "cannot be followed any further" in page.detail.said.cget("text"))
    (other.folder / JOURNAL).rmdir()


def test_what_cannot_be_done_with_it_is_off_and_says_why(window: Window, other: Elsewhere) -> None:
    page = opened(window)
    window.until(lambda: page.listing.loaded and page.listing.is_known(page.listing.runs[0]))
    for key, tip in (("resume", page.toolbar._resume_tip), ("delete", page.toolbar._delete_tip)):
        assert page.toolbar.buttons[key].cget("state") == "disabled"
        assert "goes on in another window or terminal" in tip()
    other.journal(Ended("done", "Done."))
    other.vanish()
    window.until(lambda: page.toolbar.buttons["delete"].cget("state") == "normal")
    assert "no backup" in page.toolbar._resume_tip()


def test_a_run_that_begins_elsewhere_is_seen_when_the_person_comes_back(window: Window, other: Elsewhere) -> None:
    page = opened(window)
    other.journal(Ended("stopped", "Stopped."))
    other.vanish()
    window.until(lambda: page.detail.said.cget("text") == "Stopped." and not page.listing.runs[0].going)
    window.rest()
    again = announce(other.folder)  # resumed in a terminal
    rewind(other.folder, 2)
    page._focused = False
    window.app.root.focus_force()
    window.until(lambda: "goes on in another window" in page.detail.said.cget("text"))
    assert page.detail.record.progress.step == 2
    again.release()
    window.until(lambda: "was interrupted" in page.detail.said.cget("text"))
