"""The window: puts its parts together, turns its loop, and closes without losing anything."""

import sys
from collections.abc import Callable, Iterable
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

import customtkinter as ctk

from onetrainer_clone.session import Train
from onetrainer_clone.settings import UserError
from onetrainer_clone.state import TrainingState
from presets import store as preset_store
from ui import memory, theme
from ui.actions import Actions
from ui.appearance import Appearance, prepare
from ui.background import Background
from ui.closing import Closing
from ui.colours import ConceptColours
from ui.dialogs import Ask, TkAsk
from ui.errors import Errors
from ui.findings import Findings, Timer
from ui.garbage import Collector
from ui.keys import bind_keys
from ui.pages import pages
from ui.preset_menu import PresetMenu
from ui.run.runner import Runner
from ui.run.sign import RunSign
from ui.runs.desk import Desk
from ui.seat import Seat
from ui.shell import Shell, tab_of
from ui.store import StateStore
from ui.thumbnails import Pictures
from ui.tooltip import Tooltip
from ui.topbar import TopBar
from ui.typed import Typed
from ui.workbench import Options, Workbench

if TYPE_CHECKING:
    from ui.tools.drawer import Draw
    from ui.tools.worker import RunTool

TURN_MS = 50  # between two looks at what the run and the workers have to say
UNLISTED = ("welcome", "concept", "changes")  # pages that are not in the navigation
SWITCH_SECONDS = 0.0002
LOOK_MS = 150  # after the first page is complete: looking imports what takes the window's time
AHEAD_MS = 700  # then what the largest page needs is imported, off this thread: opening it would wait for that
AHEAD = "ui.pictures.browser"
TOLD_MS = 60_000  # what is told at the start stays so long
KEEP_MS = 1000  # after a change the state is written to the disk, with what was changed meanwhile


def open_window(
    train: Train, sample: "Draw | None" = None, preset: str | None = None, start: bool = False,
    run_tool: "RunTool | None" = None,
) -> int:  # fmt: skip
    """Open the window and stay until it is closed. `preset` is loaded, `start` starts it. Returns the exit code."""
    sys.setswitchinterval(
        SWITCH_SECONDS
    )  # Tk waits for the interpreter lock at every call, drawing is hundreds of them
    app = App(train, sample, run_tool=run_tool)
    app.begin(preset, start)
    app.root.mainloop()
    return 0


