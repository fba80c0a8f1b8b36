"""What every tab tells of the run: how far it is, in the navigation and the window's title, and at the foot in words; how
it ended, until the person has looked at it."""

from typing import Any

import customtkinter as ctk

from onetrainer_clone.events import Ended
from onetrainer_clone.progress import duration
from ui import colours, theme
from ui.appearance import TITLE
from ui.run.runner import Runner
from ui.run.status import sentence
from ui.shell import Shell
from ui.words import shortened

SOON_MS = 250  # a run may tell of twenty steps a second: nobody reads that fast
ENDS = {"done": "is done", "stopped": "was stopped", "refused": "did not start", "failed": "failed"}
NAME_LETTERS = 24
EDITED = "changes count for the next run"
SHARE = 0.6  # of the foot's width at most, where there are longer and shorter words


class RunSign:
    def __init__(self, root: Any, shell: Shell, runner: Runner):
        self._root, self._shell, self._runner = root, shell, runner
        self._waiting = ""
        self._ended: Ended | None = None  # that the person has not looked at yet
        self._title = TITLE
        self._font = theme.font(theme.SMALL)
        self.words = ctk.CTkLabel(shell.foot, text="", height=20, font=self._font, cursor="hand2")
        self.words.bind("<Button-1>", lambda _event: shell.show("run"))
        runner.moved.connect(self._soon)
        runner.edits.connect(self._soon)
        runner.ended.connect(self._on_ended)
        shell.shown.connect(self._show)
        root.bind("<FocusIn>", lambda _event: self._show() if self._ended else None, add="+")

    @property
    def short(self) -> str:
        """'31 %', 'paused', 'failed'; empty where there is nothing to tell."""
        runner = self._runner
        if not runner.going:
            return self._ended.outcome if self._ended else ""
        if runner.stopping or runner.paused:
            return "stopping" if runner.stopping else "paused"
        return f"{int(runner.record.progress.fraction * 100)} %" if runner.record.progress.step else "starting"

    def _on_ended(self, ended: Ended) -> None:
        self._ended = ended
        self._show()

    def _soon(self) -> None:
        if not self._waiting:
            self._waiting = self._root.after(SOON_MS, self._later)

    def _later(self) -> None:
        self._waiting = ""
        self._show()

    def _show(self) -> None:
        in_view = self._shell.current == "run"
        if self._runner.going or (in_view and self._root.focus_displayof() is not None):
            self._ended = None
        self._shell.note("run", self.short)
        title = f"{self.short} · {TITLE}" if self.short else TITLE
        if title != self._title:
            self._title = title
            self._root.title(title)
        self._show_words("" if in_view else self._sentence())

    def _sentence(self) -> str:
        runner = self._runner
        name = shortened(runner.state.run_name, NAME_LETTERS) if runner.state else ""
        if runner.going:
            progress = runner.record.progress
            left = f", {duration(progress.seconds_left)} left" if progress.seconds_left is not None else ""
            words = sentence(progress, True, runner.paused, runner.stopping)
            if not runner.edited:
                return words + left
            return self._fitting(f"{words}{left}; {EDITED}", f"{words}; {EDITED}", EDITED.capitalize())
        return f"The run '{name}' {ENDS[self._ended.outcome]}" if self._ended else ""

    def _fitting(self, *choices: str) -> str:
        """The first that has room at the foot; the last in any case."""
        room = SHARE * self._shell.foot.winfo_width() / theme.scaling(self.words)
        return next((words for words in choices if self._font.measure(words) <= room), choices[-1])

    def _show_words(self, text: str) -> None:
        bad = self._ended is not None and self._ended.outcome in ("failed", "refused")
        colour = colours.ERROR if bad else colours.GOOD if self._ended else colours.LINK
        if text != self.words.cget("text"):
            self.words.configure(text=text, text_color=colour)
        if text and not self.words.winfo_manager():
            self.words.grid(row=0, column=1, sticky="ne", padx=(12, 0))
        elif not text and self.words.winfo_manager():
            self.words.grid_forget()
