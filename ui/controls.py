"""The widget of one setting, chosen from its declaration. Every control has a variable, which tests and people set alike."""

import tkinter
from collections.abc import Callable
from functools import partial
from typing import Any

import customtkinter as ctk

from onetrainer_clone.paths import resolve
from onetrainer_clone.settings import Declaration
from onetrainer_clone.typed import parse
from ui import colours, theme
from ui.dialogs import Ask
from ui.filekinds import HOLDING, WEIGHTS, FileKind
from ui.option_menu import OptionMenu
from ui.words import as_text

NUMBER_WIDTH = 140  # texts and paths are as wide as there is room
PATH_WIDTH = 60  # at least


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
        self.widget = self.entry = ctk.CTkEntry(
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


class PathEntry(Entry):
    """A folder, a file, or either: typed or chosen. The system's dialogs show one or the other, so either has two."""

    def __init__(self, parent: Any, declaration: Declaration, ask: Ask):
        frame = ctk.CTkFrame(parent, fg_color="transparent")
        super().__init__(frame, declaration)
        self.widget = frame
        self._ask = ask
        self.proposes: Callable[[], tuple[str, FileKind]] = lambda: ("", WEIGHTS)  # name and kind of a new file
        self.entry.configure(width=PATH_WIDTH)
        self.entry.pack(side="left", fill="x", expand=True)
        either = {"file": "File…", "folder": "Folder…"}
        texts = either if declaration.kind == "path" else {declaration.kind: "Choose…"}
        self.buttons = {
            kind: theme.button(frame, text, partial(self.choose, kind), width=24 + 7 * len(text), height=theme.FIELD_HEIGHT)
            for kind, text in texts.items()
        }
        for button in self.buttons.values():
            button.pack(side="left", padx=(6, 0))

    def choose(self, kind: str = "") -> None:
        """Ask for a file or a folder, beginning where the present one is."""
        now = str(self.variable.get())
        start = resolve(now) if now else None
        initial = str(start if start and start.is_dir() else start.parent if start else "")
        label = self.declaration.label
        match kind or self.declaration.kind:
            case "folder":
                chosen = self._ask.folder(label, initial)
            case "save":
                proposed, saved_as = self.proposes()
                chosen = self._ask.new_file(label, proposed or str(start or ""), saved_as)
            case _:
                chosen = self._ask.file(label, initial, HOLDING.get(self.declaration.holds, ()))
        if chosen:
            self.variable.set(chosen)

    def enable(self, enabled: bool) -> None:
        super().enable(enabled)
        for button in self.buttons.values():
            button.configure(state="normal" if enabled else "disabled")


class ColourEntry(Entry):
    """A colour as '#rrggbb', with a field that shows it and opens the chooser."""

    def __init__(self, parent: Any, declaration: Declaration, ask: Ask):
        frame = ctk.CTkFrame(parent, fg_color="transparent")
        super().__init__(frame, declaration)
        self.widget = frame
        self.stretches = False
        self._ask = ask
        self.entry.pack(side="left")
        self.swatch = ctk.CTkButton(
            frame, text="", width=theme.FIELD_HEIGHT, height=theme.FIELD_HEIGHT, border_width=theme.BORDER,
            border_color=colours.LINE, command=self.choose,
        )  # fmt: skip
        self.swatch.pack(side="left", padx=(6, 0))

    def show(self, value: Any) -> None:
        super().show(value)
        if isinstance(value, Different):
            value = colours.FIELD
        self.swatch.configure(fg_color=value, hover_color=value)

    def choose(self) -> None:
        if chosen := self._ask.colour(self.declaration.label, str(self.variable.get())):
            self.variable.set(chosen)


class Text(Control):
    """A text of several lines."""

    stretches = True

    def __init__(self, parent: Any, declaration: Declaration):
        super().__init__(declaration)
        self.variable = tkinter.StringVar(parent)
        self.widget = self.box = ctk.CTkTextbox(parent, width=NUMBER_WIDTH, height=64, wrap="word")
        self.box.bind("<KeyRelease>", lambda _event: self._typed())
        self.box.bind("<Tab>", _onwards)
        self.box.bind("<Shift-Tab>", lambda event: _onwards(event, back=True))
        self.box.bind("<<Paste>>", lambda _event: self.box.after_idle(self._typed))
        self.variable.trace_add("write", lambda *_: self._write())

    def _typed(self) -> None:
        if self.box.get("1.0", "end-1c") != self.variable.get():
            self.variable.set(self.box.get("1.0", "end-1c"))

    def _write(self) -> None:
        if self.box.get("1.0", "end-1c") != self.variable.get():
            self.box.delete("1.0", "end")
            self.box.insert("1.0", self.variable.get())

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
