"""Masks over the crop of a picture: the person's own, or random areas for an inpainting model to learn to draw.

White (1) is what is trained, and for an inpainting model what it draws anew.
"""

import random
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from modules.data.images import area
from onetrainer_clone import masks
from onetrainer_clone.buckets import Crop
from onetrainer_clone.dataset import Picture
from onetrainer_clone.epoch import seed_of

OWN = "own"
EVERYTHING = 0.25  # share of random masks that cover all, as Stable Diffusion's inpainting model was trained with


def through(picture: Picture, variant: int) -> str:
    """The name of the mask that an inpainting model sees a picture through: the person's own, else a random one."""
    return OWN if picture.mask else f"random {variant}"


def mask_of(picture: Picture, name: str, crop: Crop, flip: bool) -> Tensor:
    """A mask by its name, in the crop of its picture: [1, H, W] in 0 ... 1.

    Random ones depend on the picture's key, the name and the size alone. Raises UserError where the person's cannot be read.
    """
    if name != OWN:
        return _tensor(random_mask(seed_of("mask", picture.key, name), crop.bucket.width, crop.bucket.height))
    image = masks.read(picture.path, (picture.width, picture.height))
    if image is None:  # deleted since it was looked for
        return torch.ones(1, crop.bucket.height, crop.bucket.width)
    size, box = (crop.bucket.width, crop.bucket.height), area(image, crop)
    found = _tensor(image.resize(size, Image.Resampling.BILINEAR, box=box))
    return found.flip(2) if flip else found


def _tensor(mask: Image.Image) -> Tensor:
    return torch.from_numpy(np.array(mask)).float().div_(255)[None]


def to_latents(mask: Tensor, height: int, width: int) -> Tensor:
    """An inpainting mask [1, H, W] -> [1, h, w] of 0 and 1, as diffusers makes it: cut at a half, then the nearest pixel."""
    return torch.nn.functional.interpolate((mask >= 0.5).float()[None], size=(height, width))[0]


def to_weights(mask: Tensor, height: int, width: int, least: float) -> Tensor:
    """A mask [1, H, W] -> how much each latent pixel counts in the loss [1, h, w]: its mean, but at least `least`."""
    return torch.nn.functional.adaptive_avg_pool2d(mask, (height, width)).clamp(min=least)


def random_mask(seed: int, width: int, height: int) -> Image.Image:
    """Everything, some boxes, or some strokes of a broad brush."""
    chance = random.Random(seed)
    if chance.random() < EVERYTHING:
        return Image.new("L", (width, height), 255)
    mask = Image.new("L", (width, height), 0)
    draw = ImageDraw.Draw(mask)
    shape: Callable[[ImageDraw.ImageDraw, random.Random, int, int], None] = _box if chance.random() < 0.5 else _stroke
    for _ in range(chance.randint(1, 3)):
        shape(draw, chance, width, height)
    return mask


def _box(draw: ImageDraw.ImageDraw, chance: random.Random, width: int, height: int) -> None:
    across, down = (max(1, round(side * chance.uniform(0.2, 0.7))) for side in (width, height))
    left, top = chance.randint(0, width - across), chance.randint(0, height - down)
    draw.rectangle((left, top, left + across - 1, top + down - 1), fill=255)


def _stroke(draw: ImageDraw.ImageDraw, chance: random.Random, width: int, height: int) -> None:
    points = [(chance.uniform(0, width), chance.uniform(0, height)) for _ in range(chance.randint(2, 5))]
    broad = max(1, round(min(width, height) * chance.uniform(0.1, 0.3)))
    draw.line(points, fill=255, width=broad, joint="curve")
    for x, y in points:
        draw.ellipse((x - broad / 2, y - broad / 2, x + broad / 2, y + broad / 2), fill=255)
