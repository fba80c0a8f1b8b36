"""What the person can do with a run, and what is asked before it. The same for buttons, keys and closing the window."""

from collections.abc import Callable

from onetrainer_clone.events import Ended
from onetrainer_clone.settings import Invalid, Problem
from onetrainer_clone.state import check, errors
from ui.dialogs import Option
from ui.run.runner import Runner
from ui.words import where
from ui.workbench import Workbench

STOP = (Option("on", "Go on training"), Option("discard", "Discard", "danger"), Option("save", "Save and stop", "main"))


class Actions:
    def __init__(self, bench: Workbench, runner: Runner, add_to_queue: Callable[[], None]):
        self.add_to_queue = add_to_queue
        self._bench, self._runner = bench, runner
        runner.ended.connect(self._on_ended)

    def start(self) -> None:
        """Start, or list all that keeps the run from starting."""
        if self._runner.going:
            return
        try:
            self._runner.start()
        except Invalid as error:
            self._list(error.problems)
        else:
            self._bench.go("run")

    def blocking(self) -> list[Problem]:
        """What keeps a run from starting, as far as it is known without looking."""
        return [*self._bench.store.rejected_problems(), *errors(list(self._bench.findings.problems))]

    def show_blocking(self) -> None:
        self._list((*self._bench.store.rejected_problems(), *check(self._bench.store.state)))

    def pause_or_resume(self) -> None:
        self._runner.pause(not self._runner.paused)

    def stop(self) -> bool:
        """Ask, then stop; True where the run ends (or none goes on)."""
        if not self._runner.going:
            return True
        if not self._runner.stopping:
            message = "The run can be stopped after the step that it is in. What it has learned so far can be saved."
            chosen = self._bench.ask.choose("Stop training?", message, STOP)
            if chosen in (None, "on"):
                return not self._runner.going
            self._runner.stop(save=chosen == "save")
        return True

    def sample_now(self) -> None:
        if self._runner.going:
            self._runner.controls.wish("sample")

    def save_now(self) -> None:
        if self._runner.going:
            self._runner.controls.wish("save")

    def back_up_now(self) -> None:
        if self._runner.going:
            self._runner.controls.wish("back up")

    def tell_end(self, ended: Ended) -> None:
        """How a run ended that did not end well: its sentence, the way out, the trace on demand."""
        title = "The run did not start" if ended.outcome == "refused" else "The run failed"
        message = "\n".join(ended.problems) or ended.message
        if ended.outcome == "failed":
            message += "\n\nThis is a fault of ours. The window stays usable; you can start again."
        if ended.path:
            message += f"\n\nThe result so far is in {ended.path}."
        self._bench.ask.tell(title, message, ended.trace)

    def _on_ended(self, ended: Ended) -> None:
        if ended.outcome in ("refused", "failed") and not self._runner.quiet:
            self.tell_end(ended)

    def _list(self, problems: tuple[Problem, ...]) -> None:
        """All problems, each with its place; the person can go to one."""
        state = self._bench.store.state
        ordered = sorted(problems, key=lambda problem: problem.severity != "error")
        named = [(problem, where(state, problem.path)) for problem in ordered]
        message = "These have to be mended first. Click one to go to its field."
        if (wanted := self._bench.ask.problems("The run cannot start yet", message, named)) is not None:
            self._bench.go(wanted.path)
