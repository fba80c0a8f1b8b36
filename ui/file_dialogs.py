"""The system's dialogs for files and folders.

Tk has them on Windows and macOS. On Linux its own is grey, shows no pictures and knows no places, so the desktop's
program is asked where there is one: kdialog on KDE, else zenity (`zenity --help-file-selection`, `kdialog --help`).
"""

import os
import shutil
import subprocess
import sys
import time
import tkinter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tkinter import filedialog
from typing import Any

from ui.filekinds import FileKind, file_types

LOOK_SECONDS = 0.01  # between two looks at whether the desktop's program has ended
CHOSEN, CANCELLED = 0, 1  # exit codes of both programs; any other: it could not show its dialog
ENDED = -15  # by us, with the window


class FileDialogs:
    """Each begins where the person was last, or at home; the window goes on turning while one is open."""

    def __init__(self, root: Any):
        self._root = root
        self._last = ""

    def folder(self, title: str, initial: str = "") -> str:
        start = self._start(initial)
        chosen = self._desktop(title, start, ("--directory",), "--getexistingdirectory")
        if chosen is None:
            chosen = filedialog.askdirectory(parent=self._root, title=title, initialdir=self._prepared(start))
        return self._kept(_lines(chosen)[:1], above=True)[0]

    def open(self, title: str, initial: str, kinds: Sequence[FileKind], several: bool = False) -> tuple[str, ...]:
        """One file or several; none where the person thought better of it."""
        start = self._start(initial)
        many = (("--multiple", "--separator=\n"), ("--multiple", "--separate-output")) if several else ((), ())
        chosen = self._desktop(title, start, many[0], "--getopenfilename", many[1], kinds)
        if chosen is None:
            ask: Any = filedialog.askopenfilenames if several else filedialog.askopenfilename
            chosen = ask(
                parent=self._root, title=title, initialdir=self._prepared(start), filetypes=file_types(kinds)
            )  # fmt: skip
        return tuple(path for path in self._kept(_lines(chosen)) if path)

    def save(self, title: str, initial: str, kind: FileKind) -> str:
        """A new file with its ending, or one that the person agreed to replace."""
        name = Path(initial).name
        start = self._start(str(Path(initial).parent) if Path(initial).is_absolute() else "")
        shown = str(Path(start) / name)
        chosen = self._desktop(title, shown, ("--save", "--confirm-overwrite"), "--getsavefilename", (), [kind])
        if chosen is None:
            chosen = filedialog.asksaveasfilename(
                parent=self._root, title=title, initialfile=name, defaultextension=kind.suffix,
                initialdir=self._prepared(start), filetypes=file_types([kind]),
            )  # fmt: skip
        elif chosen and kind.suffix and not Path(chosen).suffix:
            chosen += kind.suffix
        return self._kept(_lines(chosen)[:1])[0]

    def _start(self, initial: str) -> str:
        """The folder to begin in: of what is set now, else the last one, else the person's own."""
        for place in (Path(initial).expanduser() if initial else None, Path(self._last) if self._last else None):
            for folder in (place, *place.parents) if place and place.is_absolute() else ():
                if os.path.isdir(folder):
                    return str(folder)
        return str(Path.home())

    def _kept(self, chosen: Sequence[str], above: bool = False) -> Sequence[str]:
        """Remembers where it was: of a folder the one above it, since the next one often lies beside it."""
        if chosen and chosen[0]:
            self._last = str(Path(chosen[0]).parent)
        return chosen or ("",)

    def _prepared(self, start: str) -> str:
        """Hidden files are not shown by Tk's own dialog either; its variables are there once it was called wrongly."""
        if sys.platform == "linux":
            with suppress(tkinter.TclError):
                self._root.tk.call("tk_getOpenFile", "-no-such-option")
            self._root.tk.setvar("::tk::dialog::file::showHiddenVar", "0")
            self._root.tk.setvar("::tk::dialog::file::showHiddenBtn", "1")
        return start

    def _desktop(
        self, title: str, start: str, zenity: Sequence[str], kdialog: str, more: Sequence[str] = (),
        kinds: Sequence[FileKind] = (),
    ) -> str | None:  # fmt: skip
        """What the desktop's program said, '' where it was cancelled; None where there is none that could be asked."""
        program = desktop_program()
        if program == "zenity":
            within = f"{start}/" if os.path.isdir(start) else start
            filters = [f"--file-filter={kind.name} | {' '.join(kind.pattern)}" for kind in kinds if kind.suffixes]
            everything = ["--file-filter=All files | *"] if filters else []
            words = ["--file-selection", f"--title={title}", f"--filename={within}", *zenity, *filters, *everything]
        elif program == "kdialog":
            filters = [f"{kind.name} ({' '.join(kind.pattern)})" for kind in kinds if kind.suffixes]
            offered = ["\n".join([*filters, "All files (*)"])] if filters else []
            words = ["--title", title, *more, kdialog, start, *offered]
        else:
            return None
        return self._asked([program, *words])

    def _asked(self, command: Sequence[str]) -> str | None:
        """Run the program; meanwhile the window draws itself and its run goes on, but it takes no clicks."""
        try:
            process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8", errors="surrogateescape"
            )
        except OSError:
            return None
        self._root.tk.call("tk", "busy", "hold", self._root)
        try:
            while process.poll() is None and self._root.winfo_exists():
                self._root.update()  # not `wait_variable`: it would wait for ever where the window is closed meanwhile
                time.sleep(LOOK_SECONDS)
            self._root.tk.call("tk", "busy", "forget", self._root)
        except tkinter.TclError:  # the window was closed
            process.terminate()
        said, _ = process.communicate()
        return said.removesuffix("\n") if process.returncode in (CHOSEN, CANCELLED, ENDED) else None


def desktop_program() -> str:
    """The program that shows this desktop's dialogs; none elsewhere than on Linux."""
    if sys.platform != "linux":
        return ""
    wanted = ("kdialog", "zenity") if "KDE" in os.environ.get("XDG_CURRENT_DESKTOP", "") else ("zenity", "kdialog")
    return next((name for name in wanted if shutil.which(name)), "")


def _lines(chosen: Any) -> tuple[str, ...]:
    """Of a tuple of Tk's, of its single name, or of lines."""
    return tuple(chosen.split("\n")) if isinstance(chosen, str) else tuple(map(str, chosen or ()))
