"""What Windows refuses with files, on Linux: a test sees there what most people's computers would say.

- A file that is open or mapped into memory, here or in a process started from here, is not replaced, renamed or deleted, nor
  is a folder that holds one; a mapped file is not written anew.
- A read-only file is neither replaced nor deleted; `os.rename` and a folder do not take a name that is there.
- Names hold none of <>:"|?* and no control characters, end with neither dot nor space, and are no devices.

As Python itself there: an open file is shared for reading and writing, but not for deleting
(https://learn.microsoft.com/windows/win32/fileio/creating-and-opening-files, .../fileio/naming-a-file).
"""

import builtins
import errno
import io
import os
import re
import shutil
import stat
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

DEVICE = re.compile(r"(con|prn|aux|nul|com[1-9]|lpt[1-9])\s*(\..*)?", re.IGNORECASE)
UNFIT = re.compile(r'[<>:"|?*\x00-\x1f\\]|[. ]$')
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
UNDER_RULES = (  # files of tests in which everything is done under these rules; with pytest's --windows, all are
    "modules/checkpoints/test_save.py", "modules/data/test_room.py", "modules/data/test_store.py", "modules/test_results.py",
    "modules/tools/test_convert.py", "modules/tools/test_extract.py", "modules/tools/test_merge.py",
    "modules/tools/test_resize.py", "modules/train/test_files.py", "onetrainer_clone/test_captions.py",
    "onetrainer_clone/test_masks.py", "onetrainer_clone/test_past_runs.py", "presets/test_queue.py", "presets/test_runs.py",
    "presets/test_store.py", "ui/test_many_pictures.py", "ui/test_picture_steps.py",
)  # fmt: skip
SPECIAL = ("/dev/", "/proc/", "/sys/")
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@contextmanager
def windows_rules() -> Iterator[list[str]]:
    """Inside, what Windows refuses is refused with its errors. Yields the refusals as they come: what, why, from where."""
    refused: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        _patch(patch, refused)
        yield refused


def holders(path: Any, mapped_alone: bool = False) -> list[str]:
    """What of a file, or of all below a folder, is open or mapped in this process or one that it started."""
    place = os.path.realpath(path)
    found = []
    for process in (os.getpid(), *_children(os.getpid())):
        names = _mapped(process) if mapped_alone else [*_mapped(process), *_open(process)]
        found += [f"{name} in process {process}" for name in names if name == place or name.startswith(f"{place}/")]
    return sorted(set(found))


def _children(process: int) -> list[int]:
    found: list[int] = []
    for listed in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            inner = [int(number) for number in listed.read_text(encoding="ascii").split()]
        except OSError:
            continue
        found += [one for child in inner for one in (child, *_children(child))]
    return found


def _open(process: int) -> Iterator[str]:
    folder = f"/proc/{process}/fd"
    try:
        numbers = os.listdir(folder)
    except OSError:  # it has ended
        return
    for number in numbers:
        try:
            yield os.readlink(f"{folder}/{number}")
        except OSError:
            continue


def _mapped(process: int) -> Iterator[str]:
    try:
        with io.FileIO(f"/proc/{process}/maps") as file:
            lines = file.readall().decode(errors="surrogateescape").splitlines()
    except OSError:
        return
    yield from {line.split(maxsplit=5)[5] for line in lines if " /" in line}


def is_under_rules(request: pytest.FixtureRequest) -> bool:
    """Whether a test is."""
    listed = any(request.path == Path(__file__).parent / name for name in UNDER_RULES)
    marked = listed or request.node.get_closest_marker("windows") or request.config.getoption("--windows")
    return bool(marked) and sys.platform == "linux"


