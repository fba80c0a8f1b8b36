"""A result that had to go to another folder: said once, copied on demand, and asked again where that fails."""

from pathlib import Path

import pytest

from onetrainer_clone.events import Saved
from tests.ui.conftest import Window
from ui.run.elsewhere import copied
from ui.run.record import Record


@pytest.fixture
def saved(tmp_path: Path) -> Saved:
    path = tmp_path / "elsewhere" / "cat.safetensors"
    path.parent.mkdir()
    path.write_bytes(b"the result")
    return Saved(9, str(path), True, wanted="/full/cat/saves")


def test_a_copy_takes_no_other_file_s_name(saved: Saved, tmp_path: Path) -> None:
    folder = tmp_path / "chosen"
    folder.mkdir()
    (folder / "cat.safetensors").write_bytes(b"another")
    assert copied([saved], folder) == [folder / "cat-2.safetensors"]
    assert (folder / "cat-2.safetensors").read_bytes() == b"the result"
    assert (folder / "cat.safetensors").read_bytes() == b"another"
    assert not list(folder.glob(".*"))


def test_the_record_knows_what_lies_elsewhere(saved: Saved) -> None:
    record = Record()
    record.on(Saved(9, "/full/cat/saves/cat.safetensors", True))
    assert record.elsewhere == []
    record.on(saved)
    assert record.elsewhere == [saved]


def test_the_window_offers_a_folder_until_one_can_be_written(window: Window, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    window.trainer.wanted = "/full/cat/saves"
    window.ask.choices = ["choose", "choose"]
    window.ask.folders = [str(tmp_path / "file"), str(tmp_path / "good")]
    window.app.actions.start()
    window.until(lambda: bool(window.ask.told))
    [(title, message, _)] = window.ask.told
    assert title == "The result is copied"
    assert Path(message).parent == tmp_path / "good"
    assert Path(message).read_bytes() == b"nothing was learned"
    assert window.ask.asked == ["The result is in another folder"] * 2


def test_left_where_it_is_nothing_is_copied(window: Window) -> None:
    window.trainer.wanted = "/full/cat/saves"
    window.ask.choices = ["keep"]
    window.app.actions.start()
    window.until(lambda: bool(window.ask.asked))
    assert not window.ask.told
