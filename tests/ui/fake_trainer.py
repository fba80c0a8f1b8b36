"""A trainer that learns nothing but behaves like one: every event, real pictures, and it obeys the controls."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, ImageDraw

from onetrainer_clone.events import (
    WAITING_FOR_ROOM,
    Cached,
    Logged,
    Progressed,
    Sampled,
    Saved,
    Share,
    Started,
    Stepped,
    Warned,
)
from onetrainer_clone.journal import SAMPLES, SAVES
from onetrainer_clone.session import Controls, Emit, Stopped
from onetrainer_clone.settings import UserError
from onetrainer_clone.state import TrainingState


@dataclass
class FakeTrainer:
    """A `Train`: call it. `fail` is raised at the step `fail_at`.

    A test that looks at a run in its middle sets `hold_at`, and frees the run by `hold_at = None`: then it depends neither
    on the run's speed nor on its own. A run that is stopped or paused is held no longer.
    """

    steps: int = 20
    step_seconds: float = 0.0
    hold_at: int | None = None  # all is told up to the end of this step, then the run waits
    sample_every: int = 10
    fail_at: int | None = None
    fail: Callable[[], Exception] = lambda: ZeroDivisionError("a fault of ours")
    no_room: bool = False  # for the result, until it is given up
    wanted: str = ""  # the folder that the result should have gone to
    runs: list[TrainingState] = field(default_factory=list)

    def __call__(self, state: TrainingState, emit: Emit, controls: Controls) -> None:
        self.runs.append(state)
        names = tuple(concept.name for concept in state.trained)
        shares = tuple(Share(one.name, one.role.value, 1 / len(names), 1 / len(names)) for one in state.trained)
        emit(Started(state.run_name, str(state.run_folder), self.steps, 1, names, 0, shares))
        for done in range(0, 101, 25):
            emit(Progressed("caching", done, 100))
        emit(Cached(100, 100))
        emit(Warned("one picture was left out"))
        self._sample(state, emit, 0)
        step = 0
        for step in range(1, self.steps + 1):
            if controls.paused:
                emit(Progressed("paused"))
                while controls.wait_while_paused():
                    if controls.take("sample"):
                        self._sample(state, emit, step - 1)
            if controls.stopping:
                break
            if step == self.fail_at:
                raise self.fail()
            time.sleep(self.step_seconds)
            emit(_stepped(step, self.steps, names, self.step_seconds))
            if step % self.sample_every == 0:
                self._sample(state, emit, step)
            self._obey(state, emit, controls, step)
            while self.hold_at == step and not (controls.stopping or controls.paused):
                time.sleep(0.002)
                self._obey(state, emit, controls, step)
        if self.no_room:
            stops = controls.stops
            emit(Progressed("saving", detail=WAITING_FOR_ROOM))
            while not controls.wait_for_stop(stops, 1.0):
                pass
            raise UserError("the result could not be saved anywhere")
        if not controls.stopping or controls.save_on_stop:
            self._save(state, emit, step, final=True)
        if controls.stopping and not controls.save_on_stop:
            raise Stopped
        emit(Logged("finished"))

    def _obey(self, state: TrainingState, emit: Emit, controls: Controls, step: int) -> None:
        if controls.take("sample"):
            self._sample(state, emit, step)
        if controls.take("save"):
            self._save(state, emit, step)

    def _sample(self, state: TrainingState, emit: Emit, step: int) -> None:
        emit(Progressed("sampling"))
        folder = state.run_folder / SAMPLES
        folder.mkdir(parents=True, exist_ok=True)
        for index, prompt in enumerate(state.sampling.prompts):
            path = folder / f"{step:06}-{index}.png"
            _picture(path, index, step / max(self.steps, 1))
            emit(Sampled(step, index, prompt.text, prompt.seed, "live", str(path)))

    def _save(self, state: TrainingState, emit: Emit, step: int, final: bool = False) -> None:
        folder = state.run_folder / SAVES
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{state.run_name}-{step}.safetensors"
        path.write_bytes(b"nothing was learned")
        emit(Saved(step, str(path), final, self.wanted))


def _stepped(step: int, steps: int, names: tuple[str, ...], seconds: float) -> Stepped:
    losses = {name: (0.3 + 0.2 * place) * math.exp(-step / steps * (1 + place)) for place, name in enumerate(names)}
    loss = sum(losses.values()) / max(len(losses), 1)
    return Stepped(
        step, 0, loss, loss, losses, losses, {"unet": 1e-4}, 0.5, samples_per_second=4 / max(seconds, 0.01),
        steps_per_second=1 / max(seconds, 0.01), memory_mib=512.0, seconds_left=(steps - step) * seconds,
    )  # fmt: skip


def _picture(path: Path, index: int, done: float) -> None:
    """A circle that comes out of the grey."""
    picture = Image.new("RGB", (64, 64), (128, 128, 128))
    colour = tuple(
        round(128 + (goal - 128) * done) for goal in ((230, 60, 40), (40, 90, 220), (60, 180, 80))[index % 3]
    )
    ImageDraw.Draw(picture).ellipse((12, 12, 52, 52), fill=colour)
    picture.save(path)
