"""How a picture lies in a view: as it fits, or enlarged around a point. Arithmetic only, no widget.

Points of the picture are in its own pixels with the corner as origin: pixel (0, 0) goes from 0 to 1. Points of the view
are the whole numbers that the mouse has; what the mouse points at is the middle of its pixel.
"""

from dataclasses import dataclass, replace

Size = tuple[int, int]
Point = tuple[float, float]
Box = tuple[int, int, int, int]  # left, top, right, bottom
Part = tuple[float, float, float, float]  # the same, between pixels

NOTCH = 1.25  # times larger with every notch of the wheel
LARGEST = 32.0


@dataclass(frozen=True)
class Lens:
    size: Size  # of the picture
    room: Size  # of the view, in pixels of the screen
    zoom: float | None = None  # pixels of the screen for one of the picture; None: as many as fit
    middle: Point | None = None  # what lies in the middle of the view; None: the picture's middle

    @property
    def fit(self) -> float:
        return min(self.room[0] / self.size[0], self.room[1] / self.size[1])

    @property
    def scale(self) -> float:
        """Pixels of the screen for one of the picture."""
        return self.fit if self.zoom is None else self.zoom

    @property
    def origin(self) -> tuple[int, int]:
        """Where the picture's corner lies in the view. Whole pixels, so that what is drawn is what is pointed at."""
        x, y = (
            _corner(room, size * self.scale, None if self.middle is None else self.middle[axis] * self.scale)
            for axis, (room, size) in enumerate(zip(self.room, self.size, strict=True))
        )
        return x, y

    def to_picture(self, x: float, y: float) -> Point:
        left, top = self.origin
        return (x + 0.5 - left) / self.scale, (y + 0.5 - top) / self.scale

    def seen(self) -> tuple[Box, Part]:
        """The part of the view that the picture covers, and the part of the picture that lies there."""
        (left, top), scale = self.origin, self.scale
        right, bottom = (
            min(start + max(int(size * scale + 1e-6), 1), room)
            for start, size, room in zip((left, top), self.size, self.room, strict=True)
        )
        box = (max(left, 0), max(top, 0), right, bottom)
        part = ((box[0] - left) / scale, (box[1] - top) / scale, (right - left) / scale, (bottom - top) / scale)
        return box, (part[0], part[1], min(part[2], self.size[0]), min(part[3], self.size[1]))

    def over(self, part: Part) -> Box:
        """The pixels of the view that show any of this part of the picture; some more at the edges."""
        (left, top), scale, (seen, _) = self.origin, self.scale, self.seen()
        return (
            max(int(part[0] * scale + left) - 1, seen[0]), max(int(part[1] * scale + top) - 1, seen[1]),
            min(int(part[2] * scale + left) + 2, seen[2]), min(int(part[3] * scale + top) + 2, seen[3]),
        )  # fmt: skip

    def zoomed(self, zoom: float | None, at: Point) -> "Lens":
        """Another zoom; what lies at a point of the view stays there, as far as the picture's edges let it."""
        if zoom is None:
            return Lens(self.size, self.room)
        zoom = min(max(zoom, min(self.fit, 1.0)), max(self.fit, LARGEST))
        if abs(zoom / self.fit - 1) < 0.01:
            return Lens(self.size, self.room)
        under = self.to_picture(*at)
        x, y = (
            where - (place + 0.5 - room / 2) / zoom for where, place, room in zip(under, at, self.room, strict=True)
        )
        return replace(self, zoom=zoom, middle=(x, y))

    def stepped(self, way: int, at: Point) -> "Lens":
        """Larger (1) or smaller (-1) by a notch; as it fits and pixel for pixel are not jumped over."""
        wanted = self.scale * NOTCH**way
        for stop in (self.fit, 1.0):
            if (self.scale * 1.001 < stop < wanted) or (wanted < stop < self.scale * 0.999):
                wanted = stop
                break
        return self.zoomed(wanted, at)

    def moved(self, x: float, y: float) -> "Lens":
        """The picture shifted by so many pixels of the screen, not beyond its edges."""
        if self.zoom is None:
            return self
        left, top = self.origin
        places = ((self.room[0] / 2 - left - x) / self.scale, (self.room[1] / 2 - top - y) / self.scale)
        return replace(self, middle=places)


def _corner(room: int, length: float, middle: float | None) -> int:
    """Where a picture of this length begins so that this point of it is in the middle and no room is left over."""
    if length <= room or middle is None:
        return round((room - length) / 2)
    return round(min(max(room / 2 - middle, room - length), 0))
