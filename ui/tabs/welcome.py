"""The first steps: what to do, in order, what of it is done, or the demo. Shown until there are a model and a concept."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import customtkinter as ctk

from onetrainer_clone.state import TrainingState
from ui import colours, theme
from ui.tabs.page import Page, Scrolled
from ui.workbench import Workbench

KEYS = (
    "Ctrl+S saves the preset, Ctrl+Z takes back, Ctrl+Shift+Z does again, Ctrl+F finds a setting, F5 starts, Alt+1 … go to "
    "the tabs, Ctrl + and Ctrl - change the size, F1 comes back here. On the Run tab ← and → go through the samples."
)


@dataclass(frozen=True)
class Step:
    title: str
    words: str
    button: str
    go: str  # a path or a tab; empty: the presets
    done: Callable[[TrainingState], bool]


STEPS = (
    Step(
        "Choose a starting point", "A preset that fits your model and the memory of your GPU.", "Presets", "",
        lambda state: bool(state.preset),
    ),
    Step(
        "Choose a model", "The Stable Diffusion model to start from: a file or a folder on your disk.", "Go there",
        "model.source", lambda state: bool(state.model.source),
    ),
    Step(
        "Add a concept", "A folder with pictures of your subject; then one of its class, if you have it.", "Go there",
        "concepts", lambda state: bool(state.concepts),
    ),
    Step("Start", "See what the run will do, press Start, and watch it learn.", "Go there", "run", lambda _state: False),
)  # fmt: skip


class WelcomePage(Page):
    def __init__(
        self, parent: Any, bench: Workbench, try_demo: Callable[[], object], choose_preset: Callable[[], object]
    ):
        super().__init__(parent, bench)
        self._choose_preset = choose_preset
        self.numbers: list[Any] = []
        column = Scrolled(self)
        column.pack(fill="both", expand=True)
        card = ctk.CTkFrame(column, corner_radius=10, border_width=theme.BORDER, border_color=colours.LINE)
        card.grid(row=0, column=0, padx=8, pady=(24, 8))
        ctk.CTkLabel(card, text="Teach a model your subject", font=theme.font(24, bold=True)).pack(
            anchor="w", padx=32, pady=(28, 2)
        )
        ctk.CTkLabel(card, text="Four things, in this order:", text_color=colours.DIM).pack(anchor="w", padx=32)
        for number, step in enumerate(STEPS, start=1):
            self._step(card, number, step)
        self._line(card)
        demo = "Or watch it work first: a small model learns one circle in about two minutes."
        ctk.CTkLabel(card, text=demo, wraplength=480, justify="left").pack(anchor="w", padx=32)
        self.demo = theme.button(card, "Try the demo", try_demo, "main")
        self.demo.pack(anchor="w", padx=32, pady=(8, 0))
        self._line(card)
        keys = ctk.CTkLabel(
            card, text=KEYS, wraplength=480, justify="left", text_color=colours.DIM, font=theme.font(theme.SMALL)
        )
        keys.pack(anchor="w", padx=32, pady=(0, 24))
        self._end = bench.store.changed.connect(lambda _before, _after: self.refresh_in_view())

    def destroy(self) -> None:
        self._end()
        super().destroy()

    def refresh(self) -> None:
        """A tick stands for the number of what is done."""
        for number, (label, step) in enumerate(zip(self.numbers, STEPS, strict=True), start=1):
            done = step.done(self.bench.store.state)
            label.configure(text="✓" if done else str(number), text_color=colours.GOOD if done else colours.ACCENT)

    @staticmethod
    def _line(card: Any) -> None:
        ctk.CTkFrame(card, height=1, fg_color=colours.LINE).pack(fill="x", padx=32, pady=(18, 12))

    def _step(self, card: Any, number: int, step: Step) -> None:
        line = ctk.CTkFrame(card, fg_color="transparent")
        line.pack(fill="x", padx=32, pady=(14, 0))
        numbered = ctk.CTkLabel(
            line, text=str(number), width=30, font=theme.font(20, bold=True), text_color=colours.ACCENT
        )
        numbered.pack(side="left", padx=(0, 12))
        self.numbers.append(numbered)
        theme.button(line, step.button, lambda: self._go(step), width=96).pack(side="right", padx=(24, 0))
        text = ctk.CTkFrame(line, fg_color="transparent")
        text.pack(side="left", fill="x", expand=True)
        ctk.CTkLabel(text, text=step.title, font=theme.font(theme.HEADING, bold=True), anchor="w", height=22).pack(
            anchor="w"
        )
        words = ctk.CTkLabel(
            text, text=step.words, text_color=colours.DIM, anchor="w", justify="left", height=20, wraplength=330
        )
        theme.wrap(words, text)
        words.pack(anchor="w")

    def _go(self, step: Step) -> None:
        if step.go:
            self.bench.go(step.go)
        else:
            self.after(1, self._choose_preset)  # the click that is going on would take the menu away again
