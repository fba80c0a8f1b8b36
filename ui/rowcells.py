"""What a row of a form is made of, and where it lies: label, control, unit, mark, message, help. Knows no state."""

from typing import Any

import customtkinter as ctk

from ui import colours, theme
from ui.control import NUMBER_WIDTH, Control
from ui.help import LEFT, Help
from ui.reset import ResetMark

FLASH_MS = 1400
LEAST_MESSAGE = 120  # px at 100 %
MARK_WIDTH = 26  # px at 100 %: between label and control, for the mark of what differs from the preset


class Cells:
    """The label beside the control, or above it in a narrow form; a row has three lines of the form's grid. Widgets are
    made when the row is first shown, message, mark and help when there is something to say."""

    def __init__(self, parent: Any, line: int, label: str, width: int):
        self.label_text = label
        self.message_text = ""
        self.control: Control | None = None
        self.mark: ResetMark | None = None  # that the value differs from the preset's
        self.shown = False
        self._parent, self._line, self._width = parent, line, width
        self._label: Any = None
        self._message: Any = None
        self._extra: Any = None  # the unit, and what an empty field stands for
        self._help: Help | None = None
        self._help_width = 0  # px at 100 %; 0: there is no room for it
        self._extra_width = 230
        self._room = 0  # px at 100 % for the control; 0: not known yet
        self._narrow = self._is_marked = False

    def build(self) -> Control:
        """Make label and control, and what stands beside it."""
        raise NotImplementedError

    def make_mark(self) -> ResetMark:
        raise NotImplementedError

    def explain(self) -> str:
        """What stands beside the field where there is room."""
        raise NotImplementedError

    def show(self) -> None:
        if self.control is None:
            self.control = self.build()
        if not self.shown:
            self.shown = True
            self._place()

    def hide(self) -> None:
        if self.shown:
            assert self.control is not None
            mark = self.mark.widget if self.mark else None
            for widget in (self._label, self.control.widget, self._extra, self._message, self._help, mark):
                if widget is not None:
                    theme.put_away(widget)
            self.shown, self.message_text = False, ""

    def focus(self) -> None:
        if self.control is not None:
            self.control.focus()

    def flash(self) -> None:
        """Catch the eye for a moment."""
        if self._label is not None:
            self._label.configure(fg_color=colours.FLASH)
            self._label.after(FLASH_MS, lambda: self._label.configure(fg_color="transparent"))

    @property
    def top(self) -> int:
        """Where the row stands on the screen."""
        return int(self._label.winfo_rooty()) if self._label is not None else 0

    @property
    def marked(self) -> bool:
        return self.mark is not None and bool(self.mark.widget.winfo_manager())

    @property
    def help_text(self) -> str:
        """What stands beside the field."""
        return str(self._help.cget("text")) if self._help is not None and self._help.winfo_manager() else ""

    def say_beside(self, text: str) -> None:
        """Other words at the right of the field, where some stand there."""
        if self._extra is not None and self._extra.cget("text") != text:
            self._extra.configure(text=text)

    def say(self, text: str, colour: colours.Pair) -> None:
        """Under the control."""
        if text == self.message_text:
            return
        self.message_text = text
        if not text:
            theme.put_away(self._message)
            return
        if self._message is None:
            self._message = ctk.CTkLabel(
                self._parent, anchor="w", justify="left", font=theme.font(theme.SMALL), height=18,
                wraplength=max(self._room, LEAST_MESSAGE),
            )  # fmt: skip
        self._message.configure(text=text, text_color=colour)
        self._place_message()

    def show_mark(self, marked: bool) -> None:
        self._is_marked = marked
        if marked and self.mark is None:
            self.mark = self.make_mark()
        self._place_mark()

    def narrow(self, narrow: bool) -> None:
        """Whether the form is too narrow for labels beside the controls."""
        if narrow != self._narrow:
            self._narrow = narrow
            if self.shown:
                self._place()

    def control_room(self, width: int) -> None:
        """How wide the control, and what is said under it, may be."""
        self._room = width
        if self.control is not None:
            self.control.fit(width)
        if self._message is not None and self._message.cget("wraplength") != max(width, LEAST_MESSAGE):
            self._message.configure(wraplength=max(width, LEAST_MESSAGE))

    def extra_room(self, width: int) -> None:
        """How wide unit and hint beside the control may be."""
        self._extra_width = max(min(width, 230), 60)
        if self._extra is not None and self._extra.cget("wraplength") != self._extra_width:
            self._extra.configure(wraplength=self._extra_width)

    def help_room(self, width: int) -> None:
        """How wide the text beside the field may be; 0 takes it away."""
        self._help_width = width
        if self.shown:
            self._place_help()

    def dress(self) -> None:
        """Another theme or scaling."""
        if self._help is not None:
            self._help.dress()

    def _place(self) -> None:
        assert self.control is not None
        sticky = "ew" if self.control.stretches else "w"
        extra_left = NUMBER_WIDTH + 10
        if self._narrow:
            self._label.grid(row=self._line, column=0, columnspan=2, sticky="w", padx=(16, 8), pady=(2, 0))
            self.control.widget.grid(row=self._line + 1, column=0, columnspan=2, sticky=sticky, padx=16, pady=(0, 4))
            if self._extra is not None:
                self._extra.grid(row=self._line + 1, column=0, columnspan=2, sticky="w", padx=(16 + extra_left, 8))
        else:
            self._label.grid(row=self._line, column=0, columnspan=1, sticky="nw", padx=(16, MARK_WIDTH), pady=5)
            self.control.widget.grid(row=self._line, column=1, columnspan=1, sticky=sticky, pady=4, padx=(0, 16))
            if self._extra is not None:
                self._extra.grid(row=self._line, column=1, columnspan=1, sticky="w", padx=(extra_left, 8))
        if self.message_text:
            self._place_message()
        self._place_help()
        self._place_mark()

    def _place_mark(self) -> None:
        """At the right of the label's cell."""
        if self.mark is not None and self._is_marked:
            column, right = (1, 14) if self._narrow else (0, 4)
            self.mark.widget.grid(row=self._line, column=column, sticky="ne", padx=(0, right), pady=5)
        elif self.mark is not None:
            theme.put_away(self.mark.widget)

    def _place_message(self) -> None:
        column, left = (0, 16) if self._narrow else (1, 0)
        self._message.grid(
            row=self._line + 2, column=column, columnspan=2 - column, sticky="w", padx=(left, 8), pady=(0, 6)
        )

    def _place_help(self) -> None:
        assert self.control is not None
        if not self._help_width or self.control.stretches:
            if self._help is not None:
                theme.put_away(self._help)
            return
        if self._help is None:
            self._help = Help(self._parent)
            self._help.configure(text=self.explain())
        self._help.dress(self._help_width)
        self._help.grid(row=self._line, column=1, sticky="w", padx=(round(LEFT * theme.scaling(self._parent)), 0))
