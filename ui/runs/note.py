"""The note of a run: what the person wants to remember about it. It is written to the run's folder as it is typed."""

from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import customtkinter as ctk

from onetrainer_clone.run_notes import write_note
from onetrainer_clone.settings import UserError
from ui import colours, theme
from ui.background import Background
from ui.findings import Timer
from ui.signals import Signal
from ui.workbench import Workbench

HEIGHT = 46  # px at 100 %: two lines
WAIT_MS = 800  # after the last letter it is written
TIP = "What you want to remember about this run. It is kept in the run's folder, and found by the search."


class NoteBox(ctk.CTkFrame):
    """`written` tells a run's folder and its new note. What was typed is written before another run is shown."""

    def __init__(self, parent: Any, bench: Workbench, writer: Background):
        super().__init__(parent, fg_color="transparent")
        self.folder: Path | None = None
        self.written: Signal[[Path, str]] = Signal()
        self._writer, self._jobs = writer, 0
        self._waiting = Timer(self.after, self.after_cancel)
        self._kept = ""  # what is on the disk, or on its way there
        ctk.CTkLabel(self, text="Note", text_color=colours.DIM, font=theme.font(theme.SMALL)).pack(
            side="left", padx=(4, 8), anchor="n"
        )
        self.box = ctk.CTkTextbox(self, height=HEIGHT, wrap="word", font=theme.font(theme.SMALL), undo=True)
        self.box.pack(side="left", fill="x", expand=True)
        self.box.bind("<KeyRelease>", lambda _event: self._waiting.start(WAIT_MS, self.flush))
        self.box.bind("<FocusOut>", lambda _event: self.flush())
        bench.tooltip.attach(self.box, partial(str, TIP))

    def destroy(self) -> None:
        self._waiting.stop()
        with suppress(UserError):  # there is no window any more to tell it in
            self.write_now()
        super().destroy()

    @property
    def text(self) -> str:
        return str(self.box.get("1.0", "end-1c")).strip()

    def show(self, folder: Path, note: str) -> None:
        """Another run's note; the person's own typing about the same run is left alone."""
        if folder == self.folder and self.text != self._kept:
            return
        self.flush()
        self.folder, self._kept = folder, note
        if note != self.text:
            self.box.delete("1.0", "end")
            self.box.insert("1.0", note)
        self.box.edit_reset()

    def flush(self) -> None:
        """Have it written, where it is another than before."""
        self._waiting.stop()
        folder, text, before = self.folder, self.text, self._kept
        if folder is None or text == before:
            return
        self._kept = text
        self._jobs += 1
        self._writer.submit(
            f"note {self._jobs}", lambda: write_note(folder, text), lambda _nothing: self.written.emit(folder, text),
            partial(self._on_fault, folder, before),
        )  # fmt: skip

    def write_now(self) -> None:
        """Where there is no time for the worker. Raises `UserError`."""
        self._waiting.stop()
        if self.folder is not None and self.text != self._kept:
            write_note(self.folder, self.text)
            self._kept = self.text

    def _on_fault(self, folder: Path, before: str, error: Exception) -> None:
        """It stays in the box, and is written again with the next letter."""
        if folder == self.folder:
            self._kept = before
        raise error

