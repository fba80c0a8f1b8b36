"""What the system's dialogs show: files by kind, and all files in any case."""

from pathlib import Path

import pytest

from onetrainer_clone.adapter_checks import LORA_SUFFIXES
from onetrainer_clone.settings import declarations
from onetrainer_clone.tools import TOOLS
from presets.importers.reading import SUFFIXES
from tests.ui.conftest import Window
from ui.chosen import PathEntry
from ui.filekinds import ANY, FOLDER, HOLDING, LORAS, MODELS, PT, SETTINGS, WEIGHTS, FileKind, file_types


def test_a_filter_holds_what_the_program_reads() -> None:
    assert LORAS.suffixes == LORA_SUFFIXES
    assert set(SETTINGS.suffixes) == set(SUFFIXES)
    assert file_types([MODELS]) == [("Models", ("*.safetensors", "*.SAFETENSORS", "*.ckpt", "*.CKPT")), ANY]
    assert file_types([FOLDER]) == [ANY]
    assert file_types([]) == [ANY]


def test_every_file_that_a_setting_asks_for_has_its_filter(window: Window) -> None:
    state = window.app.store.state
    groups = [type(state.model), type(state.adapter), *(tool.settings for tool in TOOLS)]
    asking = [d for group in groups for d in declarations(group).values() if d.kind in ("file", "path")]
    assert len(asking) >= 10
    for declaration in asking:
        assert declaration.holds in HOLDING, declaration.label
        window.ask.folders = [""]
        PathEntry(window.app.root, declaration, window.ask).choose("file")
        assert window.ask.kinds[-1] == HOLDING[declaration.holds]


@pytest.mark.parametrize(
    ("values", "name", "kind"),
    [
        ({"source": "cat.safetensors"}, "cat-original.safetensors", WEIGHTS),
        ({"source": "cat.safetensors", "dtype": "float16"}, "cat-original-fp16.safetensors", WEIGHTS),
        ({"source": "cat.safetensors", "form": "A1111 .pt"}, "cat-pt.pt", PT),
        ({"source": "model.v1", "form": "diffusers"}, "model.v1-diffusers", FOLDER),
        ({"source": "model.v1", "form": "diffusers", "target": "mine.safetensors"}, "mine", FOLDER),
        ({"source": "cat.safetensors", "form": "A1111 .pt", "target": "mine.safetensors"}, "mine.pt", PT),
        ({}, "", WEIGHTS),
    ],
)
def test_a_name_for_the_result_is_proposed_with_the_ending_of_what_is_chosen(
    window: Window, tmp_path: Path, values: dict[str, str], name: str, kind: FileKind
) -> None:
    (tmp_path / "model.v1").mkdir()
    window.app.bench.options.basic = False
    page = window.app.shell.show("tools").file_tool("convert")
    window.turn()
    for path, value in values.items():
        row = page.form.row(path)
        row.control.variable.set(str(tmp_path / value) if path in ("source", "target") else value)
    window.ask.folders = [str(tmp_path / "chosen")]
    page.form.row("target").control.choose()
    assert window.ask.proposed[-1] == (str(tmp_path / name) if name else "")
    assert window.ask.kinds[-1] == (kind,)
    assert page.store.settings.target == str(tmp_path / "chosen")
