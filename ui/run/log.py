"""The run's log in the window: warnings and errors marked, written in batches."""

from typing import Any

import customtkinter as ctk

from ui import colours, theme
from ui.run.record import LINES, Record


class LogView(ctk.CTkTextbox):
    def __init__(self, parent: Any):
        super().__init__(
            parent, bg_color=colours.PAGE, wrap="word", font=theme.font(theme.SMALL), state="disabled", height=100
        )  # fmt: skip
        self._record: Record | None = None
        self._written = 0
        self._themed = lambda _mode: self._colour()
        ctk.AppearanceModeTracker.add(self._themed, self)
        self._colour()

    def destroy(self) -> None:
        ctk.AppearanceModeTracker.remove(self._themed)
        super().destroy()

    def show(self, record: Record) -> None:
        """Add the lines that are new."""
        anew = record is not self._record
        if not anew and record.logged == self._written:
            return
        self.configure(state="normal")
        if anew or not self._written:
            self.delete("1.0", "end")
            self._record, self._written = record, 0
        fresh = record.log[-(record.logged - self._written) :] if record.logged > self._written else []
        for line in fresh:
            mark = {"warning": "Warning: ", "error": "Error: "}.get(line.severity or "", "")
            self.insert("end", f"{mark}{line.text}\n", line.severity or "")
        if not fresh and not record.logged:
            self.insert("end", "What the run has to say is written here.", "dim")
        self._written = record.logged
        lines = int(float(self.index("end-1c")))
        if lines > LINES:
            self.delete("1.0", f"{lines - LINES}.0")
        self.configure(state="disabled")
        self.see("end")

    def _colour(self) -> None:
        for severity, pair in colours.SEVERITY.items():
            self.tag_config(severity, foreground=theme.now(pair))
        self.tag_config("dim", foreground=theme.now(colours.DIM))