class _Rules:
    """The refusals, and the system's own calls."""

    def __init__(self, refused: list[str]):
        self._refused = refused
        self.replace, self.rename, self.unlink, self.rmdir, self.mkdir = (
            os.replace, os.rename, os.unlink, os.rmdir, os.mkdir,
        )  # fmt: skip
        self.open, self.os_open = io.open, os.open

    def refuse(self, path: Any, what: str, why: str, number: int = errno.EACCES) -> None:
        kind = PermissionError if number == errno.EACCES else OSError
        where = "".join(traceback.format_stack(limit=14)[:-2])
        self._refused.append(f"{what} {os.fspath(path)!r}: {why}\n{where}")
        raise kind(number, f"Windows would refuse to {what}: {why}", os.fspath(path))

    def moves(self, path: Any, what: str) -> None:
        """The file or folder is to go from its name."""
        if held := holders(path):
            self.refuse(path, what, f"in use: {', '.join(held)}")

    def goes(self, path: Any, what: str) -> None:
        self.moves(path, what)
        if os.path.isfile(path) and not os.stat(path).st_mode & stat.S_IWUSR:
            self.refuse(path, what, "read-only")

    def named(self, path: Any, what: str) -> None:
        """Something of this name is to be made."""
        text = os.fsdecode(path)
        if text.startswith(SPECIAL):
            return
        for part in text.split("/"):
            if part not in ("", ".", "..") and (UNFIT.search(part) or DEVICE.fullmatch(part)):
                self.refuse(path, what, f"the name {part!r}", errno.EINVAL)

    def written(self, path: Any, anew: bool) -> None:
        if isinstance(path, int):
            return
        self.named(path, "write")
        if anew and os.path.exists(path) and (held := holders(path, mapped_alone=True)):
            self.refuse(path, "write", f"mapped: {', '.join(held)}", errno.EINVAL)


def _patch(patch: pytest.MonkeyPatch, refused: list[str]) -> None:
    rules = _Rules(refused)

    def replace(source: Any, target: Any, **options: Any) -> None:
        rules.moves(source, "move")
        rules.named(target, "move to")
        if os.path.isdir(target):
            rules.refuse(target, "replace", "a folder")
        if os.path.lexists(target) and not _same(source, target):
            rules.goes(target, "replace")
        rules.replace(source, target, **options)

    def rename(source: Any, target: Any, **options: Any) -> None:
        if os.path.lexists(target) and not _same(source, target):
            raise FileExistsError(errno.EEXIST, "Windows: there already", os.fspath(target))
        replace(source, target, **options)

    def unlink(path: Any, **options: Any) -> None:
        if os.path.lexists(path):
            rules.goes(path, "delete")
        rules.unlink(path, **options)

    def rmdir(path: Any, **options: Any) -> None:
        rules.moves(path, "delete")
        rules.rmdir(path, **options)

    def mkdir(path: Any, *arguments: Any, **options: Any) -> None:
        rules.named(path, "make")
        rules.mkdir(path, *arguments, **options)

    def opened(file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        if set(mode) & set("wax+"):
            rules.written(file, anew="w" in mode)
        return rules.open(file, mode, *arguments, **options)

    def os_open(path: Any, flags: int, *arguments: Any, **options: Any) -> int:
        if flags & WRITING:
            rules.written(path, anew=bool(flags & os.O_TRUNC))
        return rules.os_open(path, flags, *arguments, **options)

    calls: dict[str, Callable[..., Any]] = {
        "replace": replace, "rename": rename, "unlink": unlink, "remove": unlink, "rmdir": rmdir, "mkdir": mkdir,
        "open": os_open,
    }  # fmt: skip
    for name, call in calls.items():
        patch.setattr(os, name, call)
    patch.setattr(builtins, "open", opened)
    patch.setattr(io, "open", opened)
    patch.setattr(shutil, "_use_fd_functions", False)  # Windows deletes by path, as this sees it


def _same(source: Any, target: Any) -> bool:
    return os.path.lexists(source) and os.path.lexists(target) and os.path.samestat(os.lstat(source), os.lstat(target))
