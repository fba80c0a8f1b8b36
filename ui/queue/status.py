"""What the queue does now and next, above its list: in words, with a bar and the time that is left."""

from typing import Any

import customtkinter as ctk

from onetrainer_clone.progress import duration
from ui import colours, theme
from ui.queue.controller import QueueRunner
from ui.queue.forecast import Forecast
from ui.run.runner import Runner
from ui.run.status import sentence

LINE, BAR = 24, 12  # px at 100 %


class QueueStatus(ctk.CTkFrame):
    def __init__(self, parent: Any, queue: QueueRunner, runner: Runner, forecast: Forecast):
        super().__init__(parent, fg_color="transparent")
        self._queue, self._runner, self._forecast = queue, runner, forecast
        self._font = theme.font(bold=True)
        self.now = ctk.CTkLabel(self, text="", anchor="w", font=self._font, height=LINE)
        self.bar = theme.ProgressBar(self, height=BAR - 4)
        self.next = ctk.CTkLabel(self, text="", anchor="w", justify="left", text_color=colours.DIM, height=LINE)
        theme.wrap(self.next, self, less=10)
        self.next.pack(fill="x")

    def needs(self, width: float) -> float:
        """The height at a width, both in px at 100 %."""
        words = self.next.cget("text")
        lines = 1 + 7 * len(words) // max(round(width), 1) if words else 0
        return LINE * lines + (LINE + BAR if self.now.winfo_manager() else 0)

    def refresh(self) -> bool:
        """Call it as often as you like. True where it takes another height than before."""
        before = (self.now.winfo_manager(), len(self.next.cget("text")))
        entry, progress = self._queue.current, self._runner.record.progress
        if entry is not None:
            going = sentence(progress, self._runner.going, self._runner.paused, self._runner.stopping)
            left = f", {duration(progress.seconds_left)} left" if progress.seconds_left is not None else ""
            room = self.winfo_width() / theme.scaling(self) - 10
            self._set(self.now, theme.fitting(f"'{entry.title}': {going}{left}", max(room, 80), self._font))
            if abs(self.bar.get() - progress.fraction) > 0.002:
                self.bar.set(progress.fraction)
        if entry is not None and not self.now.winfo_manager():
            self.now.pack(fill="x", before=self.next)
            self.bar.pack(fill="x", pady=2, before=self.next)
        elif entry is None and self.now.winfo_manager():
            self.now.pack_forget()
            self.bar.pack_forget()
        self._set(self.next, self.plan())
        return before != (self.now.winfo_manager(), len(self.next.cget("text")))

    def plan(self) -> str:
        """What comes next, and when all is done as far as that is known."""
        queue, waiting = self._queue, self._queue.waiting
        progress = self._runner.record.progress
        left = progress.seconds_left if queue.current is not None else 0.0
        total = self._forecast.total(waiting, left)
        note = f"{queue.note} " if queue.note else ""
        if not waiting:
            return f"{note}Then the queue is done." if queue.current is not None and not queue.note else note.strip()
        more = f" and {len(waiting) - 1:,} more" if len(waiting) > 1 else ""
        if queue.going:
            ends = f" All is done in {total}." if total else ""
            return f"{note}Next: '{waiting[0].name}'{more}.{ends}"
        takes = f", {total} in all" if total and queue.current is None else ""
        if queue.current is not None or queue.note:
            return f"{note}'{waiting[0].name}'{more} will wait then{takes}."
        return f"'Start the queue' begins with '{waiting[0].name}'{more and ', then' + more[4:]}{takes}."

    @staticmethod
    def _set(label: Any, text: str) -> None:
        if label.cget("text") != text:
            label.configure(text=text)
