"""One sample, large. Left and right go through the steps, up and down through the prompts, Esc closes."""

from pathlib import Path
from typing import Any

import customtkinter as ctk
from PIL import ImageTk

from ui import colours, theme
from ui.run.record import PromptKey, Record
from ui.thumbnails import decode

SIDE = 560


class Viewer(ctk.CTkToplevel):
    def __init__(self, root: Any, record: Record, key: PromptKey, step: int):
        super().__init__(root)
        self.key, self.step = key, step
        self._record = record
        self._picture: Any = None
        self.title("Sample")
        self.transient(root)
        self.geometry(f"{SIDE + 40}x{SIDE + 110}")
        self._view = theme.Canvas(self, background=colours.PAGE)
        self._view.draw = self._draw  # type: ignore[method-assign]
        self._view.pack(fill="both", expand=True, padx=16, pady=(16, 4))
        self._words = ctk.CTkLabel(self, text="", wraplength=SIDE, justify="center")
        self._words.pack(fill="x", padx=16, pady=(0, 12))
        for name, rows, steps in (("Left", 0, -1), ("Right", 0, 1), ("Up", -1, 0), ("Down", 1, 0)):
            self.bind(f"<{name}>", lambda _event, rows=rows, steps=steps: self.go(rows, steps))
        self.bind("<Escape>", lambda _event: self.destroy())
        self.go(0, 0)
        self.after(50, self.focus_set)

    def go(self, rows: int, steps: int) -> None:
        """To a neighbour, where there is one."""
        keys = self._record.rows()
        key = keys[min(max(keys.index(self.key) + rows, 0), len(keys) - 1)]
        there = sorted(self._record.samples[key])
        near = min(range(len(there)), key=lambda place: abs(there[place] - self.step))
        self.key, self.step = key, there[min(max(near + steps, 0), len(there) - 1)]
        sample = self._record.samples[self.key][self.step]
        weights = ", EMA weights" if sample.weights == "ema" else ""
        self._words.configure(text=f"{sample.prompt}\nstep {sample.step:,}, seed {sample.seed}{weights}")
        self._view.redraw()

    def _draw(self) -> None:
        self._view.delete("all")
        width, height = self._view.winfo_width(), self._view.winfo_height()
        picture = decode(Path(self._record.samples[self.key][self.step].path), max(min(width, height), 16))
        if picture is None:
            self._view.create_text(width / 2, height / 2, text="The picture is gone.", fill=theme.now(colours.DIM))
            return
        self._picture = ImageTk.PhotoImage(picture, master=self)
        self._view.create_image(width / 2, height / 2, image=self._picture)
