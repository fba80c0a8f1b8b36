"""Tiny models on disk and tools run on them."""

from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import nn

from modules.checkpoints.save_single_file import write_original
from modules.tools import run_tool
from onetrainer_clone.events import Event, Logged, Saved
from onetrainer_clone.families import Family
from onetrainer_clone.session import Controls
from onetrainer_clone.settings import load
from onetrainer_clone.tools import ToolSettings
from tests.modules.checkpoints.loras import parts
from tests.modules.checkpoints.tiny import tiny_folder


def write_model(path: Path, family: Family, models: dict[str, nn.Module] | None = None) -> Path:
    """A tiny model as a single file, with the folder beside it that describes it."""
    if not path.with_suffix("").exists():
        tiny_folder(family, path.with_suffix(""), vocabulary=True)
    write_original(path, family, models or parts(family), torch.float32, {})
    return path


def use(kind: type[ToolSettings], **settings: Any) -> list[Event]:
    """Run a tool; paths may be given as such."""
    plain = {name: str(value) if isinstance(value, Path) else value for name, value in settings.items()}
    events: list[Event] = []
    run_tool(load(kind, plain), events.append, Controls())
    return events


def said(events: list[Event]) -> str:
    return "\n".join(event.message for event in events if isinstance(event, Logged))


def saved(events: list[Event]) -> list[str]:
    return [event.path for event in events if isinstance(event, Saved) and event.final]


@cache
def stopped() -> Controls:
    controls = Controls()
    controls.stop()
    return controls
