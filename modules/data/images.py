"""A picture file -> the pixels of one crop: EXIF orientation, transparency over a background, any mode to RGB."""

import io

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from onetrainer_clone.buckets import Crop
from onetrainer_clone.dataset import orientation

ROWS_AT_ONCE = 64


def open_rgb(data: bytes, background: str) -> Image.Image:
    """The first frame as RGB, turned as its EXIF says. Raises OSError or ValueError for what cannot be decoded."""
    with Image.open(io.BytesIO(data)) as image:
        turned = orientation(image) > 1
        image.seek(0)
        image.load()
        upright = ImageOps.exif_transpose(image) if turned else image
        return _rgb(upright, background)


def _rgb(image: Image.Image, background: str) -> Image.Image:
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return Image.fromarray(_eight_bits(np.asarray(image))).convert("RGB")
    if image.has_transparency_data:
        pasted = Image.new("RGBA", image.size, background)
        pasted.alpha_composite(image.convert("RGBA"))
        return pasted.convert("RGB")
    return image.convert("RGB")


def _eight_bits(
    values: "np.ndarray[tuple[int, ...], np.dtype[np.generic]]",
) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    """16-bit grey (0 ... 65535) and float grey (0 ... 1, or 0 ... 255) -> 8 bits; Pillow itself would clip them.

    In strips of rows: as float64 the largest picture that is taken would need 700 MB at once.
    """
    strips = [slice(row, row + ROWS_AT_ONCE) for row in range(0, len(values), ROWS_AT_ONCE)]
    most = max((float(_numbers(values[rows]).max(initial=0)) for rows in strips), default=0.0)
    top = 65535.0 if values.dtype.kind in "iu" and most > 255 else 255.0
    if values.dtype.kind == "f" and most <= 1:
        top = 1.0
    found = np.empty(values.shape, dtype=np.uint8)
    for rows in strips:
        found[rows] = np.clip(_numbers(values[rows]) / top * 255 + 0.5, 0, 255)
    return found


def _numbers(
    values: "np.ndarray[tuple[int, ...], np.dtype[np.generic]]",
) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    """As float64, without NaN and infinity."""
    return np.nan_to_num(values.astype(np.float64))


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
