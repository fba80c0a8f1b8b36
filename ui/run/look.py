"""What part of a picture is looked at, and how large: all of it at first. Knows no Tk."""

from dataclasses import dataclass

from PIL import Image

Pair = tuple[float, float]
MOST = 32.0  # px of the screen for one of the picture
HARD = 4.0  # from here on pixels keep their edges, so that one sees what is there


@dataclass(frozen=True)
class Look:
    """Of every picture the same, whatever its size: two that are compared show the same part of themselves."""

    zoom: float = 1.0  # 1: as large as fits into the room
    own: bool = False  # instead: its own pixels, one of the screen for each
    x: float = 0.5  # what stands in the middle of the room, as a share of the picture
    y: float = 0.5

    @property
    def whole(self) -> bool:
        return self.zoom == 1.0 and not self.own

    def scale(self, size: Pair, room: Pair) -> float:
        """How many pixels of the screen one of the picture has."""
        return 1.0 if self.own else self.zoom * fit(size, room)

    def closer(self, factor: float, at: Pair, size: Pair, room: Pair) -> "Look":
        """Larger, or smaller, with the same under the point `at` of the room; all of it again at the end."""
        before, least = self.scale(size, room), fit(size, room)
        after = min(before * factor, max(MOST, least))
        if after <= least * 1.001:
            return Look()
        x, y = (
            here + (point - side / 2) / length * (1 / before - 1 / after)
            for here, point, side, length in zip((self.x, self.y), at, room, size, strict=True)
        )
        return Look(after / least, False, x, y).within(size, room)

    def pixels(self, at: Pair, size: Pair, room: Pair) -> "Look":
        """The picture's own pixels, with the same under the point `at` of the room."""
        before = self.scale(size, room)
        x, y = (
            here + (point - side / 2) / length * (1 / before - 1)
            for here, point, side, length in zip((self.x, self.y), at, room, size, strict=True)
        )
        return Look(1.0, True, x, y).within(size, room)

    def moved(self, across: float, down: float, size: Pair, room: Pair) -> "Look":
        """The picture moved by so many pixels of the screen."""
        scale = self.scale(size, room)
        moved = (self.x - across / (scale * size[0]), self.y - down / (scale * size[1]))
        return Look(self.zoom, self.own, *moved).within(size, room)

    def within(self, size: Pair, room: Pair) -> "Look":
        """No room is left empty beside a picture that would fill it."""
        scale = self.scale(size, room)
        x, y = (
            min(max(here, half), 1 - half) if (half := side / (2 * length * scale)) < 0.5 else 0.5
            for here, side, length in zip((self.x, self.y), room, size, strict=True)
        )
        return Look(self.zoom, self.own, x, y)

    def cut(self, picture: Image.Image, room: tuple[int, int]) -> Image.Image:
        """What is seen of a picture, at most as large as the room."""
        scale, look = self.scale(picture.size, room), self.within(picture.size, room)
        width, height = (
            min(side, max(round(length * scale), 1)) for side, length in zip(room, picture.size, strict=True)
        )
        if scale == 1.0 and (width, height) == picture.size:
            return picture
        left = min(max(look.x * picture.width - width / (2 * scale), 0.0), picture.width - width / scale)
        top = min(max(look.y * picture.height - height / (2 * scale), 0.0), picture.height - height / scale)
        left, top = max(left, 0.0), max(top, 0.0)  # a side that is shorter than a pixel of the screen
        if scale == 1.0:
            return picture.crop((round(left), round(top), round(left) + width, round(top) + height))
        box = (left, top, min(left + width / scale, picture.width), min(top + height / scale, picture.height))
        filters = Image.Resampling
        chosen = filters.NEAREST if scale >= HARD else filters.BICUBIC if scale > 1 else filters.LANCZOS
        return picture.resize((width, height), chosen, box)


def fit(size: Pair, room: Pair) -> float:
    """The scale at which all of a picture is as large as the room lets it."""
    return min(room[0] / size[0], room[1] / size[1])
