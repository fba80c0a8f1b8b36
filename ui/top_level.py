"""A window beside the main one."""

import sys
from typing import Any

import customtkinter as ctk

from onetrainer_clone.windows import colour_title_bar


class TopLevel(ctk.CTkToplevel):
    """For a dark title bar on Windows, customtkinter's own is hidden and shown again, twice, and has the window's loop turn
    while it is being built: what is pressed meanwhile comes too early. This one asks for the bar once it is there."""

    _deactivate_windows_window_header_manipulation = True

    def __init__(self, parent: Any):
        super().__init__(parent)
        if sys.platform == "win32":
            self.bind("<Map>", lambda event: self._colour() if event.widget is self else None, add="+")

    def _colour(self) -> None:
        colour_title_bar(self.winfo_id(), dark=self._get_appearance_mode() == "dark")

    def _set_appearance_mode(self, mode_string: str) -> None:
        super()._set_appearance_mode(mode_string)
        self._colour()
