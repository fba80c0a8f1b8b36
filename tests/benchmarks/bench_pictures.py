"""A concept of 50,000 pictures in the window: `python -m tests.benchmarks.bench_pictures`. Needs a display.

Prints how long the core takes for it, then the gaps between two turns of the Tk loop while a person works with it.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from onetrainer_clone import browse, captions
from onetrainer_clone.caption_changes import preview, replacing
from onetrainer_clone.state.concepts import Concept
from onetrainer_clone.statistics import survey
from presets import store as preset_store
from tests.benchmarks.bench_window import Probe, print_row, watch
from tests.ui.fake_trainer import FakeTrainer
from ui.app import SWITCH_SECONDS, App
from ui.pictures.sieve import ORDERS

COUNT = 50_000
MANY = 10_000  # that are deleted in one go
DIFFERENT = 200  # pictures; the others are links to them


def main() -> None:
    sys.setswitchinterval(SWITCH_SECONDS)  # as open_window does
    with tempfile.TemporaryDirectory() as home:
        os.environ["ONETRAINER_HOME"] = home
        folder = Path(home) / "pictures"
        make(folder)
        concept = Concept(name="many", path=str(folder))
        print_core(concept)
        print_lag(concept)


def make(folder: Path) -> None:
    """Photographs of 1200 x 800 px, each name with a caption."""
    folder.mkdir()
    for number in range(COUNT):
        path = folder / f"{number:05}.jpg"
        if number < DIFFERENT:
            Image.effect_noise((300, 200), 40 + number / 4).convert("RGB").resize((1200, 800)).save(path)
        else:
            path.hardlink_to(folder / f"{number % DIFFERENT:05}.jpg")
        path.with_suffix(".txt").write_text(f"a photo of a cat, number {number}, on a sofa, in the evening")


def print_core(concept: Concept) -> None:
    print(f"\n{COUNT:,} pictures\n\n| what | seconds |\n|---|---|")
    begun = time.perf_counter()
    entries = browse.entries(concept)
    begun = told("list the folder", begun)
    texts = {path: captions.read(path).text for path in map(captions.caption_path, (entry.path for entry in entries))}
    begun = told("read the captions", begun)
    preview(texts, replacing("cat", "dog", whole_words=True))
    begun = told("preview of a replacement in all captions", begun)
    state = preset_store.find("demo").load().model_copy(update={"concepts": (concept,)})
    survey(state, concept, lambda *_: None)
    told("statistics (every file hashed: all are of equal length with others)", begun)


def told(what: str, begun: float) -> float:
    print(f"| {what} | {time.perf_counter() - begun:.2f} |", flush=True)
    return time.perf_counter()


def print_lag(concept: Concept) -> None:
    app = App(FakeTrainer())
    app.begin("demo")
    app.store.load(app.store.state.model_copy(update={"concepts": (concept,)}))
    app.findings.stop()  # the plan's own reading of the folder is measured elsewhere
    probe = Probe(app)
    watch(app, probe, lambda: False, 1.0)
    print("\nGap between two turns of the Tk loop\n")
    print("| while | turns | median ms | p99 ms (target 50) | longest ms (target 250) |\n|---|---|---|---|---|")
    app.go("concept[0].pictures")
    browser = app.shell.pages["concept"].views["pictures"]
    print_row("the folder is listed and read", watch(app, probe, lambda: not browser.gallery.reading, 60))
    for name, step in (
        ("dragging the scrollbar", lambda at: browser.grid_.canvas.yview("moveto", at * 0.013 % 1)),
        ("next picture, 10 a second", lambda at: browser.step(1)),
        ("typing into a filter", lambda at: browser.filters.choose("Caption contains", str(at % 100))),
        ("searching by name", lambda at: search(browser, str(at % 100))),
        ("another order", lambda at: order(browser, ORDERS[at % len(ORDERS)])),
        ("selecting all and one", lambda at: browser.grid_.select(at) if at % 2 else browser.grid_.select_all()),
        ("enlarging and shifting", lambda at: enlarge(browser, at)),
    ):
        print_row(name, doing(app, probe, step))
        browser.filters.everything()
    order(browser, ORDERS[0])
    watch(app, probe, lambda: len(browser.gallery.shown) == COUNT, 20)
    browser.grid_.select(0)
    browser.grid_.reach(MANY - 1)
    browser.delete()
    print_row(f"{MANY:,} are deleted", watch(app, probe, lambda: not browser.deeds.working, 60))
    browser.undo()
    print_row("and brought back", watch(app, probe, lambda: len(browser.gallery.shown) == COUNT, 60))
    app.go("concept[0].numbers")
    numbers = app.shell.pages["concept"].views["numbers"]
    print_row("statistics are computed", watch(app, probe, lambda: numbers.found is not None, 120))
    app.close()


def search(browser: Any, name: str) -> None:
    browser.filters.name.delete(0, "end")
    browser.filters.name.insert(0, name)
    browser.filters.changed.emit()


def order(browser: Any, wanted: str) -> None:
    browser.filters.order.set(wanted)
    browser.filters.changed.emit()


def enlarge(browser: Any, at: int) -> None:
    """Eight notches in, then shifted about, then out again."""
    if at % 24 < 16:
        browser.view.step_zoom(1 if at % 24 < 8 else -1, (100, 100))
    browser.view.shift(-20, -10)


def doing(app: App, probe: Probe, step: Callable[[int], object]) -> list[float]:
    """The gaps while something is done ten times a second."""
    on = [True]

    def again(at: int = 0) -> None:
        if on[0]:
            step(at)
            app.root.after(100, again, at + 1)

    app.root.after(10, again)
    gaps = watch(app, probe, lambda: False, 5.0)
    on[0] = False
    return gaps


if __name__ == "__main__":
    main()
