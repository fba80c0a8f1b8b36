"""A picture -> the pixels of one crop."""

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from onetrainer_clone.buckets import Crop


def cut(image: Image.Image, crop: Crop, flip: bool) -> Tensor:
    """The crop of a picture as pixels [3, H, W] in -1 ... 1, float32.

    Only the part that is kept is resampled (Lanczos), which for large pictures is most of the time saved.
    """
    bucket = crop.bucket
    small = image.resize((bucket.width, bucket.height), Image.Resampling.LANCZOS, box=area(image, crop))
    pixels = torch.from_numpy(np.array(small)).permute(2, 0, 1).float().div_(127.5).sub_(1)
    return pixels.flip(2) if flip else pixels


def area(image: Image.Image, crop: Crop) -> tuple[float, float, float, float]:
    """What of a picture a crop keeps: left, top, right, bottom, in the picture's own pixels."""
    across, down = image.width / crop.scaled_width, image.height / crop.scaled_height
    return (
        crop.left * across,
        crop.top * down,
        min((crop.left + crop.bucket.width) * across, image.width),
        min((crop.top + crop.bucket.height) * down, image.height),
    )
