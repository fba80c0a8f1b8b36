"""How far something is: a sentence, and a bar below it while it goes on."""

from typing import Any

import customtkinter as ctk

from onetrainer_clone.events import Ended
from onetrainer_clone.progress import Progress
from ui import colours, theme
from ui.tools.job import Job
from ui.words import begun


class WorkStatus(ctk.CTkFrame):
    def __init__(self, parent: Any):
        super().__init__(parent, fg_color="transparent")
        self.words = ctk.CTkLabel(self, text="", anchor="w", justify="left")
        theme.wrap(self.words, self, less=10)
        self.words.pack(fill="x")
        self.bar = theme.ProgressBar(self, height=8)

    def show(self, words: str, colour: colours.Pair, progress: Progress | None) -> None:
        """`progress` of what goes on; None where nothing does."""
        if words != self.words.cget("text") or colour != self.words.cget("text_color"):
            self.words.configure(text=words, text_color=colour)
        if progress is None:
            self.bar.pack_forget()
            return
        if not self.bar.winfo_manager():
            self.bar.pack(fill="x", pady=(4, 0))
            self.bar.set(0.0)
        if progress.total and abs(self.bar.get() - progress.done / progress.total) > 0.004:
            self.bar.set(progress.done / progress.total)  # loading and saving in between are not counted: it stays


def words_of(job: Job, progress: Progress, stopping: str) -> tuple[str, colours.Pair]:
    """How far it is, or how it ended; empty where it never began."""
    if job.going:
        words = stopping if job.stopping else progress.words or "starting …"
        return begun(words), colours.DIM
    return ended_words(progress.ended) if progress.ended else ("", colours.DIM)


def ended_words(ended: Ended) -> tuple[str, colours.Pair]:
    colour = {"done": colours.GOOD, "stopped": colours.WARNING}.get(ended.outcome, colours.ERROR)
    return "\n".join(map(begun, ended.message.splitlines())), colour
