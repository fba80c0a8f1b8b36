"""customtkinter writes its fonts into ~/.fonts whenever it is imported, over the files that other windows have mapped into
their memory: a window that draws a letter at that moment is killed (SIGBUS). To be imported before customtkinter."""

import filecmp
import os
import shutil
from pathlib import Path

_copy = shutil.copy


def copy_whole(source: str, target: str) -> str:
    """As `shutil.copy`, but a file that is there already stays, and another one is exchanged as a whole."""
    place = Path(target) / Path(source).name if os.path.isdir(target) else Path(target)
    if not (place.is_file() and filecmp.cmp(source, place, shallow=False)):
        part = place.with_name(f".{place.name}.{os.getpid()}")
        _copy(source, part)
        os.replace(part, place)
    return str(place)


vars(shutil)["copy"] = copy_whole
try:
    import customtkinter  # noqa: F401 - it copies while it is imported
finally:
    vars(shutil)["copy"] = _copy
