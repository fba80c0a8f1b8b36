"""What a person sees who has no settings yet: what to do, in order, or the demo."""

from collections.abc import Callable
from typing import Any

import customtkinter as ctk

from ui import colours, theme
from ui.tabs.page import Page, Scrolled
from ui.workbench import Workbench

STEPS = (
    ("1", "Choose a model", "The Stable Diffusion model to start from: a folder on your disk.", "model.source"),
    (
        "2",
        "Add a concept",
        "A folder with pictures of your subject; then one of its class, if you have it.",
        "concepts",
    ),
    ("3", "Start", "See what the run will do, press Start, and watch it learn.", "run"),
)


class WelcomePage(Page):
    def __init__(self, parent: Any, bench: Workbench, try_demo: Callable[[], None]):
        super().__init__(parent, bench)
        column = Scrolled(self)
        column.pack(fill="both", expand=True)
        card = ctk.CTkFrame(column, corner_radius=10, border_width=1, border_color=colours.LINE)
        card.grid(row=0, column=0, padx=8, pady=(24, 8))
        ctk.CTkLabel(card, text="Teach a model your subject", font=theme.font(24, bold=True)).pack(
            anchor="w", padx=32, pady=(28, 2)
        )
        ctk.CTkLabel(card, text="Three things, in this order:", text_color=colours.DIM).pack(anchor="w", padx=32)
        for number, title, words, path in STEPS:
            self._step(card, number, title, words, path)
        ctk.CTkFrame(card, height=1, fg_color=colours.LINE).pack(fill="x", padx=32, pady=(16, 12))
        demo = "Or watch it work first: a small model learns one circle in about two minutes."
        ctk.CTkLabel(card, text=demo, wraplength=480, justify="left").pack(anchor="w", padx=32)
        self.demo = theme.button(card, "Try the demo", try_demo, "main")
        self.demo.pack(anchor="w", padx=32, pady=(8, 28))

    def _step(self, card: Any, number: str, title: str, words: str, path: str) -> None:
        line = ctk.CTkFrame(card, fg_color="transparent")
        line.pack(fill="x", padx=32, pady=(14, 0))
        ctk.CTkLabel(line, text=number, width=30, font=theme.font(20, bold=True), text_color=colours.ACCENT).pack(
            side="left", padx=(0, 12)
        )
        theme.button(line, "Go there", lambda: self.bench.go(path)).pack(side="right", padx=(24, 0))
        text = ctk.CTkFrame(line, fg_color="transparent")
        text.pack(side="left", fill="x", expand=True)
        ctk.CTkLabel(text, text=title, font=theme.font(theme.HEADING, bold=True), anchor="w", height=22).pack(
            anchor="w"
        )
        ctk.CTkLabel(
            text, text=words, text_color=colours.DIM, anchor="w", justify="left", height=20, wraplength=330
        ).pack(anchor="w")
