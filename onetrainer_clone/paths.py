"""Where things lie: the person's folders, the embedded demo, and how a path in a setting is read."""

import os
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import platformdirs

APP = "onetrainer-clone"
DEMO = Path(__file__).parent / "demo"
SHIPPED_PRESETS = Path(__file__).parent.parent / "training_presets"


def home() -> Path | None:
    """ONETRAINER_HOME, one folder for presets, cache and workspace together; None where it is not set."""
    folder = os.environ.get("ONETRAINER_HOME")
    return Path(folder) if folder else None


def user_presets() -> Path:
    return (home() or platformdirs.user_data_path(APP)) / "presets"


def default_cache() -> Path:
    return home() / "cache" if home() else platformdirs.user_cache_path(APP)  # type: ignore[operator]


def default_workspace() -> Path:
    return home() / "workspace" if home() else platformdirs.user_documents_path() / APP  # type: ignore[operator]


def resolve(text: str) -> Path:
    """A path as a person writes it: '~', environment variables, and 'demo:' for the embedded demo."""
    if text.startswith("demo:"):
        return DEMO / text.removeprefix("demo:")
    return Path(os.path.expandvars(text)).expanduser()


_RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"{name}{digit}" for name in ("COM", "LPT") for digit in range(1, 10))}


def name_problem(name: str) -> str:
    """Why a name cannot be a file's name on Windows, macOS and Linux alike; empty where it can."""
    if not name.strip():
        return "must not be empty"
    if re.search(r'[\\/:*?"<>|\x00-\x1f\x7f]', name):
        return f'must be a plain name, not a path, without \\ / : * ? " < > | (was {name!r})'
    if name.strip(" .") != name:
        return f"must not begin or end with a space or a dot (was {name!r})"
    if name.split(".")[0].upper() in _RESERVED:
        return f"is a name that Windows keeps for itself (was {name!r})"
    if len(name.encode(errors="surrogateescape")) > 150:
        return "is too long for a file's name: use at most 150 bytes"
    return ""


def write_file(path: Path, write: Callable[[BinaryIO], None]) -> None:
    """Write a file beside its name, flush it, then rename it: it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{threading.get_ident() % 10_000}-{os.getpid()}.{path.name[-100:]}.part")
    try:
        with beside.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def flush_folder(folder: Path) -> None:
    """See that a rename in a folder outlasts a power cut. Windows has no such call, and needs none."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def write_whole(path: Path, data: str | bytes) -> None:
    """`write_file` for data that is there already."""

    def write(file: BinaryIO) -> None:
        file.write(data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data)

    write_file(path, write)
