"""The list of past runs as it is read: little by little, and what is known stays in view while it is read again."""

import json
from pathlib import Path

from onetrainer_clone.events import Ended, to_json
from onetrainer_clone.journal import JOURNAL
from tests.onetrainer_clone.test_past_runs import make_run, started, step
from tests.waiting import until
from ui.background import Background
from ui.runs.listing import Listing


def test_a_run_that_has_not_ended_is_read_again_and_seen_as_it_was_meanwhile(tmp_path: Path) -> None:
    make_run(tmp_path / "ended", [(1.0, started()), (2.0, step(10)), (3.0, Ended("done", "Done."))])
    goes_on = make_run(tmp_path / "goes on", [(1.0, started()), (2.0, step(4))])
    worker = Background("runs")
    listing = Listing(worker)
    steps: set[int] = set()
    listing.changed.connect(lambda: steps.update(run.step for run in listing.runs if run.name == "goes on"))
    listing.look(lambda _known: [tmp_path])
    until(lambda: listing.loaded and all(map(listing.is_known, listing.runs)), worker.deliver)
    assert steps == {0, 4}
    with (goes_on / JOURNAL).open("a") as file:
        file.write(json.dumps({"time": 4.0, **to_json(step(5))}) + "\n")
    steps.clear()
    listing.look(lambda _known: [tmp_path])
    until(lambda: 5 in steps, worker.deliver)
    assert steps == {4, 5}, "never as one of which nothing is known"
    worker.close(5)
