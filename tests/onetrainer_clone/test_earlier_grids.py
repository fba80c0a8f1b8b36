"""Grids of an earlier time are found and read from their own files, also where these were moved."""

import json
import os
import shutil
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from onetrainer_clone.drawing import Drawing
from onetrainer_clone.earlier_grids import read_grid, sheets_in
from onetrainer_clone.settings import UserError, changed, load


def make(folder: Path, when: float) -> Path:
    """A grid of two columns and two rows; one of its pictures is gone."""
    drawing = load(
        Drawing,
        {
            "model": {"source": "demo:model"},
            "prompts": [{"text": "a cat", "seed": 3}, {"text": "a dog", "seed": 3}],
            "folder": str(folder / "pictures"),
            "grid": {"file": str(folder / "grid.png"), "checkpoints": [{"path": "demo:model"}]},
        },
    )
    (folder / "pictures").mkdir(parents=True)
    for name in ("00-000-seed3", "01-000-seed3", "01-001-seed3", "02-000-seed3", "00-001-seed9", "notes"):
        Image.new("RGB", (4, 4)).save(folder / "pictures" / f"{name}.png")
    about = PngInfo()
    about.add_itxt("onetrainer-clone", json.dumps({**changed(drawing), "columns": ["the model alone", "model"]}))
    Image.new("1", (20_000, 12_000)).save(folder / "grid.png", pnginfo=about)  # larger than Image.open takes
    os.utime(folder / "grid.png", (when, when))
    return folder / "grid.png"


def test_what_was_drawn_comes_back_also_from_another_place(tmp_path: Path) -> None:
    sheet = make(tmp_path / "old", 1e9)
    grid = read_grid(sheet)
    assert grid.columns == ("the model alone", "model")
    assert [(s.step, s.index, s.prompt) for s in grid.samples] == [(0, 0, "a cat"), (1, 0, "a cat"), (1, 1, "a dog")]
    shutil.move(tmp_path / "old", tmp_path / "moved")
    moved = read_grid(tmp_path / "moved" / "grid.png")
    assert [sample.path for sample in moved.samples] == [
        sample.path.replace("/old/", "/moved/") for sample in grid.samples
    ]


def test_the_newest_come_first(tmp_path: Path) -> None:
    (tmp_path / "a file").touch()
    (tmp_path / "empty").mkdir()
    sheets = [make(tmp_path / name, when) for name, when in (("b", 2e9), ("a", 1e9), ("c", 1.5e9))]
    assert sheets_in(tmp_path, 2) == [sheets[0], sheets[2]]
    assert sheets_in(tmp_path / "gone", 2) == []


def test_other_pictures_are_refused(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "other.png")
    (tmp_path / "no.png").write_bytes(b"nonsense")
    for name in ("other.png", "no.png"):
        with pytest.raises(UserError, match="is no grid that this program has drawn: choose"):
            read_grid(tmp_path / name)
    with pytest.raises(UserError, match="cannot be read"):
        read_grid(tmp_path / "gone.png")
