"""What every test gets: torch on one thread, folders that are not the person's, and a display where it asks for one."""

import gc
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

from onetrainer_clone import torch_build
from tests.windows_rules import is_under_rules, windows_rules

# How long an example takes says something about the machine, not about what is tested.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

# Files that take longest: begun first, or one worker is still at them when the others are done.
LONG = (
    "test_demo_learns.py", "test_real_runs.py", "test_resume.py", "test_disks.py", "test_variants.py", "test_save.py",
    "test_cache_truth.py", "test_session_survives.py", "test_determinism.py", "test_kill.py",
)  # fmt: skip

# Before any test imports torch, which reads them once: two threads are slower than one where the machine is busy.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")


@pytest.fixture(scope="session", autouse=True)
def session_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Session and module fixtures run before `home`, so they get a home of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ONETRAINER_HOME", str(tmp_path_factory.mktemp("session_home")))
        yield


@pytest.fixture(autouse=True)
def home(session_home: None, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Presets, workspace and cache in a fresh folder: no test touches the person's, or another test's."""
    monkeypatch.setenv("ONETRAINER_HOME", str(tmp_path_factory.mktemp("home")))


@pytest.fixture(autouse=True)
def any_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan tells the same with every build of torch that the tests may run on."""
    monkeypatch.setattr(torch_build, "installed", lambda: torch_build.Build("2.13.0+cu126", "CUDA 12.6"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--windows", action="store_true", help="every test under Windows' rules for files")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))


@pytest.fixture(autouse=True)
def windows(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tests that are under Windows' rules fail where it would have refused anything."""
    if not is_under_rules(request):
        yield
        return
    with windows_rules() as refused:
        yield
    assert not refused, f"{len(refused)} refused:\n\n" + "\n".join(refused)


@pytest.fixture(scope="module", autouse=True)
def settled() -> None:
    """What is there before a file's tests stays: torch and its company are a million objects, and a run as well as a
    window ends with a collection, which would look at all of them each time for longer than most runs train."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """DISPLAY for tests that open windows: an Xvfb of this process, else the one that is there. Fails without either.

    Tests run side by side, and windows on one display take the keyboard from each other.
    """
    xvfb = shutil.which("Xvfb")
    if xvfb is None:
        if sys.platform in ("win32", "darwin") or os.environ.get("DISPLAY"):
            yield os.environ.get("DISPLAY", "")
            return
        pytest.fail("This test opens a window, and here is neither a display nor Xvfb: 'python3 launch.py test' helps.")
    screen = ["-screen", "0", "1920x1080x24", "-noreset", "-nolisten", "tcp"]  # noreset: outlives its last window
    with subprocess.Popen([xvfb, "-displayfd", "1", *screen], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            number = server.stdout.readline().strip()  # comes when the server is ready; empty when it ended
            if not number:
                pytest.fail(f"Xvfb ended with exit code {server.wait()}.")
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("DISPLAY", f":{number}")
                yield f":{number}"
        finally:
            server.terminate()
