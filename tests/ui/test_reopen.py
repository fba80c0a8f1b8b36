"""Two runs as one record: every curve and every sample of both, also where the runs have little in common."""

from onetrainer_clone.events import Event, Sampled, Started
from tests.onetrainer_clone.test_past_runs import step
from ui.run.record import Record
from ui.runs.reopen import lay_over, overlaid


def record(*told: Event) -> Record:
    found = Record()
    for event in (Started("cat", "/x", 10, 1, ("cat", "class")), *told):
        found.on(event, 1.0)
    return found


def drawn(at: int, index: int, prompt: str, path: str = "a.png") -> Sampled:
    return Sampled(at, index, prompt, 7, "live", path)


def rows(both: Record) -> list[tuple[str, list[int]]]:
    return [(key.prompt, sorted(both.samples[key])) for key in both.rows()]


def test_the_same_prompt_of_both_runs_lies_one_under_the_other_whatever_else_they_drew() -> None:
    one = record(drawn(0, 0, "a cat"), drawn(5, 0, "a cat"), drawn(0, 1, "a dog"))
    two = record(drawn(0, 0, "a bird"), drawn(9, 1, "a cat"), drawn(9, -1, "asked for"))
    both = overlaid([one, two], ["one", "two"])
    assert rows(both) == [
        ("one: a cat", [0, 5]), ("two: a cat", [9]), ("one: a dog", [0]), ("two: a bird", [0]), ("two: asked for", [9]),
    ]  # fmt: skip


def test_a_prompt_that_a_run_draws_twice_has_two_rows() -> None:
    """In another size, for instance; the second took the place of the first."""
    one = record(drawn(0, 0, "a cat", "square.png"), drawn(0, 1, "a cat", "wide.png"))
    both = overlaid([one, record(drawn(0, 0, "a cat", "other.png"))], ["one", "two"])
    paths = [(key.prompt, both.samples[key][0].path) for key in both.rows()]
    assert paths == [("one: a cat", "square.png"), ("two: a cat", "other.png"), ("one: a cat", "wide.png")]


def test_runs_of_different_lengths_of_which_one_goes_on() -> None:
    long, short = record(*(step(n) for n in range(1, 101))), record(*(step(n) for n in range(1, 4)))
    both = overlaid([long, short], ["long", "short"])
    assert both.curves["concept loss"]["cat · long"].points[0][-1] == 100
    assert both.curves["concept loss"]["cat · short"].points[0][-1] == 3
    assert not lay_over(both), "nothing is new"
    short.on(step(4), 2.0)
    short.on(drawn(4, 0, "a cat"), 2.0)
    assert lay_over(both)
    assert both.curves["concept loss"]["cat · short"].points[0][-1] == 4
    assert rows(both) == [("short: a cat", [4])]
