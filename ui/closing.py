"""Closing the window: asks about what goes on, and waits for what would be cut off; with a bar where that takes a while."""

import time
from typing import TYPE_CHECKING, Any

import customtkinter as ctk

from ui import colours, memory, theme
from ui.dialog import Option, dialog_in_front

if TYPE_CHECKING:
    from ui.app import App

SOON_SECONDS = 0.5  # what is written in this time needs no bar
WIDTH = 420  # px at 100 %
KEEP_THEM = "They were changed since the preset was loaded. Write them into a file?"
UNSAVED = (
    Option("stay", "Keep the window open"), Option("lose", "Close without them", "danger"),
    Option("file", "Write a file…", "main"),
)  # fmt: skip
END = (Option("stay", "Let it work"), Option("end", "End it and close", "danger"))


class Closing:
    """`turn` is called with every turn of the window's loop."""

    def __init__(self, app: "App"):
        self._app = app
        self.waiting = False  # for what has to end first
        self.note: Waiting | None = None  # what is waited for, over the window

    def ask(self) -> None:
        """The person closes the window; the same as the window's own button."""
        app = self._app
        if (dialog := dialog_in_front(app.root)) is not None:
            dialog.lift()
            dialog.focus_set()
            return
        if app.runner.going:
            if app.actions.stop(closing=True):
                app.desk.queue.finish_current()
                app.desk.stop_work()  # a file may be inspected meanwhile
                self.waiting = True
                app.topbar.say("The window closes when the run has ended.")
            return
        if (work := app.desk.at_work) and not self.waiting:
            message = f"Now {work}. Closing the window ends that; what is not written yet is lost."
            if app.ask.choose("Close the window?", message, END) != "end":
                return
            app.desk.stop_work()
        self.waiting = True
        self._write_out()
        self.turn()

    def turn(self) -> None:
        app = self._app
        if not self.waiting or app.closed or app.runner.going or app.in_turn or dialog_in_front(app.root) is not None:
            return
        if self._going_on:
            self._show()
        else:
            self._end()

    @property
    def _going_on(self) -> bool:
        """Whether something still works or is still written."""
        return bool(self._app.desk.at_work) or not self._app.writer.idle

    def _write_out(self) -> None:
        """A caption, a mask or the settings take a moment only."""
        end = time.monotonic() + SOON_SECONDS
        while not self._app.writer.idle and time.monotonic() < end:
            self._app.attempt((self._app.writer.deliver,))
            time.sleep(0.005)

    def _show(self) -> None:
        if self.note is None:
            self.note = Waiting(self._app.root, self.stay, self._end)
        done, of = self._app.writer.progress
        self.note.show(self._app.desk.at_work, done, of)

    def stay(self) -> None:
        """The window stays open after all."""
        self.waiting = False
        self._remove_note()

    def _end(self) -> None:
        self._remove_note()
        why = self._why_lost()
        chosen = self._app.ask.choose("Unsaved changes", f"{why} {KEEP_THEM}", UNSAVED) if why else "close"
        if chosen == "file":
            chosen = "close" if self._app.presets.export_state() else None
        if chosen in ("close", "lose"):
            self._app.leave(quiet=bool(why))
        else:
            self.waiting = False

    def _why_lost(self) -> str:
        """Why settings that are in no preset would not be there at the next start; empty where nothing is lost."""
        app = self._app
        if not app.seat.first:
            return "Another window's settings stay for the next start, not this one's." if app.store.unsaved else ""
        try:
            app.seat.keep_state(app.store.state)
        except OSError as error:
            why = f"The settings cannot be kept in {memory.folder()}: {error.strerror or error}."
            return why if app.store.unsaved else ""
        return ""

    def _remove_note(self) -> None:
        if self.note is not None:
            self.note.grab_release()
            self.note.destroy()
            self.note = None


class Waiting(ctk.CTkFrame):
    """Over the middle of the window, which takes no other clicks meanwhile."""

    def __init__(self, root: Any, stay: Any, end: Any):
        super().__init__(root, border_width=theme.BORDER, border_color=colours.FAINT)
        wide = min(WIDTH, round(root.winfo_width() / theme.scaling(root)) - 40)
        self.words = ctk.CTkLabel(self, text="", anchor="w", justify="left", wraplength=wide - 40)
        self.bar = theme.ProgressBar(self, width=wide - 40, height=8)
        buttons = ctk.CTkFrame(self, fg_color="transparent")
        self.stay = theme.button(buttons, "Keep the window open", stay)
        self.end = theme.button(buttons, "Close now", end, "danger")
        for button in (self.stay, self.end):
            button.pack(side="left", padx=(0, 8))
        for widget, bottom in ((self.words, 10), (self.bar, 12), (buttons, 14)):
            widget.pack(anchor="w", padx=20, pady=(14 if widget is self.words else 0, bottom))
        self.place(relx=0.5, rely=0.4, anchor="center")
        self.lift()
        self.update_idletasks()
        self.grab_set()

    def show(self, work: str, done: int, of: int) -> None:
        counted = f" {done:,} of {of:,}" if of else ""
        rest = f"this has ended: {work}." if work else f"everything is written:{counted or ' …'}"
        words = f"The window closes when {rest}"
        if words != self.words.cget("text"):
            self.words.configure(text=words)
            self.bar.set(done / of if of else 0)
