"""The panel under the preset button: every preset by model and method, a search, what each is for, what can be done."""

import tkinter
from functools import partial
from typing import TYPE_CHECKING, Any

import customtkinter as ctk

from onetrainer_clone.settings import UserError
from presets.store import Preset
from ui import colours, theme
from ui.preset_groups import SHOWN, Entry, entries, matching
from ui.preset_list import PresetList
from ui.workbench import Workbench

if TYPE_CHECKING:
    from ui.preset_menu import PresetMenu

WIDTH, HEIGHT = 640, 560  # px at 100 %, where there is room
ROOMY = 480  # px at 100 %: a panel of this height has room for all buttons under each other
EDGE = 10  # px at 100 % that stay free at the window's edge

BUTTONS = {
    "load": ("Load", "Also by a double click."),
    "save": ("Save", "The settings as they are now, under the loaded preset's name (Ctrl+S)."),
    "save_as": ("Save as…", "The settings as they are now, under another name."),
    "duplicate": ("Duplicate…", "A copy of the selected preset."),
    "rename": ("Rename…", "Only your own."),
    "describe": ("Describe…", "Only your own."),
    "delete": ("Delete…", "Only your own."),
    "import": ("Import…", "A preset file, or settings of OneTrainer or kohya, become one of your own."),
    "import_folder": ("Import folder…", "A folder of kohya's picture folders ('10_sks cat') becomes concepts."),
    "export": ("Export…", "Writes the selected preset into a file; of the loaded one, also with what was changed."),
}
FIRST = ("load", "save", "save_as")


