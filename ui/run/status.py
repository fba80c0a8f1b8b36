"""Where the run stands: in words, as a bar, with speed, time left, memory, and what was last saved and backed up."""

from typing import Any

import customtkinter as ctk

from onetrainer_clone.progress import Progress, duration, speed
from ui import colours, theme
from ui.run.record import Record, Written

NOTHING = "No run yet. Start begins one with the settings as they are now (F5)."
ENDED = {"done": "Done", "stopped": "Stopped", "refused": "Not started", "failed": "Failed"}
GAP = "     "
SPARE = 60  # px at 100 % that have to be left over before the pace comes back beside the sentence


class Status(ctk.CTkFrame):
    """The sentence at the left and the pace at the right, or below it where the two have not room beside each other."""

    def __init__(self, parent: Any):
        super().__init__(parent, fg_color="transparent")
        self.grid_columnconfigure(0, weight=1)
        self.words = ctk.CTkLabel(self, text="", anchor="w", justify="left", font=theme.font(bold=True), height=22)
        self.facts = ctk.CTkLabel(self, text="", anchor="w", justify="left", height=22)
        self.files = ctk.CTkLabel(
            self, text="", anchor="w", justify="left", text_color=colours.DIM, font=theme.font(theme.SMALL), height=18
        )
        for label in (self.words, self.facts, self.files):
            theme.wrap(label, self, less=10)
        self.bar = theme.ProgressBar(self, height=8)
        self.words.grid(row=0, column=0, sticky="w")
        self.bar.grid(row=1, column=0, columnspan=2, sticky="ew", pady=(3, 0))
        self._beside: bool | None = None

    def show(self, record: Record, going: bool, paused: bool, stopping: bool) -> None:
        progress = record.progress
        self._set(self.words, sentence(progress, going, paused, stopping))
        self._set(self.facts, GAP.join(pace(progress)) if going else "")
        self._set(self.files, GAP.join([*(memory(progress) if going else ()), *files(record)]))
        self._place_facts()
        if self.files.cget("text") and not self.files.winfo_manager():
            self.files.grid(row=3, column=0, columnspan=2, sticky="ew", pady=(2, 0))
        elif not self.files.cget("text") and self.files.winfo_manager():
            theme.put_away(self.files)
        fraction = progress.fraction
        if progress.activity in ("scanning", "caching") and progress.total:
            fraction = progress.done / progress.total
        if fraction != (shown := self.bar.get()) and (abs(shown - fraction) > 0.002 or fraction in (0.0, 1.0)):
            self.bar.set(fraction)

    def _place_facts(self) -> None:
        """Numbers that grow by a digit do not move them to and fro."""
        scale = theme.scaling(self)
        if not self.facts.cget("text"):
            theme.put_away(self.facts)
            self._beside = None
            return
        room = self.winfo_width() - self.words.winfo_reqwidth() - self.facts.winfo_reqwidth() - 12 * scale
        beside = room > 0 if self._beside is not False else room > SPARE * scale
        if beside != self._beside:
            self._beside = beside
            at = {"row": 0, "column": 1, "columnspan": 1} if beside else {"row": 2, "column": 0, "columnspan": 2}
            self.facts.grid(**at, sticky="e" if beside else "w", padx=(12 if beside else 0, 0))

    @staticmethod
    def _set(label: Any, text: str) -> None:
        if label.cget("text") != text:
            label.configure(text=text)


def sentence(progress: Progress, going: bool, paused: bool, stopping: bool) -> str:
    """'Step 310 of 2,000', 'Caching 1,240 of 5,000', 'Sampling, at step 310 of 2,000'."""
    if not going:
        return ENDED[progress.ended.outcome] if progress.ended else NOTHING
    at = f"step {progress.step:,} of {progress.steps:,}" if progress.steps else ""
    if stopping:
        return "Stopping after this step …" if progress.steps else "Stopping …"
    if paused and progress.activity not in ("sampling", "saving"):  # what is asked for in a pause is done in it
        return f"Paused at {at}" if at else "Paused"
    words = progress.words or "starting …"
    if progress.step and progress.activity in ("sampling", "validating", "saving"):
        words += f", at {at}"
        if paused:
            words += ", then paused"
    words = " ".join(words.split())  # a prompt may have several lines
    return words[:1].upper() + words[1:]


def pace(progress: Progress) -> list[str]:
    facts = [told] if (told := speed(progress.steps_per_second)) else []
    facts += [f"{progress.samples_per_second:.3g} pictures/s"] if progress.samples_per_second else []
    facts += [f"{progress.skipped_steps:,} steps skipped"] if progress.skipped_steps else []
    facts += [f"{duration(progress.elapsed_seconds)} so far"] if progress.elapsed_seconds else []
    return [*facts, f"{duration(progress.seconds_left)} left"] if progress.seconds_left is not None else facts


def memory(progress: Progress) -> list[str]:
    found = [f"{gigabytes(progress.memory_mib)} RAM"] if progress.memory_mib else []
    if progress.device_memory_mib is not None:
        total, peak = progress.device_memory_total_mib, progress.device_memory_peak_mib
        of = f" of {gigabytes(total)}" if total else ""
        at_most = f" (at most {gigabytes(peak)})" if peak else ""
        found.append(f"{gigabytes(progress.device_memory_mib)}{of} VRAM{at_most}")
    return found


def gigabytes(mib: float) -> str:
    return f"{mib / 1024:.1f} GiB" if mib >= 1024 else f"{mib:,.0f} MiB"


def files(record: Record) -> list[str]:
    """What was last saved and backed up, and how long ago that was."""
    if record.started is None:
        return []
    return [_written(record, "Saved", record.saved), _written(record, "Backed up", record.backed_up)]


def _written(record: Record, done: str, written: Written | None) -> str:
    if written is None:
        return f"Not {done.lower()} yet"
    return f"{done} {ago(record.clock() - written.when)}, at step {written.step:,}"


def ago(seconds: float) -> str:
    """In words that do not change at every look."""
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit} ago"
    return "just now" if seconds < 10 else f"{int(seconds // 10) * 10} s ago"
