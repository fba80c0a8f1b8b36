"""Where a run stands, in words and as a fraction."""

import pytest

from onetrainer_clone.events import Cached, Ended, Progressed, Sampled, Saved, Started, Stepped
from onetrainer_clone.progress import Pace, Progress, duration
from tests.onetrainer_clone.test_events import STEP

STARTED = Started("cat", "/runs/cat", 2000, 4, ("cat",))


def test_a_run_from_start_to_end() -> None:
    progress, words = Progress(), []
    for event in (
        Progressed("loading"),
        Progressed("caching", 1240, 5000),
        Cached(5000, 5000),
        STARTED,
        Stepped(**{**STEP, "step": 310, "epoch": 1, "seconds_left": 80.0, "samples_per_second": 3.5}),
        Sampled(310, 0, "a cat", 1, "live", "x.png"),
        Progressed("saving", detail="cat.safetensors"),
        Saved(310, "cat.safetensors"),
        Stepped(**{**STEP, "step": 2000, "seconds_left": 0.5}),
        Ended("done"),
    ):
        progress.on(event)
        words.append(progress.words)
    assert words == [
        "loading the model",
        "caching 1,240 of 5,000",
        "caching 1,240 of 5,000",
        "caching 1,240 of 5,000",
        "step 310 of 2,000",
        "sampling",
        "saving: cat.safetensors",
        "saving: cat.safetensors",
        "step 2,000 of 2,000",
        "done",
    ]
    assert (progress.fraction, progress.epochs, progress.saved, progress.seconds_left) == (
        1,
        4,
        "cat.safetensors",
        None,
    )


def test_pictures_are_counted_in_words_and_their_steps_in_the_bar() -> None:
    progress = Progress()
    progress.on(Progressed("sampling", 33, 80, "a cat", 2, 4))
    assert progress.words == "sampling picture 2 of 4: a cat"
    assert (progress.done, progress.total) == (33, 80)
    progress.on(Progressed("caching", 3, 9))
    assert progress.words == "caching 3 of 9"
    progress.on(Sampled(310, 0, "a cat", 1, "live", "x.png"))
    assert progress.words == "sampling"


def test_the_fraction_is_of_the_whole_run_also_when_resumed() -> None:
    progress = Progress()
    assert (progress.fraction, progress.words) == (0, "")
    progress.on(Started("cat", "", 200, 4, ("cat",), first_step=50))
    assert progress.fraction == 0.25
    progress.on(Stepped(**{**STEP, "step": 300}))
    assert progress.fraction == 1, "never more than all"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, ""), (0, "0 s"), (7.6, "8 s"), (59.7, "1 min 00 s"), (200, "3 min 20 s"), (7500, "2 h 05 min")],
)
def test_durations(seconds: float | None, words: str) -> None:
    assert duration(seconds) == words


def test_the_pace_counts_steps_and_not_what_lies_between() -> None:
    now = 0.0
    pace = Pace(clock=lambda: now, over_steps=3)
    assert (pace.samples_per_second, pace.seconds_for(10)) == (0, None)
    for seconds in (9.0, 1.0, 1.0, 1.0):  # the first falls out of the window
        now += 100  # sampling, saving
        pace.begin()
        now += seconds
        pace.end(samples=4)
    assert pace.samples_per_second == 4
    assert pace.steps_per_second == 1  # of 4 samples each
    assert pace.seconds_for(10) == 10
