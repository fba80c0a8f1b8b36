"""A brush covers exactly the pixels whose middles it goes over."""

import math
import random

import pytest
from PIL import Image

from onetrainer_clone.masks import LEFT_OUT, TRAINED, Painting
from onetrainer_clone.strokes import Point, rows

WIDTH, HEIGHT = 40, 30


def distance(at: Point, start: Point, end: Point) -> float:
    """Of a point from the way between two others."""
    along = (end[0] - start[0], end[1] - start[1])
    length = along[0] ** 2 + along[1] ** 2
    share = ((at[0] - start[0]) * along[0] + (at[1] - start[1]) * along[1]) / length if length else 0.0
    share = min(max(share, 0.0), 1.0)
    return math.dist(at, (start[0] + share * along[0], start[1] + share * along[1]))


def painted(painting: Painting) -> set[tuple[int, int]]:
    pixels = painting.mask.load()
    assert pixels is not None
    return {(x, y) for y in range(HEIGHT) for x in range(WIDTH) if pixels[x, y] == TRAINED}


@pytest.mark.parametrize("seed", range(60))
def test_a_pixel_is_covered_where_its_middle_is(seed: int) -> None:
    chance = random.Random(seed)
    start, end = ((chance.uniform(-5, WIDTH + 5), chance.uniform(-5, HEIGHT + 5)) for _ in range(2))
    if seed % 5 == 0:
        end = start
    if seed % 7 == 0:
        end = (end[0], start[1])
    radius = chance.uniform(0.71, 9)
    covered = {(x, row) for row, first, last in rows(start, end, radius) for x in range(first, last + 1)}
    for y in range(-15, HEIGHT + 15):
        for x in range(-15, WIDTH + 15):
            apart = distance((x + 0.5, y + 0.5), start, end)
            if abs(apart - radius) > 1e-9:
                assert ((x, y) in covered) == (apart < radius), (x, y)
    painting = Painting(Image.new("L", (WIDTH, HEIGHT), LEFT_OUT))
    painting.line(start, end, radius, TRAINED)
    assert painted(painting) == {(x, y) for x, y in covered if 0 <= x < WIDTH and 0 <= y < HEIGHT}


@pytest.mark.parametrize("at", [(0.0, 0.0), (0.99, 0.99), (7.5, 3.5), (7.01, 3.98), (39.99, 29.99)])
def test_the_thinnest_brush_paints_the_pixel_that_it_is_on_and_no_other(at: Point) -> None:
    painting = Painting(Image.new("L", (WIDTH, HEIGHT), LEFT_OUT))
    painting.line(at, at, 0.1, TRAINED)
    assert painted(painting) == {(int(at[0]), int(at[1]))}


def test_a_thin_line_has_no_gaps() -> None:
    painting = Painting(Image.new("L", (WIDTH, HEIGHT), LEFT_OUT))
    painting.line((2.2, 3.9), (35.7, 20.1), 0.3, TRAINED)
    assert {x for x, _ in painted(painting)} == set(range(2, 36))
    assert {(2, 3), (35, 20)} <= painted(painting)


def test_beside_the_picture_nothing_is_painted() -> None:
    painting = Painting(Image.new("L", (WIDTH, HEIGHT), LEFT_OUT))
    painting.line((-0.3, 5), (-0.3, 5), 0.2, TRAINED)
    assert not painted(painting)
    assert painting.fill((-0.3, 5), TRAINED) is None
