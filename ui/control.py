"""What every control of a setting is, and the field that is typed into."""

import tkinter
from typing import Any

import customtkinter as ctk

from onetrainer_clone.settings import Declaration
from onetrainer_clone.typed import parse
from ui import colours, theme
from ui.words import as_text

NUMBER_WIDTH = 140  # texts and paths are as wide as there is room


class Different(tuple[Any, ...]):
    """The values of several items that are edited together."""

    def __str__(self) -> str:
        texts = list(dict.fromkeys(as_text(value) or "empty" for value in self))
        more = f" and {len(texts) - 4} more" if len(texts) > 4 else ""
        return f"different: {', '.join(texts[:4])}{more}"


class Control:
    """Shows a value and gives what a person made of it. `widget` is what is laid out."""

    widget: Any
    variable: tkinter.Variable
    stretches = False  # as wide as there is room

    def __init__(self, declaration: Declaration):
        self.declaration = declaration

    def show(self, value: Any) -> None:
        """Show a value; `Different` ones leave the control empty."""
        self.variable.set("" if isinstance(value, Different) else as_text(value))

    def read(self) -> Any:
        """What stands in the widget, as a value that `replace` checks."""
        return parse(self.declaration, str(self.variable.get()))

    def enable(self, enabled: bool) -> None:
        self.widget.configure(state="normal" if enabled else "disabled")

    def mark(self, bad: bool) -> None:
        """Show that the value is wrong, or that it is well again."""

    def focus(self) -> None:
        self.widget.focus_set()

    def fit(self, room: int) -> None:
        """There is so much room for it, in px at 100 %."""

    @property
    def hover(self) -> list[Any]:
        """The widgets that show the tooltip."""
        return [self.widget]

    @property
    def fields(self) -> list[Any]:
        """The widgets of Tk that are typed into."""
        return []


class Entry(Control):
    """A line of text or a number, with a hint where it is empty."""

    def __init__(self, parent: Any, declaration: Declaration):
        super().__init__(declaration)
        self.variable = tkinter.StringVar(parent)
        self.widget = self.entry = theme.Entry(
            parent, width=NUMBER_WIDTH, height=theme.FIELD_HEIGHT, textvariable=self.variable
        )
        self.stretches = declaration.type is str
        self._hint: Any = None
        if (declaration.empty and declaration.type is str) or (len(declaration.empty) <= 16 and declaration.empty):
            self._add_hint(declaration.empty)

    def _add_hint(self, text: str) -> None:
        """customtkinter's own placeholder does not go with a variable."""
        self._hint = ctk.CTkLabel(
            self.entry, text=text, text_color=colours.FAINT, height=20, fg_color=colours.FIELD, bg_color=colours.FIELD
        )
        self._hint.bind("<Button-1>", lambda _event: self.entry.focus_set())
        self.variable.trace_add("write", lambda *_: self._show_hint())
        self._show_hint()

    def _show_hint(self) -> None:
        if self.variable.get():
            self._hint.place_forget()
        elif not self._hint.winfo_manager():
            self._hint.place(x=8, rely=0.5, anchor="w")

    def enable(self, enabled: bool) -> None:
        colour = colours.TEXT if enabled else colours.FAINT
        self.entry.configure(state="normal" if enabled else "disabled", text_color=colour)

    def mark(self, bad: bool) -> None:
        self.entry.configure(border_color=colours.ERROR if bad else colours.LINE, border_width=2 if bad else theme.BORDER)

    def focus(self) -> None:
        self.entry.focus_set()
        self.entry.select_range(0, "end")

    @property
    def hover(self) -> list[Any]:
        return [self.entry]

    @property
    def fields(self) -> list[Any]:
        return [self.entry._entry]
