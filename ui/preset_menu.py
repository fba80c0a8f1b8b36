"""The preset menu: load, save, save as, rename, delete. Nothing unsaved is lost without a question."""

from functools import partial
from pathlib import Path
from typing import Any

from onetrainer_clone.settings import UserError
from presets import store as preset_store
from presets.store import Preset
from ui import theme
from ui.dialogs import Option
from ui.workbench import Workbench

UNSAVED = (Option("cancel", "Cancel"), Option("discard", "Discard changes", "danger"), Option("save", "Save", "main"))


class PresetMenu:
    """A button that names the preset, with a dot where something is unsaved, and the menu under it."""

    def __init__(self, parent: Any, bench: Workbench):
        self._bench = bench
        self.button = theme.button(parent, "", self.open, width=230, anchor="w")
        bench.tooltip.attach(self.button, lambda: "Load, save and manage presets. • stands for unsaved changes.")
        bench.store.changed.connect(lambda _before, _after: self._show_name())
        self._show_name()

    @property
    def current(self) -> Preset | None:
        """The preset that the state was made from, where it still exists."""
        name = self._bench.store.state.preset
        return next((preset for preset in reversed(preset_store.presets()) if preset.name == name), None)

    def open(self) -> None:
        """Show the menu below the button."""
        menu = theme.menu(self.button)
        known = preset_store.presets()
        for title, shipped in (("Shipped with the program", True), ("Your own", False)):
            menu.add_command(label=title, state="disabled")
            for preset in (preset for preset in known if preset.shipped is shipped):
                menu.add_command(label=f"    {preset.name}", command=partial(self.load, preset))
        if not any(not preset.shipped for preset in known):
            menu.add_command(label="    none yet: 'Save as' makes one", state="disabled")
        menu.add_separator()
        own = self.current is not None and not self.current.shipped
        menu.add_command(label="Save", accelerator="Ctrl+S", command=self.save)
        menu.add_command(label="Save as…", command=self.save_as)
        menu.add_command(label="Rename…", command=self.rename, state="normal" if own else "disabled")
        menu.add_command(label="Delete…", command=self.delete, state="normal" if own else "disabled")
        menu.add_separator()
        menu.add_command(label="Open a preset file…", command=self.open_file)
        menu.tk_popup(self.button.winfo_rootx(), self.button.winfo_rooty() + self.button.winfo_height() + 2)

    def load(self, preset: Preset) -> bool:
        """Load a preset. Raises `Invalid` with all of its problems; then the state stays as it is."""
        state = preset.load()
        if not self.may_leave():
            return False
        self._bench.store.load(state)
        self._bench.findings.look()
        return True

    def open_file(self) -> None:
        if chosen := self._bench.ask.file("Choose a preset file"):
            self.load(preset_store.find(str(Path(chosen))))

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
        self._keep(current.name, current.description)
        return True

    def save_as(self) -> bool:
        current = self.current
        initial = f"{current.name} of my own" if current and current.shipped else self._bench.store.state.preset
        name = self._bench.ask.text("Save the preset as", "Its name:", initial or "my preset")
        if not name:
            return False
        own = {preset.name for preset in preset_store.presets() if not preset.shipped}
        if name in own and not self._may_replace(name):
            return False
        self._keep(name, current.description if current else "")
        return True

    def rename(self) -> None:
        current = self.current
        if current is None or current.shipped:
            raise UserError("Only a preset of your own can be renamed: use 'Save as' to have one")
        name = self._bench.ask.text("Rename the preset", "Its new name:", current.name)
        if name and name != current.name:
            renamed = preset_store.rename(current, name)
            saved = self._bench.store.saved
            self._bench.store.load(
                self._bench.store.state.model_copy(update={"preset": renamed.name}),
                saved.model_copy(update={"preset": renamed.name}),
            )

    def delete(self) -> None:
        """The file goes; the state in the window stays."""
        current = self.current
        if current is None:
            return
        options = (Option("no", "Keep it"), Option("delete", "Delete", "danger"))
        message = f"The preset '{current.name}' will be gone. What the window shows stays until you load another."
        if self._bench.ask.choose("Delete the preset?", message, options) == "delete":
            preset_store.delete(current)
            self._show_name()

    def _may_replace(self, name: str) -> bool:
        options = (Option("no", "Keep it"), Option("replace", "Replace", "danger"))
        return self._bench.ask.choose("Replace?", f"There is a preset '{name}' already.", options) == "replace"

    def _keep(self, name: str, description: str) -> None:
        preset_store.save(name, self._bench.store.state, description)
        self._bench.store.mark_saved(name)

    def _show_name(self) -> None:
        name = self._bench.store.state.preset or "no preset"
        short = name if len(name) <= 24 else f"{name[:23]}…"
        text = f"Preset: {short}{' •' if self._bench.store.unsaved else ''}  ▾"
        if text != self.button.cget("text"):
            self.button.configure(text=text)
