"""The Run tab: start and stop, and everything that a run shows while it goes on."""

import tkinter
from functools import partial
from typing import Any

import customtkinter as ctk

from ui import colours, theme
from ui.actions import Actions
from ui.background import Background
from ui.findings import Timer
from ui.run.balance import BalanceStrip
from ui.run.chart import Chart
from ui.run.log import LogView
from ui.run.runner import Runner
from ui.run.samples import Samples
from ui.run.status import Status
from ui.run.viewer import Viewer
from ui.runs.ask_box import AskBox
from ui.runs.toolbar import Wrapping
from ui.tabs.page import Page
from ui.words import first_line, where
from ui.workbench import Workbench

ROOMY = 360  # px at 100 %: in a lower page only the heading of the log is open at first
LOG_HEAD = 34
LEAST = 560  # px at 100 %: of the page, so that chart and samples can be read
SETTLE_MS = 60  # a page that comes into view is laid out in several steps


class RunPage(Page):
    def __init__(self, parent: Any, bench: Workbench, runner: Runner, actions: Actions, background: Background):
        super().__init__(parent, bench)
        self.runner, self.actions = runner, actions
        self._halved = False
        self._settling = Timer(self.after, self.after_cancel)
        self.buttons: dict[str, Any] = {}
        self._toolbar().pack(fill="x", padx=2, pady=(0, 6))
        self.status = Status(self)
        self.status.pack(fill="x", padx=2, pady=(0, 6))
        self.asking = AskBox(self, bench, runner)
        self.banner = ctk.CTkLabel(self, text="", anchor="w", justify="left", cursor="hand2")
        theme.wrap(self.banner, self, less=20)
        self.banner.bind("<Button-1>", lambda _event: self._on_banner())
        panes = tkinter.PanedWindow(self, orient="horizontal", sashwidth=8, borderwidth=0)
        left = tkinter.PanedWindow(panes, orient="vertical", sashwidth=8, borderwidth=0)
        self._panes = (panes, left)
        self.chart = Chart(left, background, bench.colours, bench.ask)
        self.log = LogView(left)
        self.log.title.bind("<Button-1>", lambda _event: self._unfold_log())
        bench.tooltip.attach(self.log.title, partial(str, "Click to make the log larger or smaller."))
        self.samples = Samples(panes, bench.pictures, lambda record, key, step: Viewer(bench.root, record, key, step))
        left.add(self.chart, stretch="always", minsize=160)
        left.add(self.log, stretch="never", minsize=34, height=150)
        self.balance = BalanceStrip(self, bench.colours, before=panes)
        panes.add(left, stretch="always", minsize=260)
        panes.add(self.samples, stretch="always", minsize=260)
        panes.pack(fill="both", expand=True)
        for pane in self._panes:
            pane.bind("<Configure>", lambda _event: self._settling.start(SETTLE_MS, self._halve))
        self._themed = lambda _mode: self._colour()
        ctk.AppearanceModeTracker.add(self._themed, self)
        self._colour()
        self._ends = [
            runner.moved.connect(self.refresh_in_view),
            bench.findings.checked.connect(self.refresh_in_view),
            bench.store.changed.connect(lambda _before, _after: self.refresh_in_view()),
        ]

    def destroy(self) -> None:
        self._settling.stop()
        for end in self._ends:
            end()
        ctk.AppearanceModeTracker.remove(self._themed)
        super().destroy()

    def needs(self, width: float) -> float:
        return LEAST

    def enter(self) -> None:
        super().enter()
        self.samples.view.focus_set()  # the arrow keys go through the steps

    def tick(self) -> None:
        """Every turn of the window's loop while the page is in view: what may have been put off is drawn."""
        self._show_status()  # how long ago something was saved changes by itself
        self.chart.show(self.runner.record)
        self.balance.show(self.runner.record)

    def _show_status(self) -> None:
        runner = self.runner
        self.status.show(runner.record, runner.going, runner.paused, runner.stopping)

    def refresh(self) -> None:
        record, runner = self.runner.record, self.runner
        self._show_status()
        self.log.show(record)
        self.samples.show(record)
        self.chart.show(record)
        possible = {
            "start": not runner.going, "pause": runner.going and not runner.stopping,
            "stop": runner.going and not runner.stopping, "sample": runner.going and not runner.stopping,
            "save": runner.going and not runner.stopping, "backup": runner.going and not runner.stopping,
        }  # fmt: skip
        for key, able in possible.items():
            wanted = "normal" if able else "disabled"
            if self.buttons[key].cget("state") != wanted:
                self.buttons[key].configure(state=wanted)
        words = "Resume" if runner.paused else "Pause"
        if self.buttons["pause"].cget("text") != words:
            self.buttons["pause"].configure(text=words)
        self._show_asking()
        self._show_banner()

    def _toolbar(self) -> Any:
        bar = Wrapping(self)
        for key, text, command, tip in (
            ("start", "Start", self.actions.start, "Start training with the settings as they are now (F5)."),
            ("pause", "Pause", self.actions.pause_or_resume, "Waits after the step; nothing is lost."),
            ("stop", "Stop", self.actions.stop, "Ends the run after the step; asks whether to keep the result."),
            ("sample", "Sample now", self.actions.sample_now, "Draws every prompt after the step."),
            ("save", "Save now", self.actions.save_now, "Saves the result so far after the step."),
            ("backup", "Back up now", self.actions.back_up_now, "Keeps all that is needed to go on another day."),
            ("queue", "Add to queue", self.actions.add_to_queue, "Puts the settings at the end of the queue."),
        ):
            made = theme.button(bar, text, command, "main" if key == "start" else "plain", width=104)
            bar.lay(made)
            self.bench.tooltip.attach(made, partial(str, tip))
            self.buttons[key] = made
        return bar

    def _show_asking(self) -> None:
        """The prompt box takes no room where no run could draw."""
        self.asking.refresh()
        if self.runner.going and not self.asking.winfo_manager():
            self.asking.pack(fill="x", padx=2, pady=(0, 6), after=self.status)
        elif not self.runner.going and self.asking.winfo_manager():
            self.asking.pack_forget()

    def _show_banner(self) -> None:
        """How the last run ended, or what keeps one from starting."""
        text, colour = self._banner()
        if text != self.banner.cget("text"):
            self.banner.configure(text=text, text_color=colour)
        if text and not self.banner.winfo_manager():
            self.banner.pack(fill="x", padx=6, pady=(0, 6), before=self._panes[0])
        elif not text and self.banner.winfo_manager():
            self.banner.pack_forget()

    def _banner(self) -> tuple[str, colours.Pair]:
        if self.runner.going:
            return "", colours.DIM
        blocking = self.actions.blocking()
        if blocking:
            first = f"{where(self.bench.store.state, blocking[0].path)}: {blocking[0].message}"
            more = (
                f"  (and {len(blocking) - 1} more: click to see them)" if len(blocking) > 1 else "  (click to go there)"
            )
            return f"Before you can start: {first}{more}", colours.WARNING
        ended = self.runner.record.ended
        if ended is None:
            return "", colours.DIM
        bad = ended.outcome in ("refused", "failed")
        more = "  (click for the whole story)" if ended.trace or ended.problems else ""
        return f"{first_line(ended.message) or ended.outcome}{more}", (
            colours.ERROR if bad else colours.GOOD
        )

    def _on_banner(self) -> None:
        ended = self.runner.record.ended
        if self.actions.blocking():
            self.actions.show_blocking()
        elif ended is not None and (ended.trace or ended.problems):
            self.actions.tell_end(ended)

    def _halve(self) -> None:
        """Half of the width for each side, a quarter of the height for the log, once the page has its size."""
        across, down = self._panes
        if not self._halved and across.winfo_width() > 400 and down.winfo_height() > 200:
            self._halved = True
            across.sash_place(0, round(across.winfo_width() * 0.46), 0)
            self._give_log(0.24 if down.winfo_height() > ROOMY * theme.scaling(self) else 0.0)

    def _give_log(self, share: float) -> None:
        """So much of the height for the log; at least its heading stays."""
        scale = theme.scaling(self)
        height = min(self._panes[1].winfo_height() * share, 190 * scale)
        self._panes[1].paneconfigure(self.log, height=round(max(height, LOG_HEAD * scale)))

    def _unfold_log(self) -> None:
        """A click on its heading: half of the height, or back to a little."""
        large = self.log.winfo_height() > LOG_HEAD * theme.scaling(self) * 2
        self._give_log(0.0 if large else 0.45)

    def _colour(self) -> None:
        for panes in self._panes:
            panes.configure(background=theme.now(colours.PAGE))
