"""The queue on the disk: in order, whole whatever happens, and there again after a restart."""

import json
import os
from pathlib import Path

import pytest

from onetrainer_clone import paths
from onetrainer_clone.settings import Invalid, UserError, replace
from presets import store
from presets.queue import CUT_OFF, KEPT, ORDER, Queue, queue_folder


def filled(folder: Path, *names: str) -> Queue:
    queue = Queue(folder)
    for name in names:
        queue.add(store.find("demo").load(), name)
    return queue


def names(queue: Queue) -> list[str]:
    return [entry.name for entry in queue.entries()]


def test_it_is_there_again_with_every_setting(tmp_path: Path) -> None:
    state = replace(store.find("demo").load(), "training.steps", 77)
    Queue(tmp_path / "queue").add(state, "cat", said="something is wrong")
    (entry,) = Queue(tmp_path / "queue").entries()
    assert (entry.name, entry.status, entry.said) == ("cat", "waiting", "something is wrong")
    assert entry.state() == replace(state, "saving.name", "cat")
    assert entry.state().preset == "demo"


def test_the_persons_folder_is_the_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONETRAINER_HOME", str(tmp_path))
    assert Queue().folder == queue_folder() == tmp_path / "queue"
    assert Queue().entries() == []


def test_order_moving_renaming_removing(tmp_path: Path) -> None:
    queue = filled(tmp_path, "a", "b", "c")
    a, b, c = queue.entries()
    queue.move([c.key], 0)
    assert names(queue) == ["c", "a", "b"]
    queue.move([c.key], 99)
    queue.move([a.key], -5)
    assert names(queue) == ["a", "b", "c"]
    queue.rename(b.key, "bee")
    queue.remove([a.key])
    assert names(Queue(tmp_path)) == ["bee", "c"]
    assert queue.entries()[0].state().run_name == "bee"
    for wrong in ("", "a/b", "CON"):
        with pytest.raises(UserError, match="the name of an entry"):
            queue.rename(b.key, wrong)
    with pytest.raises(UserError, match="not in the queue any more"):
        queue.rename(a.key, "gone")


def test_several_are_moved_together_and_what_was_removed_comes_back_to_its_place(tmp_path: Path) -> None:
    queue = filled(tmp_path, "a", "b", "c", "d", "e")
    _, b, c, d, e = queue.entries()
    queue.move([d.key, b.key], 0)
    assert names(queue) == ["b", "d", "a", "c", "e"]
    queue.remove([d.key, c.key])
    queue.remove([b.key])
    queue.move([e.key], 0)
    queue.add(store.find("demo").load(), "f")
    assert names(queue) == ["e", "a", "f"]
    assert [entry.name for entry in Queue(tmp_path).removed()] == ["b"]
    assert [entry.name for entry in Queue(tmp_path).bring_back()] == ["b"], "also after a restart"
    assert sorted(entry.name for entry in queue.bring_back()) == ["c", "d"]
    assert queue.bring_back() == []
    found = names(queue)
    assert sorted(found) == ["a", "b", "c", "d", "e", "f"]
    assert [name for name in found if name in "bdc"] == ["b", "d", "c"], "in the order that they had"
    assert found[-1] == "f"


def test_an_entry_is_given_other_settings_and_its_former_ones_come_back(tmp_path: Path) -> None:
    queue = filled(tmp_path, "a", "b")
    a, b = queue.entries()
    queue.mark(a.key, "failed", "out of memory", "/runs/a")
    failed = queue.find(a.key)
    queue.exchange(a.key, replace(a.state(), "training.batch_size", 7), "it has a fault")
    now = queue.entries()[0]
    assert (now.key, now.name, now.status, now.said, now.folder) == (a.key, "a", "waiting", "it has a fault", "")
    assert now.state() == replace(a.state(), "training.batch_size", 7)
    queue.remove([a.key])
    assert names(queue) == ["b"]
    queue.bring_back()
    assert queue.entries() == [now, b], "the removal first: it came last"
    queue.mark(a.key, "running")
    with pytest.raises(UserError, match="'a' is running"):
        queue.bring_back()
    queue.mark(a.key, "done")
    queue.bring_back()
    assert queue.entries() == [failed, b]
    assert len(list(tmp_path.glob("*.json"))) == 3, "two entries and their order"


