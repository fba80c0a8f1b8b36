"""Where the backups of a run lie. What is in them only the trainer knows."""

from pathlib import Path

PREFIX, TENSORS, REST = "step", "tensors.safetensors", "backup.json"


def backups(folder: Path) -> list[Path]:
    """The complete backups in a folder, oldest first. A half-made one has another name, so it is never among them."""
    found = folder.glob(f"{PREFIX}[0-9]*") if folder.is_dir() else ()
    return sorted(path for path in found if (path / REST).is_file() and (path / TENSORS).is_file())
