"""One setting in a form: shows what the state holds and what is to be said about it, and gives back what is typed."""

from typing import Any

import customtkinter as ctk

from onetrainer_clone.settings import Choice, Declaration, Invalid, Problem, Setting, When, get, replace, why_not
from onetrainer_clone.state import TrainingState
from ui import colours, controls, theme
from ui.control import Control, Different
from ui.help import help_text
from ui.keys import RIGHT
from ui.origin import saved_value
from ui.reset import ResetMark, show_menu
from ui.rowcells import Cells
from ui.words import begun, tip_of
from ui.workbench import Workbench

MOST_SAID = 4  # problems of one setting
OF_ONE = ("name", "path", "placeholder")  # every concept and new word has its own: not to be set for several at once
_ORDER = {"error": 0, "warning": 1, "note": 2}


class Row(Cells):
    """Follows one setting, or the same one of several items; its widgets are changed in place."""

    def __init__(self, parent: Any, bench: Workbench, line: int, setting: Setting, label: str, width: int):
        super().__init__(parent, line, label, width)
        self.setting = setting
        self.paths: tuple[str, ...] = (setting.path,)  # of all that an edit changes
        self._bench = bench
        self._value: Any = object()  # nothing is shown yet
        self._showing = False  # while the control is being set by us
        self._used_in = -1  # the visit to the page in which the person changed it last
        self._looks: tuple[bool, bool, bool] | None = None  # wrong, enabled, unsaved

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
        return self.shown and 0 <= self._used_in < self._bench.options.visit

    def _needs_attention(self, state: TrainingState) -> bool:
        named = self.path in self._bench.store.rejected or bool(self._bench.findings.of(self.path))
        return named or get(state, self.path) != self.declaration.default

    def refresh(self, state: TrainingState) -> None:
        """Show the state's value and what is to be said about it."""
        if not self.relevant(state):
            self.hide()
            return
        self.show()
        values = {path: get(state, path) for path in self.paths}
        value: Any = values[self.path]
        if different := [other for other in values.values() if other != value]:
            value = Different((value, *different))
        rejected = self._bench.store.rejected.get(self.path)
        self._show_value(value, rejected)
        said = [Problem(self.path, rejected)] if rejected is not None else self._bench.findings.of(self.path)
        if different:
            said = [*said, Problem(self.path, str(value), "note")]
        said = sorted(said, key=lambda problem: _ORDER[problem.severity])[:MOST_SAID]
        words = "\n".join(begun(problem.message) for problem in said)
        self.say(words, colours.SEVERITY[said[0].severity] if said else colours.DIM)
        saved = self._bench.store.saved
        unsaved = any(now != saved_value(state, saved, path, now) for path, now in values.items())
        reason = why_not(state, self.setting)
        self._look(rejected is not None or any(p.severity == "error" for p in said), not reason, unsaved)
        if self._help is not None and self._help.cget("text") != (text := help_text(self.declaration, value, reason)):
            self._help.configure(text=text)

    def tip(self) -> str:
        """What the tooltip says."""
        said = tip_of(self.declaration)
        reason = why_not(self._bench.store.state, self.setting)
        return f"{said}\n\nNow it {reason}." if reason else said

    def explain(self) -> str:
        state = self._bench.store.state
        return help_text(self.declaration, get(state, self.path), why_not(state, self.setting))

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

    def _show_value(self, value: Any, rejected: str | None) -> None:
        """What says the same as the value stays as the person typed it: '1e-4' does not become '0.0001'."""
        assert self.control is not None
        was_rejected = self._looks is not None and self._looks[0] and rejected is None
        if value != self._value or (was_rejected and not self._reads_as(value)):
            self._showing = True
            self.control.show(value)
            self._showing = False
            self._value = value

    def _reads_as(self, value: Any) -> bool:
        """Whether what stands in the control is this value."""
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

    def build(self) -> Control:
        self._label = ctk.CTkLabel(self._parent, text=self.label_text, width=self._width, height=28, anchor="w")
        control = controls.make(self._parent, self.declaration, self._bench.ask)
        control.variable.trace_add("write", self._typed)
        if self._room:
            control.fit(self._room)
        self._bench.typed.leave(control.fields, self._bench.store)
        extra = self.declaration.unit
        if self.declaration.empty and not control.stretches and not getattr(control, "_hint", None):
            extra = f"{extra}  empty: {self.declaration.empty}".strip()
        if extra:
            self._extra = ctk.CTkLabel(
                self._parent, text=extra, text_color=colours.DIM, anchor="w", justify="left", wraplength=self._extra_width,
                font=theme.font(theme.SMALL),
            )  # fmt: skip
        for widget in (self._label, *control.hover):
            self._bench.tooltip.attach(widget, self.tip)
        self._label.bind(f"<Button-{RIGHT}>", lambda event: show_menu(self, self._bench, event.x_root, event.y_root))
        return control

    def make_mark(self) -> ResetMark:
        return ResetMark(self._parent, self, self._bench)

    def _look(self, wrong: bool, enabled: bool, unsaved: bool) -> None:
        was, self._looks = self._looks, (wrong, enabled, unsaved)
        if was == self._looks:
            return
        assert self.control is not None
        if was is None or was[0] != wrong:
            self.control.mark(wrong)
        if was is None or was[1] != enabled:
            self.control.enable(enabled)
        colour = colours.ERROR if wrong else colours.FAINT if not enabled else colours.TEXT
        if was is None or self._label.cget("text_color") != colour:
            self._label.configure(text_color=colour)
        self.show_mark(unsaved)


def _neighbours(condition: When, path: str) -> bool:
    """Whether the deciding setting is the model's type or a choice in the same group: then the row is hidden, else greyed
    with the reason."""
    group = path.rpartition(".")[0]
    if condition.path == "/model.type":
        return True
    return condition.path.removeprefix("/").rpartition(".")[0] == group and isinstance(condition.values[0], Choice)


def _holds(state: TrainingState, condition: When) -> bool:
    return get(state, condition.path.removeprefix("/")) in condition.values
