"""The Run tab: start and stop, and everything that a run shows while it goes on."""

from functools import partial
from typing import Any

import customtkinter as ctk

from onetrainer_clone.state import TrainingState
from ui import colours, planned, theme
from ui.actions import Actions
from ui.background import Background
from ui.run.balance import BalanceStrip
from ui.run.chart import Chart
from ui.run.charts import Charts
from ui.run.log import LogView
from ui.run.panes import Panes, needs
from ui.run.runner import Runner
from ui.run.samples import Samples
from ui.run.status import Status
from ui.run.viewer import Viewer
from ui.runs.ask_box import AskBox
from ui.runs.toolbar import Wrapping
from ui.strip import Strip
from ui.tabs.page import Page
from ui.words import first_line, in_words, where
from ui.workbench import Workbench

EDITED = "You have changed settings since this run began: it goes on with its own, the changes count for the next run."

PLAN, ROOMY = 40, 620  # px at 100 %: that the plan's sentence takes; the page's height that has room for its bars, too


class RunPage(Page):
    def __init__(self, parent: Any, bench: Workbench, runner: Runner, actions: Actions, background: Background):
        super().__init__(parent, bench)
        self.runner, self.actions = runner, actions
        self.buttons: dict[str, Any] = {}
        self._toolbar().pack(fill="x", padx=2, pady=(0, 6))
        self.status = Status(self)
        self.status.pack(fill="x", padx=2, pady=(0, 6))
        self.asking = AskBox(self, bench, runner)
        self.banner = ctk.CTkLabel(self, text="", anchor="w", justify="left", cursor="hand2")
        theme.wrap(self.banner, self, less=20)
        self.banner.bind("<Button-1>", lambda _event: self._on_banner())
        self.panes = Panes(self)
        self.charts = Charts(self.panes, background, bench.colours, bench.ask)
        self.charts.counted.connect(self.needs_changed)
        self.log = LogView(self.panes)
        self.log.title.bind("<Button-1>", lambda _event: self.panes.unfold_log())
        bench.tooltip.attach(self.log.title, partial(str, "Click to make the log larger or smaller."))
        self.samples = Samples(
            self.panes, bench.pictures, lambda record, key, step: Viewer(bench.root, record, key, step)
        )
        self.panes.hold(self.charts, self.log, self.samples)
        self.balance = BalanceStrip(self, bench.colours, before=self.panes)
        self.plan = Strip(self)  # until there is a run to be seen
        self.panes.pack(fill="both", expand=True)
        self._ends = [
            runner.moved.connect(self.refresh_in_view),
            bench.findings.checked.connect(self.refresh_in_view),
            bench.findings.planned.connect(self.refresh_in_view),
            bench.store.changed.connect(lambda _before, _after: self.refresh_in_view()),
        ]

    def destroy(self) -> None:
        for end in self._ends:
            end()
        super().destroy()

    def needs(self, width: float) -> float:
        return needs(width, len(self.charts.shown)) + (PLAN if self.plan.winfo_manager() else 0)

    @property
    def chart(self) -> Chart:
        """The one that is always there."""
        return self.charts.first

    def enter(self) -> None:
        super().enter()
        self.samples.view.focus_set()  # the arrow keys go through the steps

    def tick(self) -> None:
        """Every turn of the window's loop while the page is in view: what may have been put off is drawn."""
        self._show_status()  # how long ago something was saved changes by itself
        self.charts.show(self.runner.record)
        self.balance.show(self.runner.record)
        self._show_plan()  # the page may have another height now

    def _show_status(self) -> None:
        runner = self.runner
        self.status.show(runner.record, runner.going, runner.paused, runner.stopping)

    def refresh(self) -> None:
        record, runner = self.runner.record, self.runner
        self._show_status()
        self.log.show(record)
        self.samples.show(record)
        self.charts.show(record)
        possible = dict.fromkeys(("pause", "sample", "save", "backup"), runner.listening)
        possible |= {"start": not runner.going, "stop": runner.going and (not runner.stopping or runner.waiting_for_room)}
        for key, able in possible.items():
            wanted = "normal" if able else "disabled"
            if self.buttons[key].cget("state") != wanted:
                self.buttons[key].configure(state=wanted)
        words = "Resume" if runner.paused else "Pause"
        if self.buttons["pause"].cget("text") != words:
            self.buttons["pause"].configure(text=words)
        self._show_asking()
        self._show_plan()
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
            made = self.buttons[key] = theme.button(bar, text, command, "main" if key == "start" else "plain", width=104)
            bar.lay(made)
            self.bench.tooltip.attach(made, partial(self._tip, key, tip))
        return bar

    def _tip(self, key: str, tip: str) -> str:
        """With why the button is off; with what a run would do, where it starts one."""
        off = self.buttons[key].cget("state") == "disabled"
        more = self._why_off(key) if off else planned.sentence(self.bench.findings) if key == "start" else ""
        return f"{tip}\n\n{more}" if more else tip

    def _why_off(self, key: str) -> str:
        runner = self.runner
        if key == "start":
            return "Not now: a run goes on. 'Add to queue' has another one follow it."
        if not runner.going:
            return "Not now: no run goes on here."
        return "Not now: the run stops." if runner.stopping else "Not yet: the run is only being prepared."

    def _show_asking(self) -> None:
        """The prompt box takes no room where no run could draw."""
        self.asking.refresh()
        if self.runner.going and not self.asking.winfo_manager():
            self.asking.pack(fill="x", padx=2, pady=(0, 6), after=self.status)
        elif not self.runner.going and self.asking.winfo_manager():
            self.asking.pack_forget()

    def _show_plan(self) -> None:
        """What a run would do, before the first one."""
        runner, findings = self.runner, self.bench.findings
        said = planned.sentence(findings) if runner.record.started is None and not runner.going else ""
        if said:
            roomy = self.winfo_height() >= ROOMY * theme.scaling(self)
            self.plan.show(planned.shares(self.bench) if roomy else (), said)
        if bool(said) != bool(self.plan.winfo_manager()):
            if said:
                self.plan.pack(fill="x", padx=4, pady=(0, 6), before=self.panes)
            else:
                self.plan.pack_forget()
            self.needs_changed()

    def _show_banner(self) -> None:
        """How the last run ended, or what keeps one from starting."""
        text, colour = self._banner()
        if text != self.banner.cget("text"):
            self.banner.configure(text=text, text_color=colour)
        if text and not self.banner.winfo_manager():
            self.banner.pack(fill="x", padx=6, pady=(0, 6), before=self.panes)
        elif not text and self.banner.winfo_manager():
            self.banner.pack_forget()

    def _banner(self) -> tuple[str, colours.Pair]:
        if self.runner.going:
            return (EDITED if self.runner.edited else ""), colours.DIM
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
        said = in_words(self.runner.state or TrainingState(), ended.problems)
        return f"{first_line(said[0] if said else ended.message) or ended.outcome}{more}", (
            colours.ERROR if bad else colours.GOOD
        )

    def _on_banner(self) -> None:
        ended = self.runner.record.ended
        if self.actions.blocking():
            self.actions.show_blocking()
        elif ended is not None and (ended.trace or ended.problems):
            self.actions.tell_end(ended)
