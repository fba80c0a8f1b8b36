"""Masks: the crop's own, the random ones, and what a model and a loss make of them."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from modules.data.images import cut
from modules.data.masks import EVERYTHING, OWN, mask_of, random_mask, through, to_latents, to_weights
from onetrainer_clone.buckets import Bucket, Crop
from onetrainer_clone.dataset import Picture
from onetrainer_clone.settings import UserError

CROP = Crop(96, 64, 20, 0, Bucket(64, 64))


def picture(folder: Path, mask: Image.Image | None = None) -> Picture:
    if mask is not None:
        mask.save(folder / "cat-masklabel.png")
    return Picture(folder / "cat.png", "cat.png", 192, 128, ("a cat",), mask is not None)


def test_a_mask_is_cut_as_its_picture_is(tmp_path: Path) -> None:
    numbers = np.random.default_rng(1).integers(0, 2, (16, 24)).astype(np.uint8) * 255
    grey = Image.fromarray(numbers).resize((192, 128), Image.Resampling.NEAREST)
    own = picture(tmp_path, grey)
    for flip in (False, True):
        mask = mask_of(own, OWN, CROP, flip)
        pixels = cut(grey.convert("RGB"), CROP, flip)
        assert mask.shape == (1, 64, 64)
        assert (mask * 2 - 1 - pixels[:1]).abs().mean() < 0.1  # another filter, the same place


def test_a_mask_of_another_size_is_stretched_and_a_lost_one_covers_everything(tmp_path: Path) -> None:
    own = picture(tmp_path, Image.new("L", (12, 8), 255))
    assert mask_of(own, OWN, CROP, False).eq(1).all()
    (tmp_path / "cat-masklabel.png").unlink()
    assert mask_of(own, OWN, CROP, False).eq(1).all()
    (tmp_path / "cat-masklabel.png").write_bytes(b"no picture")
    with pytest.raises(UserError, match=r"the mask cat-masklabel\.png cannot be read"):
        mask_of(own, OWN, CROP, False)


def test_random_masks_repeat_differ_and_cover_what_they_should(tmp_path: Path) -> None:
    bare = picture(tmp_path)
    assert (through(bare, 3), through(picture(tmp_path, Image.new("L", (1, 1))), 3)) == ("random 3", OWN)
    first, again = ([mask_of(bare, f"random {n}", CROP, False).numpy().tobytes() for n in range(8)] for _ in range(2))
    assert first == again
    assert len(set(first)) >= 5
    shares = [np.asarray(random_mask(seed, 64, 48)).mean() / 255 for seed in range(400)]
    assert abs(sum(share == 1 for share in shares) / 400 - EVERYTHING) < 0.08
    part = [share for share in shares if share < 1]
    assert min(part) > 0.02
    assert 0.2 < sum(part) / len(part) < 0.6


def test_for_the_latents_it_is_cut_at_a_half_and_takes_the_nearest_pixel_as_in_diffusers() -> None:
    from diffusers.image_processor import VaeImageProcessor

    grey = Image.fromarray((np.random.default_rng(2).random((64, 48)) * 255).astype(np.uint8))
    processor = VaeImageProcessor(vae_scale_factor=8, do_normalize=False, do_binarize=True, do_convert_grayscale=True)
    expected = torch.nn.functional.interpolate(processor.preprocess(grey, 64, 48), size=(8, 6))[0]
    mask = torch.from_numpy(np.array(grey)).float()[None] / 255
    assert torch.equal(to_latents(mask, 8, 6), expected)


def test_weights_are_the_covered_share_but_never_less_than_asked() -> None:
    mask = torch.zeros(1, 16, 16)
    mask[:, :8, :4] = 1
    assert to_weights(mask, 2, 2, 0.1).tolist() == [[[0.5, pytest.approx(0.1)], [pytest.approx(0.1)] * 2]]
