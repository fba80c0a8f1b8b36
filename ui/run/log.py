"""The run's log in the window: warnings and errors marked, written in batches, an error's trace on demand."""

import tkinter
from collections.abc import Sequence
from functools import partial
from typing import Any

import customtkinter as ctk

from onetrainer_clone.journal import JOURNAL
from ui import colours, theme
from ui.run.record import LINES, LogLine, Record
from ui.tooltip import Tooltip

MARKS = {"warning": "Warning: ", "error": "Error: ", "note": "Note: ", None: ""}
ALARMS = ("warning", "error")
EMPTY = "What the run has to say is written here: what was saved, and warnings with what to do about them."
EARLIER = f"The lines before these are in {JOURNAL}, in the run's folder.\n"
LETTERS = 10_000  # of a line, or a trace: Tk takes long to break longer ones
HEAD = 34  # px at 100 %: its height where only the heading is seen
ABOVE, SPACING, BELOW = 5, 3, 4  # px at 100 %: over the heading, around the lines, and under them at least
EDGE = 4  # px of the screen that Tk keeps above and below the lines together
WHEEL_LINES = 3
SHOW, HIDE = "Show the trace", "Hide the trace"


class LogView(ctk.CTkFrame):
    def __init__(self, parent: Any):
        edge = {"border_width": theme.BORDER, "border_color": colours.LINE}
        super().__init__(parent, corner_radius=8, bg_color=colours.PAGE, **edge)
        head = ctk.CTkFrame(self, fg_color="transparent")
        head.pack(fill="x", padx=8, pady=(ABOVE, 0))
        self.title = ctk.CTkLabel(head, text="Log", font=theme.font(theme.SMALL), text_color=colours.DIM, height=22)
        self.title.configure(cursor="hand2")
        self.title.pack(side="left", padx=4)
        small = {"height": 22, "font": theme.font(theme.SMALL)}
        self.copy_button = theme.button(head, "Copy", self.copy, width=50, **small)
        self.copy_button.pack(side="right")
        self.filter_button = theme.button(head, "Warnings", self.toggle_filter, width=76, **small)
        self.filter_button.pack(side="right", padx=(0, 6))
        tooltip = Tooltip(self.winfo_toplevel())
        for button, tip in (
            (self.copy_button, "Puts what is selected, else all lines, into the clipboard, with the traces of errors."),
            (self.filter_button, "Only warnings and errors, or everything again."),
        ):
            tooltip.attach(button, partial(str, tip))
        self._body = ctk.CTkFrame(self, fg_color="transparent")
        self.box = ctk.CTkTextbox(
            self._body, wrap="word", font=theme.font(theme.SMALL), state="disabled", height=30, border_width=0,
            fg_color=colours.CARD, corner_radius=0, border_spacing=SPACING, activate_scrollbars=False,
        )  # fmt: skip
        self.box.pack(side="left", fill="both", expand=True)
        bar = ctk.CTkScrollbar(self._body, width=12, height=20, command=self.box.yview)
        place = partial(bar.pack, side="right", fill="y", before=self.box)
        self.box.configure(yscrollcommand=theme.scrolls(bar, place, bar.pack_forget))
        self._head, self._below = head, -1  # px of the screen below the lines, where another one would be cut
        self.bind("<Configure>", lambda event: self._fit(event.height))
        for wheel, way in (("<Button-4>", -1), ("<Button-5>", 1), ("<MouseWheel>", 0)):
            self.box.bind(wheel, partial(self._on_wheel, way))
        self.warnings_only = False
        self._record: Record | None = None
        self._written = self._traces = 0
        self._shown = 0  # lines; without any there are words in their place
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
        at_end = anew or self.box.yview()[1] >= 0.999  # who reads further up is not pulled down
        self.box.configure(state="normal")
        if anew:
            self._record, self._written, self._shown = record, 0, 0
        if not self._shown:
            self.box.delete("1.0", "end")
        new = record.logged - self._written
        fresh = record.log[-new:] if new else []
        self._written = record.logged
        self._write([line for line in fresh if line.severity in ALARMS or not self.warnings_only])
        if not self._shown:
            self.box.insert("end", "No warnings." if record.logged else EMPTY, "dim")
        above = int(self.box.index("end-1c").partition(".")[0]) - LINES
        if above > 0:
            self.box.delete("1.0", f"{above}.0")
        if record.logged > len(record.log) and (anew or above > 0):
            self.box.insert("1.0", EARLIER, "dim")
        self.box.configure(state="disabled")
        if at_end:
            self.box.see("end")
        self._count()

    def get(self, start: str, end: str) -> str:
        """The text between two places of the box."""
        return str(self.box.get(start, end))

    @property
    def text(self) -> str:
        """What can be read now."""
        return self.get("1.0", "end-1c").strip()

    def toggle_filter(self) -> None:
        """Only warnings and errors, or everything."""
        self.warnings_only = not self.warnings_only
        self.filter_button.configure(fg_color=colours.SELECTED if self.warnings_only else colours.HOVER)
        record, self._record = self._record, None
        if record is not None:
            self.show(record)

    def copy(self) -> None:
        """What is selected, else every line that the filter lets through, with its trace."""
        ranges = self.box.tag_ranges("sel")
        if ranges:
            text = self.box.get(*ranges)
        else:
            lines = self._record.log if self._record else []
            shown = [line for line in lines if line.severity in ALARMS or not self.warnings_only]
            text = "\n".join(f"{MARKS[line.severity]}{line.text}\n{line.trace}".rstrip() for line in shown)
        self.clipboard_clear()
        self.clipboard_append(text)

    def _write(self, lines: Sequence[LogLine]) -> None:
        self._shown += len(lines)
        for line in lines:
            text = line.text if len(line.text) <= LETTERS else f"{line.text[:LETTERS]}…"
            self.box.insert("end", f"{MARKS[line.severity]}{text}\n", line.severity or "")
            if line.trace:
                self._write_trace(line.trace.rstrip()[-LETTERS:])  # what went wrong stands at its end

    def _write_trace(self, text: str) -> None:
        self._traces += 1
        trace, link = f"trace{self._traces}", f"link{self._traces}"
        self.box.insert("end", SHOW, ("link", link))
        self.box.insert("end", "\n")
        self.box.insert("end", f"{text}\n", ("dim", trace))
        self.box.tag_config(trace, elide=True)
        self.box.tag_bind(link, "<Button-1>", lambda _event: self.toggle_trace(trace, link))

    def toggle_trace(self, trace: str, link: str) -> None:
        hidden = str(self.box.tag_cget(trace, "elide")) in ("1", "true", "True")
        self.box.tag_config(trace, elide=not hidden)
        self.box.configure(state="normal")
        start, end = self.box.tag_ranges(link)
        self.box.insert(end, HIDE if hidden else SHOW, ("link", link))
        self.box.delete(start, end)
        self.box.configure(state="disabled")

    def _line(self) -> int:
        """The height of a line, in px of the screen."""
        face = theme.face(theme.scaling(self), theme.SMALL)
        return int(self.tk.call("font", "metrics", face, "-displayof", str(self), "-linespace"))

    def _fit(self, height: int) -> None:
        """Whole lines fill the box: else the first one is cut when the last is in view. No room for one: no box."""
        scale, line = theme.scaling(self), self._line()
        room = height - self._head.winfo_reqheight() - round((ABOVE + BELOW + 2 * SPACING) * scale) - EDGE
        if room < line:
            self._body.pack_forget()
            self._below = -1
            return
        below = round(BELOW * scale) + room % line
        if below != self._below:
            new, self._below = self._below < 0, below
            at_end = new or self.box.yview()[1] >= 0.999
            tkinter.Pack.pack_configure(self._body, fill="both", expand=True, padx=round(4 * scale), pady=(0, below))
            if at_end:
                self.after_idle(self.box.see, "end")

    def _on_wheel(self, way: int, event: Any) -> str | None:
        """By whole lines; Tk's own way is by pixels. A log that is seen in whole leaves the wheel to the page."""
        if self.box.yview() == (0.0, 1.0):
            return None
        self.box.yview("scroll", WHEEL_LINES * (way or (-1 if event.delta > 0 else 1)), "units")
        return "break"

    def _count(self) -> None:
        lines = self._record.log if self._record else []
        warnings = sum(1 for line in lines if line.severity in ALARMS)
        text = f"Log: {warnings} warning{'s' if warnings != 1 else ''}" if warnings else "Log"
        if self.title.cget("text") != text:
            self.title.configure(text=text)

    def _colour(self) -> None:
        for severity, pair in colours.SEVERITY.items():
            self.box.tag_config(severity, foreground=theme.now(pair))
        self.box.tag_config("dim", foreground=theme.now(colours.DIM))
        self.box.tag_config("link", foreground=theme.now(colours.ACCENT_HOVER), underline=True)
        self.box.tag_bind("link", "<Enter>", lambda _event: self.box.configure(cursor="hand2"))
        self.box.tag_bind("link", "<Leave>", lambda _event: self.box.configure(cursor="xterm"))
