"""The widget of one setting, chosen from its declaration. Every control has a variable, which tests and people set alike."""

import tkinter
from collections.abc import Callable
from typing import Any

import customtkinter as ctk

from onetrainer_clone.settings import Declaration
from ui import colours
from ui.chosen import ColourEntry, PathEntry
from ui.control import NUMBER_WIDTH, Control, Different, Entry
from ui.dialogs import Ask
from ui.option_menu import OptionMenu


def reachable(widget: Any, press: Callable[[], object]) -> None:
    """Have the Tab key come to one of customtkinter's drawn widgets; the space key presses it."""
    canvas = widget._canvas
    canvas.configure(takefocus=True)
    canvas.bind("<space>", lambda _event: press(), add="+")
    canvas.bind("<FocusIn>", lambda _event: widget.configure(bg_color=colours.CHOSEN), add="+")
    canvas.bind("<FocusOut>", lambda _event: widget.configure(bg_color="transparent"), add="+")


def _onwards(event: Any, back: bool = False) -> str:
    """The Tab key goes on from a text of several lines, too."""
    (event.widget.tk_focusPrev() if back else event.widget.tk_focusNext()).focus_set()
    return "break"


class Text(Control):
    """A text of several lines."""

    stretches = True

    def __init__(self, parent: Any, declaration: Declaration):
        super().__init__(declaration)
        self.variable = tkinter.StringVar(parent)
        self.widget = self.box = ctk.CTkTextbox(parent, width=NUMBER_WIDTH, height=64, wrap="word")
        self.box.bind("<<Modified>>", lambda _event: self._typed())  # however it came there: keys, mouse, input method
        self.box.bind("<Tab>", _onwards)
        self.box.bind("<Shift-Tab>", lambda event: _onwards(event, back=True))
        self.variable.trace_add("write", lambda *_: self._write())

    def _typed(self) -> None:
        self.box._textbox.edit_modified(False)  # so that the next change is told, too
        if self.box.get("1.0", "end-1c") != self.variable.get():
            self.variable.set(self.box.get("1.0", "end-1c"))

    def _write(self) -> None:
        if self.box.get("1.0", "end-1c") != self.variable.get():
            state = self.box.cget("state")
            self.box.configure(state="normal")  # nothing can be written into one that is switched off
            self.box.delete("1.0", "end")
            self.box.insert("1.0", self.variable.get())
            self.box.configure(state=state)

    def mark(self, bad: bool) -> None:
        self.box.configure(border_color=colours.ERROR if bad else colours.LINE)

    @property
    def fields(self) -> list[Any]:
        return [self.box._textbox]


class Switch(Control):
    def __init__(self, parent: Any, declaration: Declaration):
        super().__init__(declaration)
        self.variable = tkinter.BooleanVar(parent)
        self.widget = ctk.CTkSwitch(parent, text="", width=44, variable=self.variable, onvalue=True, offvalue=False)
        reachable(self.widget, self.widget.toggle)

    def focus(self) -> None:
        self.widget._canvas.focus_set()

    def show(self, value: Any) -> None:
        self.variable.set(bool(value) and not isinstance(value, Different))

    def read(self) -> Any:
        return bool(self.variable.get())


class Menu(Control):
    """One of several choices: beside each other where they are few and short, else in a menu."""

    def __init__(self, parent: Any, declaration: Declaration):
        super().__init__(declaration)
        labels = [choice.label for choice in declaration.choices]
        self.variable = tkinter.StringVar(parent, labels[0])
        if 1 < len(labels) <= 3 and sum(map(len, labels)) <= 36:
            made = ctk.CTkSegmentedButton(parent, values=labels, variable=self.variable, border_width=2)
            for button in made._buttons_dict.values():
                reachable(button, button.invoke)
        else:
            made = OptionMenu(parent, labels, self.variable, NUMBER_WIDTH)
            reachable(made, made._open_dropdown_menu)
        self.widget = made

    def focus(self) -> None:
        one = self.widget
        if isinstance(one, ctk.CTkSegmentedButton):
            one = one._buttons_dict.get(one.get()) or next(iter(one._buttons_dict.values()))
        one._canvas.focus_set()

    def fit(self, room: int) -> None:
        if isinstance(self.widget, OptionMenu):
            self.widget.fit(room)

    def read(self) -> Any:
        return next(choice for choice in self.declaration.choices if choice.label == self.variable.get())

    @property
    def hover(self) -> list[Any]:
        if isinstance(self.widget, ctk.CTkSegmentedButton):
            return list(self.widget.winfo_children())
        return [self.widget]


def make(parent: Any, declaration: Declaration, ask: Ask) -> Control:
    """The control for a declaration."""
    makers: dict[str, Callable[[], Control]] = {
        "folder": lambda: PathEntry(parent, declaration, ask),
        "file": lambda: PathEntry(parent, declaration, ask),
        "path": lambda: PathEntry(parent, declaration, ask),
        "save": lambda: PathEntry(parent, declaration, ask),
        "colour": lambda: ColourEntry(parent, declaration, ask),
        "text": lambda: Text(parent, declaration),
    }
    if declaration.kind in makers:
        return makers[declaration.kind]()
    if declaration.choices:
        return Menu(parent, declaration)
    return Switch(parent, declaration) if declaration.type is bool else Entry(parent, declaration)
