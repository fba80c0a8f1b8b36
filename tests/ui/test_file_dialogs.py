"""The system's dialogs: which one is asked, with which words, and what is made of its answer."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ui.conftest import Window
from tests.waiting import LIMIT
from ui import file_dialogs
from ui.dialogs import TkAsk
from ui.filekinds import FOLDER, LORAS, MODELS, PRESET, PT, file_types

Program = Callable[..., Path]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Puts a program in the place of the desktop's: it notes its words, prints an answer and ends with a code, as soon as
    the file that it `awaits` is there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("XDG_CURRENT_DESKTOP", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")

    def make(name: str, answer: str = "", code: int = 0, awaits: Path | None = None) -> Path:
        heard = folder / f"{name}.heard"
        script = folder / name
        script.write_text(
            f"#!{sys.executable}\nimport os, sys, time\nopen({str(heard)!r}, 'w').write('\\0'.join(sys.argv[1:]))\n"
            f"awaited, end = {str(awaits or folder)!r}, time.monotonic() + {LIMIT}\n"
            "while not os.path.exists(awaited) and time.monotonic() < end:\n    time.sleep(0.01)\n"
            f"print({answer!r})\nsys.exit({code})\n"
        )
        script.chmod(0o755)
        return heard

    return make


@pytest.fixture
def tk(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, object]]:
    """Tk's own dialogs: how they were asked; each answers with nothing."""
    asked: dict[str, dict[str, object]] = {}
    for name in ("askdirectory", "askopenfilename", "askopenfilenames", "asksaveasfilename"):

        def opened(name: str = name, **options: object) -> object:
            asked[name] = options
            return ()  # what Tk returns where the dialog was closed

        monkeypatch.setattr(f"ui.file_dialogs.filedialog.{name}", opened)
    return asked


def words(heard: Path) -> list[str]:
    return heard.read_text(encoding="utf-8").split("\0")


posix = pytest.mark.skipif(os.name != "posix", reason="programs are scripts here")


@posix
def test_zenity_is_asked_for_a_folder_and_begins_beside_the_last_one(
    window: Window, program: Program, tmp_path: Path
) -> None:
    (tmp_path / "cats" / "red").mkdir(parents=True)
    heard = program("zenity", str(tmp_path / "cats" / "red"))
    ask = TkAsk(window.app.root)
    assert ask.folder("Pictures", str(tmp_path / "gone" / "too")) == str(tmp_path / "cats" / "red")
    assert words(heard) == ["--file-selection", "--title=Pictures", f"--filename={tmp_path}/", "--directory"]
    ask.folder("Pictures")
    assert f"--filename={tmp_path / 'cats'}/" in words(heard)


@posix
def test_zenity_gives_several_files_and_filters_by_kind(window: Window, program: Program) -> None:
    heard = program("zenity", "/a b.pt\n/c.pt")
    assert TkAsk(window.app.root).files("LoRA", kinds=[LORAS]) == ("/a b.pt", "/c.pt")
    said = words(heard)
    assert {"--multiple", "--separator=\n", "--file-filter=All files | *"} <= set(said)
    assert any(word.startswith("--file-filter=LoRA files | *.safetensors *.SAFETENSORS") for word in said)
    assert f"--filename={Path.home()}/" in said


@posix
def test_kdialog_on_kde(window: Window, program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program("zenity", "/wrong")
    heard = program("kdialog", str(tmp_path / "a.ckpt"))
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "ubuntu:KDE")
    assert TkAsk(window.app.root).file("Model", str(tmp_path), [MODELS]) == str(tmp_path / "a.ckpt")
    assert words(heard)[:4] == ["--title", "Model", "--getopenfilename", str(tmp_path)]
    assert words(heard)[4].splitlines() == ["Models (*.safetensors *.SAFETENSORS *.ckpt *.CKPT)", "All files (*)"]


@posix
@pytest.mark.parametrize(
    ("answer", "kind", "path"), [("/new", PT, "/new.pt"), ("/new.bin", PT, "/new.bin"), ("/new", FOLDER, "/new")]
)
def test_a_new_file_gets_the_ending_of_its_kind(
    window: Window, program: Program, answer: str, kind: object, path: str
) -> None:
    heard = program("zenity", answer)
    assert TkAsk(window.app.root).new_file("Target", "mine.pt", kind) == path  # type: ignore[arg-type]
    assert f"--filename={Path.home() / 'mine.pt'}" in words(heard)


@posix
def test_a_cancelled_dialog_is_not_asked_again_but_a_broken_one_is_tks(
    window: Window, program: Program, tk: dict[str, dict[str, object]]
) -> None:
    ask = TkAsk(window.app.root)
    program("zenity", "", code=1)
    assert ask.folder("Pictures") == ""
    assert ask.files("LoRA") == ()
    assert ask.new_file("Target", "a.json") == ""
    assert not tk
    program("zenity", "", code=255)
    assert ask.folder("Pictures") == ""
    assert set(tk) == {"askdirectory"}


@posix
def test_the_window_goes_on_while_a_dialog_is_open(window: Window, program: Program, tmp_path: Path) -> None:
    """The dialog is answered after ten turns of the window's loop, so it would never be if that stood still."""
    program("zenity", "/a.pt", awaits=tmp_path / "answered")

    def turn(count: int) -> None:
        if count == 0:
            (tmp_path / "answered").touch()
        else:
            window.app.root.after(20, turn, count - 1)

    turn(10)
    assert TkAsk(window.app.root).file("LoRA") == "/a.pt"
    assert window.app.root.tk.call("tk", "busy", "status", window.app.root) == 0


def test_tks_own_dialogs_get_the_filter_the_folder_and_the_name(
    window: Window, tk: dict[str, dict[str, object]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(file_dialogs, "desktop_program", lambda: "")
    ask = TkAsk(window.app.root)
    assert ask.file("Model", str(tmp_path / "model.ckpt"), [MODELS]) == ""
    assert tk["askopenfilename"]["filetypes"] == file_types([MODELS])
    assert tk["askopenfilename"]["initialdir"] == str(tmp_path)
    assert ask.files("LoRA", kinds=[LORAS]) == ()
    assert tk["askopenfilenames"]["filetypes"] == file_types([LORAS])
    assert ask.new_file("Target", str(tmp_path / "new.pt"), PT) == ""
    options = tk["asksaveasfilename"]
    assert (options["initialdir"], options["initialfile"]) == (str(tmp_path), "new.pt")
    assert options["defaultextension"] == ".pt"
    ask.new_file("Export", "cat.json", PRESET)
    assert tk["asksaveasfilename"]["initialdir"] == str(Path.home())
    assert ask.folder("Pictures") == ""
    assert str(window.app.root.tk.getvar("::tk::dialog::file::showHiddenVar")) == "0"


@posix
def test_a_window_that_closes_takes_the_dialog_with_it(window: Window, program: Program, tmp_path: Path) -> None:
    heard = program("zenity", "/a.pt", awaits=tmp_path / "never")
    window.when(heard.exists, window.app.close)
    assert TkAsk(window.app.root).file("LoRA") == ""
    assert window.app.closed
