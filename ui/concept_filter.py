"""The line under the list of concepts that leaves only some of them in it."""

import tkinter
from collections.abc import Callable
from typing import Any

import customtkinter as ctk

from onetrainer_clone.state.concepts import Role
from ui import colours, theme
from ui.tooltip import Tooltip

ALL = "All roles"


class Filter(ctk.CTkFrame):
    """By words in name, folder or trigger words, and by role."""

    def __init__(self, parent: Any, changed: Callable[[], None], tooltip: Tooltip):
        super().__init__(parent, fg_color="transparent")
        self._changed = changed
        self.variable = tkinter.StringVar(self)
        ctk.CTkLabel(self, text="Find", text_color=colours.DIM, font=theme.font(theme.SMALL)).pack(side="left")
        self.entry = theme.Entry(self, textvariable=self.variable, height=theme.FIELD_HEIGHT, width=50)
        self.roles = ctk.CTkOptionMenu(
            self, values=[ALL, *(role.label for role in Role)], height=28, width=130, command=lambda _: changed()
        )
        self.roles.pack(side="right")  # before the entry, which takes what is left
        self.entry.pack(side="left", fill="x", expand=True, padx=8)
        tooltip.attach(self.entry, lambda: "Only concepts with these words in name, folder or trigger words (Esc: all).")
        tooltip.attach(self.roles, lambda: "Only concepts of one role.")
        self.variable.trace_add("write", lambda *_: changed())
        self.entry.bind("<Escape>", lambda _event: self.clear())

    @property
    def text(self) -> str:
        return str(self.variable.get())

    @property
    def role(self) -> Role | None:
        return next((role for role in Role if role.label == self.roles.get()), None)

    def clear(self) -> None:
        self.roles.set(ALL)
        self.variable.set("")
