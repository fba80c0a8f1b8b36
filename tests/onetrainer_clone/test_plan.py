"""What a run will do, told before it does it."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onetrainer_clone import epoch
from onetrainer_clone.dataset import Folder
from onetrainer_clone.plan import Plan, find, make_plan, require
from onetrainer_clone.settings import Invalid, Problem
from onetrainer_clone.state import TrainingState
from presets import store
from tests.onetrainer_clone.making import imagined, make_pictures, make_state

TWO: list[dict[str, Any]] = [
    {"name": "subject", "path": "here", "repeats": 3},
    {"name": "class", "path": "here", "role": "REGULARIZATION", "mode": "PRIOR_PREDICTION", "loss_weight": 0.5},
    {"name": "check", "path": "here", "role": "VALIDATION"},
]


def on_paper(state: TrainingState, *counts: int) -> list[Folder]:
    sizes = ((64, 64), (96, 64), (64, 96))
    return [imagined(concept, count, sizes) for concept, count in zip(state.active, counts, strict=True)]


def said(plan: Plan) -> list[str]:
    return [f"{problem.severity}: {problem}" for problem in plan.problems]


def plan_of(folder: Path, **options: Any) -> Plan:
    return make_plan(make_state([{"name": "cat", "path": str(folder), **options}]))


def test_the_counts_and_shares_of_every_concept() -> None:
    state = make_state(TWO, training={"batch_size": 4, "epochs": 10})
    plan = make_plan(state, on_paper(state, 10, 30, 5))
    subject, regularization, check = plan.concepts
    assert [concept.pictures for concept in plan.concepts] == [10, 30, 5]
    assert [concept.samples_per_epoch for concept in plan.concepts] == [30, 30, 0]
    assert [concept.repeats for concept in plan.concepts] == [3, 1, 0]
    assert [concept.share_of_samples for concept in plan.concepts] == [0.5, 0.5, 0]
    assert subject.share_of_loss_weight == pytest.approx(2 / 3)
    assert regularization.share_of_loss_weight == pytest.approx(1 / 3)
    assert check.share_of_loss_weight == 0
    assert sum(count for _, _, count in subject.buckets) == 10
    assert plan.samples_per_epoch == 60
    assert plan.steps == plan.steps_per_epoch * 10


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.floats(0.05, 3), st.floats(0, 5)), min_size=1, max_size=4),
    st.integers(1, 4),
    st.integers(1, 3),
    st.sampled_from(["EPOCHS", "STEPS"]),
)
def test_shares_sum_to_one_and_steps_are_the_real_ones(
    described: list[tuple[int, float, float]], batch_size: int, accumulation: int, length: str
) -> None:
    concepts = [{"name": f"c{i}", "repeats": repeats, "loss_weight": w} for i, (_, repeats, w) in enumerate(described)]
    training = {"batch_size": batch_size, "accumulation": accumulation, "epochs": 4, "steps": 7, "length": length}
    state = make_state(concepts, training=training)
    folders = on_paper(state, *(count for count, *_ in described))
    plan = make_plan(state, folders)
    if plan.samples_per_epoch < 1:
        assert plan.steps == 0
        return
    assert sum(concept.share_of_samples for concept in plan.concepts) == pytest.approx(1)
    weight = sum(concept.share_of_loss_weight for concept in plan.concepts)
    assert weight == pytest.approx(1) or weight == 0
    real = [len(epoch.steps(state, folders, number)) for number in range(plan.epochs)]
    assert plan.steps_per_epoch == next(count for count in real if count or length == "EPOCHS")
    if length == "EPOCHS":
        assert (plan.epochs, plan.steps) == (4, sum(real))
    else:
        assert plan.steps == 7
        assert sum(real[:-1]) < 7 <= sum(real), "as many epochs as the steps need"


def test_the_demo() -> None:
    plan = make_plan(store.find("demo").load())
    assert [concept.pictures for concept in plan.concepts] == [6, 100, 100]
    assert plan.concepts[0].share_of_samples == 0.5
    assert plan.concepts[0].share_of_loss_weight == pytest.approx(1 / 3)  # regularization weighs double
    assert (plan.samples_per_epoch, plan.steps_per_epoch, plan.epochs, plan.steps) == (200, 50, 20, 1000)
    assert plan.problems == ()


def test_a_plan_as_json_is_plain_data() -> None:
    plan = make_plan(store.find("demo").load())
    assert json.loads(json.dumps(plan.to_json()))["concepts"][0]["name"] == "subject"


def test_samples_without_a_prompt_are_said_to_be_none() -> None:
    one = [{"name": "cat"}]
    for sampling, paths in (
        ({}, []),
        ({"every": {"unit": "EPOCHS"}, "at_end": False}, ["sampling.every.unit"]),
        ({"every": {"unit": "EPOCHS"}, "prompts": [{"text": "a", "enabled": False}]}, ["sampling.every.unit"]),
        ({"every": {"unit": "EPOCHS"}, "prompts": [{"text": "a cat"}]}, []),
    ):
        state = make_state(one, sampling=sampling)
        found = make_plan(state, on_paper(state, 5)).problems
        assert [problem.path for problem in found if problem.path.startswith("sampling")] == paths


# What is wrong with the pictures


def damaged(folder: Path, good: int, bad: int) -> Path:
    make_pictures(folder, *(f"{index}.png" for index in range(good)))
    for index in range(bad):
        (folder / f"bad{index}.png").write_text("<html>")
    return folder


def test_what_else_is_wrong_in_a_folder_is_said_beside_that_error(tmp_path: Path) -> None:
    folder = damaged(tmp_path, 17, 2)
    (folder / "3.txt").unlink()
    assert [problem.severity for problem in plan_of(folder).problems] == ["error", "warning"]


def test_more_than_a_tenth_unreadable_is_an_error_that_names_them(tmp_path: Path) -> None:
    plan = plan_of(damaged(tmp_path, 17, 2))
    (problem,) = plan.problems
    assert problem == Problem(
        "concepts[0].path",
        "2 of 19 files cannot be used, more than a tenth: bad0.png (not a picture, or damaged), "
        "bad1.png (not a picture, or damaged); mend or remove them",
    )
    with pytest.raises(Invalid, match="more than a tenth"):
        require(plan)


def test_a_tenth_unreadable_is_a_warning(tmp_path: Path) -> None:
    plan = plan_of(damaged(tmp_path, 18, 2))
    assert said(plan) == [
        "warning: concepts[0].path: 2 pictures cannot be used: bad0.png (not a picture, or damaged), "
        "bad1.png (not a picture, or damaged)"
    ]
    require(plan)


def test_masks_beside_every_picture_do_not_stop_a_run(tmp_path: Path) -> None:
    make_pictures(tmp_path, "a.png", "a-masklabel.png", "b.png", "b-masklabel.png")
    plan = plan_of(tmp_path)
    require(plan)
    assert len(plan.problems) == 1
    assert "mask that is not used" in plan.problems[0].message


def test_many_files_are_counted_and_three_named(tmp_path: Path) -> None:
    make_pictures(tmp_path, *(f"{index}.png" for index in range(9)), caption=None)
    assert said(plan_of(tmp_path)) == [
        "warning: concepts[0].path: 9 pictures without a caption: 0.png, 1.png, 2.png and 6 more"
    ]


def test_trigger_words_are_a_caption(tmp_path: Path) -> None:
    make_pictures(tmp_path, "a.png", caption=None)
    assert plan_of(tmp_path, trigger_words="sks").concepts[0].without_caption == ()
    assert plan_of(tmp_path, trigger_words=" ").concepts[0].without_caption == ("a.png",)


def test_pictures_smaller_than_their_bucket(tmp_path: Path) -> None:
    make_pictures(tmp_path, "small.png", size=(63, 64))
    make_pictures(tmp_path, "large.png", size=(64, 64))
    plan = plan_of(tmp_path)
    assert plan.concepts[0].too_small == ("small.png",)
    assert said(plan) == ["note: concepts[0].path: 1 picture smaller than the resolution: enlarged: small.png"]


def test_captions_longer_than_the_window_counted_with_the_trigger_words(tmp_path: Path) -> None:
    make_pictures(tmp_path, "fits.png", caption=" ".join(["a"] * 75))
    make_pictures(tmp_path, "long.png", caption=" ".join(["a"] * 76))
    make_pictures(tmp_path, "one_variant_long.png", caption="a cat\n" + " ".join(["a"] * 76))
    many_tokens = "猫" * 40  # shorter in letters than the other variant, longer in tokens
    make_pictures(tmp_path, "unicode.png", caption=f"{'circle ' * 12}\n{many_tokens}")
    assert plan_of(tmp_path).concepts[0].long_captions == ("long.png", "one_variant_long.png", "unicode.png")
    assert "fits.png" in plan_of(tmp_path, trigger_words="sks").concepts[0].long_captions


def test_a_folder_without_pictures_says_whether_it_looked_deeper(tmp_path: Path) -> None:
    make_pictures(tmp_path / "inner", "a.png")
    (problem,) = plan_of(tmp_path).problems
    assert problem.severity == "error"
    assert "there are no pictures in" in problem.message
    assert "(subfolders are not included)" in problem.message
    assert plan_of(tmp_path, include_subfolders=True).problems == ()


def test_problems_name_the_concept_they_belong_to(tmp_path: Path) -> None:
    make_pictures(tmp_path / "good", "a.png")
    make_pictures(tmp_path / "bare", "a.png", caption=None)
    concepts: list[dict[str, Any]] = [
        {"name": "off", "path": "nowhere", "enabled": False},
        {"name": "good", "path": str(tmp_path / "good")},
        {"name": "bare", "path": str(tmp_path / "bare")},
    ]
    assert [problem.path for problem in make_plan(make_state(concepts)).problems] == ["concepts[2].path"]


def test_a_concept_may_have_its_own_resolution(tmp_path: Path) -> None:
    make_pictures(tmp_path, "a.png", size=(640, 480))
    assert plan_of(tmp_path, resolution=128).concepts[0].buckets == ((144, 112, 1),)


def test_less_than_one_sample_per_epoch_is_refused_at_once() -> None:
    state = make_state([{"name": "cat", "repeats": 1e-12}], training={"length": "STEPS", "steps": 1000})
    plan = make_plan(state, on_paper(state, 5))  # it would count epochs for ever
    assert [problem.severity for problem in plan.problems] == ["error"]
    assert "raise the repeats" in plan.problems[0].message


def test_names_that_are_no_text_can_be_planned(tmp_path: Path) -> None:
    try:
        make_pictures(tmp_path, "odd \udcff.png", caption=None)
    except OSError:
        pytest.skip("this file system takes only names that are text")
    plan = plan_of(tmp_path, caption_source="FILE_NAME")
    assert plan.concepts[0].pictures == 1
    assert json.dumps(plan.to_json())


def test_only_what_takes_part_is_looked_at(tmp_path: Path) -> None:
    concepts: list[dict[str, Any]] = [{"name": "off", "path": str(tmp_path / "nowhere"), "enabled": False}]
    assert find(make_state(concepts)) == ()
    plan = make_plan(make_state(concepts))
    assert (plan.concepts, plan.steps) == ((), 0)
