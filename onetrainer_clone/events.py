"""What a run tells while it goes on. Frozen plain data: they cross a thread, a process or a file as they are.

Every run ends with exactly one `Ended`, sent by the session, also after a crash; front ends finish on it.
"""

import dataclasses
import math
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_args

from pydantic import TypeAdapter

from onetrainer_clone.inspection import Report
from onetrainer_clone.settings import Problem

Weights = Literal["live", "ema"]
Outcome = Literal["done", "stopped", "refused", "failed"]
Activity = Literal[
    "starting", "loading", "scanning", "caching", "preparing", "training", "sampling", "validating", "saving", "paused",
    "tool",
]  # fmt: skip
WAITING_FOR_ROOM = "waiting for room"  # the detail of a save that is tried again until there is some


@dataclass(frozen=True)
class Share:
    """How much of a run one trained concept gets, 0 to 1."""

    concept: str
    role: str
    samples: float
    loss_weight: float


@dataclass(frozen=True)
class Started:
    """The run begins: where its files go and how long it is planned to be. Sent once, before the first Stepped."""

    name: str
    folder: str
    steps: int
    epochs: int
    concepts: tuple[str, ...]
    first_step: int = 0
    shares: tuple[Share, ...] = ()
    elapsed_seconds: float = 0.0  # that a resumed run took up to its backup


@dataclass(frozen=True)
class Progressed:
    """What the run is busy with, and how far that has come (total 0: not known)."""

    activity: Activity
    done: int = 0
    total: int = 0
    detail: str = ""
    picture: int = 0  # which one is drawn, from 1; `done` and `total` count denoising steps then
    pictures: int = 0


@dataclass(frozen=True)
class Cached:
    """The pictures are encoded: how many views had to be, of how many pictures; what lay there from before is reused."""

    encoded: int
    pictures: int


@dataclass(frozen=True)
class Stepped:
    """One optimizer step. Losses are means over the step's samples, before concept and timestep weights."""

    step: int
    epoch: int
    loss: float  # as optimized: with concept and timestep weights
    smoothed_loss: float
    concept_loss: dict[str, float]  # of the concepts in this step
    smoothed_concept_loss: dict[str, float]  # of all concepts so far
    learning_rate: dict[str, float]  # per part, times d for Prodigy
    gradient_norm: float
    weight_change: float | None = None  # ||dW|| / ||W|| since the start, where it was measured at this step
    ema_distance: float | None = None  # ||ema - live|| / ||live||
    rounded_away: float | None = (
        None  # share of bfloat16 weights that this step would not change, rounded to the nearest
    )
    skipped_steps: int = 0  # of the run so far: the loss scaler left them out, so they changed nothing
    samples_per_second: float = 0.0
    steps_per_second: float = 0.0
    memory_mib: float = 0.0
    device_memory_mib: float | None = None  # what the tensors on the GPU take
    device_memory_peak_mib: float | None = None  # the most that was taken from the GPU so far
    device_memory_total_mib: float | None = None  # what the GPU has
    seconds_left: float | None = None
    elapsed_seconds: float = 0.0  # of the run so far, with what it did beside its steps; of a resumed one since its start


@dataclass(frozen=True)
class Sampled:
    """A picture was drawn. `index` is the prompt's place in the state; -1 for one asked for by hand."""

    step: int
    index: int
    prompt: str
    seed: int
    weights: Weights
    path: str


@dataclass(frozen=True)
class Validated:
    """The loss of every validation concept, at fixed noise and timesteps."""

    step: int
    weights: Weights
    concept_loss: dict[str, float]


@dataclass(frozen=True)
class Saved:
    """A file of the result was written. `wanted` is its folder where that could not be written."""

    step: int
    path: str
    final: bool = False
    wanted: str = ""


@dataclass(frozen=True)
class BackedUp:
    """Everything that the run needs to be resumed was written."""

    step: int
    path: str


@dataclass(frozen=True)
class Warned:
    """Something that the person should know; the run goes on. `path` is the setting that it is about."""

    message: str
    path: str = ""


@dataclass(frozen=True)
class Logged:
    """A line for the log; a note tells what a setting does or costs."""

    message: str
    note: bool = False
    path: str = ""  # of the setting that it is about


@dataclass(frozen=True)
class Inspected:
    """What a tool found out about a file."""

    report: Report


@dataclass(frozen=True)
class Ended:
    """The run is over. `message` is a sentence for the person; `trace` is there only after a fault of ours."""

    outcome: Outcome
    message: str = ""
    path: str = ""  # the saved result, where there is one
    trace: str = ""
    problems: tuple[Problem, ...] = ()  # each setting that kept it from going on


Event = (
    Started | Progressed | Cached | Stepped | Sampled | Validated | Saved | BackedUp | Warned | Logged | Inspected | Ended
)


@cache
def _adapters() -> dict[str, TypeAdapter[Any]]:
    """By class name. Made when the first event is read back: it takes long, and a window that opens reads none."""
    return {kind.__name__: TypeAdapter(kind) for kind in get_args(Event)}


def to_json(event: Event) -> dict[str, Any]:
    """The event as plain JSON data; its class name stands under 'event'. NaN and infinity, which JSON lacks, as text."""
    return {"event": type(event).__name__, **_plain(dataclasses.asdict(event))}


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return {key: _plain(part) for key, part in value.items()} if isinstance(value, dict) else value


def from_json(data: object) -> Event | None:
    """The event again; None for what this version does not know. Raises ValueError for one whose values are wrong."""
    if not isinstance(data, dict):
        return None
    adapter = _adapters().get(str(data.get("event")))
    return adapter.validate_python({k: v for k, v in data.items() if k not in ("event", "time")}) if adapter else None
