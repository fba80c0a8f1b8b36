"""What the person can do with a run, and what is asked before it. The same for buttons, keys and closing the window."""

from collections.abc import Sequence
from functools import partial

from onetrainer_clone.events import Ended
from onetrainer_clone.session import Session, Wish
from onetrainer_clone.settings import Invalid, Problem
from onetrainer_clone.state import TrainingState, check, errors
from presets.runs import begin
from ui.dialogs import Option
from ui.run.runner import Runner
from ui.runs.desk import Desk
from ui.words import begun, where
from ui.workbench import Workbench

STOP = (Option("on", "Go on training"), Option("discard", "Discard", "danger"), Option("save", "Save and stop", "main"))
STOP_AND_CLOSE = (
    Option("on", "Go on training"), Option("discard", "Discard and close", "danger"),
    Option("save", "Save and close", "main"),
)  # fmt: skip
GIVE_UP = (Option("on", "Try on"), Option("give up", "Give up", "danger"))
NO_ROOM = (
    "There is no room for the result on any drive. Free some space, and it is saved by itself.\nGiving up keeps what the "
    "run wrote before: samples, backups and results of earlier steps."
)
WHEN = "The run stops after the step that it is in."
WHAT = (
    "Saving keeps what it has learned so far, and a backup to go on from another day.\nDiscarding writes neither. "
    "What the run wrote before stays: samples, backups and results of earlier steps."
)


class Actions:
    def __init__(self, bench: Workbench, runner: Runner, desk: Desk):
        self.add_to_queue = desk.add_to_queue
        self._bench, self._runner, self._desk = bench, runner, desk
        self._started_from: object = self  # what the runner's state was when Start was pressed; nothing is awaited now
        runner.ended.connect(self._on_ended)
        runner.moved.connect(self._on_moved)

    def start(self) -> None:
        """Start, or list all that keeps the run from starting: what is checked and what the plan finds, which may take
        a while with many pictures, so both are done off the main thread."""
        if self._runner.going:
            return
        store, findings = self._bench.store, self._bench.findings
        if found := [*store.rejected_problems(), *self._desk.errors()]:
            self._list([*found, *errors(list(findings.problems))])
            return

        def gave_up(error: Exception) -> None:
            self._started_from = self
            if not isinstance(error, Invalid):
                raise error
            self._list(error.problems)

        planned = errors(list(findings.plan.problems)) if findings.up_to_date and findings.plan else None
        work = partial(_begin, state=store.state, planned=planned)
        self._started_from = self._runner.state
        self._runner.launch(self._desk.keeper, work, failed=gave_up)

    def blocking(self) -> list[Problem]:
        """What keeps a run from starting, as far as it is known without looking."""
        return [*self._bench.store.rejected_problems(), *errors(list(self._bench.findings.problems))]

    def show_blocking(self) -> None:
        """To the field where there is only one, else all of them to choose from."""
        found = self.blocking()
        if len(found) == 1 and found[0].path:
            self._bench.go(found[0].path)
        elif found:
            self._list(found)

    def pause_or_resume(self) -> None:
        self._runner.pause(not self._runner.paused)

    def stop(self, closing: bool = False) -> bool:
        """Ask, then stop; True where the run ends (or none goes on). `closing`: the window closes then."""
        if not self._runner.going:
            return True
        if self._runner.waiting_for_room:
            if self._bench.ask.choose("Give up saving the result?", NO_ROOM, GIVE_UP) != "give up":
                return False
            self._runner.stop(save=False)
        elif not self._runner.stopping:
            title = "Stop training and close the window?" if closing else "Stop training?"
            when = f"{WHEN} Then the window closes." if closing else WHEN
            chosen = self._bench.ask.choose(title, f"{when}\n\n{WHAT}", STOP_AND_CLOSE if closing else STOP)
            if chosen in (None, "on"):
                return False
            self._runner.stop(save=chosen == "save")
        return True

    def sample_now(self) -> None:
        self._wish("sample")

    def save_now(self) -> None:
        self._wish("save")

    def back_up_now(self) -> None:
        self._wish("back up")

    def _wish(self, wish: Wish) -> None:
        if self._runner.listening:
            self._runner.controls.wish(wish)

    def tell_end(self, ended: Ended) -> None:
        """How a run ended that did not end well: its sentence, the way out, the trace on demand."""
        refused = "The run ended early" if self._runner.record.progress.step else "The run did not start"
        title = refused if ended.outcome == "refused" else "The run failed"
        kept = f"The result so far is in {ended.path}.\n\n" if ended.path else ""
        if ended.problems:
            return self._list(ended.problems, title, kept)
        ours = "This is a fault of ours. The window stays usable; you can start again.\n\n"
        message = f"{begun(ended.message)}\n\n{ours if ended.outcome == 'failed' else ''}{kept}"
        self._bench.ask.tell(title, message.strip(), ended.trace)

    def _on_moved(self) -> None:
        """The Run tab comes into view when the run begins, not when it is refused."""
        if self._started_from is not self and self._runner.state is not self._started_from:
            self._started_from = self
            self._bench.go("run")

    def _on_ended(self, ended: Ended) -> None:
        if ended.outcome in ("refused", "failed") and not self._runner.quiet:
            self.tell_end(ended)
        if self._runner.record.elsewhere:
            self._desk.offers.add(self._runner.record.elsewhere)

    def _list(self, problems: Sequence[Problem], title: str = "The run cannot start yet", before: str = "") -> None:
        """All problems, each with its place; the person can go to one."""
        state = self._bench.store.state
        named = [(problem, where(state, problem.path)) for problem in problems]
        message = "This has to be mended first:" if len(named) == 1 else "These have to be mended first:"
        if (wanted := self._bench.ask.problems(title, before + message, named)) is not None:
            self._bench.go(wanted.path)


def _begin(session: Session, state: TrainingState, planned: list[Problem] | None) -> TrainingState:
    """Start the run unless something is wrong with it. `planned`: what its plan found, where that is known already."""
    planned = _plan_errors(state) if planned is None else planned
    if found := list(dict.fromkeys((*errors(check(state)), *planned))):
        raise Invalid(found)
    return begin(session, state)


def _plan_errors(state: TrainingState) -> list[Problem]:
    from onetrainer_clone.plan import make_plan  # here: it takes time to import

    try:
        return errors(list(make_plan(state).problems)) if state.active else []
    except Invalid as error:
        return list(error.problems)
