"""The preset button and all that can be done with presets. Nothing unsaved is lost without a question."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onetrainer_clone.paths import name_problem, write_whole
from onetrainer_clone.settings import Invalid, UserError
from onetrainer_clone.state import TrainingState
from presets import store as preset_store
from presets.codec import encode, read_file, read_object
from presets.store import Preset
from ui import additions, theme
from ui.carry import carried, lacks, work
from ui.dialogs import Option
from ui.filekinds import PRESET, SETTINGS
from ui.workbench import Workbench

if TYPE_CHECKING:
    from ui.preset_panel import PresetPanel

TAKE_ALONG = (
    Option("cancel", "Cancel"), Option("alone", "The preset alone"), Option("take", "Take mine along", "main")
)  # fmt: skip
WHICH = (Option("cancel", "Cancel"), Option("saved", "As it was saved"), Option("now", "As they are now", "main"))
UNSAVED = (Option("cancel", "Cancel"), Option("discard", "Discard changes", "danger"), Option("save", "Save", "main"))


@dataclass(frozen=True)
class Read:
    """What an imported file holds. `left_out`: a line for each setting of another trainer that has no place here."""

    state: TrainingState
    description: str
    source: str = ""
    left_out: tuple[str, ...] = ()


def _read(path: Path) -> Read:
    """A preset of ours or settings of another trainer. Raises `UserError` for anything else."""
    if os.path.isfile(path) and path.suffix.lower() == ".json" and _is_ours(path):
        return Read(read_file(path), Preset(path.stem, path, shipped=False).description)
    from presets.importers import import_preset  # here: its tables take time to import

    found = import_preset(path)
    return Read(found.state, f"Imported from {found.source}: {path.name}", found.source, found.lines)


def _is_ours(path: Path) -> bool:
    """Presets of ours say in which format they are; a file that is no JSON is told so in our words, too."""
    try:
        return "format" in read_object(path.read_bytes())
    except (OSError, Invalid):
        return True


def _write(target: str, data: str | Path) -> None:
    """A text, or what a file holds. Raises `UserError` where one of them cannot be read or written."""
    try:
        write_whole(Path(target), data.read_bytes() if isinstance(data, Path) else data)
    except OSError as error:
        raise UserError(f"'{error.filename or target}': {error.strerror or error}; choose another place") from None


def wrong_name(name: str) -> str:
    """Why a preset cannot be called that; empty where it can."""
    why = name_problem(name)
    return f"The name {why}." if why else ""


def wrong_for_new(name: str) -> str:
    """The same of a preset that must not take the place of another of the person's own."""
    taken = any(not preset.shipped and preset.name == name for preset in preset_store.presets())
    return f"There is a preset '{name}' already: choose another name." if taken else wrong_name(name)


