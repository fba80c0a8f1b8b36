"""Where things lie: the person's folders, the embedded demo, and how a path in a setting is read."""

import errno
import heapq
import itertools
import os
import re
import shutil
import stat
import time
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, TypeVar

import platformdirs

T = TypeVar("T")
APP = "onetrainer-clone"
DEMO = Path(__file__).parent / "demo"
SORTED_AT_ONCE = 4000  # names
HELD_SECONDS = 2.0 if os.name == "nt" else 0.0  # that a virus scanner, or a drive that synchronizes, may hold a file
AGAIN_SECONDS = 0.05
ASIDE = ".old"  # ends the name of a folder that is being replaced
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
    path = Path(os.path.expandvars(text))
    try:
        return path.expanduser()
    except RuntimeError:  # '~name' of nobody here: then it is a folder's name
        return path


_RESERVED = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"}
_RESERVED |= {f"{name}{digit}" for name in ("COM", "LPT") for digit in "123456789¹²³"}
_numbers = itertools.count()


def name_problem(name: str) -> str:
    """Why a name cannot be a file's name on Windows, macOS and Linux alike; empty where it can."""
    if not name.strip():
        return "must not be empty"
    if re.search(r'[\\/:*?"<>|\x00-\x1f\x7f]', name):
        return f'must be a plain name, not a path, without \\ / : * ? " < > | (was {name!r})'
    if name.strip(" .") != name:
        return f"must not begin or end with a space or a dot (was {name!r})"
    if name.split(".")[0].strip().upper() in _RESERVED:
        return f"is a name that Windows keeps for itself (was {name!r})"
    if re.search(r"[\ud800-\udfff]", name):
        return f"must be text; it holds bytes that are no characters (was {name!r})"
    if (size := len(name.encode())) > 150:
        return (
            f"is too long for a file's name: shorten it to 150 bytes (was {size}; a letter beyond a to z takes 2 to 4)"
        )
    return ""


def shown(name: str) -> str:
    """A file's name for a sentence: line breaks, control characters and bytes that are no text are escaped."""
    hidden = ("Cc", "Cs", "Zl", "Zp")
    return "".join(c.encode("unicode_escape").decode() if unicodedata.category(c) in hidden else c for c in name)


def listed(names: Sequence[str], most: int = 3) -> str:
    """The first names and how many more there are, for a sentence."""
    first = ", ".join(f"'{name}'" for name in names[:most])
    return first if len(names) <= most else f"{first} and {len(names) - most} more"


def require_regular(path: Path) -> int:
    """A file's size in bytes. Raises OSError where it is gone or no regular file: to open a pipe may wait for ever."""
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a regular file", os.fspath(path))
    return status.st_size


def write_file(path: Path, write: Callable[[BinaryIO], None]) -> None:
    """Write a file beside its name, flush it, then rename it: it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{os.getpid()}-{next(_numbers)}.part")  # short: the name itself may be as long as can be
    try:
        with beside.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        move(beside, path)
    finally:
        with suppress(OSError):  # as it should, it is gone
            patiently(beside.unlink)


def move(source: Path, target: Path) -> None:
    """Rename within a drive; a file of the target's name is replaced. Raises OSError."""
    patiently(lambda: os.replace(source, target), target)


def remove(path: Path) -> None:
    """Delete a file, if it is there. Raises OSError."""
    patiently(lambda: path.unlink(missing_ok=True), path)


def patiently(act: Callable[[], T], goes: Path | None = None) -> T:
    """Move, delete or read. Windows moves and deletes nothing that any program has open, and opens nothing at the moment
    in which it is replaced, so it is tried for a while there. What `goes` stays for good where it is read-only."""
    until = time.monotonic() + HELD_SECONDS
    while True:
        try:
            return act()
        except PermissionError:
            if time.monotonic() >= until or (goes is not None and _is_read_only(goes)):
                raise
        time.sleep(AGAIN_SECONDS)


def _is_read_only(path: Path) -> bool:
    try:
        return not os.stat(path).st_mode & stat.S_IWUSR
    except OSError:
        return False


def put_in_place(made: Path, folder: Path) -> None:
    """Give a folder its name; one that has it already is removed, but only afterwards. Where OSError is raised it stays."""
    aside = folder.with_name(f".{folder.name}{ASIDE}")
    shutil.rmtree(aside, ignore_errors=True)
    if replaced := folder.exists():
        move(folder, aside)
    try:
        move(made, folder)
    except OSError:
        if replaced:
            move(aside, folder)
        raise
    shutil.rmtree(aside, ignore_errors=True)


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


def in_order(names: Sequence[str]) -> Iterable[str]:
    """The names, sorted. Many are sorted in pieces that are merged: one sort of 100,000 holds up every other thread."""
    pieces = [sorted(names[at : at + SORTED_AT_ONCE]) for at in range(0, len(names), SORTED_AT_ONCE)]
    return pieces[0] if len(pieces) == 1 else heapq.merge(*pieces)
