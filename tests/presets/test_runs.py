"""How a run begins: checked, in a folder of its own, with a journal."""

import os
import threading
from pathlib import Path

import pytest

from onetrainer_clone import journal
from onetrainer_clone.events import Ended, Logged
from onetrainer_clone.running import goes_on
from onetrainer_clone.session import Controls, Emit, Session
from onetrainer_clone.settings import Invalid, UserError, replace
from onetrainer_clone.state import TrainingState
from presets import store
from presets.codec import read_file
from presets.runs import begin, claim, resume
from tests.waiting import LIMIT


def train(state: TrainingState, emit: Emit, controls: Controls) -> None:
    emit(Logged(f"training in {state.run_folder}"))


def demo(workspace: Path, **saving: str) -> TrainingState:
    state = replace(store.find("demo").load(), "saving.workspace", str(workspace))
    for name, value in saving.items():
        state = replace(state, f"saving.{name}", value)
    return state


def test_a_run_has_its_folder_its_state_and_its_journal(tmp_path: Path) -> None:
    session = Session(train)
    claimed = begin(session, demo(tmp_path))
    session.join(LIMIT)
    assert claimed.run_folder == tmp_path / "demo"
    assert read_file(tmp_path / "demo" / journal.STATE, "demo") == claimed
    assert [type(event) for event in journal.read(tmp_path / "demo")] == [Logged, Ended]
    assert journal.read(tmp_path / "demo")[0] == Logged(f"training in {tmp_path / 'demo'}")


def test_a_second_run_gets_a_folder_of_its_own(tmp_path: Path) -> None:
    names = [claim(demo(tmp_path)).run_name for _ in range(3)]
    assert names == ["demo", "demo-2", "demo-3"]
    assert claim(demo(tmp_path, name="猫")).run_folder == tmp_path / "猫"


def test_claims_at_the_same_moment_never_meet(tmp_path: Path) -> None:
    found: list[str] = []
    barrier = threading.Barrier(4)

    def go() -> None:
        barrier.wait()
        for _ in range(5):
            found.append(claim(demo(tmp_path)).run_name)

    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == len(set(found)) == 20
    assert sorted(os.listdir(tmp_path)) == sorted(found)


def test_a_state_with_errors_does_not_start_and_leaves_nothing(tmp_path: Path) -> None:
    session = Session(train)
    wrong = replace(replace(demo(tmp_path), "training.resolution", 100), "model.source", "nowhere")
    with pytest.raises(Invalid) as caught:
        begin(session, wrong)
    assert [problem.path for problem in caught.value.problems] == ["model.source", "training.resolution"]
    assert os.listdir(tmp_path) == []
    assert not session.running


@pytest.mark.parametrize("place", ["file", "file/inner", "dangling/inner", "dangling", "x" * 300])
def test_a_workspace_that_cannot_be_written_is_refused(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "dangling").symlink_to(tmp_path / "file" / "nowhere")
    found: list[BaseException] = []

    def go() -> None:
        try:
            claim(demo(tmp_path / place))
        except BaseException as error:  # noqa: BLE001 - handed to the test
            found.append(error)

    thread = threading.Thread(target=go, daemon=True)
    thread.start()
    thread.join(LIMIT)
    assert not thread.is_alive(), "it looks for a free name for ever"
    assert isinstance(found[0], Invalid)
    assert found[0].problems[0].path == "saving.workspace"
    assert "choose" in found[0].problems[0].message


def test_a_disk_that_is_full_leaves_no_half_made_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(Invalid, match=r"No space left on device.*free some space"):
            claim(demo(tmp_path))
    assert os.listdir(tmp_path) == []
    assert claim(demo(tmp_path)).run_name == "demo"


def test_a_preset_whose_name_is_no_folder_s_needs_a_run_name(tmp_path: Path) -> None:
    for name in ("../up", "a" * 200, ".hidden"):
        state = demo(tmp_path).model_copy(update={"preset": name})
        with pytest.raises(Invalid, match="give the run a name"):
            begin(Session(train), state)
        session = Session(train)
        assert begin(session, replace(state, "saving.name", "mine")).run_name.startswith("mine")
        session.join(LIMIT)


def test_while_a_run_goes_on_no_folder_is_made_for_another(tmp_path: Path) -> None:
    session = Session(lambda state, emit, controls: wait(controls))
    begin(session, demo(tmp_path))
    for again in (lambda: begin(session, demo(tmp_path)), lambda: resume(session, tmp_path / "demo")):
        with pytest.raises(UserError):
            again()
    session.controls.stop()
    session.join(LIMIT)
    assert os.listdir(tmp_path) == ["demo"]
    assert [type(event) for event in journal.read(tmp_path / "demo")] == [Ended]


def wait(controls: Controls) -> None:
    stopped = threading.Event()
    while not controls.stopping:
        stopped.wait(0.005)


def test_what_was_never_backed_up_cannot_be_resumed(tmp_path: Path) -> None:
    claim(demo(tmp_path))
    for folder in (tmp_path / "demo", tmp_path / "nowhere"):
        with pytest.raises(UserError, match="there is no backup in"):
            resume(Session(train), folder)


def test_a_run_is_known_to_go_on_until_it_has_ended_and_is_not_resumed_meanwhile(tmp_path: Path) -> None:
    may_end = threading.Event()

    def wait(state: TrainingState, emit: Emit, controls: Controls) -> None:
        may_end.wait(LIMIT)

    session = Session(wait)
    folder = begin(session, demo(tmp_path)).run_folder
    assert goes_on(folder)
    backup = folder / journal.BACKUPS / "step0000010"
    backup.mkdir(parents=True)
    for name in ("backup.json", "tensors.safetensors"):
        (backup / name).touch()
    told = (folder / journal.JOURNAL).read_bytes()
    with pytest.raises(UserError, match="goes on in another window or terminal"):
        resume(Session(train), folder)
    assert (folder / journal.JOURNAL).read_bytes() == told
    may_end.set()
    session.join(LIMIT)
    assert not goes_on(folder)
