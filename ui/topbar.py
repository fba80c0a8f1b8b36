"""The bar above the pages: preset, undo and redo, how much is shown, and the window's looks below the navigation."""

from typing import TYPE_CHECKING, Any

import customtkinter as ctk

from ui import colours, theme
from ui.appearance import Appearance
from ui.shell import SCALINGS, Shell
from ui.workbench import Workbench

if TYPE_CHECKING:
    from ui.preset_menu import PresetMenu

SAID_MS = 6000


class TopBar:
    def __init__(self, shell: Shell, bench: Workbench, presets: "PresetMenu", appearance: Appearance):
        self._bench, self._appearance = bench, appearance
        self._clearing = ""
        presets.button.pack(side="left")
        self.undo = theme.button(shell.bar, "Undo", self.step_back, width=64)
        self.redo = theme.button(shell.bar, "Redo", self.step_forth, width=64)
        self.undo.pack(side="left", padx=(10, 0))
        self.redo.pack(side="left", padx=(6, 0))
        bench.tooltip.attach(self.undo, lambda: f"Undo (Ctrl+Z): {bench.store.undo_sentence or 'nothing yet'}")
        bench.tooltip.attach(self.redo, lambda: f"Redo (Ctrl+Shift+Z): {bench.store.redo_sentence or 'nothing'}")
        self.depth = ctk.CTkSegmentedButton(shell.bar, values=["Basic", "All settings"], command=self._on_depth)
        self.depth.set("Basic" if bench.options.basic else "All settings")
        self.depth.pack(side="right")
        self.said = ctk.CTkLabel(shell.bar, text="", text_color=colours.DIM, anchor="w")
        self.said.pack(side="left", padx=12)
        self.scaling: Any = None  # made when the window is up
        self.dark: Any = None
        bench.root.after(100, self._looks, shell)
        bench.options.changed.connect(lambda: self.depth.set("Basic" if bench.options.basic else "All settings"))
        bench.store.changed.connect(lambda _before, _after: self._refresh())
        self._refresh()

    def say(self, text: str) -> None:
        """A line that goes away by itself."""
        self.said.configure(text=text if len(text) <= 80 else f"{text[:79]}…")
        if self._clearing:
            self._bench.root.after_cancel(self._clearing)
        self._clearing = self._bench.root.after(SAID_MS, self._clear)

    def _clear(self) -> None:
        self._clearing = ""
        self.said.configure(text="")

    def _looks(self, shell: Shell) -> None:
        scaling = f"{self._appearance.scaling_percent} %"
        self.scaling = ctk.CTkOptionMenu(
            shell.nav,
            values=list(SCALINGS),
            width=120,
            command=lambda text: self._appearance.set_scaling(int(text[:-2])),
        )
        self.scaling.set(scaling)
        self.dark = ctk.CTkSwitch(shell.nav, text="Dark", command=self._on_dark)
        if self._appearance.dark:
            self.dark.select()
        self.scaling.pack(side="bottom", padx=14, pady=(6, 16), anchor="w")
        self.dark.pack(side="bottom", padx=14, anchor="w")
        self._bench.tooltip.attach(self.scaling, lambda: "How large everything is drawn.")

    def _on_dark(self) -> None:
        self._appearance.set_dark(bool(self.dark.get()))

    def _on_depth(self, chosen: str) -> None:
        self._bench.options.basic = chosen == "Basic"

    def step_back(self) -> None:
        if sentence := self._bench.store.undo():
            self.say(f"Undone: {sentence}")

    def step_forth(self) -> None:
        if sentence := self._bench.store.redo():
            self.say(f"Done again: {sentence}")

    def _refresh(self) -> None:
        for button, possible in (
            (self.undo, self._bench.store.undo_sentence),
            (self.redo, self._bench.store.redo_sentence),
        ):
            wanted = "normal" if possible else "disabled"
            if button.cget("state") != wanted:
                button.configure(state=wanted)
