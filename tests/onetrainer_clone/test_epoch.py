"""Which samples an epoch has: nothing is left out, nothing comes back early, and everything is a pure function."""

import subprocess
import sys
from collections import Counter
from itertools import islice, pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onetrainer_clone import dataset, epoch
from onetrainer_clone.dataset import Folder
from onetrainer_clone.epoch import Sample
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.concepts import Concept
from tests.onetrainer_clone.making import imagined, make_state
from tests.waiting import LIMIT

SIZES = ((64, 64), (96, 64), (64, 96), (200, 50))


def of(count: int, sizes: tuple[tuple[int, int], ...] = SIZES, **options: Any) -> Folder:
    return imagined(Concept.model_validate({"name": "cat", **options}), count, sizes)


def everything(state: TrainingState, folders: list[Folder], number: int) -> list[Sample]:
    return [one for batch in epoch.batches(state, folders, number) for one in batch]


def chosen(folder: Folder, number: int, seed: int = 0) -> list[int]:
    return [index for index, _ in epoch.picks(folder, number, seed)]


# How much of a folder


def test_a_fraction_takes_another_part_each_epoch_and_everything_in_the_end() -> None:
    folder = of(100, repeats=0.1)
    parts = [chosen(folder, number) for number in range(10)]
    assert [len(part) for part in parts] == [10] * 10
    assert sorted(index for part in parts for index in part) == list(range(100))
    assert sorted(parts[0]) != list(range(10)), "a random tenth"
    assert sorted(chosen(folder, 10)) != sorted(parts[0]), "shuffled anew for the next round"


def test_a_fraction_of_few_pictures_makes_epochs_that_differ_by_one() -> None:
    folder = of(7, repeats=0.5)
    assert [len(chosen(folder, number)) for number in range(4)] == [3, 4, 3, 4]
    assert Counter(index for number in range(4) for index in chosen(folder, number)) == dict.fromkeys(range(7), 2)


def test_one_third_written_as_decimals_is_not_a_third() -> None:
    assert sum(len(chosen(of(3, repeats=0.3), number)) for number in range(10)) == 9


def test_whole_repeats_see_every_picture_so_often() -> None:
    assert Counter(chosen(of(5, repeats=3), 4)) == dict.fromkeys(range(5), 3)


@pytest.mark.parametrize("samples", [3, 10, 25])
def test_samples_walk_through_the_folder(samples: int) -> None:
    folder = of(10, balance="SAMPLES", samples=samples)
    walked = [index for number in range(20) for index in chosen(folder, number)]
    assert len(walked) == 20 * samples
    for begin in range(0, len(walked), 10):
        assert len(set(walked[begin : begin + 10])) == 10 or begin + 10 > len(walked)


@given(st.integers(1, 30), st.floats(0.01, 4), st.integers(0, 2**63 - 1))
def test_nothing_comes_back_before_everything_else_was_seen(count: int, repeats: float, seed: int) -> None:
    folder = of(count, repeats=repeats)
    walked = [pick for number in range(8) for pick in epoch.picks(folder, number, seed)]
    seen: Counter[int] = Counter()
    for index, repeat in walked:
        assert repeat == seen[index], "the repeat counts through the whole run"
        seen[index] += 1
        assert max(seen.values()) - min(seen[index] for index in range(count)) <= 1
    assert abs(len(walked) - 8 * repeats * count) <= 1


def test_an_empty_folder_gives_nothing() -> None:
    assert chosen(of(0), 3) == []
    assert epoch.steps(make_state(), [of(0)], 0) == []


# A pure function

PROGRAM = """
from onetrainer_clone import dataset, epoch
from onetrainer_clone.state.concepts import Concept
from tests.onetrainer_clone.test_epoch import demo_fingerprint
print(demo_fingerprint())
"""


def demo_fingerprint() -> int:
    """Everything about the third epoch of the demo's class folder, augmented, as a number."""
    folder = dataset.find(
        Concept(
            name="class", path="demo:concepts/class", repeats=0.5, flip=True, crop_jitter=0.2, shuffle_tags=True,
            caption_dropout=0.3,
        )
    )  # fmt: skip
    found = everything(make_state(training={"batch_size": 3}), [folder], 3)
    facts = [(one.picture.key, one.repeat, one.crop, one.flip, one.caption, one.seed) for one in found]
    return epoch.seed_of(facts)


def test_another_process_finds_the_same() -> None:
    found = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=LIMIT)
    assert int(found.stdout) == demo_fingerprint()


def test_the_seed_of_known_parts_never_changes() -> None:
    assert epoch.seed_of(7, "subject", "000.png", 0) == 724224189739954111, "runs could not be resumed"
    assert epoch.seed_of("a", "b") != epoch.seed_of("ab")
    assert 0 <= epoch.seed_of("no text \udcff") < 2**63


