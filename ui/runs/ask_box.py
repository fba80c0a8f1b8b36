"""The prompt box of the run view: any prompt is drawn from the weights as they are after the step."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import customtkinter as ctk

from onetrainer_clone.settings import Declaration, Invalid, UserError, declarations, load
from onetrainer_clone.state.sampling import Prompt, Sampler, size_problem
from onetrainer_clone.typed import parse
from ui import colours, memory, theme
from ui.controls import reachable
from ui.option_menu import OptionMenu
from ui.run.runner import Runner
from ui.runs.asked import Asked, Fields
from ui.runs.toolbar import Wrapping
from ui.workbench import Workbench

HINT = "any prompt: drawn from the weights as they are, also in a pause"
MORE = ("width", "height", "steps", "cfg_scale")  # in a row below, beside the negative prompt
NARROW = 520  # px at 100 %: the prompt has a line for itself
LISTED, LETTERS = 12, 70  # entries of the menu, and of each
AS_SET = "as set: {}"
AS_FIRST = "Empty: as the first prompt of the Sampling tab, as the run began."


class AskBox(ctk.CTkFrame):
    def __init__(self, parent: Any, bench: Workbench, runner: Runner):
        super().__init__(parent, fg_color="transparent")
        self._bench, self._runner = bench, runner
        self._asked = Asked(memory.last_asked())
        self._narrow: bool | None = None
        self.grid_columnconfigure(0, weight=1)
        self.prompt = theme.Entry(self, placeholder_text=HINT, height=theme.FIELD_HEIGHT)
        self._beside = ctk.CTkFrame(self, fg_color="transparent")
        self.seed = self._field(self._beside, "seed", 80)
        self.seed.insert(0, "0")
        self.more = theme.button(self._beside, "More", self.unfold, width=76)
        self.before = theme.button(self._beside, "▾", self._open_menu, width=30)
        self.button = theme.button(self._beside, "Draw", self.ask)
        for made, tip in (
            (self.more, "Negative prompt, size, steps, CFG and sampler. What is not set is as in the first prompt of the "
             "Sampling tab, as the run began."),
            (self.before, "What was asked before (↑ and ↓ in the box)."),
            (self.button, "Draws the prompt after the step (Return)."),
        ):  # fmt: skip
            made.pack(side="left", padx=(8, 0))
            bench.tooltip.attach(made, partial(str, tip))
        self._below = ctk.CTkFrame(self, fg_color="transparent")
        self.negative = theme.Entry(self._below, height=theme.FIELD_HEIGHT)
        self.negative.pack(fill="x", pady=(6, 0))
        bench.tooltip.attach(self.negative, partial(str, f"What to avoid. {AS_FIRST}"))
        row = Wrapping(self._below)
        row.pack(fill="x", pady=(6, 0))
        self.fields: dict[str, Any] = {"text": self.prompt, "seed": self.seed, "negative": self.negative}
        for name in MORE:
            holder = ctk.CTkFrame(row, fg_color="transparent")
            self.fields[name] = self._field(holder, name, 64)
            row.lay(holder)
        holder = ctk.CTkFrame(row, fg_color="transparent")
        self.sampler = SamplerMenu(holder, self._label(holder, "sampler"), self._count)
        bench.tooltip.attach(self.sampler, partial(str, f"Which way the picture is drawn. {AS_FIRST}"))
        row.lay(holder)
        for entry in self.fields.values():
            entry.bind("<Return>", lambda _event: self.ask())
            entry.bind("<KeyRelease>", lambda _event: self._count())
        self.seed.configure(placeholder_text="0")
        for key, by in (("Up", -1), ("Down", 1)):
            self.prompt.bind(f"<{key}>", partial(self._go, by))
        self.bind("<Configure>", lambda event: self._lay(event.width < NARROW * theme.scaling(self)))
        self._lay(False)
        self._hinted: Prompt | None = None
        self.refresh()

    def refresh(self) -> None:
        wanted = "normal" if self._runner.listening else "disabled"
        if self.button.cget("state") != wanted:
            self.button.configure(state=wanted)
        if self._first != self._hinted:
            self._hinted = first = self._first
            self.negative.configure(placeholder_text=f"negative prompt: {first.negative or 'none'}")
            for name in MORE:
                value = getattr(first, name)
                self.fields[name].configure(placeholder_text="auto" if value is None else f"{value:g}")
            self.sampler.tell(first.sampler)

    @property
    def values(self) -> Fields:
        """What stands in the fields."""
        return {name: entry.get().strip() for name, entry in self.fields.items()} | {"sampler": self.sampler.value}

    def fill(self, values: Fields) -> None:
        for name, entry in self.fields.items():
            if entry.get():
                entry.delete(0, "end")
            if values.get(name):
                entry.insert(0, values[name])
        self.sampler.value = values.get("sampler", "")
        self._count()

    def unfold(self) -> None:
        """Show the further fields, or put them away; what stands in them counts all the same."""
        if self._below.winfo_manager():
            theme.put_away(self._below)
        else:
            self._below.grid(row=2, column=0, columnspan=2, sticky="ew")
        self._count()

    def ask(self) -> None:
        """Hand the prompt to the run. Raises `UserError` for what cannot be drawn."""
        if not self._runner.listening:
            raise UserError("no run goes on that could draw: start one, or draw without training on the Tools tab")
        values = self.values
        if not values["text"]:
            raise UserError("write what to draw into the box first")
        said = {name: value for name, value in values.items() if value}
        known = declarations(Prompt)
        typed = {name: parse(known[name], text) for name, text in said.items()}
        try:
            prompt = load(Prompt, {**self._first.model_dump(), "seed": 0, **typed, "enabled": True})
        except Invalid as error:
            found = (f"{known[problem.path].label} {problem.message}" for problem in error.problems)
            raise UserError("\n".join(found)) from None
        if why := size_problem(prompt.width, prompt.height):
            raise UserError(f"the picture's size {prompt.width or 'auto'} x {prompt.height or 'auto'}: {why}")
        self._runner.controls.ask(prompt)
        self._asked.add(said)
        with suppress(OSError):  # they are there until the window closes
            memory.keep_asked(self._asked.all)

    @property
    def _first(self) -> Prompt:
        """Of the run that goes on."""
        return next(iter(self._runner.state.sampling.prompts), Prompt()) if self._runner.state else Prompt()

    def _field(self, parent: Any, name: str, width: int) -> Any:
        declaration = self._label(parent, name)
        entry = theme.Entry(parent, width=width, height=theme.FIELD_HEIGHT)
        entry.pack(side="left", padx=(0, 8) if name in MORE else 0)
        tip = f"{declaration.tip} {AS_FIRST if name in MORE else ''}".strip()
        self._bench.tooltip.attach(entry, partial(str, tip))
        return entry

    def _label(self, parent: Any, name: str) -> Declaration:
        declaration = declarations(Prompt)[name]
        label = ctk.CTkLabel(parent, text=declaration.label.lower().replace("cfg", "CFG"), text_color=colours.DIM)
        label.pack(side="left", padx=(0, 8))
        return declaration

    def _lay(self, narrow: bool) -> None:
        if narrow != self._narrow:
            self._narrow = narrow
            self.prompt.grid(row=0, column=0, columnspan=2 if narrow else 1, sticky="ew")
            at: dict[str, Any] = {"row": 1, "column": 0} if narrow else {"row": 0, "column": 1}
            self._beside.grid(**at, sticky="w", padx=(0 if narrow else 8, 0), pady=(6 if narrow else 0, 0))

    def _count(self) -> None:
        """How many of the further fields are set stands on the button that folds them away."""
        number = sum(bool(self.values[name]) for name in ("negative", *MORE, "sampler"))
        text = "Less" if self._below.winfo_manager() else f"More ({number})" if number else "More"
        if self.more.cget("text") != text:
            self.more.configure(text=text)

    def _go(self, by: int, _event: Any) -> str:
        if found := self._asked.go(by, self.values):
            self.fill(found)
        return "break"

    def _open_menu(self) -> None:
        menu = theme.menu(self)
        for one in reversed(self._asked.all[-LISTED:]):
            text = one.get("text", "")
            words = text if len(text) <= LETTERS else f"{text[: LETTERS - 1]}…"
            menu.add_command(label=f"{words}   (seed {one.get('seed') or 0})", command=partial(self.fill, one))
        if not self._asked.all:
            menu.add_command(label="Nothing was asked for yet", state="disabled")
        menu.tk_popup(self.before.winfo_rootx(), self.before.winfo_rooty() + self.before.winfo_height())


class SamplerMenu(OptionMenu):
    """The choices of the Sampling tab, after the one that the run has of itself."""

    def __init__(self, parent: Any, declaration: Declaration, chosen: Callable[[], object]):
        self._names = {choice.label: choice.value for choice in declaration.choices}
        super().__init__(parent, [AS_SET.format(max(self._names, key=len)), *self._names], None, 60)
        self.configure(command=lambda _label: chosen())
        self.tell(Prompt().sampler)
        reachable(self, self._open_dropdown_menu)
        self.pack(side="left")

    def tell(self, usual: Sampler) -> None:
        """What it is where nothing is chosen."""
        value = self.value
        self._usual = AS_SET.format(usual.label)
        self.configure(values=[self._usual, *self._names])
        self.value = value

    @property
    def value(self) -> str:
        """Empty: as it is set."""
        return self._names.get(self.get(), "")

    @value.setter
    def value(self, value: str) -> None:
        self.set(next((label for label, name in self._names.items() if name == value), self._usual))