class PresetMenu:
    """A button that names the preset, with a dot where something is unsaved, and the panel under it."""

    def __init__(self, parent: Any, bench: Workbench):
        self._bench = bench
        self.panel: PresetPanel | None = None  # made, and imported, when it is first opened
        self.button = theme.button(parent, "", self.open, width=210, anchor="w")
        bench.tooltip.attach(self.button, lambda: "Load, save and manage presets. • stands for unsaved changes.")
        bench.store.changed.connect(lambda _before, _after: self._show_name())
        self._show_name()

    @property
    def current(self) -> Preset | None:
        """The preset that the state was made from, where it still exists."""
        name = self._bench.store.state.preset
        return next((preset for preset in reversed(preset_store.presets()) if preset.name == name), None)

    def open(self) -> None:
        """Show the panel below the button, or take it away."""
        if self.panel is not None and self.panel.shown:
            self.panel.hide()
            return
        if self.panel is None:
            from ui.preset_panel import PresetPanel

            self.panel = PresetPanel(self._bench, self)
        self.panel.show(self.button)

    def load(self, preset: Preset) -> bool:
        """Load a preset. Raises `Invalid` with all of its problems; then the state stays as it is."""
        return self._take(preset.load())

    def _take(self, preset: TrainingState) -> bool:
        """Make this the state of the window. A recipe without pictures can be given those of the window."""
        store = self._bench.store
        own = work(store.state) if lacks(preset) else []
        chosen = self._ask_along(preset.preset, own) if own else "alone"
        if chosen not in ("take", "alone") or (chosen == "alone" and not self.may_leave()):
            return False
        state = carried(store.state, preset) if chosen == "take" else preset
        store.load(state, preset, f'the preset "{preset.preset}" loaded')
        self._bench.findings.look()
        return True

    def _ask_along(self, name: str, own: list[str]) -> str | None:
        message = f"It holds no pictures. Take yours along: {', '.join(own)}?"
        if self._bench.store.unsaved:
            message += "\n\nOther settings that you changed are replaced by the preset's (Ctrl+Z brings them back)."
        return self._bench.ask.choose(f"Load '{name}'", message, TAKE_ALONG)

    def import_file(self) -> None:
        """Take preset files, or settings of another trainer, among the person's own, and load them; the last one stays.

        Raises `UserError` with what was wrong with each that could not be taken, after the others.
        """
        refused = []
        for chosen in self._bench.ask.files("Choose presets, or settings of OneTrainer or kohya", kinds=[SETTINGS]):
            try:
                self._import(Path(chosen))
            except UserError as error:
                refused.append(error)
        if len(refused) == 1:
            raise refused[0]
        if refused:
            raise UserError("\n\n".join(map(str, refused)))

    def import_folder(self) -> None:
        """As a file: a folder of kohya's picture folders ('10_sks cat') becomes concepts."""
        if chosen := self._bench.ask.folder("Choose a folder with folders such as '10_sks cat'"):
            self._import(Path(chosen))

    def _import(self, path: Path) -> None:
        """A name that is taken is asked about; what was not taken over is said at the end. A list of concepts or prompts
        alone is no preset: it is added to the settings that are there."""
        from presets.importers.additions import list_alone  # here: its tables take time to import

        if (found := list_alone(path)) is not None:
            additions.add(self._bench, found, path.name)
            return
        read = _read(path)
        if not self.may_leave():
            return
        name: str | None = path.stem
        if name in {preset.name for preset in preset_store.presets()}:
            message = f"There is a preset '{name}' already."
            name = self._bench.ask.text("Import the preset as", message, f"{name} 2", wrong_for_new)
        if not name:
            return
        kept = preset_store.save(name, read.state, read.description, overwrite=False)
        state = kept.load()
        self._bench.store.load(state, state, f'the preset "{name}" imported')
        self._bench.findings.look()
        if read.left_out:
            listed = "\n".join(f"• {line}" for line in read.left_out)
            self._bench.ask.tell(f"Imported from {read.source}", f"Not taken over as it is there:\n\n{listed}")

    def export(self, preset: Preset | None = None) -> None:
        """A copy of the preset, anywhere. Of the one that is loaded and was changed, the person says which is meant."""
        wanted = preset or self.current
        if wanted is None:
            self.export_state()
            return
        store = self._bench.store
        which = "saved"
        if store.unsaved and wanted.name == store.state.preset:
            message = f"The settings were changed since '{wanted.name}' was saved. Which of them are meant?"
            which = self._bench.ask.choose("Export the preset", message, WHICH) or "cancel"
        if which == "now":
            self.export_state(wanted.name, wanted.description)
        elif which == "saved" and (chosen := self._new_file(wanted.name)):
            _write(chosen, wanted.path)

    def export_state(self, name: str = "my preset", description: str = "") -> bool:
        """The settings as they are now, as a preset file anywhere; whether they were written."""
        chosen = self._new_file(self._bench.store.state.preset or name)
        if chosen:
            _write(chosen, encode(self._bench.store.state, description))
        return bool(chosen)

    def _new_file(self, name: str) -> str:
        return self._bench.ask.new_file(f"Export '{name}' as", f"{name}.json", PRESET)

    def may_leave(self) -> bool:
        """Ask about unsaved changes; True where they are saved or may go."""
        if not self._bench.store.unsaved:
            return True
        message = "The settings were changed since the preset was loaded. Save them first?"
        chosen = self._bench.ask.choose("Unsaved changes", message, UNSAVED)
        return chosen == "discard" or (chosen == "save" and self.save())

    def save(self) -> bool:
        """Save under the preset's own name; a shipped one stays as it is, so that asks for a name."""
        current = self.current
        if current is None or current.shipped:
            return self.save_as()
        why = "has changed on the disk since it was loaded"
        if self._changed_elsewhere(current) and not self._may_replace(current.name, why):
            return False
        self._keep(current.name, current.description)
        return True

    def _changed_elsewhere(self, preset: Preset) -> bool:
        """Whether the file holds other settings now than when it was loaded or saved here."""
        try:
            return preset.load() != self._bench.store.saved.model_copy(update={"preset": preset.name})
        except UserError:
            return False  # it is damaged: what is saved now is whole

    def save_as(self) -> bool:
        current = self.current
        initial = f"{current.name} of my own" if current and current.shipped else self._bench.store.state.preset
        name = self._bench.ask.text("Save the preset as", "Its name:", initial or "my preset", wrong_name)
        if not name:
            return False
        if preset_store.is_taken(name) and not self._may_replace(name, "is there already"):
            return False
        self._keep(name, current.description if current else "")
        return True

    def duplicate(self, preset: Preset) -> Preset | None:
        """A copy under another name; what the window shows stays."""
        name = self._bench.ask.text("Duplicate the preset", "The copy's name:", f"{preset.name} copy", wrong_for_new)
        return preset_store.duplicate(preset, name) if name else None

    def describe(self, preset: Preset) -> None:
        """Change what the menu says about one of the person's presets."""
        words = self._bench.ask.text("Describe the preset", "What it is for:", preset.description)
        if words is not None and not preset.shipped:
            preset_store.save(preset.name, preset.load(), words)

    def rename(self, preset: Preset | None = None) -> None:
        wanted = preset or self.current
        if wanted is None or wanted.shipped:
            raise UserError("Only a preset of your own can be renamed: use 'Save as' to have one")

        def wrong(name: str) -> str:
            same = name.casefold() == wanted.name.casefold()  # another case only: the same file on some disks
            return wrong_name(name) if same else wrong_for_new(name)

        name = self._bench.ask.text("Rename the preset", "Its new name:", wanted.name, wrong)
        if not name or name == wanted.name:
            return
        renamed = preset_store.rename(wanted, name)
        store = self._bench.store
        if store.state.preset == wanted.name:
            store.rename(renamed.name)

    def delete(self, preset: Preset | None = None) -> None:
        """The file goes; the state in the window stays."""
        wanted = preset or self.current
        if wanted is None:
            return
        options = (Option("no", "Keep it"), Option("delete", "Delete", "danger"))
        message = f"The preset '{wanted.name}' will be gone. The settings in the window stay"
        in_use = wanted.name == self._bench.store.state.preset
        message += " as they are, but unsaved: save them as another preset to keep them." if in_use else " as they are."
        if self._bench.ask.choose("Delete the preset?", message, options) == "delete":
            preset_store.delete(wanted)
            self._bench.store.forget(wanted.name)

    def _may_replace(self, name: str, why: str) -> bool:
        options = (Option("no", "Keep it"), Option("replace", "Replace", "danger"))
        return self._bench.ask.choose("Replace?", f"The preset '{name}' {why}.", options) == "replace"

    def _keep(self, name: str, description: str) -> None:
        preset_store.save(name, self._bench.store.state, description)
        self._bench.store.mark_saved(name)

    def _show_name(self) -> None:
        name = self._bench.store.state.preset or "no preset"
        short = name if len(name) <= 22 else f"{name[:21]}…"
        text = f"Preset: {short}{' •' if self._bench.store.unsaved else ''}  ▾"
        if text != self.button.cget("text"):
            self.button.configure(text=text)
