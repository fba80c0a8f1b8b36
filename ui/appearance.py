"""Light or dark, scaling, and the window's size: set, remembered, and never larger than the screen."""

from dataclasses import replace
from typing import Any

import customtkinter as ctk

from ui.memory import View

MINIMUM = (900, 600)


def prepare(view: View) -> None:
    """Set the scaling before there is a window: customtkinter would hold one at its first size for a second."""
    ctk.set_widget_scaling(view.scaling_percent / 100)


class Appearance:
    def __init__(self, root: Any, view: View):
        self._root, self._view = root, view
        # customtkinter's 'system' mode asks the system 30 times a second, on Linux by starting a process: ask it once
        ctk.set_appearance_mode(view.theme or ctk.get_appearance_mode().lower())
        root.title("OneTrainer Clone")
        root.minsize(*MINIMUM)
        size, _, place = view.geometry.partition("+")
        width, height = (int(side) for side in size.split("x"))
        width, height = min(width, root.winfo_screenwidth()), min(height, root.winfo_screenheight())
        root.geometry(f"{width}x{height}{f'+{place}' if place else ''}")

    @property
    def dark(self) -> bool:
        return str(ctk.get_appearance_mode()) == "Dark"

    def set_dark(self, dark: bool) -> None:
        ctk.set_appearance_mode("dark" if dark else "light")
        self._view = replace(self._view, theme="dark" if dark else "light")

    @property
    def scaling_percent(self) -> int:
        return self._view.scaling_percent

    def set_scaling(self, percent: int) -> None:
        ctk.set_widget_scaling(percent / 100)
        self._view = replace(self._view, scaling_percent=percent)

    def view(self, basic: bool) -> View:
        """As the window looks now."""
        width, height = self._root.winfo_width(), self._root.winfo_height()
        large_enough = width >= 300 and height >= 200
        place = f"{width}x{height}+{max(self._root.winfo_x(), 0)}+{max(self._root.winfo_y(), 0)}"
        return replace(self._view, basic=basic, geometry=place if large_enough else self._view.geometry)
