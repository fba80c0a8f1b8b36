"""What windows remember from one start to the next: size, theme, scaling, colours. Their settings: `ui.seat`."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import platformdirs

from onetrainer_clone import paths

T = TypeVar("T")
THEMES = ("", "light", "dark")
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


def read(name: str, made: Callable[[Any], T], otherwise: T) -> T:
    """What a file holds; `otherwise` where there is none, or none that we wrote."""
    try:
        return made(json.loads((folder() / name).read_bytes()))
    except (OSError, ValueError, TypeError, AttributeError, KeyError, ArithmeticError, RecursionError):
        return otherwise


def keep_colours(places: Mapping[str, int]) -> None:
    """Keep which concept has which colour. Raises OSError."""
    paths.write_whole(folder() / "colours.json", json.dumps(dict(places)))


def last_colours() -> dict[str, int]:
    return read(
        "colours.json", lambda kept: {str(name): int(place) for name, place in kept.items() if int(place) >= 0}, {}
    )


def keep_asked(prompts: Sequence[Mapping[str, str]]) -> None:
    """Keep what the prompt box of the run view was asked for, the newest last. Raises OSError."""
    paths.write_whole(folder() / "asked.json", json.dumps([dict(one) for one in prompts]))


def last_asked() -> list[dict[str, str]]:
    return read(
        "asked.json", lambda kept: [{str(name): str(text) for name, text in one.items()} for one in kept], []
    )


def keep_charts(charts: Sequence[Mapping[str, Any]]) -> None:
    """Keep what the charts of a run show, the upper one first. Raises OSError."""
    paths.write_whole(folder() / "charts.json", json.dumps([dict(one) for one in charts]))


def last_charts() -> list[dict[str, Any]]:
    return read("charts.json", lambda kept: [dict(one) for one in kept], [])


def keep_size(window: str, size: tuple[int, int]) -> None:
    """Keep how large a window beside the main one was. Raises OSError."""
    sizes = {**_sizes(), window: size}
    paths.write_whole(folder() / "sizes.json", json.dumps(sizes))


def last_size(window: str) -> tuple[int, int] | None:
    return _sizes().get(window)


def _sizes() -> dict[str, tuple[int, int]]:
    return read(
        "sizes.json", lambda kept: {str(name): (int(width), int(height)) for name, (width, height) in kept.items()}, {}
    )


def keep_view(view: View) -> None:
    paths.write_whole(folder() / "view.json", json.dumps(asdict(view)))


def last_view() -> View:
    return read("view.json", _view, View())


def _view(kept: dict[str, Any]) -> View:
    """Raises ValueError or TypeError for what no window of ours wrote."""
    view = View(**{field.name: kept[field.name] for field in fields(View) if field.name in kept})
    sound = 50 <= view.scaling_percent <= 300 and GEOMETRY.fullmatch(view.geometry) and view.theme in THEMES
    if not sound:
        raise ValueError("no view")
    return view
