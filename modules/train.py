"""The loop. Every detail is in a named call."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from modules.backup import restore_newest
from modules.board import Board
from modules.data import batches
from modules.data.batches import ahead, make_batch, steps
from modules.data.room import in_use
from modules.figures import Figures
from modules.memory import give_back, in_words, is_full, let_go
from modules.occasions import Occasions, rescue
from modules.patience import waiting_for_pictures
from modules.precision import accelerator
from modules.run import Run, prepare
from modules.step import NotFinite, take_step
from onetrainer_clone.advice import out_of_memory
from onetrainer_clone.events import Event, Logged, Progressed, Share, Started, Stepped, Warned
from onetrainer_clone.journal import TENSORBOARD
from onetrainer_clone.session import Controls, Emit
from onetrainer_clone.settings import UserError
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.method import PARTS
from onetrainer_clone.watch import Watch


def train(state: TrainingState, emit: Emit, controls: Controls) -> None:
    """Train a state from start to end, into the run's folder.

    Raises `UserError` for what the person can mend and `Stopped` where a stop came before the first step.
    """
    try:
        with accelerator(state) as accelerated, in_use(state.cache_folder), _recorded(state, emit) as emit_and_record:
            learn(prepare(state, accelerated, emit_and_record, controls))
    finally:
        give_back()


def learn(run: Run) -> None:
    """The steps, and what happens around them."""
    figures = Figures(run)
    done = _resume(run, figures) if run.state.resume else 0
    _started(run, done, figures.elapsed_seconds if done else 0.0)
    occasions, watch = Occasions(run, figures), Watch(run.state, run.plan)
    if done == 0:
        occasions.start()
    make = partial(make_batch, run.state, run.model, run.latents)
    skipped = 0
    try:
        with ahead(steps(run.state, run.training, run.plan.steps, make, done), partial(_goes_on, run)) as ready:
            run.emit(Progressed("training"))
            figures.pace.begin()
            for step in () if run.controls.stopping else ready:
                result = take_step(run, step, skipped)
                done, skipped = step.number, skipped + 1 if result.skipped else 0
                _tell(run, watch, figures.stepped(step, result))
                occasions.after(step)
                _pause(run, occasions, done)
                if run.controls.stopping:
                    break
                figures.pace.begin()
    except NotFinite as error:
        raise NotFinite(f"{error}. {rescue(run, done)}") from None
    except Exception as error:
        if is_full(error):
            run.optimizer.zero_grad(set_to_none=True)
            let_go(error)
            relief = out_of_memory(run.state, run.plan)
            raise UserError(f"step {done + 1}: {in_words(error)}. What would help: {relief}. {rescue(run, done)}") from None
        run.emit(Warned(rescue(run, done)))
        raise
    if done:
        occasions.end(done)


def _resume(run: Run, figures: Figures) -> int:
    """Go back to the newest backup; returns the steps that were done."""
    position = restore_newest(run, Path(run.state.resume))
    figures.restore(position.figures)
    return position.step


def _started(run: Run, done: int, elapsed: float) -> None:
    state, plan = run.state, run.plan
    names = tuple(folder.concept.name for folder in run.training)
    shares = tuple(
        Share(c.name, c.role, c.share_of_samples, c.share_of_loss_weight) for c in plan.concepts if c.name in names
    )
    run.emit(Started(state.run_name, str(state.run_folder), plan.steps, plan.epochs, names, done, shares, elapsed))
    if plan.adapter and not run.state.adapter.source:
        run.emit(Logged(f"Training a {plan.adapter}, on {run.model.device}"))
        return
    count = sum(parameter.numel() for parameter in run.trained.parameters)
    parts = ", ".join(f"{len(found):,} tensors of the {PARTS[part]}" for part, found in run.trained.parts.items())
    run.emit(Logged(f"Training {count:,} weights in {parts}, on {run.model.device}"))


def _tell(run: Run, watch: Watch, event: Stepped) -> None:
    run.emit(event)
    for sentence in watch.after(event):
        run.emit(Warned(sentence))


def _goes_on(run: Run, seconds: float) -> bool:
    """Whether to wait on for a step that has not come for so many seconds."""
    waiting_for_pictures(run.emit, seconds, seconds - batches.LOOK_SECONDS)
    return not run.controls.stopping


def _pause(run: Run, occasions: Occasions, step: int) -> None:
    """Wait; what the person asks for meanwhile is done from the weights as they are."""
    if run.controls.paused:
        run.emit(Progressed("paused"))
        while run.controls.wait_while_paused():
            occasions.asked(step)
            run.emit(Progressed("paused"))
        run.emit(Progressed("training"))


@contextmanager
def _recorded(state: TrainingState, emit: Emit) -> Iterator[Emit]:
    """An `emit` that TensorBoard hears too. If it fails, that is said once, and the run goes on without it."""
    if not state.saving.tensorboard:
        yield emit
        return
    boards = [Board(state.run_folder / TENSORBOARD)]

    def both(event: Event) -> None:
        emit(event)
        for board in tuple(boards):
            attempt(board, partial(board, event))

    def attempt(board: Board, act: Callable[[], object]) -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001 - it is only a second record of the figures
            boards.remove(board)
            emit(Warned(f"TensorBoard's files could not be written any further: {error}"))

    try:
        yield both
    finally:
        for board in tuple(boards):
            attempt(board, board.close)
