"""Where the run stands: in words, as a bar, with speed, time left and memory."""

from typing import Any

import customtkinter as ctk

from onetrainer_clone.progress import Progress, duration
from ui import colours, theme


class Status(ctk.CTkFrame):
    def __init__(self, parent: Any):
        super().__init__(parent, fg_color="transparent")
        self.words = ctk.CTkLabel(self, text="", anchor="w", font=theme.font(bold=True))
        self.facts = ctk.CTkLabel(self, text="", anchor="e", text_color=colours.DIM)
        self.bar = ctk.CTkProgressBar(self, height=8)
        self.bar.set(0)
        self.bar.pack(side="bottom", fill="x", pady=(4, 0))
        self.words.pack(side="left")
        self.facts.pack(side="right")

    def show(self, progress: Progress, going: bool, paused: bool, stopping: bool) -> None:
        words = progress.words[:1].upper() + progress.words[1:]
        if not going:
            ended = {"done": "Done", "stopped": "Stopped", "refused": "Not started", "failed": "Failed"}
            words = ended[progress.ended.outcome] if progress.ended else "No run yet: press Start (F5)"
        elif stopping:
            words = "Stopping after this step …"
        elif paused:
            words = f"Paused at step {progress.step:,} of {progress.steps:,}"
        elif not words:
            words = "Starting …"
        self._set(self.words, words)
        self._set(self.facts, _facts(progress) if going else "")
        fraction = progress.fraction
        if progress.activity in ("scanning", "caching") and progress.total:
            fraction = progress.done / progress.total
        if abs(self.bar.get() - fraction) > 0.002 or fraction in (0.0, 1.0) != self.bar.get():
            self.bar.set(fraction)

    @staticmethod
    def _set(label: Any, text: str) -> None:
        if label.cget("text") != text:
            label.configure(text=text)


def _facts(progress: Progress) -> str:
    facts = []
    if progress.samples_per_second:
        facts.append(f"{progress.samples_per_second:.3g} pictures/s")
    if progress.seconds_left is not None:
        facts.append(f"{duration(progress.seconds_left)} left")
    if progress.memory_mib:
        facts.append(f"{progress.memory_mib:,.0f} MiB RAM")
    if progress.device_memory_mib is not None:
        facts.append(f"{progress.device_memory_mib:,.0f} MiB VRAM")
    return "   ".join(facts)
