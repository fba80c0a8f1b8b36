"""The search box of the window: settings as one types, below it; Return or a click goes to one."""

import tkinter
from collections.abc import Callable
from typing import Any

import customtkinter as ctk

from onetrainer_clone.settings import declaration_at, failing, get, walk, why_not
from ui import colours, theme
from ui.search import Found, find
from ui.workbench import Workbench

WIDTH, ROW = 520, 46  # px at 100 %
HINT, SHORT_HINT = "Find a setting (Ctrl+F)", "Find (Ctrl+F)"
LEAVE_MS = 150  # a click on a result takes the focus before it arrives


class SearchBox:
    """`item` says which item of a list (concepts, prompts) is meant; `say` tells why a setting has no effect now."""

    def __init__(self, parent: Any, bench: Workbench, item: Callable[[str], int], say: Callable[[str], None]):
        self._bench, self._item, self._say = bench, item, say
        self.variable = tkinter.StringVar(parent)
        self.entry = theme.Entry(parent, textvariable=self.variable, width=180, height=30)
        self._hint = ctk.CTkLabel(
            self.entry, text=HINT, text_color=colours.FAINT, height=18, fg_color=colours.FIELD, bg_color=colours.FIELD,
            font=theme.font(theme.SMALL),
        )  # fmt: skip
        self._hint.bind("<Button-1>", lambda _event: self.entry.focus_set())
        self._hint.place(x=8, rely=0.5, anchor="w")
        self.results = Results(bench.root, self.go)
        self.variable.trace_add("write", lambda *_: self._look())
        self.entry.bind("<FocusIn>", lambda _event: self._look())
        self.entry.bind("<FocusOut>", lambda _event: self.entry.after(LEAVE_MS, self._left))
        bench.root.bind("<Button-1>", self._on_click, add="+")
        for key, call in (
            ("<Down>", lambda: self.results.step(1)), ("<Up>", lambda: self.results.step(-1)),
            ("<Return>", self._take), ("<Escape>", self.clear),
        ):  # fmt: skip
            self.entry.bind(key, lambda _event, call=call: call())

    def fit(self, width: int) -> None:
        """`width` in px at 100 %."""
        self.entry.configure(width=width)
        self._hint.configure(text=HINT if width > 150 else SHORT_HINT if width > 100 else "Find")

    def focus(self) -> None:
        self.entry.update_idletasks()  # what is typed before it is on the screen would go to the window instead
        self.entry.focus_set()
        self.entry.select_range(0, "end")

    def clear(self) -> None:
        self.variable.set("")
        self.results.hide()
        self._bench.root.focus_set()

    def go(self, found: Found) -> None:
        """To the field; where it is not shown in this state, to the setting that decides about it, and say so."""
        self.clear()
        if not found.path:
            self._say(f"'{found.label}': {found.tip}")
            return
        state, owner = self._bench.store.state, found.in_items
        path = found.path
        if owner:
            if not get(state, owner):
                self._bench.go(owner)
                label = declaration_at(state, owner).label.lower()
                self._say(f"'{found.label}' is a setting of each of the {label}: add one first.")
                return
            path = found.of_item(self._item(owner))
        setting = next(setting for setting in walk(state) if setting.path == path)
        shown = self._bench.go(path)
        if condition := failing(state, setting.conditions):
            self._say(f"'{found.label}' {why_not(state, setting)}.")
            if not shown:
                self._bench.go(condition.path.removeprefix("/"))

    def _look(self) -> None:
        text = str(self.variable.get())
        if text:
            self._hint.place_forget()
        elif not self._hint.winfo_manager():
            self._hint.place(x=8, rely=0.5, anchor="w")
        state = self._bench.store.state
        idle = {setting.path for setting in walk(state.model_copy(update={"concepts": ()})) if why_not(state, setting)}
        self.results.show(find(text, idle=idle), below=self.entry, wanted=bool(text.strip()))

    def _take(self) -> None:
        """Also where the list was put away, as when the person had gone to another window and come back."""
        if not self.results.winfo_manager():
            self._look()
        self.results.take()

    def _on_click(self, event: Any) -> None:
        """A click anywhere else takes the list away, also where it leaves the cursor in the box."""
        if not str(event.widget).startswith((str(self.entry), str(self.results))):
            self.results.hide()

    def _left(self) -> None:
        if self.entry.winfo_exists() and self._bench.root.focus_get() is not self.entry._entry:
            self.results.hide()


class Results(theme.Canvas):
    """What was found, drawn over the page."""

    def __init__(self, root: Any, take: Callable[[Found], None]):
        super().__init__(root)
        self.found: list[Found] = []
        self.chosen = 0
        self._window, self._take = root, take
        self.bind("<Button-1>", lambda event: self._on_click(event.y))
        self.bind("<Motion>", lambda event: self._choose(event.y // self.px(ROW)))

    def show(self, found: list[Found], below: Any, wanted: bool) -> None:
        self.found, self.chosen = found, 0
        if not wanted:
            self.hide()
            return
        left = below.winfo_rootx() - self._window.winfo_rootx()
        top = below.winfo_rooty() - self._window.winfo_rooty() + below.winfo_height() + 4
        width = min(self.px(WIDTH), self._window.winfo_width() - 20)
        room = max((self._window.winfo_height() - top - 10) // self.px(ROW), 1)  # whole rows
        self.found = found = found[:room]
        height = self.px(ROW) * max(len(found), 1)
        left = max(min(left, self._window.winfo_width() - width - 10), 10)
        self.place(x=left, y=top, width=width, height=height)
        self.tk.call("raise", str(self))
        self.redraw()

    def hide(self) -> None:
        self.place_forget()

    def step(self, by: int) -> None:
        self._choose(self.chosen + by)

    def take(self) -> None:
        if self.found and self.winfo_manager():
            self._take(self.found[self.chosen])

    def draw(self) -> None:
        self.delete("all")
        px, width = self.px, self.winfo_width()
        if not self.found:
            self._text("No setting is called or described like that.", 14, px(ROW) / 2, theme.SMALL, colours.DIM)
        for row, found in enumerate(self.found):
            top = row * px(ROW)
            if row == self.chosen:
                self.create_rectangle(0, top, width, top + px(ROW), fill=theme.now(colours.SELECTED), width=0)
            self._text(found.where, 0, top + px(14), theme.SMALL, colours.DIM, right=True)
            self._text(found.label, 14, top + px(14), theme.BODY, colours.TEXT, bold=True)
            tip = found.tip.splitlines()[0]
            self._text(tip, 14, top + px(33), theme.SMALL, colours.DIM)
        self.create_rectangle(0, 0, width - 1, self.winfo_height() - 1, outline=theme.now(colours.FAINT))

    def _text(
        self, text: str, left: int, top: float, size: int, colour: colours.Pair, bold: bool = False, right: bool = False
    ) -> None:
        room = self.winfo_width() - self.px(28)
        place = self.winfo_width() - self.px(14) if right else self.px(left)
        drawn = self.create_text(place, top, text=text, anchor="e" if right else "w", fill=theme.now(colour),
                                 font=self.face(size, bold))  # fmt: skip
        box = self.bbox(drawn)
        if box[2] - box[0] > room:
            self.itemconfigure(drawn, text=text[: max(int(len(text) * room / (box[2] - box[0])) - 2, 1)] + "…")

    def _choose(self, row: int) -> None:
        row = max(0, min(row, len(self.found) - 1))
        if row != self.chosen:
            self.chosen = row
            self.redraw()

    def _on_click(self, height: int) -> None:
        row = height // self.px(ROW)
        if 0 <= row < len(self.found):
            self._take(self.found[row])
