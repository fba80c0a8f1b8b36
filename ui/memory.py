"""What the window remembers from one start to the next: the last state, its size, theme and scaling."""

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import platformdirs

from onetrainer_clone import paths
from onetrainer_clone.settings import UserError
from onetrainer_clone.state import TrainingState
from presets import store as preset_store
from presets.codec import decode, encode

GEOMETRY = re.compile(r"\d{2,5}x\d{2,5}(\+-?\d{1,5}\+-?\d{1,5})?")  # a monitor at the left has negative places


@dataclass(frozen=True)
class View:
    """How the window looks."""

    geometry: str = "1100x740"  # while it is not maximized
    theme: str = ""  # 'light' or 'dark'; empty: as the system
    scaling_percent: int = 100
    basic: bool = True
    maximized: bool = False


def folder() -> Path:
    return (paths.home() or platformdirs.user_data_path(paths.APP)) / "window"


def log_file() -> Path:
    return folder() / "window.log"


def keep_state(state: TrainingState) -> None:
    """Keep the state for the next start, whole or not at all. Raises OSError."""
    paths.write_whole(folder() / "state.json", json.dumps({"preset": state.preset, "state": json.loads(encode(state))}))


def last_state() -> tuple[TrainingState, TrainingState] | None:
    """The state of the last start, and the preset that it was made from; None where there is none to be read."""
    try:
        kept = json.loads((folder() / "state.json").read_bytes())
        state = decode(json.dumps(kept["state"]), str(kept["preset"]))
    except (OSError, ValueError, KeyError, TypeError, UserError):
        return None
    return state, _preset_of(state)


def _preset_of(state: TrainingState) -> TrainingState:
    """What the state's preset holds; the defaults where it is gone, so that all of the state counts as unsaved."""
    try:
        return preset_store.find(state.preset).load() if state.preset else TrainingState()
    except UserError:
        return TrainingState(preset=state.preset)


def mark_open(run: str = "") -> None:
    """Note that a window is open, and which run goes on in it. Raises OSError."""
    paths.write_whole(folder() / "open.json", json.dumps({"process": os.getpid(), "run": run}))


def mark_closed() -> None:
    """Note that the window was closed as it should be. Raises OSError."""
    (folder() / "open.json").unlink(missing_ok=True)


def left_open() -> str | None:
    """The run that went on when a window ended without being closed, '' where none did; None where nothing did."""
    try:
        kept = json.loads((folder() / "open.json").read_bytes())
        process, run = int(kept["process"]), str(kept["run"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    import psutil  # here: most starts do without it

    return None if psutil.pid_exists(process) else run


def keep_colours(places: Mapping[str, int]) -> None:
    """Keep which concept has which colour. Raises OSError."""
    paths.write_whole(folder() / "colours.json", json.dumps(dict(places)))


def last_colours() -> dict[str, int]:
    try:
        kept = json.loads((folder() / "colours.json").read_bytes())
        return {str(name): int(place) for name, place in kept.items() if int(place) >= 0}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def keep_asked(prompts: Sequence[Mapping[str, str]]) -> None:
    """Keep what the prompt box of the run view was asked for, the newest last. Raises OSError."""
    paths.write_whole(folder() / "asked.json", json.dumps([dict(one) for one in prompts]))


def last_asked() -> list[dict[str, str]]:
    try:
        kept = json.loads((folder() / "asked.json").read_bytes())
        return [{str(name): str(text) for name, text in one.items()} for one in kept]
    except (OSError, ValueError, TypeError, AttributeError):
        return []


def keep_charts(charts: Sequence[Mapping[str, Any]]) -> None:
    """Keep what the charts of a run show, the upper one first. Raises OSError."""
    paths.write_whole(folder() / "charts.json", json.dumps([dict(one) for one in charts]))


def last_charts() -> list[dict[str, Any]]:
    try:
        return [dict(one) for one in json.loads((folder() / "charts.json").read_bytes())]
    except (OSError, ValueError, TypeError):
        return []


def keep_size(window: str, size: tuple[int, int]) -> None:
    """Keep how large a window beside the main one was. Raises OSError."""
    sizes = {**_sizes(), window: size}
    paths.write_whole(folder() / "sizes.json", json.dumps(sizes))


def last_size(window: str) -> tuple[int, int] | None:
    return _sizes().get(window)


def _sizes() -> dict[str, tuple[int, int]]:
    try:
        kept = json.loads((folder() / "sizes.json").read_bytes())
        return {str(name): (int(width), int(height)) for name, (width, height) in kept.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def keep_view(view: View) -> None:
    paths.write_whole(folder() / "view.json", json.dumps(asdict(view)))


def last_view() -> View:
    try:
        kept: dict[str, Any] = json.loads((folder() / "view.json").read_bytes())
        view = View(**{field.name: kept[field.name] for field in fields(View) if field.name in kept})
        sound = 50 <= view.scaling_percent <= 300 and GEOMETRY.fullmatch(view.geometry)
        return view if sound else View()
    except (OSError, ValueError, TypeError, AttributeError):
        return View()
