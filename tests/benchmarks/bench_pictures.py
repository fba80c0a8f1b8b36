"""A concept of 50,000 pictures in the window: `python -m tests.benchmarks.bench_pictures`.

Prints how long the core takes for it, then the gaps between two turns of the Tk loop while a person works with it, with the
plan being made beside it, and while the demo trains. Exit code 1 where a target is missed.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from onetrainer_clone import browse, captions
from onetrainer_clone.caption_changes import preview, replacing
from onetrainer_clone.isolation import isolated
from onetrainer_clone.state.concepts import Concept
from onetrainer_clone.statistics import survey
from presets import store as preset_store
from tests.benchmarks.lag import Table, close, doing, opened, screen, tell, watch
from tests.ui.fake_trainer import FakeTrainer
from ui.pictures.sieve import ORDERS

COUNT = 50_000
DIFFERENT = 200  # pictures; the others are links to them
MANY = 10_000  # that are deleted in one go


def main() -> int:
    with tempfile.TemporaryDirectory() as home, screen():
        os.environ["ONETRAINER_HOME"] = home
        folder = Path(home) / "pictures"
        make(folder)
        concept = Concept(name="many", path=str(folder))
        print_core(concept)
        return tell(lag(concept))


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


def lag(concept: Concept) -> list[str]:
    """The table of gaps; returns what misses its target."""
    table = Table()
    working(concept, table)
    beside_a_run(concept, table)
    return table.missed


def working(concept: Concept, table: Table) -> None:
    """A person works with the folder, and the plan of the run reads it as well."""
    app, probe = opened(FakeTrainer(), "training")
    app.store.load(app.store.state.model_copy(update={"concepts": (concept,)}))
    app.findings.look()
    table.add("the plan reads the folder", watch(app, probe, lambda: app.findings.up_to_date, 120))
    app.store.replace("training.seed", app.store.state.training.seed + 1)  # a new plan, beside what follows
    app.go("concept[0].pictures")
    browser = app.shell.pages["concept"].views["pictures"]
    table.add("the folder is listed and read", watch(app, probe, lambda: not browser.gallery.reading, 60))
    for name, step in (HANDS | MORE_HANDS).items():
        table.add(name, doing(app, probe, partial(step, browser)))
        browser.filters.everything()
    order(browser, ORDERS[0])
    watch(app, probe, lambda: len(browser.gallery.shown) == COUNT, 20)
    browser.grid_.select(0)
    browser.grid_.reach(MANY - 1)
    browser.delete()
    table.add(f"{MANY:,} are deleted", watch(app, probe, lambda: not browser.deeds.working, 60))
    browser.undo()
    table.add("and brought back", watch(app, probe, lambda: len(browser.gallery.shown) == COUNT, 60))
    app.go("concept[0].numbers")
    numbers = app.shell.pages["concept"].views["numbers"]
    table.add("statistics are computed", watch(app, probe, lambda: numbers.found is not None, 120))
    close(app, probe)


def beside_a_run(concept: Concept, table: Table) -> None:
    """The same hands while the demo trains for real, in its own process."""
    app, probe = opened(isolated("modules.train:train"), "run")
    app.store.replace("training.steps", 1_000_000)
    app.actions.start()
    watch(app, probe, lambda: app.runner.record.progress.step > 0 or not app.runner.going, 120)
    app.store.load(app.store.state.model_copy(update={"concepts": (concept,)}))  # the run goes on with its own
    app.go("concept[0].pictures")
    browser = app.shell.pages["concept"].views["pictures"]
    table.add(
        "the folder is listed and read, the demo trains", watch(app, probe, lambda: not browser.gallery.reading, 60)
    )
    for name, step in HANDS.items():
        table.add(f"{name}, the demo trains", doing(app, probe, partial(step, browser)))
        browser.filters.everything()
    if not app.runner.going:
        table.missed.append("the demo did not train meanwhile")
    close(app, probe)


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


HANDS: dict[str, Callable[[Any, int], object]] = {  # what is done ten times a second
    "dragging the scrollbar": lambda browser, at: browser.grid_.canvas.yview("moveto", at * 0.013 % 1),
    "next picture": lambda browser, at: browser.step(1),
    "typing into a filter": lambda browser, at: browser.filters.choose("Caption contains", str(at % 100)),
}
MORE_HANDS: dict[str, Callable[[Any, int], object]] = {
    "searching by name": lambda browser, at: search(browser, str(at % 100)),
    "another order": lambda browser, at: order(browser, ORDERS[at % len(ORDERS)]),
    "selecting all and one": lambda browser, at: browser.grid_.select(at) if at % 2 else browser.grid_.select_all(),
    "enlarging and shifting": enlarge,
}


if __name__ == "__main__":
    sys.exit(main())
