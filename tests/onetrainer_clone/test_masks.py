"""Masks: painted, filled, undone, saved where a run looks for them."""

import random
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from onetrainer_clone import masks
from onetrainer_clone.masks import LEFT_OUT, TRAINED, Painting
from onetrainer_clone.settings import UserError


def black(width: int = 60, height: int = 40) -> Painting:
    return Painting(Image.new("L", (width, height), LEFT_OUT))


def stroke(painting: Painting, *points: tuple[float, float], radius: float = 3, value: int = TRAINED) -> None:
    painting.begin()
    for start, end in zip(points, points[1:] or points):
        painting.line(start, end, radius, value)
    painting.end()


def white(painting: Painting) -> int:
    return painting.mask.histogram()[255]


def test_a_stroke_is_one_step_and_changes_only_its_box() -> None:
    painting = black()
    stroke(painting, (10, 10), (30, 10), (30, 30))
    assert painting.mask.getpixel((20, 10)) == TRAINED
    assert painting.mask.getpixel((30, 20)) == TRAINED
    assert painting.mask.getpixel((20, 20)) == LEFT_OUT
    stroke(painting, (20, 10), radius=5, value=LEFT_OUT)
    assert painting.mask.getpixel((20, 10)) == LEFT_OUT
    painting.undo()
    assert painting.mask.getpixel((20, 10)) == TRAINED
    painting.undo()
    assert white(painting) == 0
    assert not painting.can_undo
    assert painting.undo() is None
    painting.redo()
    assert painting.mask.getpixel((30, 20)) == TRAINED


def test_strokes_over_the_edge_and_beside_the_picture() -> None:
    painting = black()
    stroke(painting, (-50, -50))
    assert not painting.can_undo
    stroke(painting, (-2, 20), (100, 20))
    assert painting.mask.getpixel((0, 20)) == TRAINED
    assert painting.mask.getpixel((59, 20)) == TRAINED


def test_random_work_undone_and_redone_is_the_same() -> None:
    chance = random.Random(7)
    painting = black()
    states = [painting.mask.tobytes()]
    for _ in range(40):
        at, to = ((chance.uniform(-9, 69), chance.uniform(-9, 49)) for _ in range(2))
        value = chance.choice((TRAINED, LEFT_OUT))
        kind = chance.randrange(4)
        if kind == 0:
            painting.fill(at, value)
        elif kind == 1:
            painting.invert()
        else:
            stroke(painting, at, to, radius=chance.uniform(0.2, 9), value=value)
        if painting.mask.tobytes() != states[-1]:
            states.append(painting.mask.tobytes())
    for wanted in reversed(states[:-1]):
        painting.undo()
        assert painting.mask.tobytes() == wanted
    for wanted in states[1:]:
        painting.redo()
        assert painting.mask.tobytes() == wanted


@pytest.mark.parametrize("seed", range(5))
def test_fill_equals_pillows_slow_one(seed: int) -> None:
    chance = random.Random(seed)
    mask = Image.new("L", (50, 30), 0)
    draw = ImageDraw.Draw(mask)
    for _ in range(25):
        draw.line(
            [(chance.randrange(50), chance.randrange(30)) for _ in range(2)], fill=255, width=chance.randint(1, 2)
        )
    at = (chance.randrange(50), chance.randrange(30))
    wanted = mask.copy()
    ImageDraw.floodfill(wanted, at, 255 - int(mask.getpixel(at)))  # type: ignore[arg-type]
    painting = Painting(mask)
    painting.fill(at, 255 - int(mask.getpixel(at)))  # type: ignore[arg-type]
    assert painting.mask.tobytes() == wanted.tobytes()


def test_fill_of_24_megapixels() -> None:
    painting = black(6000, 4000)
    ImageDraw.Draw(painting.mask).ellipse((500, 500, 5500, 3500), outline=255, width=60)
    painting.fill((3000, 2000), TRAINED)
    assert painting.mask.getpixel((3000, 3400)) == TRAINED
    assert painting.mask.getpixel((10, 10)) == LEFT_OUT


def test_saved_beside_the_picture_and_read_in_its_size(tmp_path: Path) -> None:
    picture = tmp_path / "my.cat.jpg"
    assert masks.read(picture, (60, 40)) is None
    painting = black()
    stroke(painting, (20, 20))
    masks.write(picture, painting.mask)
    assert (tmp_path / "my.cat-masklabel.png").exists()
    found = masks.read(picture, (60, 40))
    assert found is not None
    assert found.tobytes() == painting.mask.tobytes()
    larger = masks.read(picture, (120, 80))
    assert larger is not None
    assert larger.size == (120, 80)
    (tmp_path / "my.cat-masklabel.png").write_bytes(b"no picture")
    with pytest.raises(UserError, match=r"my\.cat-masklabel\.png cannot be read"):
        masks.read(picture, (60, 40))
    with pytest.raises(UserError, match="cannot be written"):
        masks.write(tmp_path / "my.cat-masklabel.png" / "x.png", painting.mask)