AUGMENTED: dict[str, Any] = {
    "flip": True, "crop_jitter": 0.3, "shuffle_tags": True, "keep_tags": 0, "caption_dropout": 0.2, "repeats": 2,
}  # fmt: skip


def by_key(found: list[Sample]) -> dict[tuple[str, str, int], Sample]:
    return {(one.concept.name, one.picture.key, one.repeat): one for one in found}


def test_a_sample_depends_on_nothing_but_itself() -> None:
    cat, dog = of(20, **AUGMENTED), of(9, **{**AUGMENTED, "name": "dog", "repeats": 0.7})
    alone = by_key(everything(make_state(), [cat], 2))
    for state, folders in (
        (make_state(), [cat, dog]),
        (make_state(), [dog, cat]),
        (make_state(training={"batch_size": 5, "accumulation": 3}), [cat, dog]),
        (make_state(training={"epochs": 3}, optimizer={"optimizer": "PRODIGY"}), [cat]),
    ):
        found = by_key(everything(state, folders, 2))
        assert {key: one for key, one in found.items() if key[0] == "cat"} == alone


def test_another_seed_gives_other_noise_and_order_but_the_same_crops() -> None:
    folder = of(20, **AUGMENTED)
    one, other = (everything(make_state(training={"seed": seed}), [folder], 0) for seed in (1, 2))
    assert {s.seed for s in one}.isdisjoint(s.seed for s in other)
    assert [s.picture.key for s in one] != [s.picture.key for s in other]
    ours, theirs = by_key(one), by_key(other)
    assert all(ours[key].crop == theirs[key].crop and ours[key].flip == theirs[key].flip for key in ours)


def test_every_sample_of_a_run_has_its_own_seed() -> None:
    found = [one for number in range(6) for one in everything(make_state(), [of(20), of(20, name="dog")], number)]
    assert len({one.seed for one in found}) == len(found) == 240


# Augmentation


def test_without_augmentation_every_repeat_is_the_plain_picture() -> None:
    found = everything(make_state(), [of(4, repeats=20)], 0)
    assert len({(one.picture.key, one.crop, one.flip) for one in found}) == 4


def test_augmentation_makes_as_many_variants_as_it_says_and_mirrors_half() -> None:
    folder = of(1, sizes=((900, 600),), flip=True, crop_jitter=0.3, image_variants=6, repeats=24)
    found = everything(make_state(training={"resolution": 512}), [folder], 0)
    assert len({(one.crop, one.flip) for one in found}) == 6
    assert sum(one.flip for one in found) == 12


def test_flip_alone_leaves_the_crop_in_the_middle() -> None:
    found = everything(make_state(), [of(3, flip=True, repeats=8)], 0)
    assert len({(one.picture.key, one.crop) for one in found}) == 3
    assert {one.flip for one in found} == {True, False}


@given(st.floats(0.01, 0.5), st.integers(0, 999))
def test_a_jittered_crop_keeps_at_least_its_share(jitter: float, variant: int) -> None:
    folder = of(1, crop_jitter=jitter, sizes=((640, 480),))
    bucket = epoch.bucket_for(make_state(), folder.concept, folder.pictures[0])
    plain, _ = epoch.augment(folder.concept, folder.pictures[0], bucket, 0)
    cut, _ = epoch.augment(folder.concept, folder.pictures[0], bucket, variant)
    assert plain.scaled_width <= cut.scaled_width <= plain.scaled_width / (1 - jitter) + 1
    assert 0 <= cut.left <= cut.scaled_width - bucket.width
    assert 0 <= cut.top <= cut.scaled_height - bucket.height


def test_validation_pictures_are_never_augmented() -> None:
    found = everything(make_state(), [of(4, role="VALIDATION", flip=True, crop_jitter=0.5, repeats=8)], 0)
    assert not any(one.flip for one in found)
    assert len({one.crop for one in found}) <= 4


# Captions


def captions(**options: Any) -> list[str]:
    folder = imagined(Concept.model_validate({"name": "cat", "repeats": 200, **options}), 1)
    picture = folder.pictures[0].__class__(*_with(folder, options.pop("variants", ("a, b, c, d",))))
    return [one.caption for one in everything(make_state(), [Folder(folder.concept, (picture,), ())], 0)]


def _with(folder: Folder, variants: tuple[str, ...]) -> tuple[Any, ...]:
    picture = folder.pictures[0]
    return picture.path, picture.key, picture.width, picture.height, variants


