"""Fields whose value is typed or chosen in a dialog: paths and colours."""

import os
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import customtkinter as ctk

from onetrainer_clone.paths import resolve
from onetrainer_clone.settings import Declaration
from ui import colours, theme
from ui.control import Entry
from ui.dialogs import Ask
from ui.filekinds import HOLDING, WEIGHTS, FileKind

COLOUR = re.compile("#[0-9a-fA-F]{6}")
PATH_WIDTH = 60  # at least


class PathEntry(Entry):
    """A folder, a file, or either: typed or chosen. The system's dialogs show one or the other, so either has two."""

    def __init__(self, parent: Any, declaration: Declaration, ask: Ask):
        frame = ctk.CTkFrame(parent, fg_color="transparent")
        super().__init__(frame, declaration)
        self.widget = frame
        self._ask = ask
        self.proposes: Callable[[], tuple[str, FileKind]] = lambda: ("", WEIGHTS)  # name and kind of a new file
        self.entry.configure(width=PATH_WIDTH)
        self.entry.pack(side="left", fill="x", expand=True)
        either = {"file": "File…", "folder": "Folder…"}
        texts = either if declaration.kind == "path" else {declaration.kind: "Choose…"}
        self.buttons = {
            kind: theme.button(frame, text, partial(self.choose, kind), width=24 + 7 * len(text), height=theme.FIELD_HEIGHT)
            for kind, text in texts.items()
        }
        for button in self.buttons.values():
            button.pack(side="left", padx=(6, 0))

    def choose(self, kind: str = "") -> None:
        """Ask for a file or a folder, beginning where the present one is."""
        now = str(self.variable.get())
        start = resolve(now) if now else None
        initial = str(start if start and os.path.isdir(start) else start.parent if start else "")
        label = self.declaration.label
        match kind or self.declaration.kind:
            case "folder":
                chosen = self._ask.folder(label, initial)
            case "save":
                proposed, saved_as = self.proposes()
                chosen = self._ask.new_file(label, proposed or str(start or ""), saved_as)
            case _:
                chosen = self._ask.file(label, initial, HOLDING.get(self.declaration.holds, ()))
        if chosen:
            self.variable.set(chosen)

    def enable(self, enabled: bool) -> None:
        super().enable(enabled)
        for button in self.buttons.values():
            button.configure(state="normal" if enabled else "disabled")


class ColourEntry(Entry):
    """A colour as '#rrggbb', with a field that shows it and opens the chooser."""

    def __init__(self, parent: Any, declaration: Declaration, ask: Ask):
        frame = ctk.CTkFrame(parent, fg_color="transparent")
        super().__init__(frame, declaration)
        self.widget = frame
        self.stretches = False
        self._ask = ask
        self.entry.pack(side="left")
        self.swatch = ctk.CTkButton(
            frame, text="", width=theme.FIELD_HEIGHT, height=theme.FIELD_HEIGHT, border_width=theme.BORDER,
            border_color=colours.LINE, command=self.choose,
        )  # fmt: skip
        self.swatch.pack(side="left", padx=(6, 0))
        self.variable.trace_add("write", lambda *_: self._dye())

    def _dye(self) -> None:
        """The colour that stands in the field; while none does, the field's own."""
        text = str(self.variable.get()).strip()
        colour = text if COLOUR.fullmatch(text) else colours.FIELD
        self.swatch.configure(fg_color=colour, hover_color=colour)

    def choose(self) -> None:
        if chosen := self._ask.colour(self.declaration.label, str(self.variable.get())):
            self.variable.set(chosen)
