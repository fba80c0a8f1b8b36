"""What a run does beside its steps: sample, validate, save; and when it is time for that."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from itertools import count
from pathlib import Path

from PIL import Image

from modules.backup import Position, back_up, rotate
from modules.checkpoints.stream import Unwritable
from modules.data.batches import Step
from modules.figures import Figures
from modules.last_save import save_somewhere
from modules.memory import is_full, let_go
from modules.patience import patient
from modules.results import write
from modules.rot import is_black, why_black
from modules.run import Run
from modules.sampling import draw_all, save_picture
from modules.validation import validate as measure
from onetrainer_clone import settings
from onetrainer_clone.backups import backups
from onetrainer_clone.events import BackedUp, Progressed, Sampled, Saved, Validated, Warned, Weights
from onetrainer_clone.journal import BACKUPS, SAMPLES, SAVES
from onetrainer_clone.session import Stopped
from onetrainer_clone.settings import UserError
from onetrainer_clone.state.common import Dtype, Every, Unit
from onetrainer_clone.state.sampling import Prompt, SampleWeights

BY_HAND = -1  # in place of the prompt's place in the state


class Timer:
    """Tells when something that happens every so often is due."""

    def __init__(self, every: Every, clock: Callable[[], float] = time.monotonic):
        self._every, self._clock = every, clock
        self._last = clock()

    def due(self, step: Step) -> bool:
        amount = self._every.amount
        match self._every.unit:
            case Unit.STEPS:
                return step.number % amount == 0
            case Unit.EPOCHS:
                return step.ends_epoch and (step.epoch + 1) % amount == 0
            case Unit.MINUTES if self._clock() - self._last >= 60 * amount:
                self._last = self._clock()
                return True
        return False


class Occasions:
    """The things that are done after a step, where they are due or asked for."""

    def __init__(self, run: Run, figures: Figures):
        self._run, self._figures = run, figures
        state = run.state
        self._sample, self._validate = Timer(state.sampling.every), Timer(state.training.validate_every)
        self._save, self._back_up = Timer(state.saving.every), Timer(state.saving.backup_every)
        self._sampled_at = -1

    def start(self) -> None:
        if self._run.validation:
            validate(self._run, 0)
        if self._run.state.sampling.at_start:
            self.sample(0)

    def after(self, step: Step) -> None:
        last = step.number == self._run.plan.steps
        if self._run.validation and (last or self._validate.due(step)):
            validate(self._run, step.number)
        self._do(step.number, self._sample.due(step), self._save.due(step) and not last, self._back_up.due(step))

    def asked(self, step: int) -> None:
        """Only what the person asked for, as in a pause."""
        self._do(step, False, False, False)

    def _do(self, step: int, sampling: bool, saving: bool, backing_up: bool) -> None:
        """What is due, and what was asked for; what is both is done once."""
        controls = self._run.controls
        if controls.take("sample") or sampling:
            self.sample(step)
        if asked := controls.asked():
            sample(self._run, step, [(BY_HAND, prompt) for prompt in asked])
        if controls.take("save") or saving:
            save(self._run, step)
        if controls.take("back up") or backing_up:
            self.back_up(step)

    def end(self, step: int) -> None:
        """After the last step, or after the one at which the person stopped the run."""
        controls = self._run.controls
        if not controls.stopping or controls.save_on_stop:
            try:
                save_final(self._run, step)
            except Exception as error:
                kept = self._kept(step)
                if isinstance(error, UserError):
                    raise UserError(f"{error}. {kept}") from error
                self._run.emit(Warned(kept))
                raise
            if controls.stopping:
                self.back_up(step)  # so that the run can go on another day
        if not controls.stopping and self._run.state.sampling.at_end and self._sampled_at != step:
            self.sample(step)

    def _kept(self, step: int) -> str:
        """What there is of a run whose result could not be saved: a backup, made now if it can be; in a sentence."""
        try:
            self.back_up(step)
        except Exception as error:  # noqa: BLE001 - the error that is being told of counts
            self._run.emit(Warned(str(error)))
        found = backups(self._run.state.run_folder / BACKUPS)
        return f"The newest backup is {found[-1]}: the run can go on from there" if found else "There is no backup"

    def back_up(self, step: int) -> None:
        """If it fails, the backups before stay, it is said, and tried again at the next occasion."""
        folder = self._run.state.run_folder / BACKUPS
        try:
            with patient(self._run.emit, f"The backup to {folder}"):
                path = back_up(self._run, folder, Position(step, self._figures.snapshot()))
                rotate(folder, self._run.state.saving.backups_kept)
        except OSError as error:
            self._run.emit(Warned(f"The backup of step {step} could not be written: {error.strerror or error}"))
        else:
            self._run.emit(BackedUp(step, str(path)))

    def sample(self, step: int) -> None:
        self._sampled_at = step
        sample(self._run, step)


def _weights(run: Run, wanted: SampleWeights) -> list[tuple[Weights, AbstractContextManager[None]]]:
    """The weights to sample or validate with, each as a context inside which they are in place."""
    live: tuple[Weights, AbstractContextManager[None]] = ("live", nullcontext())
    if run.ema is None:
        return [live]
    ema: tuple[Weights, AbstractContextManager[None]] = ("ema", run.ema.in_place())
    return {SampleWeights.LIVE: [live], SampleWeights.EMA: [ema], SampleWeights.BOTH: [live, ema]}[wanted]


def sample(run: Run, step: int, prompts: Sequence[tuple[int, Prompt]] | None = None) -> None:
    """Draw prompts (with their places in the state): those given, else all of the state.

    A stop ends it within one denoising step; a full disk costs the pictures, not the run.
    """
    if prompts is None:
        prompts = [(index, prompt) for index, prompt in enumerate(run.state.sampling.prompts) if prompt.enabled]
    for name, weights in _weights(run, run.state.sampling.weights):

        def keep(index: int, prompt: Prompt, image: Image.Image, name: Weights = name) -> None:
            path = _sample_path(run.state.run_folder / SAMPLES, step, index, name)
            with patient(run.emit, f"Writing a sample to {path.parent}"):
                save_picture(image, path, prompt, step=step, preset=run.state.preset, weights=name, run=run.state.run_name)
            run.emit(Sampled(step, index, prompt.text, prompt.seed, name, str(path)))
            if is_black(image):
                run.emit(Warned(f"The sample '{prompt.text}' of step {step} is all black: {why_black(run.state, run)}"))

        try:
            with weights, run.accelerator.autocast():
                draw_all(run.model, prompts, run.state.training.resolution, run.emit, run.controls, keep)
        except Stopped:
            return
        except (OSError, RuntimeError, MemoryError) as error:
            if is_full(error):
                let_go(error)
                run.emit(Warned("A sample does not fit into the memory: draw smaller ones. The run goes on"))
                continue
            if not isinstance(error, OSError):
                raise
            run.emit(Warned(f"The samples of step {step} could not be written: {error.strerror or error}"))


def _sample_path(folder: Path, step: int, index: int, weights: Weights) -> Path:
    """The file of a sample; those asked for by hand are counted, so that none takes another's place."""
    if index != BY_HAND:
        return folder / f"{step:07d}-{index:02d}-{weights}.png"
    paths = (folder / f"{step:07d}-asked{number:02d}-{weights}.png" for number in count())
    return next(path for path in paths if not path.exists())