class PresetPanel(ctk.CTkFrame):
    """Made when it is first opened, and kept."""

    def __init__(self, bench: Workbench, presets: "PresetMenu"):
        super().__init__(bench.root, corner_radius=0, border_width=theme.BORDER, border_color=colours.FAINT)
        self.shown = False
        self.entries: list[Entry] = []
        self._bench, self._presets = bench, presets
        self.variable = tkinter.StringVar(self)
        self.grid_columnconfigure(0, weight=1)
        self.grid_rowconfigure(1, weight=1)
        line = ctk.CTkFrame(self, fg_color="transparent")
        line.grid(row=0, column=0, columnspan=2, sticky="ew", padx=12, pady=(12, 6))
        ctk.CTkLabel(line, text="Find", text_color=colours.DIM).pack(side="left", padx=(0, 8))
        self.entry = theme.Entry(line, height=theme.FIELD_HEIGHT, textvariable=self.variable)
        self.entry.pack(side="left", fill="x", expand=True)
        self.which = ctk.CTkSegmentedButton(line, values=list(SHOWN), command=lambda _which: self._list())
        self.which.set(SHOWN[0])
        self.which.pack(side="left", padx=(10, 0))
        self.list = PresetList(self)
        self.list.grid(row=1, column=0, sticky="nsew", padx=(12, 6), pady=(0, 6))
        self.about = ctk.CTkLabel(self, text="", anchor="nw", justify="left", height=52, font=theme.font(theme.SMALL))
        self.about.grid(row=2, column=0, columnspan=2, sticky="ew", padx=14, pady=(0, 10))
        theme.wrap(self.about, self, less=30)
        self.buttons = self._buttons()
        self.variable.trace_add("write", lambda *_: self._list())
        self.list.on_select.connect(self._select)
        self.list.on_open.connect(self.load)
        for key, call in (
            ("<Return>", self.load), ("<Down>", lambda: self.list.step(1)), ("<Up>", lambda: self.list.step(-1)),
        ):  # fmt: skip
            self.entry.bind(key, lambda _event, call=call: call())
        bench.root.bind("<Escape>", lambda _event: self.hide() if self.shown else None, add="+")
        bench.root.bind("<Button-1>", self._on_click, add="+")

    @property
    def chosen(self) -> Preset | None:
        found = self.list.selected
        return self.entries[found].preset if 0 <= found < len(self.entries) else None

    def show(self, below: Any) -> None:
        scale, root = theme.scaling(self), self._bench.root
        left = (below.winfo_rootx() - root.winfo_rootx()) / scale
        top = (below.winfo_rooty() - root.winfo_rooty() + below.winfo_height()) / scale + 4
        height = min(HEIGHT, round(root.winfo_height() / scale - top) - EDGE)
        self.configure(width=min(WIDTH, round(root.winfo_width() / scale - left) - EDGE), height=height)
        self._fit(height)
        self.grid_propagate(False)
        self.place(x=left, y=top)
        self.tk.call("raise", str(self))
        self.shown = True
        self.variable.set("")
        self._list()
        self.entry.focus_set()

    def hide(self) -> None:
        self.shown = False
        self.place_forget()
        self._bench.root.focus_set()

    def load(self) -> None:
        if (preset := self.chosen) is not None:
            self.hide()
            self._presets.load(preset)

    def _list(self) -> None:
        """The presets that the search leaves; the loaded one is selected, else the first."""
        self.entries = matching(entries(), self.text, str(self.which.get()))
        names = [entry.preset.name for entry in self.entries]
        now = self._bench.store.state.preset
        self.list.show(self.entries, names.index(now) if now in names else 0)

    @property
    def text(self) -> str:
        return str(self.variable.get())

    def _select(self) -> None:
        preset = self.chosen
        about = self.entries[self.list.selected].description if preset else ""
        self.about.configure(text=about or ("No description yet." if preset else ""))
        own = preset is not None and not preset.shipped
        for key, possible in (
            ("load", preset), ("duplicate", preset), ("export", preset), ("rename", own), ("describe", own), ("delete", own)
        ):  # fmt: skip
            self.buttons[key].configure(state="normal" if possible else "disabled")

    def _buttons(self) -> dict[str, Any]:
        self._column = ctk.CTkFrame(self, fg_color="transparent")
        self._column.grid(row=1, column=1, sticky="n", padx=(6, 12))
        made = {}
        for key, (text, tip) in BUTTONS.items():
            kind: theme.Kind = "main" if key == "load" else "plain"
            made[key] = theme.button(self._column, text, partial(self._do, key), kind, width=110, height=26)
            self._bench.tooltip.attach(made[key], partial(str, tip))
        self._more = theme.button(self._column, "More  ▾", self._open_more, width=110, height=26)
        self._packed: bool | None = None
        return made

    def _fit(self, height: float) -> None:
        """All buttons under each other; in a low panel the first ones, and a menu of the rest."""
        if (whole := height >= ROOMY) == self._packed:
            return
        self._packed = whole
        for key, button in self.buttons.items():
            button.pack_forget()
            if whole or key in FIRST:
                button.pack(pady=(0, 10 if key in ("load", "save_as", "delete") else 4))
        self._more.pack_forget()
        if not whole:
            self._more.pack()

    def _open_more(self) -> None:
        menu = self.more_menu()
        menu.tk_popup(self._more.winfo_rootx(), self._more.winfo_rooty() + self._more.winfo_height())

    def more_menu(self) -> tkinter.Menu:
        """What has no button in a low panel."""
        menu = theme.menu(self)
        for key, (text, _) in BUTTONS.items():
            if key not in FIRST:
                able = self.buttons[key].cget("state") != "disabled"
                menu.add_command(label=text, command=partial(self._do, key), state="normal" if able else "disabled")
        return menu

    def _do(self, key: str) -> None:
        preset, presets = self.chosen, self._presets
        if key == "load":
            self.load()
            return
        if key in ("save", "save_as", "import", "import_folder"):
            self.hide()
            {
                "save": presets.save, "save_as": presets.save_as, "import": presets.import_file,
                "import_folder": presets.import_folder,
            }[key]()  # fmt: skip
            return
        if preset is None:
            raise UserError("Choose a preset first")
        {
            "duplicate": presets.duplicate, "rename": presets.rename, "describe": presets.describe,
            "delete": presets.delete, "export": presets.export,
        }[key](preset)  # fmt: skip
        self._list()

    def _on_click(self, event: Any) -> None:
        """A click anywhere else takes the panel away."""
        inside = (str(self), str(self._presets.button))
        if (
            self.shown
            and not str(event.widget).startswith(inside)
            and event.widget.winfo_toplevel() is self._bench.root
        ):
            self.hide()
