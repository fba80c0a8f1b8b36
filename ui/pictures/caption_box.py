"""The caption editor: the file's whole text, how many tokens the line has, and what went wrong with saving it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import customtkinter as ctk

from onetrainer_clone import captions
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.concepts import Concept
from ui import colours, theme
from ui.background import Background
from ui.findings import Timer
from ui.pictures.drafts import Drafts
from ui.signals import Signal
from ui.tooltip import Tooltip

SAVE_MS = 1000  # after the last keystroke
COUNT_MS = 80
TIP = (
    "The caption of this picture. Every line is a variant: each time the picture is trained one of them is taken.\n"
    "It is saved when you move on (Page up, Page down) or stop typing. Ctrl+Z takes the typing back."
)
TOKENS = "Tokens of the line that the cursor is in, with the trigger words. What is over is not seen by the model."

Context = Callable[[], tuple[TrainingState, Concept] | None]


class CaptionBox(ctk.CTkFrame):
    """Shows the caption of one picture. Moving on saves; `stored` gives what the file held when it was read."""

    def __init__(self, parent: Any, drafts: Drafts, background: Background, context: Context, tooltip: Tooltip):
        super().__init__(parent, fg_color="transparent")
        self.path: Path | None = None
        self._drafts, self._background, self._context = drafts, background, context
        self.typed: Signal[[Path, str, str, bool]] = Signal()  # the file, the text before and after, whether anew
        self._stored, self._anew = "", True
        self._saving = Timer(self.after, self.after_cancel)
        self._counting = Timer(self.after, self.after_cancel)
        self.grid_columnconfigure(0, weight=1)
        self.grid_rowconfigure(0, weight=1)
        self.text = ctk.CTkTextbox(self, height=84, wrap="word", font=theme.font(14))
        self.text.grid(row=0, column=0, columnspan=3, sticky="nsew")
        self.tokens = ctk.CTkLabel(self, text="", anchor="w", text_color=colours.DIM, font=theme.font(theme.SMALL))
        self.tokens.grid(row=1, column=0, sticky="ew", padx=4)
        self.note = ctk.CTkLabel(self, text="", anchor="e", text_color=colours.DIM, font=theme.font(theme.SMALL))
        self.note.grid(row=1, column=1, columnspan=2, sticky="e", padx=4)
        self.problem = ctk.CTkLabel(self, text="", anchor="w", justify="left", text_color=colours.ERROR)
        theme.wrap(self.problem, self, less=170)
        self.retry = theme.button(self, "Save again", self.save_over, width=84, height=26)
        self.reload = theme.button(self, "Reload", self.take_file, width=64, height=26)
        self._buttons = ((self.retry, 1), (self.reload, 2))
        self.text.bind("<<Modified>>", lambda _event: self._on_modified())
        self.text.bind("<KeyRelease>", lambda _event: self._count_soon())
        self.text.bind("<ButtonRelease-1>", lambda _event: self._count_soon())
        self.text.bind("<FocusOut>", lambda _event: self._on_left())
        for widget, tip in (
            (self.text, TIP), (self.tokens, TOKENS), (self.retry, "Writes what stands here into the file."),
            (self.reload, "Takes what is in the file. 'Undo' brings back what stands here."),
        ):  # fmt: skip
            tooltip.attach(widget, partial(str, tip))
        drafts.changed.connect(self._on_draft)

    def show(self, path: Path | None, stored: str, note: str = "") -> None:
        """Edit another caption file; what stood here is saved. `stored` is what was read from the file."""
        if path != self.path:
            self.save()
        typed = self._drafts.drafts.get(path) if path else None
        self._stored = typed.before if typed else stored
        self._put(path, typed.text if typed else stored)
        self.note.configure(text=note)

    def stored_is(self, text: str) -> None:
        """The file was read: show it, unless the person has typed something meanwhile."""
        if self.path is not None and self.path not in self._drafts.drafts and text != self._stored:
            self._stored = text
            self._put(self.path, text)

    def save(self) -> None:
        self._saving.stop()
        self.take()
        if self.path is not None and self.path in self._drafts.drafts:
            self._drafts.save(self.path)

    def save_over(self) -> None:
        """Try again; also over what another program has written, which the person was told."""
        if self.path is not None and (draft := self._drafts.drafts.get(self.path)):
            self._drafts.save(self.path, over=draft.foreign)

    def take_file(self) -> None:
        """What is in the file instead of what was typed."""
        if self.path is not None:
            self.take()
            stored, typed = captions.read(self.path).text, self.content
            self._drafts.forget(self.path)
            self._stored = stored
            self._put(self.path, stored)
            if typed != stored:
                self.typed.emit(self.path, typed, stored, True)

    @property
    def content(self) -> str:
        return str(self.text.get("1.0", "end-1c"))

    def retype(self, text: str) -> None:
        """As the caption was before something was typed, or after it; the cursor comes where it differs."""
        if self.path is not None:
            backwards = enumerate(zip(reversed(self.content), reversed(text), strict=False))
            same = next((at for at, (was, now) in backwards if was != now), min(len(self.content), len(text)))
            self._drafts.type(self.path, text, self._stored)
            self._put(self.path, text)
            self.text.mark_set("insert", f"1.0 + {len(text) - same} chars")
            self.text.see("insert")
            self.save()

    def _on_left(self) -> None:
        """The cursor goes elsewhere: what is typed later is another step."""
        self.save()
        self._anew = True

    def _put(self, path: Path | None, text: str) -> None:
        self.path, self._anew = path, True
        self.text.configure(state="normal")
        if self.content != text:
            self.text.delete("1.0", "end")
            self.text.insert("1.0", text)
            self.text.mark_set("insert", "1.0")
        self.text.edit_modified(False)
        self.text.configure(state="normal" if path else "disabled")
        self._say()
        self._count_soon()

    def _on_modified(self) -> None:
        if not self.text.edit_modified():
            return
        self.text.edit_modified(False)
        if self.take():
            self._saving.start(SAVE_MS, self.save)
        self._count_soon()

    def take(self) -> bool:
        """What stands here becomes a draft. Not left to Tk's event alone, which comes a moment after the keystroke."""
        draft = self._drafts.drafts.get(self.path) if self.path else None
        before = draft.text if draft else self._stored
        if self.path is None or self.content == before:
            return False
        self._drafts.type(self.path, self.content, self._stored)
        anew, self._anew = self._anew, False
        self.typed.emit(self.path, before, self.content, anew)
        return True

    def _on_draft(self, path: Path) -> None:
        if path == self.path:
            draft = self._drafts.drafts.get(path)
            self._stored = draft.before if draft else self.content
            self._say()

    def _say(self) -> None:
        """Why the caption is not saved, with the ways out."""
        draft = self._drafts.drafts.get(self.path) if self.path else None
        if draft is None or not draft.problem:
            for widget in (self.problem, self.retry, self.reload):
                widget.grid_forget()
            return
        way_out = (
            "'Save over' writes what stands here over it, 'Reload' takes what is in the file."
            if draft.foreign
            else "What you typed is kept here; mend the cause and save again."
        )
        self.problem.configure(text=f"{draft.problem}. {way_out}")
        self.retry.configure(text="Save over" if draft.foreign else "Save again")
        self.problem.grid(row=2, column=0, sticky="ew", padx=4)
        for button, column in self._buttons:
            button.grid(row=2, column=column, padx=(6, 0))

    def _count_soon(self) -> None:
        self._counting.start(COUNT_MS, self._count)

    def _count(self) -> None:
        context = self._context()
        if self.path is None or context is None:
            self.tokens.configure(text="")
            return
        number = int(self.text.index("insert").partition(".")[0])
        line = str(self.text.get(f"{number}.0", f"{number}.end"))
        variants = sum(bool(one.strip()) for one in self.content.split("\n"))
        self._background.submit("tokens", lambda: _count(*context, line), partial(self._on_counted, number, variants))

    def _on_counted(self, number: int, variants: int, found: tuple[int, int] | None) -> None:
        lines = f"line {number} of {variants} variants: " if variants > 1 else ""
        if found is None:
            self.tokens.configure(text=f"{lines}tokens: unknown, the model is not on this computer yet",
                                  text_color=colours.DIM)  # fmt: skip
            return
        count, room = found
        over = f", {count - room} cut off" if count > room else ""
        self.tokens.configure(text=f"{lines}{count} of {room} tokens{over}",
                              text_color=colours.WARNING if over else colours.DIM)  # fmt: skip


def _count(state: TrainingState, concept: Concept, line: str) -> tuple[int, int] | None:
    """Tokens of a line as it is trained, with the trigger words, and how many the text encoder takes in."""
    from onetrainer_clone import epoch, tokens  # here: they take time to import

    tokenizer = tokens.counter(state.model.source)
    if tokenizer is None:
        return None
    return tokens.counts(tokenizer, [epoch.with_trigger(concept, line.strip())])[0], tokens.room(state.model)
