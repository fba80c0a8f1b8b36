"""Old backups go whole or not at all."""

from pathlib import Path

from modules.backup import rotate
from onetrainer_clone.backups import REST, TENSORS, backups
from tests.windows_rules import linux_only, windows_rules


def make(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name in (REST, TENSORS):
        (folder / name).write_bytes(b"x")
    return folder


def test_the_newest_stay_and_what_was_half_made_goes(tmp_path: Path) -> None:
    kept = [make(tmp_path / f"step000000{number}") for number in range(5)][-2:]
    make(tmp_path / ".step0000009.77.part")
    rotate(tmp_path, 2)
    assert backups(tmp_path) == kept == sorted(tmp_path.iterdir())
    rotate(tmp_path, 0)
    assert backups(tmp_path) == kept[-1:]


@linux_only
def test_one_that_a_program_reads_stays_whole_until_the_next_time(tmp_path: Path) -> None:
    old, new = make(tmp_path / "step0000001"), make(tmp_path / "step0000002")
    with windows_rules(), (old / TENSORS).open("rb"):
        rotate(tmp_path, 1)
    assert backups(tmp_path) == [old, new]
    with windows_rules():
        rotate(tmp_path, 1)
    assert list(tmp_path.iterdir()) == [new]
