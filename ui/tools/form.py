"""What is to be drawn, as the person fills it in: model, checkpoints, prompts, strengths, seeds."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import customtkinter as ctk

from onetrainer_clone.drawing import Drawing
from onetrainer_clone.grid import rows
from onetrainer_clone.journal import SAVES
from onetrainer_clone.past_runs import saves_in
from onetrainer_clone.paths import resolve
from onetrainer_clone.settings import Declaration, UserError, declarations, load
from onetrainer_clone.state.model import ModelSettings
from onetrainer_clone.state.sampling import Prompt
from ui import colours, controls, theme
from ui.filekinds import HOLDING
from ui.runs.table import Column, Row, Table
from ui.runs.toolbar import Wrapping
from ui.tabs.page import Scrolled
from ui.workbench import Workbench

NO_CHECKPOINTS = (
    "Add LoRA files to compare, embeddings, or whole models. Without any, the model alone draws. In prompts an embedding is "
    "called by its file's name."
)
_USUAL_SIZE = "512, for SDXL 1024"
FACTS = ("steps", "cfg_scale", "width", "height", "sampler")  # of a prompt, the same for all pictures


class DrawingForm(Scrolled):
    def __init__(self, parent: Any, bench: Workbench):
        super().__init__(parent, width=60)
        self._bench = bench
        self.checkpoints: list[str] = []
        self._lines = 0
        self.model = controls.make(self, declarations(ModelSettings)["source"], bench.ask)
        if isinstance(self.model, controls.Entry):
            self.model.entry.configure(width=60)  # at least; it takes the room that there is
        self._add("Model", self.model.widget)
        columns = (Column("Checkpoint", 120, 3), Column("Folder", 90, 2, drop=1))
        self.table = Table(self, columns, NO_CHECKPOINTS, several=True)
        self.table.configure(height=150)
        self.table.pack_propagate(False)
        self.table.on_delete.connect(self.remove)
        self._add("Checkpoints to compare", self.table)
        self._buttons()
        self.prompts = self._box("Prompts, one a line", 84)
        self.from_state = theme.button(self, "From the Sampling tab", self.take_prompts)
        self._add("", self.from_state, stretch=False)
        self.negative = self._box("Negative prompt", 44)
        self.strengths = self._entry("Strengths of each LoRA", "1", "e.g. 0.5, 0.8, 1")
        self.seeds = self._entry("Seeds of each prompt", "0", "e.g. 0, 1, 2")
        self.facts = {name: controls.make(self, self._declaration(name), bench.ask) for name in FACTS}
        for name, control in self.facts.items():
            declaration = self._declaration(name)
            control.show(declaration.default)
            self._add(declaration.label, control.widget, stretch=False)
        self._show_table()

    def take_model(self) -> None:
        """The model of the settings, where none is chosen yet."""
        if not str(self.model.variable.get()):
            self.model.show(self._bench.store.state.model.source)

    def take_prompts(self) -> None:
        """Texts and facts of the prompts that the run draws."""
        prompts = [prompt for prompt in self._bench.store.state.sampling.prompts if prompt.enabled]
        if not prompts:
            raise UserError("the Sampling tab has no prompts that are switched on")
        self._write(self.prompts, "\n".join(" ".join(prompt.text.split()) for prompt in prompts))
        self._write(self.negative, prompts[0].negative)
        for name, control in self.facts.items():
            control.show(getattr(prompts[0], name))
        if prompts[0].width is None:
            for name in ("width", "height"):
                self.facts[name].show(self._bench.store.state.training.resolution)

    def add_file(self) -> None:
        if chosen := self._bench.ask.files("LoRA, embedding or model files", self._start(), HOLDING["weights"]):
            self.add(chosen)

    def add_folder(self) -> None:
        """A run's folder or one of files gives all that was saved there, a model's folder gives the model."""
        chosen = self._bench.ask.folder("A folder of files, of a run, or of a model", self._start())
        if not chosen:
            return
        folder = Path(chosen)
        if (folder / "model_index.json").is_file():
            return self.add([chosen])
        found = [str(path) for path in (*saves_in(folder), *saves_in(folder / SAVES))]
        if not found:
            raise UserError(f"'{folder}' holds no LoRA, embedding or model (*.safetensors, *.pt, model_index.json)")
        self.add(found)

    def add(self, paths: Sequence[str]) -> None:
        self.checkpoints += [path for path in paths if path not in self.checkpoints]
        self._show_table()

    def remove(self) -> None:
        gone = set(self.table.selection)
        self.checkpoints = [path for index, path in enumerate(self.checkpoints) if index not in gone]
        self._show_table()

    def read(self) -> Drawing:
        """What is to be drawn. Raises `UserError` for what is missing or no value."""
        texts = [line.strip() for line in self.prompts.get("1.0", "end").splitlines() if line.strip()]
        if not str(self.model.variable.get()).strip():
            raise UserError("choose the model to draw with first")
        if not texts:
            raise UserError("write at least one prompt")
        facts = {name: control.read() for name, control in self.facts.items()}
        negative = self.negative.get("1.0", "end").strip()
        prompts = [load(Prompt, {**facts, "text": text, "negative": negative}) for text in texts]
        folder = self._bench.store.state.saving.folder / "pictures" / datetime.now().strftime("%Y-%m-%d %H.%M.%S")
        model = self._bench.store.state.model.model_dump()
        wanted = {
            "model": {**model, "source": str(self.model.variable.get()).strip()},
            "folder": str(folder / "pictures"),
            "grid": {
                "file": str(folder / "grid.png"),
                "checkpoints": [{"path": path} for path in self.checkpoints],
                "strengths": _numbers("strengths", self.strengths.get(), float),
            },
        }
        return load(Drawing, wanted).model_copy(
            update={"prompts": rows(prompts, _numbers("seeds", self.seeds.get(), int))}
        )

    def _start(self) -> str:
        last = resolve(self.checkpoints[-1]).parent if self.checkpoints else self._bench.store.state.saving.folder
        return str(last) if last.is_dir() else ""

    def _show_table(self) -> None:
        paths = [Path(path) for path in self.checkpoints]
        shown = [Row((path.name, str(path.parent)), (None, colours.DIM)) for path in paths]
        self.table.show(len(shown), lambda index: shown[index])

    def _buttons(self) -> None:
        bar = Wrapping(self)
        for text, command in (("Add file…", self.add_file), ("Add folder…", self.add_folder), ("Remove", self.remove)):
            bar.lay(theme.button(bar, text, command))
        self._add("", bar)

    def _declaration(self, name: str) -> Declaration:
        found = declarations(Prompt)[name]
        return replace(found, empty=_USUAL_SIZE) if name in ("width", "height") else found

    def _box(self, label: str, height: int) -> Any:
        box = ctk.CTkTextbox(self, height=height, wrap="word")
        self._add(label, box)
        return box

    def _entry(self, label: str, text: str, hint: str) -> Any:
        entry = ctk.CTkEntry(self, placeholder_text=hint)
        entry.insert(0, text)
        self._add(label, entry)
        return entry

    def _add(self, label: str, widget: Any, stretch: bool = True) -> None:
        """A label above a widget, under what is there already."""
        if label:
            named = ctk.CTkLabel(self, text=label, anchor="w", height=20, text_color=colours.DIM)
            named.grid(row=self._lines, column=0, sticky="ew", padx=(2, 10), pady=(8, 0))
        widget.grid(row=self._lines + 1, column=0, sticky="ew" if stretch else "w", padx=(2, 10), pady=(2, 0))
        self._lines += 2

    @staticmethod
    def _write(box: Any, text: str) -> None:
        box.delete("1.0", "end")
        box.insert("1.0", text)


def _numbers(name: str, text: str, kind: Callable[[str], Any]) -> list[Any]:
    """'0.5, 1' -> [0.5, 1.0]."""
    try:
        found = [kind(part) for part in text.replace(";", ",").replace(",", " ").split()]
    except ValueError:
        raise UserError(f"the {name} must be numbers with commas between (were '{text}')") from None
    if any(number < 0 for number in found) and kind is int:
        raise UserError(f"the {name} must be 0 or more (were '{text}')")
    return list(dict.fromkeys(found))
