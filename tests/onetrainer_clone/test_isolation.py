import multiprocessing
import os
import subprocess
import sys
import threading
from typing import Any

import pytest

from onetrainer_clone.events import Event, Logged, Progressed
from onetrainer_clone.isolation import TrainerFault, _follow, _Relay, isolated
from onetrainer_clone.session import Controls, Stopped
from onetrainer_clone.settings import Invalid, UserError
from tests.waiting import until

WORK = "tests.onetrainer_clone.isolated_work"


def call(name: str, controls: Controls | None = None) -> list[Event]:
    events: list[Event] = []
    isolated(f"{WORK}:{name}")("subject", events.append, controls or Controls())
    return events


def test_events_come_from_another_process() -> None:
    begun, event = call("tells")
    assert begun == Progressed("starting"), "the process takes long to begin"
    assert isinstance(event, Logged)
    subject, _, process = event.message.partition(" in ")
    assert subject == "subject"
    assert int(process) != os.getpid()


@pytest.mark.parametrize("save", [True, False])
def test_wishes_reach_the_other_process(save: bool) -> None:
    controls, events = Controls(), list[Event]()

    def heard(event: Event) -> None:
        events.append(event)
        if event == Progressed("training"):
            controls.wish("sample")
        elif event == Logged("sample"):
            controls.pause()
        elif event == Logged("paused"):
            threading.Timer(0.1, controls.resume).start()
        elif event == Logged("resumed"):
            controls.stop(save)

    isolated(f"{WORK}:waits")("subject", heard, controls)
    assert [e.message for e in events if isinstance(e, Logged)] == [
        "sample",
        "paused",
        "resumed",
        f"stopped, save {save}",
    ]


def test_a_person_s_mistakes_arrive_as_they_are() -> None:
    with pytest.raises(Invalid) as caught:
        call("refuses")
    assert [str(problem) for problem in caught.value.problems] == ["a.b: must be 1", "c: must be 2"]
    with pytest.raises(UserError, match="mend it") as own:
        call("refuses_in_its_own_way")
    assert type(own.value) is UserError
    with pytest.raises(Stopped):
        call("stops")


def test_faults_arrive_with_their_trace() -> None:
    with pytest.raises(TrainerFault, match=r"ZeroDivisionError: a fault of ours(.|\n)*in breaks"):
        call("breaks")


def test_what_is_wished_at_the_very_end_does_not_hide_how_it_ended() -> None:
    ours, theirs = multiprocessing.Pipe()
    theirs.send(("event", Logged("the last")))
    theirs.send(("done", None))
    theirs.close()
    controls, events = Controls(), list[Event]()
    controls.stop()
    _follow(ours, events.append, _Relay(controls, ours))
    assert events == [Logged("the last")]


def test_a_pipe_that_breaks_while_it_is_looked_at_is_a_dead_process() -> None:
    """As on Windows, where PeekNamedPipe fails."""

    class Broken:
        def poll(self, _seconds: float) -> bool:
            raise BrokenPipeError

    pipe: Any = Broken()
    with pytest.raises(EOFError):
        _follow(pipe, lambda _event: None, _Relay(Controls(), pipe))


def test_a_process_that_dies_is_said_in_words() -> None:
    with pytest.raises(UserError, match="ended without a word"):
        call("dies")


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_when_the_window_is_killed_the_run_stops_and_saves(tmp_path: "os.PathLike[str]") -> None:
    mark = os.path.join(tmp_path, "mark")
    program = (
        "from onetrainer_clone.isolation import isolated\n"
        "from onetrainer_clone.session import Controls\n"
        "from onetrainer_clone.events import Progressed\n"
        "import os\n"
        "def hear(event):\n"
        "    if event == Progressed('training'):\n"
        "        os._exit(3)\n"
        "if __name__ == '__main__':\n"
        f"    isolated('{WORK}:leaves_a_mark')({mark!r}, hear, Controls())\n"
    )
    script = os.path.join(tmp_path, "window.py")
    with open(script, "w", encoding="utf-8") as file:
        file.write(program)
    assert (
        subprocess.run([sys.executable, script], check=False, env={**os.environ, "PYTHONPATH": os.getcwd()}).returncode
        == 3
    )
    until(lambda: os.path.exists(mark) and os.path.getsize(mark))
    with open(mark, encoding="utf-8") as file:
        assert file.read() == "saved"
