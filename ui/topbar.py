"""The bar above the pages: preset, undo and redo, search, how much is shown; the window's looks; the line at the foot."""

from typing import TYPE_CHECKING, Any

import customtkinter as ctk

from ui import colours, theme
from ui.appearance import Appearance
from ui.shell import SCALINGS, Shell
from ui.workbench import Workbench

if TYPE_CHECKING:
    from ui.preset_menu import PresetMenu
    from ui.search_box import SearchBox

NARROW, TINY = 800, 520  # px at 100 %: below it buttons become signs; below the other one all is as small as can be
DEPTHS = {False: ("Basic", "All settings"), True: ("Basic", "All")}
SIGNS = {"undo": ("Undo", "↶", 60), "redo": ("Redo", "↷", 60), "changes": ("Changes", "±", 76)}
SAID_MS = 8000
LATER_MS = 100  # after the first page is complete


class TopBar:
    def __init__(self, shell: Shell, bench: Workbench, presets: "PresetMenu", appearance: Appearance):
        self._shell, self._bench, self._appearance = shell, bench, appearance
        self._clearing = ""
        presets.button.pack(side="left")
        self.undo = theme.button(shell.bar, "Undo", self.step_back, width=60)
        self.redo = theme.button(shell.bar, "Redo", self.step_forth, width=60)
        self.undo.pack(side="left", padx=(10, 0))
        self.redo.pack(side="left", padx=(6, 0))
        bench.tooltip.attach(self.undo, lambda: f"Undo (Ctrl+Z): {self._steps[0] or 'nothing yet'}")
        bench.tooltip.attach(self.redo, lambda: f"Redo (Ctrl+Shift+Z): {self._steps[1] or 'nothing'}")
        self.depth = ctk.CTkSegmentedButton(shell.bar, values=list(DEPTHS[False]), command=self._on_depth)
        self._tiny = False
        self._show_depth()
        self.depth.pack(side="right")
        line = ctk.CTkFrame(shell.foot, fg_color="transparent", height=20)
        line.grid(row=0, column=0, sticky="ew")
        self._font = theme.font(theme.SMALL)
        self.said = ctk.CTkLabel(
            line, text="", text_color=colours.DIM, anchor="w", justify="left", height=20, font=self._font
        )
        self.said.pack(side="left", fill="x")
        theme.wrap(self.said, line, less=4)
        line.bind("<Configure>", lambda _event: self._show_undo(), add="+")
        self.changes: Any = None  # these are made when the window is up
        self.scaling: Any = None
        self.dark: Any = None
        self._search: SearchBox | None = None
        self._narrow, self._width = False, float(NARROW)
        shell.bar.bind("<Configure>", lambda event: self._fit(event.width / theme.scaling(shell.bar)))
        self._presets = presets
        bench.options.changed.connect(self._show_depth)
        bench.store.changed.connect(lambda _before, _after: self._refresh())
        shell.stepped.connect(self._refresh)
        self._refresh()

    @property
    def search(self) -> "SearchBox":
        if self._search is None:
            from ui.search_box import SearchBox

            self._search = SearchBox(self._shell.bar, self._bench, self._shell.item_in_view, self.say)
            self._search.entry.pack(side="right", padx=(10, 10))
        return self._search

    def _show_depth(self) -> None:
        self.depth.set(DEPTHS[self._tiny][0 if self._bench.options.basic else 1])

    def _fit(self, width: float, anew: bool = False) -> None:
        """Words where there is room for them, else signs."""
        narrow, tiny = width < NARROW, width < TINY
        if (narrow, tiny) == (self._narrow, self._tiny) and not anew:
            return
        self._width, self._narrow, self._tiny = width, narrow, tiny
        self.depth.configure(values=list(DEPTHS[tiny]))
        self._show_depth()
        for name, (word, sign, width) in SIGNS.items():
            if (button := getattr(self, name)) is not None:
                button.configure(text=sign if narrow else word, width=28 if tiny else 34 if narrow else width)
        self._presets.button.configure(width=112 if tiny else 150 if narrow else 210)
        if self._search is not None:
            self._search.fit(70 if tiny else 120 if narrow else 180)

    def find(self) -> None:
        self.search.focus()

    def say(self, text: str, milliseconds: int = SAID_MS) -> None:
        """A line that goes away by itself."""
        self.said.configure(text=text, text_color=colours.TEXT)
        if self._clearing:
            self._bench.root.after_cancel(self._clearing)
        self._clearing = self._bench.root.after(milliseconds, self._clear)

    def _clear(self) -> None:
        self._clearing = ""
        self._show_undo()

    def _show_undo(self) -> None:
        """While nothing else is said: what Ctrl+Z would take back, on one line, since it comes with every edit."""
        sentence = self._steps[0]
        text = theme.fitting(f"Undo: {sentence}", self.said.cget("wraplength") - 4, self._font) if sentence else ""
        if not self._clearing and self.said.cget("text") != text:
            self.said.configure(text=text, text_color=colours.DIM)

    def finish_soon(self) -> None:
        self._bench.root.after(LATER_MS, self._rest)

    def _rest(self) -> None:
        """What the first page can do without."""
        self.scaling = ctk.CTkOptionMenu(
            self._shell.nav, values=list(SCALINGS), width=120,
            command=lambda text: self._appearance.set_scaling(int(text[:-2])),
        )  # fmt: skip
        self.scaling.set(f"{self._appearance.scaling_percent} %")
        self.dark = ctk.CTkSwitch(self._shell.nav, text="Dark", command=self._on_dark)
        if self._appearance.dark:
            self.dark.select()
        self.scaling.pack(side="bottom", padx=14, pady=(4, 8), anchor="w")
        self.dark.pack(side="bottom", padx=14, anchor="w")
        self._bench.tooltip.attach(self.scaling, lambda: "How large everything is drawn (Ctrl + and Ctrl -).")
        self.changes = theme.button(self._shell.bar, "Changes", lambda: self._bench.go("changes"), width=76)
        self.changes.pack(side="left", padx=(6, 0))
        self._bench.tooltip.attach(self.changes, lambda: "What differs from the loaded preset, with the way back.")
        _ = self.search
        self._fit(self._width, anew=True)
        self._refresh()

    def larger(self, by: int) -> None:
        """One step of scaling up or down."""
        steps = [int(text[:-2]) for text in SCALINGS]
        now = min(range(len(steps)), key=lambda place: abs(steps[place] - self._appearance.scaling_percent))
        self._set_scaling(steps[max(0, min(now + by, len(steps) - 1))])

    def usual_size(self) -> None:
        self._set_scaling(100)

    def _set_scaling(self, percent: int) -> None:
        self._appearance.set_scaling(percent)
        if self.scaling is not None:
            self.scaling.set(f"{percent} %")

    def _on_dark(self) -> None:
        self._appearance.set_dark(bool(self.dark.get()))

    def _on_depth(self, chosen: str) -> None:
        self._bench.options.basic = chosen == "Basic"

    @property
    def _steps(self) -> tuple[str, str]:
        """What undo would take back and redo do again: of the page, or else of the settings."""
        store, page = self._bench.store, self._shell.pages.get(self._shell.current)
        own = page.steps if page is not None else None
        return (store.undo_sentence, store.redo_sentence) if own is None else own

    def step_back(self) -> None:
        """On a page with steps of its own only those: nothing changes out of view."""
        page = self._shell.pages.get(self._shell.current)
        if page is not None and page.steps is not None:
            self.say(page.step_back())
        elif sentence := self._bench.store.undo():
            self.say(f"Undone: {sentence}")

    def step_forth(self) -> None:
        page = self._shell.pages.get(self._shell.current)
        if page is not None and page.steps is not None:
            self.say(page.step_forth())
        elif sentence := self._bench.store.redo():
            self.say(f"Done again: {sentence}")

    def _refresh(self) -> None:
        (back, forth), store = self._steps, self._bench.store
        changed = store.unsaved or store.rejected
        for button, possible in ((self.undo, back), (self.redo, forth), (self.changes, changed)):
            wanted = "normal" if possible else "disabled"
            if button is not None and button.cget("state") != wanted:
                button.configure(state=wanted)
        self._show_undo()
