"""What statistics say, in words that a person reads."""

from dataclasses import replace
from pathlib import Path

from onetrainer_clone.statistics import survey
from tests.onetrainer_clone.making import make_pictures, make_state
from ui.concept.survey import facts


def test_sizes_are_sides_of_pictures(tmp_path: Path) -> None:
    make_pictures(tmp_path, "a.png", "b.png")
    make_pictures(tmp_path, "tiny.png", size=(16, 16))
    make_pictures(tmp_path, "wide.png", size=(1280, 64))
    state = make_state([{"name": "cat", "path": str(tmp_path)}])
    found = survey(state, state.concepts[0], lambda _what, _done, _total: None)
    assert facts(found)[1] == "16 x 16 px to 1280 x 64 px, in the middle 64 x 64 px"
    assert facts(replace(found, sizes=((64, 64, 2),)))[1] == "all of them 64 x 64 px"
    assert "px" not in "".join(facts(replace(found, sizes=())))