class App:
    """The parts of the window. Everything here and below runs on the main thread."""

    def __init__(
        self, train: Train, sample: "Draw | None" = None, ask: Ask | None = None, run_tool: "RunTool | None" = None
    ):
        self.view = memory.last_view()
        self.seat = Seat()
        self.garbage = Collector()
        theme.apply()
        prepare(self.view)
        self.root = root = ctk.CTk()
        self.appearance = Appearance(root, self.view)
        self.ask: Ask = ask or TkAsk(root)
        self.errors = Errors(self.ask)
        self.errors.catch_all(root)
        self.checks, self.decoder, self.writer = (Background(name) for name in ("checks", "pictures", "writer"))
        self.importer = Background("imports")  # of its own: the chart need not wait for the plan of a large folder
        self.store = StateStore()
        self.findings = Findings(self.store, Timer(root.after, root.after_cancel), self.checks)
        self.colours = ConceptColours(memory.last_colours())
        self.store.changed.connect(self._on_change)
        self.bench = Workbench(
            root, self.store, self.findings, self.ask, Tooltip(root), Pictures(self.decoder, root), self.colours,
            Options(self.view.basic), Typed(root, self.store), self.go,
        )  # fmt: skip
        self.runner = Runner(train, self.store)
        self.desk = Desk(self.bench, self.runner, train, sample, self.importer, run_tool)
        self.actions: Actions = Actions(self.bench, self.runner, self.desk)
        self.runner.moved.connect(self._colour_concepts)
        self.runner.moved.connect(self._mark_open)
        self.shell = Shell(root, self.bench, pages(self))
        self.presets: PresetMenu = PresetMenu(self.shell.bar, self.bench)
        self.topbar: TopBar = TopBar(self.shell, self.bench, self.presets, self.appearance)
        self.run_sign = RunSign(root, self.shell, self.runner)
        self._keeping = Timer(root.after, root.after_cancel)
        self._marked: str | None = None  # the run that the mark on the disk names; None: there is no mark
        self.closing, self.closed = Closing(self), False
        self._turns = 0  # that are going on: more than one while a dialog is open
        bind_keys(root, self)
        root.protocol("WM_DELETE_WINDOW", self.close)
        root.after(TURN_MS, self._turn)

    def begin(self, preset: str | None = None, start: bool = False) -> None:
        """Show the first page: what was asked for, else where the person left, else what to do first. Where the person
        left something unsaved, that is shown, and asked about before the preset takes its place."""
        wanted = preset_store.find(preset) if preset else None
        left = self.seat.left_open()
        kept = self._restore()
        if wanted is not None and not self.store.unsaved:
            self.store.load(wanted.load())
            wanted = None
        first = "run" if start and wanted is None else "model" if _complete(self.store.state) else "welcome"
        self.root.update_idletasks()  # the frame of the window is drawn before the first page is made
        self.shell.show(first)
        self.topbar.finish_soon()
        self.root.after(LOOK_MS, self.findings.look)
        self.root.after(LOOK_MS, self._offer_unfinished)
        self.root.after(AHEAD_MS, self._import_ahead)
        self._mark_open()
        if left is not None and not preset:
            self._tell_left_open(left, kept)
        if wanted is not None:
            self.root.after(LOOK_MS, self._change_to, wanted, start)
        elif start:
            self.root.after(TURN_MS, self.actions.start)

    def _restore(self) -> bool:
        """Take the settings of last time, and return whether there were any."""
        try:
            kept = self.seat.last_state()
        except UserError as error:
            self.topbar.say(str(error), TOLD_MS)
            return False
        if kept:
            self.store.load(*kept)
        return kept is not None

    def _change_to(self, preset: preset_store.Preset, start: bool) -> None:
        if self.presets.load(preset) and start:
            self.actions.start()

    def _import_ahead(self) -> None:
        self.importer.submit(AHEAD, partial(import_module, AHEAD), lambda _module: None)

    def _offer_unfinished(self) -> None:
        """A change of many captions that was cut short the last time."""
        from ui.pictures import many_captions  # here: it takes time to import

        if many_captions.notes():
            from ui.pictures import unfinished

            unfinished.offer(self.ask, self.writer, self.topbar.say)

    def _tell_left_open(self, run: str, restored: bool) -> None:
        words = "The window was not closed last time (a crash, or the power went off)."
        words += " Your settings are as you left them." if restored else ""
        words += f" The run '{run}' was going on: the Runs tab shows it, and can resume it." if run else ""
        self.topbar.say(words, TOLD_MS)

    def _mark_open(self) -> None:
        """On the disk, so that the next start knows if this window was never closed."""
        running = self.runner.running.run_name if self.runner.running else ""
        if running != self._marked:
            self._marked = running
            self.writer.submit("open", lambda: self.seat.mark_open(running), lambda _nothing: None, self._on_unkept)

    def go(self, path: str) -> bool:
        """To the field with this path, or to a tab; False where it cannot be shown now."""
        key = tab_of(path)
        if key not in (*self.shell.tabs, *UNLISTED):
            return False
        page = self.shell.show(key)
        if path == key:
            return True
        self.root.update_idletasks()
        return page.go(path)

    def try_demo(self) -> None:
        if self.presets.load(preset_store.find("demo")):
            self.go("run")

    def close(self) -> None:
        """Close; while something goes on only after it has ended as the person wishes."""
        self.closing.ask()

    @property
    def in_turn(self) -> bool:
        """Whether a turn of the loop is going on, below a dialog: the window cannot go yet."""
        return self._turns > 0

    def leave(self, quiet: bool = False) -> None:
        """Keep what is to be kept, then take the window down. `quiet`: what cannot be kept was told."""
        self.closed = True
        # What reads may be cut off; what writes may not, and comes before the last word.
        workers = ((self.checks, 0.1), (self.decoder, 0.1), (self.importer, 0.1), (self.writer, 2.0))
        closing = [partial(worker.close, seconds) for worker, seconds in workers]
        self.attempt((self._keeping.stop, self.findings.stop, self.bench.tooltip.hide, self.desk.close, *closing))
        self.attempt((partial(self._remember, quiet), self.seat.leave))
        for waiting in self.root.tk.splitlist(self.root.tk.call("after", "info")):
            self.root.tk.call("after", "cancel", waiting)  # customtkinter's too: they would go off without a window
        self.errors.window_gone = True
        self.root.destroy()
        self.garbage.close()

    def _remember(self, quiet: bool) -> None:
        """For the next start."""
        try:
            self.seat.keep_state(self.store.state)
            memory.keep_colours(self.colours.kept)
            memory.keep_view(self.appearance.view(self.bench.options.basic))
            self.seat.mark_closed()
        except OSError as error:
            if quiet:
                return
            raise UserError(f"The settings could not be kept for the next start: {error.strerror or error}") from None

    def _turn(self) -> None:
        """One turn of the window's loop; it goes on whatever happens in it, and while a dialog of it is open."""
        self._turns += 1
        self.root.after(TURN_MS, self._turn)
        workers = (self.checks, self.decoder, self.writer, self.importer)
        steps: list[Callable[[], object]] = [worker.deliver for worker in workers]
        self.attempt((*steps, self.runner.poll, *self.desk.steps, self._tick, self.garbage.turn))
        self._turns -= 1
        self.closing.turn()

    def attempt(self, steps: Iterable[Callable[[], object]]) -> None:
        """Take every step; an error is shown to the person, and what comes after it is done."""
        for step in steps:
            try:
                step()
            except Exception as error:  # noqa: BLE001 - shown
                self.errors.report(error)

    def _tick(self) -> None:
        if self.shell.current:
            self.shell.pages[self.shell.current].tick()

    def _on_change(self, before: TrainingState, after: TrainingState) -> None:
        if before != after:
            self._colour_concepts()
            if not self._keeping.waiting:  # not a second after the last letter: who types on would lose all of it
                self._keeping.start(KEEP_MS, self._keep)

    def _keep(self) -> None:
        state = self.store.state
        self.writer.submit("state", lambda: self.seat.keep_state(state), lambda _nothing: None, self._on_unkept)

    def _on_unkept(self, error: Exception) -> None:
        why = getattr(error, "strerror", None) or error
        self.topbar.say(f"The settings cannot be kept in {memory.folder()}: {why}")

    def _colour_concepts(self) -> None:
        running = self.runner.state.active if self.runner.state else ()
        names = [concept.name for concept in self.store.state.concepts]
        self.colours.update(names, [concept.name for concept in running])


def _complete(state: TrainingState) -> bool:
    """Whether there is something to train, and a model to train it with: else the first steps are shown."""
    return bool(state.model.source and state.concepts)
