"""A picture file -> RGB: EXIF orientation, transparency over a background, any mode. The run and the window see the same."""

from typing import TYPE_CHECKING, Any, BinaryIO

from PIL import Image, ImageOps

from onetrainer_clone.dataset import FORMATS, orientation

if TYPE_CHECKING:
    import numpy as np

ROWS_AT_ONCE = 64


def open_rgb(file: BinaryIO, background: str, at_least: int = 0) -> Image.Image:
    """The first frame as RGB, turned as its EXIF says. Raises OSError or ValueError for what cannot be decoded.

    at_least: px; a JPEG is not decoded larger than is needed for so many at its longer side. 0: all of them.
    """
    with Image.open(file, formats=FORMATS) as image:
        turned = orientation(image) > 1
        image.seek(0)
        if at_least:
            image.draft("RGB", (at_least, at_least))
        image.load()
        return _rgb(ImageOps.exif_transpose(image) if turned else image, background)


def _rgb(image: Image.Image, background: str) -> Image.Image:
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _eight_bits(image).convert("RGB")
    if image.has_transparency_data:
        pasted = Image.new("RGBA", image.size, background)
        pasted.alpha_composite(image.convert("RGBA"))
        return pasted.convert("RGB")
    return image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """16-bit grey (0 ... 65535) and float grey (0 ... 1, or 0 ... 255) -> 8 bits; Pillow itself would clip them.

    In strips of rows: as float64 the largest picture that is taken would need 700 MB at once.
    """
    import numpy as np  # here: it takes long to import, and few pictures are of this kind

    values = np.asarray(image)
    strips = [slice(row, row + ROWS_AT_ONCE) for row in range(0, len(values), ROWS_AT_ONCE)]
    most = max((float(_numbers(values[rows]).max(initial=0)) for rows in strips), default=0.0)
    top = 65535.0 if values.dtype.kind in "iu" and most > 255 else 255.0
    if values.dtype.kind == "f" and most <= 1:
        top = 1.0
    found = np.empty(values.shape, dtype=np.uint8)
    for rows in strips:
        found[rows] = np.clip(_numbers(values[rows]) / top * 255 + 0.5, 0, 255)
    return Image.fromarray(found)


def _numbers(values: "np.ndarray[Any, Any]") -> "np.ndarray[Any, np.dtype[np.float64]]":
    """As float64, without NaN and infinity."""
    import numpy as np

    found: np.ndarray[Any, np.dtype[np.float64]] = np.nan_to_num(values.astype(np.float64))
    return found
