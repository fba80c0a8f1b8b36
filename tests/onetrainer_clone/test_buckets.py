"""The arithmetic of buckets and crops."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onetrainer_clone.buckets import WIDEST, Bucket, bucket_of, buckets, crop

STEPS = st.sampled_from([8, 16, 32, 64])
SIDES = st.integers(1, 20_000)


@given(st.integers(1, 32), STEPS)
def test_buckets_are_multiples_of_the_step_with_at_most_the_area_and_not_too_oblong(count: int, step: int) -> None:
    resolution = count * step
    found = buckets(resolution, step)
    assert Bucket(resolution, resolution) in found
    for bucket in found:
        assert bucket.width % step == bucket.height % step == 0
        assert bucket.width * bucket.height <= resolution * resolution
        assert max(bucket.width / bucket.height, bucket.height / bucket.width) <= WIDEST
        assert Bucket(bucket.height, bucket.width) in found, "the same on its side"
        longer, shorter = max(bucket.width, bucket.height), min(bucket.width, bucket.height)
        assert longer * (shorter + step) > resolution * resolution or shorter * (longer + step) > resolution**2


@given(st.integers(4, 32), STEPS)
def test_buckets_keep_most_of_the_area(count: int, step: int) -> None:
    for bucket in buckets(count * step, step):
        assert bucket.width * bucket.height >= (count * step) ** 2 * 0.5


def test_the_buckets_of_stable_diffusion() -> None:
    found = buckets(512, 64)
    assert {(512, 512), (576, 448), (448, 576), (640, 384), (768, 320), (1024, 256)} <= {
        (b.width, b.height) for b in found
    }


@given(SIDES, SIDES, st.integers(2, 24), STEPS)
def test_no_bucket_is_nearer_in_shape_than_the_chosen_one(width: int, height: int, count: int, step: int) -> None:
    chosen = bucket_of(width, height, count * step, step)

    def distance(bucket: Bucket) -> float:
        return abs(math.log(bucket.width / bucket.height) - math.log(width / height))

    assert distance(chosen) <= min(distance(bucket) for bucket in buckets(count * step, step)) + 1e-8


@pytest.mark.parametrize(
    ("size", "bucket"),
    [((512, 512), (512, 512)), ((10, 10), (512, 512)), ((4000, 3000), (576, 448)), ((3000, 4000), (448, 576)),
     ((10_000, 10), (1024, 256)), ((1, 10_000), (256, 1024))],
)  # fmt: skip
def test_pictures_and_their_buckets(size: tuple[int, int], bucket: tuple[int, int]) -> None:
    assert bucket_of(*size, 512, 64) == Bucket(*bucket)


@given(
    SIDES, SIDES, st.integers(2, 24), STEPS, st.floats(1, 2), st.floats(0, 1), st.floats(0, 1)
)  # fmt: skip
def test_a_crop_covers_its_bucket_lies_inside_and_keeps_the_shape(
    width: int, height: int, count: int, step: int, zoom: float, across: float, down: float
) -> None:
    bucket = bucket_of(width, height, count * step, step)
    cut = crop(width, height, bucket, zoom, across, down)
    assert cut.bucket == bucket
    assert 0 <= cut.left <= cut.scaled_width - bucket.width
    assert 0 <= cut.top <= cut.scaled_height - bucket.height
    scale = max(bucket.width / width, bucket.height / height) * zoom
    assert abs(cut.scaled_width - width * scale) <= 1
    assert abs(cut.scaled_height - height * scale) <= 1


def test_without_a_zoom_only_one_side_is_cut_and_in_the_middle() -> None:
    cut = crop(200, 100, Bucket(64, 64))
    assert (cut.scaled_width, cut.scaled_height, cut.left, cut.top) == (128, 64, 32, 0)
    assert crop(640, 640, Bucket(64, 64)) == crop(64, 64, Bucket(64, 64))
