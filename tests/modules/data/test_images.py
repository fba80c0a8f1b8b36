"""The crop of a picture against Pillow's plain way: the whole picture scaled, then cut."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from modules.data.images import cut
from onetrainer_clone.buckets import Bucket, Crop, crop


def gradient(width: int = 40, height: int = 24) -> Image.Image:
    across, down = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return Image.fromarray(np.stack([across, down, (across + down) / 2], -1).astype(np.uint8))


def plainly(image: Image.Image, place: Crop) -> NDArray[np.float64]:
    whole = image.resize((place.scaled_width, place.scaled_height), Image.Resampling.LANCZOS)
    box = (place.left, place.top, place.left + place.bucket.width, place.top + place.bucket.height)
    return np.asarray(whole.crop(box)).astype(float)


@given(
    width=st.integers(10, 90),
    height=st.integers(10, 90),
    bucket=st.sampled_from([Bucket(16, 16), Bucket(32, 16), Bucket(16, 48)]),
    zoom=st.floats(1, 2),
    across=st.floats(0, 1),
    down=st.floats(0, 1),
)
def test_a_cut_is_the_whole_picture_scaled_and_cropped(
    width: int, height: int, bucket: Bucket, zoom: float, across: float, down: float
) -> None:
    image, place = gradient(width, height), crop(width, height, bucket, zoom, across, down)
    found = cut(image, place, flip=False)
    assert found.shape == (3, bucket.height, bucket.width)
    assert found.dtype == torch.float32
    values = ((found + 1) * 127.5).permute(1, 2, 0).double().numpy()
    apart = np.abs(values - plainly(image, place))
    assert apart.max() <= 2.01  # two passes, each rounded
    assert apart.mean() <= 0.3


def test_black_is_minus_one_white_is_one_and_a_flip_mirrors() -> None:
    image = Image.new("RGB", (16, 16), "white")
    image.paste((0, 0, 0), (0, 0, 8, 16))
    place = crop(16, 16, Bucket(16, 16))
    found = cut(image, place, flip=False)
    assert found[:, :, :6].unique().tolist() == [-1]
    assert found[:, :, 10:].unique().tolist() == [1]
    assert torch.equal(cut(image, place, flip=True), found.flip(2))