def test_only_so_many_removals_are_kept(tmp_path: Path) -> None:
    queue = filled(tmp_path, *(f"entry {number}" for number in range(KEPT + 3)))
    for entry in queue.entries():
        queue.remove([entry.key])
    back = 0
    while queue.bring_back():
        back += 1
    assert back == KEPT
    assert names(queue) == [f"entry {number}" for number in range(3, KEPT + 3)]


def test_the_one_that_runs_stays_and_one_that_failed_waits_again(tmp_path: Path) -> None:
    queue = filled(tmp_path, "a", "b", "c")
    a, b, _ = queue.entries()
    queue.mark(a.key, "failed", "out of memory")
    queue.mark(b.key, "running", folder="/runs/b")
    with pytest.raises(UserError, match="'b' is running"):
        queue.remove([b.key])
    queue.mark(b.key, "done", "Done.")
    assert queue.entries()[1].folder == "/runs/b"
    queue.again([a.key])
    assert [(entry.status, entry.said) for entry in queue.entries()] == [("waiting", ""), ("done", "Done."), ("waiting", "")]


def test_what_ran_when_the_program_ended_has_stopped(tmp_path: Path) -> None:
    queue = filled(tmp_path, "killed", "elsewhere", "waits")
    for entry in queue.entries()[:2]:
        queue.mark(entry.key, "running")
    for entry, process in zip(queue.entries()[:2], (2**22 + 12345, os.getppid()), strict=True):
        data = json.loads((tmp_path / f"{entry.key}.json").read_text())
        (tmp_path / f"{entry.key}.json").write_text(json.dumps({**data, "process": process}))
    found = Queue(tmp_path).recover()
    assert [(entry.status, entry.said) for entry in found] == [("stopped", CUT_OFF), ("running", ""), ("waiting", "")]


def test_broken_files_hurt_nothing(tmp_path: Path) -> None:
    queue = filled(tmp_path, "a", "b")
    (tmp_path / "zzz.json").write_text("{")
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "odd.json").write_text('{"status": "dancing", "state": {}}')
    (tmp_path / ORDER).write_text("nonsense")
    assert sorted(names(queue)) == ["a", "b"]
    last = max(queue.entries(), key=lambda entry: entry.key)
    queue.move([last.key], 0)
    assert names(queue)[0] == last.name


def test_a_later_versions_state_is_refused_where_it_is_started(tmp_path: Path) -> None:
    queue = filled(tmp_path, "a")
    (entry,) = queue.entries()
    path = tmp_path / f"{entry.key}.json"
    path.write_text(path.read_text().replace('"format": 1', '"format": 99'))
    with pytest.raises(Invalid, match="newer version"):
        queue.entries()[0].state()


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "queue").write_text("a file")
    with pytest.raises(UserError, match=r"the queue in .* cannot be written"):
        filled(tmp_path / "queue", "a")


def test_a_free_name_is_neither_an_entrys_nor_a_runs(tmp_path: Path) -> None:
    queue = Queue(tmp_path / "queue")
    state = replace(replace(store.find("demo").load(), "saving.workspace", str(tmp_path)), "saving.name", "cat")
    assert queue.free_name(state) == "cat"
    entry = queue.add(state, "cat")
    assert queue.free_name(state) == "cat-2"
    (tmp_path / "cat-2").mkdir()
    assert queue.free_name(state) == "cat-3"
    queue.mark(entry.key, "done", folder="/another/workspace/cat-3")
    assert queue.find(entry.key).title == "cat-3"
    assert queue.free_name(state) == "cat-4"


def test_an_entry_that_is_being_replaced_at_this_moment_is_not_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Windows nobody can open it then."""
    queue = filled(tmp_path, "a", "b", "c")
    refusals, read = [PermissionError(13, "in use")] * 3, Path.read_bytes

    def busy(path: Path) -> bytes:
        if refusals:
            raise refusals.pop()
        return read(path)

    monkeypatch.setattr(paths, "HELD_SECONDS", 60.0)
    monkeypatch.setattr(Path, "read_bytes", busy)
    assert names(queue) == ["a", "b", "c"]
    assert not refusals
