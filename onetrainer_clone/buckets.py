"""Picture size -> training size and crop. Arithmetic only.

A bucket is a width and height, multiples of a step, with about the area of the resolution squared. A picture goes to
the bucket whose shape is nearest to its own; it is scaled until it covers the bucket, and what stands over is cut off.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

WIDEST = 4.0  # aspect ratio of the most oblong bucket


@dataclass(frozen=True, slots=True, order=True)
class Bucket:
    """A training size in pixels."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Crop:
    """Scale the picture to `scaled_width` x `scaled_height`, then cut the bucket out at (left, top). Pixels."""

    scaled_width: int
    scaled_height: int
    left: int
    top: int
    bucket: Bucket


@lru_cache(maxsize=64)
def buckets(resolution: int, step: int) -> tuple[Bucket, ...]:
    """The buckets of a resolution: for every width the largest height that keeps the area, and the same on its side."""
    area = resolution * resolution
    found = set()
    for width in range(step, int(resolution * math.sqrt(WIDEST)) // step * step + 1, step):
        height = area // width // step * step
        if height >= step and max(width / height, height / width) <= WIDEST:
            found |= {Bucket(width, height), Bucket(height, width)}
    return tuple(sorted(found or {Bucket(resolution, resolution)}))


@lru_cache(maxsize=65536)
def bucket_of(width: int, height: int, resolution: int, step: int) -> Bucket:
    """The bucket nearest in shape; among equals the largest."""
    wanted = math.log(width / height)
    return min(
        buckets(resolution, step),
        key=lambda b: (round(abs(math.log(b.width / b.height) - wanted), 9), -b.width * b.height),
    )


def crop(width: int, height: int, bucket: Bucket, zoom: float = 1.0, across: float = 0.5, down: float = 0.5) -> Crop:
    """How a picture of a size fills a bucket.

    zoom >= 1 scales it up further, so that more is cut off; across and down (0 to 1) place the cut, 0.5 in the middle.
    """
    scale = max(bucket.width / width, bucket.height / height) * zoom
    scaled_width = max(bucket.width, round(width * scale))
    scaled_height = max(bucket.height, round(height * scale))
    left = round((scaled_width - bucket.width) * across)
    top = round((scaled_height - bucket.height) * down)
    return Crop(scaled_width, scaled_height, left, top, bucket)
