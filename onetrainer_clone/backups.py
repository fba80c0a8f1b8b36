"""Where the backups of a run lie. What is in them only the trainer knows."""

import os
from contextlib import suppress
from pathlib import Path

from onetrainer_clone.paths import ASIDE

PREFIX, TENSORS, REST = "step", "tensors.safetensors", "backup.json"


def backups(folder: Path) -> list[Path]:
    """The complete backups in a folder, oldest first. A half-made one has another name, so it is never among them."""
    _put_back(folder)
    found = folder.glob(f"{PREFIX}[0-9]*") if os.path.isdir(folder) else ()
    return sorted(path for path in found if os.path.isfile(path / REST) and os.path.isfile(path / TENSORS))


def _put_back(folder: Path) -> None:
    """Where a replacement was killed between its two renames, the one that was to be replaced is there again."""
    for aside in folder.glob(f".{PREFIX}[0-9]*{ASIDE}") if os.path.isdir(folder) else ():
        backup = folder / aside.name.removeprefix(".").removesuffix(ASIDE)
        if not os.path.exists(backup):
            with suppress(OSError):
                os.replace(aside, backup)
