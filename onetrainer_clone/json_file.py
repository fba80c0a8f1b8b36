"""Small JSON files that describe a model, read as often as anybody asks."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from onetrainer_clone.paths import require_regular


def read_json(path: Path) -> dict[str, Any] | None:
    """A JSON object from a file; None where there is none. Remembered until the file changes."""
    try:
        status = path.stat()
        return _read_json(path, status.st_mtime_ns, status.st_size)
    except OSError:
        return None


@lru_cache(maxsize=256)
def _read_json(path: Path, _changed_ns: int, _size: int) -> dict[str, Any] | None:
    try:
        require_regular(path)
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None
