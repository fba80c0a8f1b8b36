"""Runs that were deleted: they come back whatever has their name by now, and only what is in the trash can be destroyed."""

from pathlib import Path

import pytest

from onetrainer_clone.journal import JOURNAL
from onetrainer_clone.past_runs import run_folders
from onetrainer_clone.settings import UserError
from onetrainer_clone.trash import TRASH, bring_back, bytes_in, destroy, put_into_trash, workspace_of
from tests.onetrainer_clone.test_past_runs import make_run, started
from tests.windows_rules import linux_only, windows_rules


def run(folder: Path) -> Path:
    return make_run(folder, [(1.0, started())])


def names(workspace: Path) -> list[str]:
    return sorted(found.name for found in run_folders(workspace))


def test_trash_and_back(tmp_path: Path) -> None:
    folder = tmp_path / "cat"
    trashed = [put_into_trash(run(folder)) for _ in range(2)]
    assert names(tmp_path) == []
    assert names(tmp_path / TRASH) == ["cat", "cat-2"]
    assert {workspace_of(one) for one in trashed} == {workspace_of(folder)} == {tmp_path}
    run(folder)
    assert [bring_back(one, folder) for one in trashed] == [tmp_path / "cat-2", tmp_path / "cat-3"]
    assert names(tmp_path) == ["cat", "cat-2", "cat-3"], "what has the name by now keeps it"
    with pytest.raises(UserError, match="could not be moved back"):
        bring_back(trashed[0], folder)
    with pytest.raises(UserError, match="could not be moved to"):
        put_into_trash(tmp_path / "gone")


def test_what_is_in_the_trash_is_weighed_and_destroyed_and_nothing_else(tmp_path: Path) -> None:
    kept, gone = run(tmp_path / "kept"), put_into_trash(run(tmp_path / "gone"))
    before = bytes_in([gone])
    (gone / "saves").mkdir()
    (gone / "saves" / "a.safetensors").write_bytes(bytes(1000))
    (gone / "link").symlink_to(kept)
    assert bytes_in([gone, tmp_path / "nowhere"]) == before + 1000 + (gone / "link").lstat().st_size
    with pytest.raises(UserError, match="is not in the trash"):
        destroy(kept)
    destroy(gone)
    assert names(tmp_path / TRASH) == []
    assert names(tmp_path) == ["kept"], "a link in it is not followed"
    linked = tmp_path / TRASH / "linked"
    linked.symlink_to(kept)
    destroy(linked)
    assert names(tmp_path) == ["kept"]
    with pytest.raises(UserError, match="could not be deleted"):
        destroy(gone)


@linux_only
def test_a_run_of_which_a_program_holds_a_file_stays_whole_where_it_is(tmp_path: Path) -> None:
    folder = run(tmp_path / "cat")
    with windows_rules(), (folder / JOURNAL).open("rb"), pytest.raises(UserError, match="could not be moved to"):
        put_into_trash(folder)
    trashed = put_into_trash(folder)
    with windows_rules(), (trashed / JOURNAL).open("rb"):
        with pytest.raises(UserError, match="could not be moved back"):
            bring_back(trashed, folder)
        with pytest.raises(UserError, match="could not be deleted"):
            destroy(trashed)
    assert not folder.exists()
    with windows_rules():
        bring_back(trashed, folder)
    assert names(tmp_path) == ["cat"]
    with windows_rules():
        destroy(put_into_trash(folder))
    assert list((tmp_path / TRASH).iterdir()) == []
