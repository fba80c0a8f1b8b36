"""Takes a picture of every view, light and dark, in two sizes and two scalings:  python -m tests.ui.screenshots FOLDER

A few names after the folder take only these views; SCALINGS="80 200" in the environment takes other scalings. Needs Xvfb
and ImageMagick's `import` on Linux; the display that is there is left alone.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

from PIL import Image

from onetrainer_clone.grid_form import GridForm
from onetrainer_clone.settings import Problem
from onetrainer_clone.state.model import ModelSettings
from onetrainer_clone.trash import put_into_trash
from presets.queue import Queue
from tests.ui.fake_trainer import FakeTrainer
from ui import memory
from ui.actions import STOP_AND_CLOSE, WHAT, WHEN
from ui.app import App
from ui.closing import Waiting
from ui.dialog import Dialog
from ui.dialogs import TkAsk
from ui.run.comparison import Comparison
from ui.run.places import Place
from ui.run.viewer import Viewer
from ui.runs.detail import SETTINGS
from ui.runs.page import RunsPage
from ui.runs.table_rows import CONTROL
from ui.tabs.run import RunPage
from ui.tools.tabs import ToolTabs

SIZES = ("1100x740", "1920x1080")
SCALINGS = tuple(int(text) for text in os.environ.get("SCALINGS", "100 150").split())  # in percent
THEMES = ("light", "dark")
SETTLE_SECONDS = 0.6
LIMIT_SECONDS = 30.0


def main(folder: Path, wanted: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with display(), tempfile.TemporaryDirectory() as home:
        os.environ["ONETRAINER_HOME"] = home
        for size in SIZES:
            for scaling in SCALINGS:
                for theme in THEMES:
                    view = memory.View(f"{size}+0+0", theme, scaling, basic=False)
                    take_all(folder, view, f"{theme}-{size}-{scaling}", wanted)


@contextmanager
def display() -> Iterator[None]:
    """A screen of its own, so that nobody's windows are in the pictures."""
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", "1920x1080x24", "-noreset", "-nolisten", "tcp"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        os.environ["DISPLAY"] = f":{server.stdout.readline().strip()}"
        try:
            yield
        finally:
            server.terminate()


def take_all(folder: Path, view: memory.View, suffix: str, wanted: list[str]) -> None:
    """All views in one look of the window."""
    memory.keep_view(view)
    app = App(FakeTrainer(steps=300, step_seconds=0.004, sample_every=50))
    app.begin("demo")
    app.root.event_generate("<Motion>", warp=True, x=1, y=1)  # no tooltip in the pictures
    settle(app)
    for name, show in views().items():
        if wanted and name not in wanted:
            continue
        show(app)
        settle(app)
        path = folder / f"{name}-{suffix}.png"
        width, _, height = view.geometry.partition("+")[0].partition("x")
        subprocess.run(["import", "-window", "root", "-crop", f"{width}x{height}+0+0", str(path)], check=True)
        sys.stdout.write(f"{path}\n")
        tidy(app)
    app.close()


def views() -> dict[str, Callable[[App], object]]:
    def tab(key: str) -> Callable[[App], object]:
        return lambda app: app.shell.show(key)

    return {
        "welcome": tab("welcome"),
        "model": tab("model"),
        "concepts": tab("concepts"),
        "concepts-several": several,
        **{f"concept-{view}": concept(view) for view in ("pictures", "image", "text", "numbers")},
        "concept-files": files_to_look_at,
        "concept-crops-masked": crops_of_a_masked_picture,
        "concept-painting": painting,
        "concept-captions-of-many": captions_of_many,
        "training": tab("training"),
        "training-basic": basic,
        "adapter": tab("adapter"),
        "sampling": tab("sampling"),
        "saving": tab("saving"),
        "run-empty": tab("run"),
        "run": run,
        "run-below": run_below,
        "run-going": run_going,
        "run-two-charts": two_charts,
        "sample": sample,
        "comparison": comparison,
        "runs": tab("runs"),
        "runs-open": runs_open,
        "runs-trash": runs_trash,
        "runs-enlarged": runs_enlarged,
        "runs-compared": runs_compared,
        "runs-settings": runs_settings,
        "queue": queue,
        "queue-going": queue_going,
        "embedding": tab("embedding"),
        "tools": tab("tools"),
        "tools-files": compared,
        "tools-below": below,
        "tools-merge": tool("merge"),
        "tools-extract": tool("extract"),
        "adapter-idle": idle,
        "search": search,
        "presets": lambda app: app.presets.open(),
        "changes": changes,
        "problems": problems,
        "dialog-fault": fault,
        "dialog-problems": listed,
        "dialog-question": question,
        "closing": closing,
        "running-elsewhere": running_elsewhere,
        "concepts-empty": empty,
    }


