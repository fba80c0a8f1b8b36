"""Notes about runs: whole or not at all, and told where they cannot be kept."""

from pathlib import Path

import pytest

from onetrainer_clone.run_notes import NOTE, read_note, write_note
from onetrainer_clone.settings import UserError


def test_what_is_written_is_read_and_nothing_is_made_of_nothing(tmp_path: Path) -> None:
    write_note(tmp_path, "  ")
    assert not (tmp_path / NOTE).exists()
    write_note(tmp_path, "zu rot: 紅\nless weight ")
    assert read_note(tmp_path) == "zu rot: 紅\nless weight"
    write_note(tmp_path, "")
    assert read_note(tmp_path) == ""


def test_where_the_folder_is_gone_the_text_is_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="too red"):
        write_note(tmp_path / "gone", "too red")
    assert not (tmp_path / "gone").exists(), "a deleted run does not come back as a folder with a note"
