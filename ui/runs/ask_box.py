"""The prompt box of the run view: any prompt is drawn from the weights as they are after the step."""

from functools import partial
from typing import Any

import customtkinter as ctk

from onetrainer_clone.settings import UserError, load
from onetrainer_clone.state.sampling import Prompt
from ui import colours, theme
from ui.run.runner import Runner
from ui.workbench import Workbench


class AskBox(ctk.CTkFrame):
    def __init__(self, parent: Any, bench: Workbench, runner: Runner):
        super().__init__(parent, fg_color="transparent")
        self._bench, self._runner = bench, runner
        self.prompt = ctk.CTkEntry(self, placeholder_text="any prompt: drawn from the weights as they are, also in a pause")
        self.seed = ctk.CTkEntry(self, width=80)
        self.seed.insert(0, "0")
        self.button = theme.button(self, "Draw", self.ask)
        self.button.pack(side="right")
        self.seed.pack(side="right", padx=(0, 8))
        ctk.CTkLabel(self, text="seed", text_color=colours.DIM).pack(side="right", padx=8)
        self.prompt.pack(side="left", fill="x", expand=True)
        tip = "Its size, steps, CFG and sampler are those of the first prompt of the Sampling tab, as the run began."
        bench.tooltip.attach(self.button, partial(str, tip))
        for entry in (self.prompt, self.seed):
            entry.bind("<Return>", lambda _event: self.ask())
        self.refresh()

    def refresh(self) -> None:
        able = self._runner.going and not self._runner.stopping
        wanted = "normal" if able else "disabled"
        if self.button.cget("state") != wanted:
            self.button.configure(state=wanted)

    def ask(self) -> None:
        """Hand the prompt to the run. Raises `UserError` for what cannot be drawn."""
        if not self._runner.going or self._runner.stopping or self._runner.state is None:
            raise UserError("no run goes on: start one, or draw pictures without training on the Tools tab")
        text, seed = self.prompt.get().strip(), self.seed.get().strip() or "0"
        if not text:
            raise UserError("write what to draw into the box first")
        first = next(iter(self._runner.state.sampling.prompts), Prompt())
        self._runner.controls.ask(load(Prompt, {**first.model_dump(), "text": text, "seed": seed, "enabled": True}))
