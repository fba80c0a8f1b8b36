"""The workspaces that runs were started in, so that runs under an earlier one are found again."""

import json
from pathlib import Path

import platformdirs

from onetrainer_clone.paths import APP, home, write_whole

MOST = 50


def remember(workspace: Path) -> None:
    """Put a workspace in front of the others. What cannot be kept costs a line of a list, not the run: no error."""
    wanted = str(workspace.absolute())
    kept = _kept()
    if kept[:1] == [wanted]:
        return
    try:
        write_whole(_file(), json.dumps([wanted, *(path for path in kept if path != wanted)][:MOST]))
    except OSError:
        return


def known() -> list[Path]:
    """Those that are there now, the last one used first."""
    return [path for text in _kept() if _is_there(path := Path(text))]


def _is_there(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _kept() -> list[str]:
    try:
        found = json.loads(_file().read_bytes())
    except (OSError, ValueError):
        return []
    return [text for text in found if isinstance(text, str)] if isinstance(found, list) else []


def _file() -> Path:
    return (home() or platformdirs.user_data_path(APP)) / "workspaces.json"
