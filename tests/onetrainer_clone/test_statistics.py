"""A concept in numbers: agrees with what the run finds, says how far it is, and can be stopped."""

from pathlib import Path

import pytest
from PIL import Image

from onetrainer_clone.plan import make_plan
from onetrainer_clone.settings import UserError
from onetrainer_clone.statistics import Cancelled, histogram, survey
from tests.onetrainer_clone.making import make_pictures, make_state


def nothing(_what: str, _done: int, _total: int) -> None:
    pass


def test_numbers_agree_with_the_plan(tmp_path: Path) -> None:
    make_pictures(tmp_path, "a.png", "b.png", caption="a cat\n\nthe cat")
    make_pictures(tmp_path, "wide.png", size=(128, 64), caption=None)
    make_pictures(tmp_path, "tiny.png", size=(16, 16), caption="cat " * 200)
    Image.new("L", (64, 64)).save(tmp_path / "a-masklabel.png")
    (tmp_path / "empty.png").touch()
    state = make_state([{"name": "cat", "path": str(tmp_path), "trigger_words": "sks"}])
    found = survey(state, state.concepts[0], nothing)
    plan = make_plan(state).concepts[0]
    assert (found.pictures, found.buckets, found.too_small) == (4, plan.buckets, plan.too_small)
    assert found.unreadable == plan.unreadable == (("empty.png", "an empty file"),)
    assert found.without_caption == ("wide.png",)
    assert found.captions == 5
    assert found.sizes[0] == (64, 64, 2)
    assert found.extent == ((16, 16), (64, 64), (128, 64))
    assert found.duplicates == (("a.png", "b.png"),)
    assert found.masked == 1
    assert "wide.png" in found.without_mask
    assert found.masked + len(found.without_mask) == found.pictures
    assert found.lengths is not None
    assert len(found.lengths.counts) == 6
    assert found.lengths.too_long == len(plan.long_captions) == 1
    assert found.bytes == sum((tmp_path / name).stat().st_size for name in ("a.png", "b.png", "wide.png", "tiny.png"))


def test_files_of_equal_length_are_not_yet_duplicates(tmp_path: Path) -> None:
    for name, colour in (("a.bmp", "red"), ("b.bmp", "blue"), ("c.bmp", "red")):
        Image.new("RGB", (8, 8), colour).save(tmp_path / name)
    state = make_state([{"name": "cat", "path": str(tmp_path)}])
    assert survey(state, state.concepts[0], nothing).duplicates == (("a.bmp", "c.bmp"),)


def test_progress_and_stopping(tmp_path: Path) -> None:
    make_pictures(tmp_path, *(f"{number}.png" for number in range(5)))
    state = make_state([{"name": "cat", "path": str(tmp_path)}])
    heard: list[tuple[str, int, int]] = []
    survey(state, state.concepts[0], lambda *told: heard.append(told))
    stages = list(dict.fromkeys(what for what, _, _ in heard))
    assert stages == ["listing", "reading sizes and captions", "counting tokens", "looking for duplicates"]
    assert all(0 <= done <= total for _, done, total in heard)

    for stage in stages:

        def stop(what: str, _done: int, _total: int, stage: str = stage) -> None:
            if what == stage:
                raise Cancelled

        with pytest.raises(Cancelled):
            survey(state, state.concepts[0], stop)


def test_no_folder_is_said_in_words_and_no_tokenizer_is_no_fault(tmp_path: Path) -> None:
    state = make_state([{"name": "cat", "path": str(tmp_path / "nowhere")}])
    with pytest.raises(UserError, match="cannot be read"):
        survey(state, state.concepts[0], nothing)
    make_pictures(tmp_path, "a.png")
    state = make_state([{"name": "cat", "path": str(tmp_path)}], model={"source": "some/hub-id"})
    assert survey(state, state.concepts[0], nothing).lengths is None


def test_an_empty_folder(tmp_path: Path) -> None:
    state = make_state([{"name": "cat", "path": str(tmp_path)}])
    found = survey(state, state.concepts[0], nothing)
    assert (found.pictures, found.buckets, found.extent) == (0, (), ())


def test_histogram_has_no_gaps() -> None:
    assert histogram([1, 2, 11, 35], 10) == [(0, 2), (10, 1), (20, 0), (30, 1)]
    assert histogram([], 10) == []
