"""The first steps: what to do, in order, what of it is done, or the demo. Shown until there are a model and a concept."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import customtkinter as ctk

from onetrainer_clone.state import TrainingState
from ui import colours, theme
from ui.keys import IN_VIEWS, KEYS
from ui.tabs.page import Page, Scrolled
from ui.workbench import Workbench

NARROW = 460  # px at 100 %: of the card; in less a step's button stands under its words
WIDEST, KEYS_WIDTH = 620, 160  # px at 100 %
EDGE = {False: 32, True: 14}  # px at 100 %: left and right of what is in the card, where it is narrow


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
        self._narrow: bool | None = None
        self._shared: list[tuple[Any, Any]] = []  # the words of each step, and its button
        self._inside: list[Any] = []
        column = Scrolled(self)
        column.pack(fill="both", expand=True)
        self.card = card = ctk.CTkFrame(column, corner_radius=10, border_width=theme.BORDER, border_color=colours.LINE)
        card.grid_columnconfigure(0, weight=1)
        card.grid(row=0, column=0, padx=8, pady=(12, 8))
        self._text(card, "Teach a model your subject", 24, top=20)
        self._text(card, "Four things, in this order:", dim=True)
        for number, step in enumerate(STEPS, start=1):
            self._step(card, number, step)
        self._line(card)
        self._text(card, "Or watch it work first: a small model learns one circle in about two minutes.")
        self.demo = theme.button(card, "Try the demo", try_demo, "main")
        self._lay(self.demo, sticky="w", top=8)
        self._line(card)
        self._text(card, "Keys", theme.HEADING)
        self.keys = KeyTable(card)
        self._lay(self.keys, top=4, bottom=20)
        column.bind("<Configure>", lambda event: self._fit(event.width / theme.scaling(self)), add="+")
        self._end = bench.store.changed.connect(lambda _before, _after: self.refresh_in_view())

    def destroy(self) -> None:
        self._end()
        super().destroy()

    def refresh(self) -> None:
        """A tick stands for the number of what is done."""
        for number, (label, step) in enumerate(zip(self.numbers, STEPS, strict=True), start=1):
            done = step.done(self.bench.store.state)
            label.configure(text="✓" if done else str(number), text_color=colours.GOOD if done else colours.LINK)

    def _fit(self, width: float) -> None:
        """As wide as there is room, up to what can be read well; narrow: everything under each other."""
        width = min(width - 20, WIDEST)
        self.card.grid_columnconfigure(0, minsize=round(width * theme.scaling(self)))
        if (narrow := width < NARROW) == self._narrow:
            return
        self._narrow = narrow
        for widget in self._inside:
            widget.grid_configure(padx=EDGE[narrow])
        for words, button in self._shared:
            button.grid_configure(row=1 if narrow else 0, column=1 if narrow else 2, sticky="w" if narrow else "e",
                                  padx=0 if narrow else (24, 0), pady=(6, 0) if narrow else 0)  # fmt: skip
            words.grid_configure(columnspan=2 if narrow else 1)

    def _lay(self, widget: Any, sticky: str = "ew", top: int = 0, bottom: int = 0) -> None:
        """Under what is in the card already."""
        widget.grid(row=len(self._inside), column=0, sticky=sticky, pady=(top, bottom))
        self._inside.append(widget)

    def _text(self, card: Any, text: str, size: int = theme.BODY, dim: bool = False, top: int = 0) -> None:
        label = _label(card, text, size, dim)
        theme.wrap(label, card, less=2 * EDGE[False])
        self._lay(label, top=top)

    def _line(self, card: Any) -> None:
        self._lay(ctk.CTkFrame(card, height=1, fg_color=colours.LINE), top=16, bottom=10)

    def _step(self, card: Any, number: int, step: Step) -> None:
        line = ctk.CTkFrame(card, fg_color="transparent")
        line.grid_columnconfigure(1, weight=1)
        self._lay(line, top=12)
        numbered = ctk.CTkLabel(
            line, text=str(number), width=30, font=theme.font(20, bold=True), text_color=colours.LINK
        )
        numbered.grid(row=0, column=0, sticky="n", padx=(0, 10))
        self.numbers.append(numbered)
        text = ctk.CTkFrame(line, fg_color="transparent")
        text.grid(row=0, column=1, sticky="ew")
        for words in (_label(text, step.title, theme.HEADING), _label(text, step.words, dim=True)):
            theme.wrap(words, text)
            words.pack(fill="x")
        button = theme.button(line, step.button, lambda: self._go(step), width=96)
        button.grid(row=0, column=2)
        self._shared.append((text, button))

    def _go(self, step: Step) -> None:
        if step.go:
            self.bench.go(step.go)
        else:
            self.after(1, self._choose_preset)  # the click that is going on would take the menu away again


class KeyTable(theme.Canvas):
    """Keys and what they do, drawn: as labels they would take longer than all the rest of the page."""

    def __init__(self, parent: Any):
        super().__init__(parent, width=1, height=1)
        self.rows = (*((key.shown, key.words) for key in KEYS), *IN_VIEWS)

    def draw(self) -> None:
        self.delete("all")
        left, top = self.px(KEYS_WIDTH), 0
        looks: dict[str, Any] = {"anchor": "nw", "font": self.face(theme.SMALL)}
        for shown, words in self.rows:
            ends = [
                self.bbox(self.create_text(x, top, text=text, width=width, fill=theme.now(colour), **looks))[3]
                for x, text, width, colour in (
                    (0, shown, left - self.px(10), colours.TEXT),
                    (left, words, max(self.winfo_width() - left, 1), colours.DIM),
                )
            ]
            top = max(ends) + self.px(3)
        self.configure(height=top)


def _label(parent: Any, text: str, size: int = theme.BODY, dim: bool = False) -> Any:
    return ctk.CTkLabel(
        parent, text=text, anchor="w", justify="left", height=20, width=0, font=theme.font(size, size > theme.BODY),
        text_color=colours.DIM if dim else colours.TEXT,
    )  # fmt: skip
