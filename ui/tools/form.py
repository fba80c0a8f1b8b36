"""The form of the sampling tool: cards made from the declarations, with the list of files between them."""

import dataclasses
from dataclasses import replace
from typing import Any, cast

from onetrainer_clone.grid_form import GridForm, empty_size
from onetrainer_clone.settings import Settings, UserError, declarations
from onetrainer_clone.state.model import ModelSettings
from onetrainer_clone.state.sampling import Prompt
from ui import theme
from ui.controls import Text
from ui.form import Card, Form, Line
from ui.row import Row
from ui.tabs.page import Scrolled
from ui.tools.files import FileList
from ui.tools.said import Said
from ui.tools.store import ToolStore
from ui.workbench import Workbench

_EMPTY_SIZE = "as in Training, where the model is the same, else the model's own"
_SIDES = ("width", "height")
_ALWAYS = ("source", "vae", "prediction")  # of the model, also in the short form
_REST = ("zero_terminal_snr", "clip_skip", "text_windows", "unet_dtype", "text_encoder_dtype", "vae_dtype")
_COLUMNS = ("strengths", "bare")
_WORDS = ("prompts", "negative", "seeds")
_FACTS = ("steps", "cfg_scale", "width", "height", "sampler", "cfg_rescale")  # of a prompt, the same for all pictures
PROMPTS_HEIGHT = 96  # px at 100 %


class DrawingForm(Scrolled):
    def __init__(self, parent: Any, bench: Workbench, store: ToolStore):
        super().__init__(parent, width=60)
        self._bench, self.store, self.said = bench, store, Said(store)
        self._own = dataclasses.replace(bench, store=store, findings=cast(Any, self.said))
        self.forms: list[Form] = []
        self._lines = 0
        self._add_card("Model", "model", ModelSettings, _ALWAYS)
        self.from_model = self._add_button("From the Model tab", self.take_model, "The model that is trained, and how.")
        self.files = FileList(self, bench, store, self.said)
        self._place(self.files)
        self._add_card("Columns", "", GridForm, _COLUMNS)
        self._add_card("Prompts", "", GridForm, _WORDS)
        if isinstance(prompts := self._control("prompts"), Text):
            prompts.box.configure(height=PROMPTS_HEIGHT)
        tip = "Texts, size and steps of the prompts that the run draws."
        self.from_sampling = self._add_button("From the Sampling tab", self.take_prompts, tip)
        self._add_card("Pictures", "facts", Prompt, _FACTS)
        self._add_card("More of the model", "model", ModelSettings, _REST)
        self._ends = [
            bench.options.changed.connect(self.refresh),
            store.changed.connect(lambda _before, _after: self._say_size()),
            bench.store.changed.connect(lambda _before, _after: self._say_size() if self.winfo_viewable() else None),
        ]

    def destroy(self) -> None:
        for end in self._ends:
            end()
        super().destroy()

    @property
    def settings(self) -> GridForm:
        return cast(GridForm, self.store.settings)

    def row(self, path: str) -> Row | None:
        return next((row for form in self.forms if (row := form.row(path)) is not None), None)

    def go(self, path: str) -> None:
        """To the field of a problem."""
        if row := self.row(path):
            if not row.relevant(self.store.state):
                self._bench.options.basic = False
            row.focus()
            row.flash()
        elif path.startswith("files["):
            self.files.table.select(int(path[6:].partition("]")[0]))

    def refresh(self) -> None:
        for form in self.forms:
            form.refresh_if_stale()
            form.grid() if form.relevant else form.grid_remove()
        self._say_size()

    def begin(self) -> None:
        """The model of the settings, where none is chosen yet."""
        model = self._bench.store.state.model
        if not self.settings.model.source and model.source:  # no step of undo: nobody asked for it
            self.store.load(cast(Any, self.settings.model_copy(update={"model": model})))

    def take_model(self) -> None:
        self.store.replace("model", self._bench.store.state.model, "the model of the Model tab")

    def take_prompts(self) -> None:
        """Texts and facts of the prompts that the run draws."""
        state = self._bench.store.state
        prompts = [prompt for prompt in state.sampling.prompts if prompt.enabled]
        if not prompts:
            raise UserError("the Sampling tab has no prompts that are switched on")
        first, side = prompts[0], state.training.resolution
        facts = {name: getattr(first, name) for name in _FACTS}
        facts |= {"width": first.width or side, "height": first.height or side}
        texts = "\n".join(" ".join(prompt.text.split()) for prompt in prompts)
        taken = {"prompts": texts, "negative": first.negative, "facts": Prompt(**facts)}
        self.store.set(cast(Any, self.settings.model_copy(update=taken)), "the prompts of the Sampling tab")

    def _say_size(self) -> None:
        """Which size an empty field means now."""
        words = empty_size(self.settings, self._bench.store.state)
        for side in _SIDES:
            if row := self.row(f"facts.{side}"):
                row.say_beside(f"px  empty: {words}")

    def _add_card(self, title: str, prefix: str, owner: type[Settings], names: tuple[str, ...]) -> None:
        tip = declarations(GridForm)[prefix].tip if prefix else ""
        found = {name: replace(declarations(owner)[name], basic=names is not _REST) for name in names}
        for name in set(_SIDES) & found.keys():
            found[name] = replace(found[name], empty=_EMPTY_SIZE)
        lines = tuple(Line(name, declaration.label, declaration) for name, declaration in found.items())
        form = Form(self, self._own, Card(title, tip, prefix, lines, ()))
        form.refresh()
        self.forms.append(form)
        self._place(form)

    def _add_button(self, text: str, command: Any, tip: str) -> Any:
        """Under the card before it."""
        made = theme.button(self, text, command)
        self._bench.tooltip.attach(made, lambda: tip)
        made.grid(row=self._lines, column=0, sticky="w", padx=2, pady=(0, 10))
        self._lines += 1
        return made

    def _place(self, widget: Any) -> None:
        widget.grid(row=self._lines, column=0, sticky="ew", padx=(2, 8), pady=(0, 8))
        self._lines += 1

    def _control(self, path: str) -> Any:
        row = self.row(path)
        return row.control if row is not None else None
