"""One setting in a form: label, control, unit, and what is wrong with it underneath."""

from typing import Any

import customtkinter as ctk

from onetrainer_clone.settings import Choice, Declaration, Invalid, Problem, Setting, When, get, replace, why_not
from onetrainer_clone.state import TrainingState
from ui import colours, controls, theme
from ui.control import NUMBER_WIDTH, Control, Different
from ui.help import LEFT, Help, help_text
from ui.keys import RIGHT
from ui.origin import saved_value
from ui.reset import ResetMark, show_menu
from ui.words import begun, tip_of
from ui.workbench import Workbench

FLASH_MS = 1400
LEAST_MESSAGE = 120  # px at 100 %
MARK_WIDTH = 26  # px at 100 %: between label and control, for the mark of what differs from the preset
OF_ONE = ("name", "path", "placeholder")  # every concept and new word has its own: not to be set for several at once
_ORDER = {"error": 0, "warning": 1, "note": 2}


class Row:
    """Widgets are made when the row is first shown, and changed in place from then on."""

    def __init__(self, parent: Any, bench: Workbench, line: int, setting: Setting, label: str, width: int):
        self.setting, self.label_text = setting, label
        self.paths: tuple[str, ...] = (setting.path,)  # of all that an edit changes
        self.control: Control | None = None
        self.message_text = ""
        self._parent, self._bench, self._line, self._width = parent, bench, line, width
        self._label: Any = None
        self._message: Any = None
        self._extra: Any = None
        self._help: Help | None = None
        self._help_width = 0  # px at 100 %; 0: there is no room for it
        self.mark: ResetMark | None = None  # that the value differs from the preset's
        self._extra_width = 230
        self._room = 0  # px at 100 % for the control; 0: not known yet
        self._value: Any = object()  # nothing is shown yet
        self._showing = False  # while the control is being set by us
        self._shown = self._narrow = False
        self._used_in = -1  # the visit to the page in which the person changed it last
        self._looks: tuple[bool, bool, bool] | None = None  # marked, enabled, unsaved

    @property
    def path(self) -> str:
        return self.setting.path

    @property
    def declaration(self) -> Declaration:
        return self.setting.declaration

    def point_to(self, setting: Setting, others: tuple[str, ...] = ()) -> None:
        """Show the same setting of another item; what is typed goes to the `others`, too."""
        self.setting, self.paths = setting, (setting.path, *others)
        self._value = object()

    def relevant(self, state: TrainingState) -> bool:
        """Whether to show it at all: not where its neighbour chose another way, nor what only experts change."""
        if len(self.paths) > 1 and self.declaration.name in OF_ONE:
            return False
        for condition in self.setting.conditions:
            if _neighbours(condition, self.path) and not _holds(state, condition):
                return False
        if self._used_in == self._bench.options.visit:
            return True  # what was set back to its default a moment ago does not vanish from under the mouse
        return not self._bench.options.basic or self.declaration.basic or self._needs_attention(state)

    @property
    def lingers(self) -> bool:
        """Whether it may be here only for what was done at an earlier visit."""
        return self._shown and 0 <= self._used_in < self._bench.options.visit

    def _needs_attention(self, state: TrainingState) -> bool:
        named = self.path in self._bench.store.rejected or bool(self._bench.findings.of(self.path))
        return named or get(state, self.path) != self.declaration.default

    def refresh(self, state: TrainingState) -> None:
        """Show the state's value and what is to be said about it."""
        if not self.relevant(state):
            self._hide()
            return
        self._show()
        assert self.control is not None
        values = {path: get(state, path) for path in self.paths}
        value: Any = values[self.path]
        different = [other for other in values.values() if other != value]
        if different:
            value = Different((value, *different))
        rejected = self._bench.store.rejected.get(self.path)
        was_rejected = self._looks is not None and self._looks[0] and rejected is None
        if value != self._value or (was_rejected and not self._reads_as(value)):
            self._showing = True
            self.control.show(value)
            self._showing = False
            self._value = value
        said = [Problem(self.path, rejected)] if rejected is not None else self._bench.findings.of(self.path)
        if different:
            said = [*said, Problem(self.path, str(value), "note")]
        self._say(sorted(said, key=lambda problem: _ORDER[problem.severity])[:4])
        saved = self._bench.store.saved
        unsaved = any(now != saved_value(state, saved, path, now) for path, now in values.items())
        reason = self._why_not(state)
        looks = (rejected is not None or any(p.severity == "error" for p in said), not reason, unsaved)
        if looks != self._looks:
            self._look(*looks)
        if self._help is not None and self._help.cget("text") != (text := help_text(self.declaration, value, reason)):
            self._help.configure(text=text)

    def focus(self) -> None:
        if self.control is not None:
            self.control.focus()

    @property
    def marked(self) -> bool:
        return self.mark is not None and bool(self.mark.widget.winfo_manager())

    @property
    def help_text(self) -> str:
        """What stands beside the field."""
        return str(self._help.cget("text")) if self._help is not None and self._help.winfo_manager() else ""

    def flash(self) -> None:
        """Catch the eye for a moment."""
        if self._label is not None:
            self._label.configure(fg_color=colours.FLASH)
            self._label.after(FLASH_MS, lambda: self._label.configure(fg_color="transparent"))

    @property
    def top(self) -> int:
        """Where the row stands on the screen."""
        return int(self._label.winfo_rooty()) if self._label is not None else 0

    def tip(self) -> str:
        """What the tooltip says."""
        said = tip_of(self.declaration)
        reason = self._why_not(self._bench.store.state)
        return f"{said}\n\nNow it {reason}." if reason else said

    def say_beside(self, text: str) -> None:
        """Other words at the right of the field, where some stand there."""
        if self._extra is not None and self._extra.cget("text") != text:
            self._extra.configure(text=text)

    def reset(self, value: Any) -> None:
        self._used_in = self._bench.options.visit
        self._bench.store.replace_all(self.paths, value)

    def back_to_preset(self) -> None:
        """Every item that the row stands for gets the value that the preset has for it."""
        store, self._used_in = self._bench.store, self._bench.options.visit
        after = store.state
        for path in self.paths:
            after = replace(after, path, saved_value(store.state, store.saved, path, get(after, path)))
        store.set(after, f"{self.label_text} back to the preset's value", mended=self.paths)

    def _why_not(self, state: TrainingState) -> str:
        return why_not(state, self.setting)

    def _reads_as(self, value: Any) -> bool:
        """Whether what stands in the control is this value: then it stays as the person typed it."""
        assert self.control is not None
        try:
            return bool(get(replace(self._bench.store.state, self.path, self.control.read()), self.path) == value)
        except Invalid:
            return False

    def _typed(self, *_: str) -> None:
        if self._showing or self.control is None:
            return
        store, self._used_in = self._bench.store, self._bench.options.visit
        try:
            store.replace_all(self.paths, self.control.read())
            self._value = get(store.state, self.path)
        except Invalid as error:
            store.reject(self.path, error.problems[0].message)

    def _show(self) -> None:
        if self.control is None:
            self._build()
        if not self._shown:
            assert self.control is not None
            self._shown = True
            self._place()

    def _place(self) -> None:
        """The label beside the control; above it where the form is narrow."""
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
        if self.mark is not None and self._looks is not None and self._looks[2]:
            column, right = (1, 14) if self._narrow else (0, 4)
            self.mark.widget.grid(row=self._line, column=column, sticky="ne", padx=(0, right), pady=5)
        elif self.mark is not None:
            theme.put_away(self.mark.widget)

    def _place_message(self) -> None:
        column, left = (0, 16) if self._narrow else (1, 0)
        self._message.grid(
            row=self._line + 2, column=column, columnspan=2 - column, sticky="w", padx=(left, 8), pady=(0, 6)
        )

    def narrow(self, narrow: bool) -> None:
        """Whether the form is too narrow for labels beside the controls."""
        if narrow != self._narrow:
            self._narrow = narrow
            if self._shown:
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
        if self._shown:
            self._place_help()

    def dress(self) -> None:
        """Another theme or scaling."""
        if self._help is not None:
            self._help.dress()

    def _place_help(self) -> None:
        assert self.control is not None
        if not self._help_width or self.control.stretches:
            if self._help is not None:
                theme.put_away(self._help)
            return
        if self._help is None:
            state = self._bench.store.state
            self._help = Help(self._parent)
            self._help.configure(text=help_text(self.declaration, get(state, self.path), self._why_not(state)))
        self._help.dress(self._help_width)
        self._help.grid(row=self._line, column=1, sticky="w", padx=(round(LEFT * theme.scaling(self._parent)), 0))

    def _hide(self) -> None:
        if self._shown:
            assert self.control is not None
            mark = self.mark.widget if self.mark else None
            for widget in (self._label, self.control.widget, self._extra, self._message, self._help, mark):
                if widget is not None:
                    theme.put_away(widget)
            self._shown, self.message_text = False, ""

    def _build(self) -> None:
        self._label = ctk.CTkLabel(self._parent, text=self.label_text, width=self._width, height=28, anchor="w")
        self.control = controls.make(self._parent, self.declaration, self._bench.ask)
        self.control.variable.trace_add("write", self._typed)
        if self._room:
            self.control.fit(self._room)
        self._bench.typed.leave(self.control.fields, self._bench.store)
        extra = self.declaration.unit
        if self.declaration.empty and not self.control.stretches and not getattr(self.control, "_hint", None):
            extra = f"{extra}  empty: {self.declaration.empty}".strip()
        if extra:
            self._extra = ctk.CTkLabel(
                self._parent, text=extra, text_color=colours.DIM, anchor="w", justify="left", wraplength=self._extra_width,
                font=theme.font(theme.SMALL),
            )  # fmt: skip
        for widget in (self._label, *self.control.hover):
            self._bench.tooltip.attach(widget, self.tip)
        self._label.bind(f"<Button-{RIGHT}>", lambda event: show_menu(self, self._bench, event.x_root, event.y_root))

    def _look(self, marked: bool, enabled: bool, unsaved: bool) -> None:
        assert self.control is not None
        was = self._looks
        self._looks = (marked, enabled, unsaved)
        if was is None or was[0] != marked:
            self.control.mark(marked)
        if was is None or was[1] != enabled:
            self.control.enable(enabled)
        colour = colours.ERROR if marked else colours.FAINT if not enabled else colours.TEXT
        if was is None or self._label.cget("text_color") != colour:
            self._label.configure(text_color=colour)
        if unsaved and self.mark is None:
            self.mark = ResetMark(self._parent, self, self._bench)
        self._place_mark()

    def _say(self, problems: list[Problem]) -> None:
        text = "\n".join(begun(problem.message) for problem in problems)
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
        self._message.configure(text=text, text_color=colours.SEVERITY[problems[0].severity])
        self._place_message()


def _neighbours(condition: When, path: str) -> bool:
    """Whether the deciding setting is the model's type or a choice in the same group: then the row is hidden, else greyed
    with the reason."""
    group = path.rpartition(".")[0]
    if condition.path == "/model.type":
        return True
    return condition.path.removeprefix("/").rpartition(".")[0] == group and isinstance(condition.values[0], Choice)


def _holds(state: TrainingState, condition: When) -> bool:
    return get(state, condition.path.removeprefix("/")) in condition.values
