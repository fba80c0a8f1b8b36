"""Which pixels a round brush covers on its way from one point to another: arithmetic only.

Points are in pixels with the corner as origin: pixel (0, 0) goes from 0 to 1, its middle is at 0.5. A pixel is covered
where its middle is.
"""

import math
from collections.abc import Iterator

Point = tuple[float, float]


def rows(start: Point, end: Point, radius: float) -> Iterator[tuple[int, int, int]]:
    """(row, first column, last column) of the pixels covered. What is covered is convex: one run a row."""
    outline = _outline(start, end, radius)
    top = math.ceil(min(start[1], end[1]) - radius - 0.5)
    bottom = math.floor(max(start[1], end[1]) + radius - 0.5)
    for row in range(top, bottom + 1):
        y = row + 0.5
        crossings = [x for point in (start, end) for x in _across_circle(point, radius, y)]
        crossings += [x for edge in outline for x in _across_edge(*edge, y)]
        if crossings:
            first, last = math.ceil(min(crossings) - 0.5), math.floor(max(crossings) - 0.5)
            if first <= last:
                yield row, first, last


def _outline(start: Point, end: Point, radius: float) -> list[tuple[Point, Point]]:
    """The two long edges of what lies between the circles at the two ends; none where they are the same point."""
    along = (end[0] - start[0], end[1] - start[1])
    length = math.hypot(*along)
    if length == 0:
        return []
    x, y = -along[1] / length * radius, along[0] / length * radius
    return [
        ((start[0] + side * x, start[1] + side * y), (end[0] + side * x, end[1] + side * y)) for side in (1, -1)
    ]  # fmt: skip


def _across_circle(middle: Point, radius: float, y: float) -> tuple[float, ...]:
    """Where a horizontal line meets a circle."""
    inside = radius**2 - (y - middle[1]) ** 2
    return (middle[0] - math.sqrt(inside), middle[0] + math.sqrt(inside)) if inside >= 0 else ()


def _across_edge(start: Point, end: Point, y: float) -> tuple[float, ...]:
    """Where a horizontal line meets an edge that is not horizontal itself: then the circles say it."""
    low, high = sorted((start, end), key=lambda point: point[1])
    if low[1] == high[1] or not low[1] <= y <= high[1]:
        return ()
    return (low[0] + (y - low[1]) / (high[1] - low[1]) * (high[0] - low[0]),)