def concept(view: str) -> Callable[[App], object]:
    return lambda app: app.go(f"concept[0].{view}")


def careless_folder(app: App) -> Path:
    """A folder with what goes wrong with folders, as the first concept's."""
    folder = Path(tempfile.mkdtemp(dir=os.environ["ONETRAINER_HOME"]))
    for number in range(60):
        colour = ((number // 2 * 37) % 256, (number // 2 * 91) % 256, 150)
        Image.radial_gradient("L").resize((120 + number, 90)).convert("RGB").save(folder / f"a.{number:03}.png")
        Image.new("RGB", (90, 120), colour).save(folder / f"b.{number:03}.png")
    mask = Image.new("L", (120, 90), 255)
    mask.paste(0, (0, 0, 50, 90))
    mask.save(folder / "a.000-masklabel.png")
    (folder / "c.png").write_bytes(b"no picture")
    settings = {"path": str(folder), "crop_jitter": 0.4, "flip": True}
    first = app.store.state.concepts[0].model_copy(update=settings)
    concepts = (first, *app.store.state.concepts[1:])
    app.store.set(app.store.state.model_copy(update={"concepts": concepts}), "a careless folder")
    return folder


def files_to_look_at(app: App) -> None:
    careless_folder(app)
    app.go("concept[0].numbers")
    view = app.shell.pages["concept"].views["numbers"]
    until(app, lambda: view.found is not None)
    settle(app)
    view.body._parent_canvas.yview_moveto(1.0)
    app.shell.room.scroll_to(100_000)


def crops_of_a_masked_picture(app: App) -> None:
    careless_folder(app)
    app.go("concept[0].image")
    view = app.shell.pages["concept"].views["image"]
    until(app, lambda: view.canvas.cuts is not None)
    settle(app)
    app.shell.room.scroll_to(100_000)


def painting(app: App) -> None:
    app.go("concept[0].pictures")
    browser = app.shell.pages["concept"].views["pictures"]
    until(app, lambda: browser.ready and browser.view.loaded is not None)
    browser.view.tool = "Train"


def captions_of_many(app: App) -> None:
    painting(app)
    browser = app.shell.pages["concept"].views["pictures"]
    browser.view.tool = "Look"
    browser.many.open()
    browser.bulk.find.insert(0, "circle")
    browser.bulk.look()


def tool(name: str) -> Callable[[App], object]:
    def show(app: App) -> None:
        page = app.shell.show("tools")
        assert isinstance(page, ToolTabs)
        page.file_tool(name)

    return show


def compared(app: App) -> None:
    """The sampling tool with files in columns, two of them together and one in all."""
    page = app.shell.show("tools")
    assert isinstance(page, ToolTabs)
    page.choose("Pictures")
    form = page.pictures.form
    form.store.load(cast(Any, GridForm()))
    form.begin()
    form.take_prompts()
    paths = [f"/home/me/runs/sks cat/saves/{name}.safetensors" for name in ("cat-step500", "cat-step1000", "style")]
    form.files.add([*paths, "/home/me/embeddings/badhands.pt"])
    form.files.table.select(1, 2)
    form.files.toolbar.buttons["join"].invoke()
    form.files.table.select(3)
    form.files.toolbar.buttons["everywhere"].invoke()
    form.files.table.select(0)
    form.files.own.variable.set("0.5, 1")


def below(app: App) -> None:
    """The lower part of the sampling tool, where it is scrolled."""
    page = app.shell.show("tools")
    assert isinstance(page, ToolTabs)
    app.root.update()
    app.shell.room.scroll_to(1e6)
    page.pictures.form._parent_canvas.yview_moveto(1.0)


def idle(app: App) -> None:
    app.store.replace("method", "FINE_TUNE")
    app.shell.show("adapter")


def several(app: App) -> None:
    page = app.shell.show("concepts")
    page.list.select_these([1, 2])


def basic(app: App) -> None:
    app.bench.options.basic = True
    app.shell.show("training")


def run(app: App) -> None:
    """A pretended run from start to end."""
    app.shell.show("run")
    app.actions.start()
    until(app, lambda: not app.runner.going)


def run_below(app: App) -> None:
    """The lower end of the page, where it scrolls."""
    run(app)
    settle(app)
    app.shell.room.scroll_to(100_000)


def run_going(app: App) -> None:
    """A pretended run in a pause, with the prompt box."""
    app.shell.show("run")
    app.actions.start()
    until(app, lambda: app.runner.record.progress.step > 200)
    app.runner.pause(True)
    until(app, lambda: app.runner.record.progress.activity == "paused")
    page = app.shell.pages["run"]
    assert isinstance(page, RunPage)
    page.asking.fill({"text": "a sks circle on the moon", "seed": "7", "steps": "30"})
    page.asking.unfold()


def two_charts(app: App) -> None:
    run(app)
    page = app.shell.pages["run"]
    assert isinstance(page, RunPage)
    page.charts.toggle()
    page.chart.smooth(20)


def sample(app: App) -> None:
    """A sample in its own window, which is in the middle of the picture."""
    run(app)
    record = app.runner.record
    Viewer(app.root, record, record.rows()[0], record.sample_steps[-1])


def comparison(app: App) -> None:
    run(app)
    record = app.runner.record
    key = record.rows()[0]
    Comparison(app.root, record, *(Place(key, record.sample_steps[place]) for place in (1, -1)))


def runs_page(app: App) -> RunsPage:
    """Some runs in the list; the newest is shown."""
    workspace = app.store.state.saving.folder
    for name in ("a first try", "a run with a rather long name that says what was tried"):
        if not (workspace / name).exists():
            app.store.replace("saving.name", name)
            app.actions.start()
            until(app, lambda: app.runner.going)
            until(app, lambda: not app.runner.going)
    page = app.shell.show("runs")
    assert isinstance(page, RunsPage)
    settle(app)
    page.table.select(0)
    until(app, lambda: app.desk.reader.idle)
    return page


def runs_open(app: App) -> None:
    runs_page(app).enlarge(False)


def runs_trash(app: App) -> None:
    """What was deleted, and the question before it is gone for good."""
    page = runs_page(app)
    page.enlarge(False)
    put_into_trash(page.selected[0].folder)
    page.list.finder.show_trash(True)
    until(app, lambda: page.listing.trash and app.desk.reader.idle)
    page.table.select(0)
    until(app, lambda: app.desk.reader.idle)


def runs_enlarged(app: App) -> None:
    runs_page(app).enlarge(True)


def runs_compared(app: App) -> None:
    page = runs_page(app)
    page.table.click(1, CONTROL)
    page.toolbar.buttons["compare"].invoke()
    until(app, lambda: app.desk.reader.idle)


def runs_settings(app: App) -> None:
    """What differs between two runs, at the lower end of the page."""
    runs_compared(app)
    page = app.shell.pages["runs"]
    assert isinstance(page, RunsPage)
    until(app, lambda: len(page.detail.records) == 2)
    page.detail.show_part(SETTINGS)
    settle(app)
    app.shell.room.scroll_to(100_000)


def queue_going(app: App) -> None:
    """One that failed, one that is done, one that runs, one that waits."""
    page = app.shell.show("queue")
    until(app, lambda: app.desk.keeper.idle)
    app.desk.queue.remove([entry.key for entry in app.desk.queue.entries])
    until(app, lambda: app.desk.keeper.idle)
    broken = Queue().add(app.store.state, "broken")
    Queue().mark(broken.key, "failed", "choose another model: there is no file '/models/gone.safetensors'")
    for name in ("sound", "running", "waiting"):
        app.desk.queue.add(app.store.state, [], name)
    gone = app.store.state.model_copy(update={"model": ModelSettings(source="/models/on a drive that is gone.safetensors")})
    Queue().add(gone, "cannot run")
    until(app, lambda: app.desk.keeper.idle)
    app.desk.queue.start()
    going = app.desk.queue
    until(app, lambda: going.current is not None and going.current.name == "running" and app.runner.going)
    until(app, lambda: app.runner.record.progress.step > 100)
    app.runner.pause(True)
    page.refresh()


def queue(app: App) -> None:
    app.desk.add_to_queue()


def search(app: App) -> None:
    app.shell.show("training")
    app.topbar.search.focus()
    app.topbar.search.variable.set("weight")


def changes(app: App) -> None:
    app.store.replace("training.batch_size", 7)
    app.store.replace("concepts[1].loss_weight", 0.3)
    app.go("changes")


def problems(app: App) -> None:
    app.store.reject("training.batch_size", "must be a whole number (was 'many')")
    app.store.replace("training.resolution", 100)
    app.shell.show("training")


def empty(app: App) -> None:
    app.store.set(app.store.state.model_copy(update={"concepts": ()}), "all gone")
    app.shell.show("concepts")


def dialog(app: App, ask: Callable[[TkAsk], object]) -> None:
    """A dialog of the window, without waiting for its answer."""
    with patch.object(Dialog, "wait"):
        ask(TkAsk(app.root))


def fault(app: App) -> None:
    error = "RuntimeError: CUDA error: device-side assert triggered"
    dialog(app, lambda ask: ask.tell("The run failed", f"{error}\n\n{'Something about it. ' * 20}", "trace\n" * 40))


def listed(app: App) -> None:
    found = [
        (Problem("training.resolution", "500 is not a multiple of 64: use 448 or 512"), "Training: Resolution"),
        (Problem("model.source", "there is no model at '/models/a long name of a model.safetensors'"), "Model: Base model"),
        (Problem("", "a run can start when the pictures of the Tools tab are drawn: wait, or stop it there"), ""),
    ] * 3
    dialog(app, lambda ask: ask.problems("The run cannot start yet", "These have to be mended first:", found))


def question(app: App) -> None:
    message = f"{WHEN} Then the window closes.\n\n{WHAT}"
    dialog(app, lambda ask: ask.choose("Stop training and close the window?", message, STOP_AND_CLOSE))


def closing(app: App) -> None:
    app.closing.note = note = Waiting(app.root, app.closing.stay, app.closing.stay)
    note.show("", 12_000, 50_000)


def running_elsewhere(app: App) -> None:
    run_going(app)
    app.shell.show("training")


def tidy(app: App) -> None:
    """As it was, for the next picture."""
    app.closing.stay()
    for window in app.root.winfo_children():
        if isinstance(window, (Viewer, Comparison)) or window.winfo_class() == "Toplevel":
            window.destroy()
    page = app.shell.pages.get("run")
    if isinstance(page, RunPage) and len(page.charts.shown) > 1:
        page.charts.toggle()
        page.chart.smooth(None)
    app.runner.stop(save=False)
    until(app, lambda: not app.runner.going)
    app.bench.options.basic = False
    app.shell.room.scroll_to(0)
    app.topbar.search.clear()
    if app.presets.panel is not None:
        app.presets.panel.hide()
    while app.store.undo():
        pass


def settle(app: App) -> None:
    """Until what is read in the background has come and is drawn."""
    app.findings.look()
    until(app, lambda: app.checks.idle and app.decoder.idle and app.importer.idle)
    end = time.monotonic() + SETTLE_SECONDS
    until(app, lambda: time.monotonic() > end)
    page = app.shell.pages.get(app.shell.current)
    if isinstance(page, RunPage):  # drawn now and then, and not by the window's own thread
        until(app, lambda: page.charts.up_to_date)
    if isinstance(page, RunsPage) and page.detail.charts.winfo_viewable():
        until(app, lambda: page.detail.charts.up_to_date)


def until(app: App, true: Callable[[], bool]) -> None:
    end = time.monotonic() + LIMIT_SECONDS
    while not true() and time.monotonic() < end:
        app.root.update()
        time.sleep(0.005)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2:])