def validate(run: Run, step: int) -> None:
    """Measure the validation concepts with the live weights, and with the average where there is one."""

    def going_on() -> None:
        if run.controls.stopping:
            raise Stopped

    run.emit(Progressed("validating"))
    for name, weights in _weights(run, SampleWeights.BOTH):
        try:
            with weights, run.accelerator.autocast():
                found = measure(run.state, run.model, run.validation, run.latents, run.embed, going_on)
        except Stopped:
            return
        except (RuntimeError, MemoryError) as error:
            if not is_full(error):
                raise
            let_go(error)
            return run.emit(Warned(f"The validation of step {step} does not fit into the memory. The run goes on"))
        run.emit(Validated(step, name, found))


def save(run: Run, step: int) -> None:
    """Save the result so far under the step's number; if that fails, it is said and tried again at the next occasion."""
    folder = run.state.run_folder / SAVES
    try:
        paths = write(run, folder, _ending(step), step)
    except (OSError, UserError) as error:
        why = error.strerror or error if isinstance(error, OSError) else error
        run.emit(Warned(f"The result could not be saved in {folder}: {why}. The run goes on"))
    else:
        for path in reversed(paths):  # the main one last: it is what the end of a run names
            run.emit(Saved(step, str(path)))


def _ending(step: int) -> str:
    """What a save in the middle of a run has behind its name."""
    return f"-step{step:07d}"


def save_final(run: Run, step: int) -> None:
    """Save the result; where its folder cannot be written, somewhere else that is named."""
    _save_surely(run, step, "", True)


def _save_surely(run: Run, step: int, ending: str, final: bool) -> Path:
    """Write the result somewhere, and where its type cannot hold the weights, as float32. Returns the main file."""

    def somewhere(run: Run) -> Path:
        def write_to(folder: Path) -> Sequence[Path]:
            return write(run, folder, ending, step)

        return save_somewhere(run.state, step, write_to, run.emit, run.controls, final)

    try:
        return somewhere(run)
    except Unwritable as error:
        if run.state.saving.dtype is Dtype.FP32:
            raise
        run.emit(Warned(f"{error}. The result is saved as float32 instead"))
    return somewhere(replace(run, state=settings.replace(run.state, "saving.dtype", Dtype.FP32)))


def rescue(run: Run, step: int) -> str:
    """Save the last good weights after something went wrong; returns what can be said about it."""
    if step < 1:
        return "Nothing had been learned yet, so nothing was saved."
    try:
        path = _save_surely(run, step, _ending(step), False)
    except Exception as error:  # noqa: BLE001 - the device itself may be what went wrong
        return f"The weights of step {step} could not be saved: {error}."
    return f"The weights of step {step} are in {path}."
