"""How large a window for pictures opens: as the person left it, else as large as the screen has room for."""

import re
from contextlib import suppress
from typing import Any, NamedTuple

import customtkinter as ctk

from ui import memory, theme

TITLE_BAR = 90  # px of the screen for the window's own bar and the system's


class Size(NamedTuple):
    width: float
    height: float


def size_for(window: Any, name: str, picture: Size, around: Size) -> str:
    """What `geometry` is given. `picture` in px of the screen, what is `around` it in px at 100 %."""
    scale, given = theme.scaling(window), ctk.ScalingTracker.get_window_scaling(window)
    wanted = Size(picture.width + around.width * scale, picture.height + around.height * scale)
    if kept := memory.last_size(name):
        wanted = Size(kept[0] * given, kept[1] * given)
    width = min(wanted.width, window.winfo_screenwidth() - 20)
    height = min(wanted.height, window.winfo_screenheight() - TITLE_BAR)
    return f"{round(width / given)}x{round(height / given)}"


def keep_size(window: Any, name: str) -> None:
    """For the next time. A size that cannot be kept is no harm."""
    found = re.match(r"(\d+)x(\d+)", window.geometry())
    if found and int(found[1]) >= 200 and int(found[2]) >= 200:  # it was on the screen
        with suppress(OSError):
            memory.keep_size(name, (int(found[1]), int(found[2])))
