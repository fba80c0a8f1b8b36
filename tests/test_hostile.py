"""The corpus of `tests.hostile` through everything that touches pictures: scan, plan, cache and a training."""

import hashlib
import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from onetrainer_clone import browse, dataset
from onetrainer_clone.dataset import Folder
from onetrainer_clone.events import Ended, Logged, Stepped, Warned
from onetrainer_clone.pixels import open_rgb
from onetrainer_clone.plan import make_plan, require
from onetrainer_clone.session import Session
from onetrainer_clone.settings import Invalid
from onetrainer_clone.state.concepts import Concept
from presets import runs
from tests.hostile import DECODE, SCAN, USED, Item, items, make
from tests.modules.small import class_folder, small_state
from tests.waiting import LIMIT

pytestmark = pytest.mark.filterwarnings(r"ignore:::PIL\.")  # as the program does; pytest forgets it for each test


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile") / "pictures"
    make(folder)
    return folder


@pytest.fixture(scope="module")
def found(corpus: Path) -> Folder:
    return dataset.find(Concept(name="hostile", path=str(corpus), include_subfolders=True))


@pytest.mark.parametrize("item", items(), ids=lambda item: ascii(item.name)[1:40])
def test_every_item_gets_its_treatment(item: Item, corpus: Path, found: Folder) -> None:
    left_out = dict(found.left_out)
    if item.treatment == SCAN:
        assert item.reason in left_out[item.name]
        return
    assert item.name not in left_out
    [picture] = [picture for picture in found.pictures if picture.key == item.name]
    assert picture.captions == item.captions
    if item.treatment == DECODE:
        with pytest.raises(OSError, match=item.reason):
            open_rgb(io.BytesIO(picture.path.read_bytes()), "#ffffff")
    else:
        assert open_rgb(io.BytesIO(picture.path.read_bytes()), "#ffffff").size == (picture.width, picture.height)


def test_nothing_else_is_found_and_odd_captions_are_remarked(found: Folder) -> None:
    named = {item.name for item in items()} | {"with_pipe.png"}
    assert {picture.key for picture in found.pictures} | {key for key, _ in found.left_out} <= named
    said = "\n".join(found.remarks)
    for name in ("latin1.txt: not UTF-8", "megabyte.txt: a line is longer than 20,000 characters"):
        assert name in said
    if os.name == "posix":
        assert "with_pipe.txt: cannot be read: not a regular file" in said


def test_the_browser_lists_it_without_opening_anything(corpus: Path) -> None:
    listed = browse.entries(Concept(name="hostile", path=str(corpus)))
    assert {entry.key for entry in listed} >= {item.name for item in items()}
    assert next(entry.captioned for entry in listed if entry.key == "shouting.png")


def test_alone_it_is_refused_in_words_that_one_line_holds(corpus: Path, tmp_path: Path) -> None:
    state = small_state(tmp_path, concepts=[{"name": "hostile", "path": str(corpus)}])
    with pytest.raises(Invalid) as caught:
        require(make_plan(state))
    [problem] = caught.value.problems
    assert "files cannot be used, more than a tenth" in problem.message
    assert problem.message.isprintable()


def fingerprint(folder: Path) -> dict[str, str]:
    """Every file of a folder, with its content and time."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return {
        str(path): f"{path.stat().st_mtime_ns} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in sorted(files)
    }


def test_a_training_leaves_out_what_is_broken_names_it_and_writes_only_into_its_workspace(tmp_path: Path) -> None:
    """With enough good pictures beside them that the broken ones are less than a tenth."""
    folder = tmp_path / "pictures"
    broken = [item for item in make(folder) if item.treatment != USED]
    class_folder(folder, 100)
    for number in range(100):
        os.link(folder / f"{number:03d}.png", folder / f"again {number:03d}.png")
        os.link(folder / f"{number:03d}.png", folder / f"more {number:03d}.png")
    concept = {"name": "hostile", "path": str(folder), "trigger_words": "\u202esks \x1b[31m"}
    work = {"saving.workspace": str(tmp_path / "workspace"), "saving.cache": str(tmp_path / "cache")}
    state = small_state(tmp_path, concepts=[concept], **work, **{"training.steps": 2, "training.resolution": 16})
    before, here = fingerprint(folder), set(os.listdir())
    session = Session(_train)
    runs.begin(session, state)
    events = list(_to_the_end(session))
    ended = events[-1]
    assert isinstance(ended, Ended)
    assert ended.outcome == "done", ended
    assert sum(isinstance(event, Stepped) for event in events) == 2
    said = "\n".join(event.message for event in events if isinstance(event, Logged | Warned))
    for item in broken:
        assert f"{item.name} is left out: " in said
        assert item.reason in said
    assert fingerprint(folder) == before
    assert set(os.listdir()) == here
    assert {path.name for path in tmp_path.iterdir()} == {"pictures", "workspace", "cache", "class"}
    assert [path.name for path in (tmp_path / "workspace").iterdir()] == ["run"]


def _train(*arguments: Any) -> None:
    from modules.train import train

    train(*arguments)


def _to_the_end(session: Session) -> Iterator[Any]:
    while True:
        for event in session.events(timeout=LIMIT):
            yield event
            if isinstance(event, Ended):
                return


PEAK = """
import resource, sys
from pathlib import Path
from onetrainer_clone.dataset import find
from onetrainer_clone.state.concepts import Concept
import PIL.Image, PIL.PngImagePlugin, PIL.JpegImagePlugin
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
found = find(Concept(name="a", path=sys.argv[1], include_subfolders=True))
assert len(found.left_out) > 10
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB on Linux")
def test_bombs_take_no_memory(corpus: Path) -> None:
    """20,000 x 20,000 pixels are 400 MB at least, the packed comment 1 GB."""
    measured = subprocess.run(
        [sys.executable, "-c", PEAK, str(corpus)], capture_output=True, text=True, check=True, timeout=LIMIT
    )
    assert float(measured.stdout) < 100  # MiB; Pillow unpacks at most 64 MiB of comments


@contextmanager
def as_nobody() -> Iterator[Path]:
    """A folder of our own while we are a user who is not root: root may read everything."""
    with tempfile.TemporaryDirectory() as made:
        if os.geteuid() != 0:
            yield Path(made)
            return
        os.chown(made, 65534, 65534)
        os.seteuid(65534)
        try:
            yield Path(made)
        finally:
            os.seteuid(0)


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_what_may_not_be_read_is_left_out_and_named() -> None:
    with as_nobody() as folder:
        class_folder(folder / "inner", 2)
        class_folder(folder, 2)
        (folder / "000.png").chmod(0)
        (folder / "001.txt").chmod(0)
        (folder / "inner").chmod(0)
        try:
            found = dataset.find(Concept(name="a", path=str(folder), include_subfolders=True))
            assert found.left_out == (
                ("inner", "a folder that cannot be read: Permission denied"),
                ("000.png", "Permission denied"),
            )
            assert [picture.key for picture in found.pictures] == ["001.png"]
            assert found.remarks == ("001.txt: cannot be read: Permission denied",)
            with pytest.raises(Invalid, match="cannot be read: Permission denied"):
                dataset.find(Concept(name="a", path=str(folder / "inner")))
        finally:
            (folder / "inner").chmod(0o700)
