"""The Embedding tab: the new words that are taught, alone or beside a LoRA or fine-tune."""

from typing import Any

import customtkinter as ctk

from onetrainer_clone.state.embedding import NewWord
from ui import colours
from ui.cardlist import Item
from ui.tabs.items import ItemsPage
from ui.tabs.settings import EMBEDDING, Cards
from ui.workbench import Workbench

EMPTY = (
    "No new words yet.\n\nAn embedding gives the text encoder a word of its own, which stands in captions and prompts. It "
    "is trained alone (method Embedding), or with a LoRA or fine-tune. Press 'Add new word'."
)


class EmbeddingPage(ItemsPage):
    path, noun, owner = "embedding.words", "new word", NewWord
    add_tip = "A new word at the end, with a placeholder that no other has."

    def __init__(self, parent: Any, bench: Workbench):
        super().__init__(parent, bench, row_height=56, empty=EMPTY)
        above = ctk.CTkFrame(self, fg_color="transparent")
        above.grid_columnconfigure(0, weight=1)
        self.split.put_above(above)
        self.common = Cards(above, bench, EMBEDDING)

    def destroy(self) -> None:
        self.common.destroy()
        super().destroy()

    def refresh(self) -> None:
        super().refresh()
        self.common.refresh()

    def new_item(self) -> NewWord:
        """With a placeholder that no other has."""
        taken = {word.placeholder for word in self.items}
        names = ("<word>", *(f"<word{number}>" for number in range(2, len(taken) + 3)))
        return NewWord(placeholder=next(name for name in names if name not in taken))

    def copy_of(self, item: NewWord, besides: Any) -> NewWord:
        taken = {word.placeholder for word in (*self.items, *besides)}
        names = (f"{item.placeholder.rstrip('>')}{number}>" for number in range(2, len(taken) + 3))
        return item.model_copy(update={"placeholder": next(name for name in names if name not in taken)})

    def name(self, item: NewWord) -> str:
        return f"'{item.placeholder}'"

    def row(self, index: int, item: NewWord) -> Item:
        vectors = "" if item.vectors is None else f"{item.vectors} vector{'s' if item.vectors > 1 else ''}"
        begins = f"from {item.source}" if item.source else f"begins as '{item.initial_text}'"
        facts = [begins, "" if item.source else vectors, "" if item.train else "not trained"]
        found = [p for p in self.bench.findings.under(f"{self.path}[{index}]") if p.severity == "error"]
        line = (found[0].message, colours.ERROR) if found else (" · ".join(filter(None, facts)), colours.DIM)
        return Item(item.placeholder or "(no placeholder)", (line,), enabled=item.enabled)

    def go(self, path: str) -> bool:
        return super().go(path) or self.common.go(path)
