"""The Sampling tab: the prompts that are drawn during the run, and when."""

from typing import Any

import customtkinter as ctk

from onetrainer_clone.state.sampling import Prompt
from ui import colours
from ui.cardlist import Item
from ui.tabs.items import ItemsPage
from ui.tabs.settings import SAMPLING, Cards
from ui.words import number, quoted
from ui.workbench import Workbench

EMPTY = (
    "No prompts yet.\n\nEach prompt is drawn again and again during the run, always with the same seed, so that you see "
    "what is being learned. Press 'Add prompt'."
)


class SamplingPage(ItemsPage):
    path, noun, owner = "sampling.prompts", "prompt", Prompt
    import_tip = "Adds the prompts of another file: OneTrainer's samples.json, a preset."
    add_tip = "A new prompt at the end, with the next seed."

    def __init__(self, parent: Any, bench: Workbench):
        super().__init__(parent, bench, row_height=56, empty=EMPTY)
        above = ctk.CTkFrame(self, fg_color="transparent")
        above.grid_columnconfigure(0, weight=1)
        self.split.put_above(above)
        self.when = Cards(above, bench, SAMPLING)

    def destroy(self) -> None:
        self.when.destroy()
        super().destroy()

    def refresh(self) -> None:
        super().refresh()
        self.when.refresh()

    def new_item(self) -> Prompt:
        """The next seed, so that two prompts of the same words differ."""
        return Prompt(seed=max((prompt.seed for prompt in self.items), default=-1) + 1)

    def name(self, item: Prompt) -> str:
        return quoted(item.text or "(empty)")

    def row(self, index: int, item: Prompt) -> Item:
        size = f"{item.width or 'auto'} x {item.height or 'auto'}" if item.width or item.height else ""
        facts = [f"seed {item.seed}", f"{item.steps} steps", f"cfg {number(item.cfg_scale)}", item.sampler.label, size]
        found = [p for p in self.bench.findings.under(f"{self.path}[{index}]") if p.severity == "error"]
        line = (found[0].message, colours.ERROR) if found else (" · ".join(filter(None, facts)), colours.DIM)
        return Item(" ".join(item.text.split()) or "(empty prompt)", (line,), enabled=item.enabled)

    def go(self, path: str) -> bool:
        return super().go(path) or self.when.go(path)
