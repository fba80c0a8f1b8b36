"""What is drawn of a picture and its mask: the part that a lens shows, with what is left out in colour. Knows no widget."""

from PIL import Image, ImageColor

from ui.pictures.lens import Lens, Part, Size
from ui.pictures.loading import Loaded

TINT, TINT_SHARE = "#c2185b", 0.62  # over what is left out
EDGE = (
    1e-6  # px: the middle of a pixel of the screen that is on the edge of two of the picture is of the second of them
)


class Scene:
    """`look` at a picture through a lens, `lay` a mask over it, and `composed` is what is seen."""

    def __init__(self, loaded: Loaded, lens: Lens):
        self.lens = lens
        box, part = lens.seen()
        self.place = box[:2]
        self._base = _shown(loaded, lens, part, (box[2] - box[0], box[3] - box[1]))
        colour = Image.new("RGB", self._base.size, ImageColor.getrgb(TINT))
        self._tinted = Image.blend(self._base, colour, TINT_SHARE)
        self._mask: Image.Image | None = None  # the part of the mask that is seen

    def lay(self, mask: Image.Image | None, changed: tuple[int, int, int, int] | None = None) -> None:
        """The mask in the picture's pixels. `changed`: only there since the last time; a stroke costs what it covers."""
        if mask is None:
            self._mask = None
            return
        seen, part = self.lens.seen()
        if changed is None or self._mask is None:
            self._mask = _laid(mask, part, self._base.size, self.lens)
            return
        left, top, right, bottom = self.lens.over(changed)
        if left < right and top < bottom:
            (ox, oy), scale = self.lens.origin, self.lens.scale
            part = ((left - ox) / scale, (top - oy) / scale, (right - ox) / scale, (bottom - oy) / scale)
            piece = _laid(mask, part, (right - left, bottom - top), self.lens)
            self._mask.paste(piece, (left - seen[0], top - seen[1]))

    def composed(self, overlay: bool) -> Image.Image:
        if self._mask is None or not overlay:
            return self._base
        return Image.composite(self._base, self._tinted, self._mask)


def _shown(loaded: Loaded, lens: Lens, part: Part, size: Size) -> Image.Image:
    """The part of the picture in the pixels of the screen."""
    level = loaded.level(loaded.size[0] * lens.scale)
    return _cut(level, part, size, lens, loaded.whole and lens.scale >= 1, Image.Resampling.BILINEAR)


def _laid(mask: Image.Image, part: Part, size: Size, lens: Lens) -> Image.Image:
    return _cut(mask, part, size, lens, lens.scale >= 1, Image.Resampling.BOX)


def _cut(
    image: Image.Image, part: Part, size: Size, lens: Lens, sharp: bool, smoothing: Image.Resampling
) -> Image.Image:
    """`sharp`: enlarged without smoothing, so that every pixel can be seen, and is where the lens says that it is."""
    across, down = image.width / lens.size[0], image.height / lens.size[1]
    left, top, right, bottom = part[0] * across, part[1] * down, part[2] * across, part[3] * down
    if sharp:  # not by `resize`, which knows places to 7 digits
        steps = ((right - left) / size[0], 0.0, left + EDGE, 0.0, (bottom - top) / size[1], top + EDGE)
        return image.transform(size, Image.Transform.AFFINE, steps, Image.Resampling.NEAREST)
    return image.resize(size, smoothing, (left, top, min(right, image.width), min(bottom, image.height)))