def test_tags_are_shuffled_behind_those_that_are_kept() -> None:
    found = set(captions(shuffle_tags=True, keep_tags=1))
    assert len(found) == 6
    assert all(text.startswith("a, ") and sorted(text.split(", ")) == ["a", "b", "c", "d"] for text in found)
    assert set(captions(shuffle_tags=True, keep_tags=9)) == {"a, b, c, d"}
    assert len(set(captions(shuffle_tags=True, keep_tags=0))) > 15


def test_the_trigger_words_stand_in_front_even_of_shuffled_tags() -> None:
    assert all(text.startswith("sks, ") for text in captions(shuffle_tags=True, keep_tags=0, trigger_words=" sks "))


@pytest.mark.parametrize(
    ("text", "caption"),
    [("a cat", "sks, a cat"), ("sks, a cat", "sks, a cat"), ("sks cat", "sks cat"), ("sks", "sks"), ("", "sks"),
     ("skste", "sks, skste")],
)  # fmt: skip
def test_trigger_words_are_not_said_twice(text: str, caption: str) -> None:
    assert epoch.with_trigger(Concept(trigger_words="sks"), text) == caption


def test_caption_dropout_drops_its_share_whole() -> None:
    found = captions(caption_dropout=0.3, trigger_words="sks")
    assert 0.2 < found.count("") / len(found) < 0.4
    assert set(captions(caption_dropout=1)) == {""}
    assert "" not in captions(caption_dropout=0)


# Batches and steps


def test_a_batch_has_one_bucket_and_none_is_dropped() -> None:
    state, folder = make_state(training={"batch_size": 4}), of(27)
    found = epoch.batches(state, [folder], 0)
    assert all(len({one.crop.bucket for one in batch}) == 1 for batch in found)
    per_bucket: dict[object, list[int]] = {}
    for batch in found:
        per_bucket.setdefault(batch[0].crop.bucket, []).append(len(batch))
    assert all(sorted(sizes)[1:] == [4] * (len(sizes) - 1) for sizes in per_bucket.values()), "one smaller at most"
    assert sorted(one.picture.key for batch in found for one in batch) == [p.key for p in folder.pictures]


def test_concepts_are_spread_evenly_over_an_epoch() -> None:
    small, large = of(10, name="small", sizes=((64, 64),)), of(190, name="large", sizes=((64, 64),))
    for number in range(5):
        found = everything(make_state(training={"batch_size": 1}), [small, large], number)
        places = [place for place, one in enumerate(found) if one.concept.name == "small"]
        # Batches of one are a single bucket's, shuffled: no gap may be much longer than in an unlucky shuffle of all.
        assert len(places) == 10
        assert max(later - earlier for earlier, later in pairwise(places)) < 120


def test_the_samples_of_a_bucket_are_spread_before_they_are_batched() -> None:
    small, large = of(10, name="small", sizes=((64, 64),)), of(90, name="large", sizes=((64, 64),))
    found = epoch.batches(make_state(training={"batch_size": 20}), [small, large], 0)
    counts = [sum(one.concept.name == "small" for one in batch) for batch in found]
    assert counts == [2] * 5, "every batch has its share of the small concept"


def test_the_order_differs_between_epochs() -> None:
    folder = of(30)
    orders = [[one.picture.key for one in everything(make_state(), [folder], number)] for number in range(3)]
    assert orders[0] != orders[1] != orders[2]


def test_accumulated_batches_make_one_step_and_the_last_may_have_fewer() -> None:
    state = make_state(training={"batch_size": 2, "accumulation": 3})
    steps = epoch.steps(state, [of(20, sizes=((64, 64),))], 0)
    assert [len(step) for step in steps] == [3, 3, 3, 1]
    assert [batch for step in steps for batch in step] == epoch.batches(state, [of(20, sizes=((64, 64),))], 0)


FOLDERS = st.lists(
    st.one_of(
        st.builds(
            lambda count, repeats: {"count": count, "repeats": repeats},
            st.integers(0, 12),
            st.one_of(st.integers(1, 3), st.floats(0.01, 3)),
        ),
        st.builds(
            lambda count, samples: {"count": count, "balance": "SAMPLES", "samples": samples},
            st.integers(0, 12),
            st.integers(1, 30),
        ),
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=60, deadline=None)
@given(FOLDERS, st.integers(1, 5), st.integers(1, 4), st.integers(0, 99))
def test_the_counted_steps_are_the_real_ones(
    described: list[dict[str, Any]], batch_size: int, accumulation: int, seed: int
) -> None:
    state = make_state(training={"batch_size": batch_size, "accumulation": accumulation, "seed": seed})
    folders = [of(one.pop("count"), name=f"c{i}", **one) for i, one in enumerate([dict(d) for d in described])]
    counted = list(islice(epoch.step_counts(state, folders), 5))
    assert counted == [len(epoch.steps(state, folders, number)) for number in range(5)]
