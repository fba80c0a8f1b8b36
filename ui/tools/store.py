"""The settings of the tools: edited like those of a run, kept from one start to the next, each tool in its own file."""

import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import cast

from onetrainer_clone.paths import write_whole
from onetrainer_clone.settings import Settings, UserError, changed, load
from onetrainer_clone.state import TrainingState
from ui import memory
from ui.background import Background
from ui.store import StateStore

KEEP_SECONDS = 1.0  # after the last change
PERMISSIONS = {"overwrite"}  # are given for the time being


class ToolStore(StateStore):
    """The settings of a tool. They come from no preset, so nothing in them differs from one."""

    def __init__(self, settings: Settings):
        super().__init__(cast(TrainingState, settings))

    @property
    def settings(self) -> Settings:
        return self.state

    def _go(self, state: TrainingState) -> None:
        self.saved = state
        super()._go(state)

    def _named(self, state: TrainingState) -> TrainingState:
        return state


class ToolStores:
    """Of all tools, by name. What changes is on the disk a moment later, so that a crash costs no more than that."""

    def __init__(self, writer: Background, clock: Callable[[], float] = time.monotonic):
        self._stores: dict[str, ToolStore] = {}
        self._unkept: dict[str, float] = {}  # when each was last changed
        self._writer, self._clock = writer, clock
        self._told = False

    def of(self, name: str, settings: type[Settings]) -> ToolStore:
        """With what the person left in it; what cannot be read, such as of another version, begins anew."""
        if name not in self._stores:
            self._stores[name] = store = ToolStore(_read(_file(name), settings))
            store.changed.connect(lambda before, after: self._on_change(name) if before != after else None)
        return self._stores[name]

    def poll(self) -> None:
        """Keep what has not changed for a moment."""
        now = self._clock()
        for name in [name for name, since in self._unkept.items() if now - since >= KEEP_SECONDS]:
            self._keep(name)

    def keep(self) -> None:
        """All of it, now."""
        for name in tuple(self._unkept):
            self._keep(name)

    def _on_change(self, name: str) -> None:
        self._unkept[name] = self._clock()

    def _keep(self, name: str) -> None:
        del self._unkept[name]
        kept = changed(self._stores[name].settings)
        data = json.dumps({key: value for key, value in kept.items() if key not in PERMISSIONS})
        work = partial(write_whole, _file(name), data)
        self._writer.submit(f"tool {name}", work, lambda _nothing: None, self._on_unkept)

    def _on_unkept(self, error: Exception) -> None:
        """Once: a full disk stays full."""
        if not self._told:
            self._told = True
            raise UserError(f"What you fill into the tools cannot be kept for the next start: {error}") from None


def _file(name: str) -> Path:
    return memory.folder() / "tools" / f"{name}.json"


def _read(path: Path, settings: type[Settings]) -> Settings:
    try:
        return load(settings, json.loads(path.read_bytes()))
    except (OSError, ValueError, UserError):
        return settings()
