"""One scene of the demo world: its facts, drawn at random, and its picture."""

import random
from dataclasses import dataclass
from typing import Literal, get_args

from tests.world.drawing import BACKGROUNDS, COLOURS, SHAPES, SIZE_PX, Canvas, Picture, Shape, jitter

Position = Literal["left", "right", "top", "bottom", "center"]
POSITIONS: tuple[Position, ...] = get_args(Position)


@dataclass(frozen=True)
class Scene:
    """Everything that decides the picture. `position` None: anywhere, so no caption can name it."""

    shape: Shape
    colour: str
    background: str
    position: Position | None
    border: str | None
    x_px: float
    y_px: float
    radius_px: float
    border_px: float
    seed: int  # of the small changes of the colours


def random_scene(rng: random.Random) -> Scene:
    """The order of the draws below is part of the data: change it, and every seed gives another world."""
    radius = rng.uniform(11, 19)
    position = rng.choice([*POSITIONS, None, None, None])
    x, y = _place(rng, position, radius)
    colour = rng.choice(list(COLOURS))
    border = rng.choice([other for other in COLOURS if other != colour]) if rng.random() < 0.2 else None
    return Scene(
        shape=rng.choice(SHAPES),
        colour=colour,
        background=rng.choice(list(BACKGROUNDS)),
        position=position,
        border=border,
        x_px=x,
        y_px=y,
        radius_px=radius,
        border_px=rng.uniform(2.5, 4),
        seed=rng.randrange(1 << 30),
    )


def _place(rng: random.Random, position: Position | None, radius: float) -> tuple[float, float]:
    """A centre at the named place, with at least two pixels between shape and rim."""
    low, high = radius + 2, SIZE_PX - 2 - radius

    def middle() -> float:
        return SIZE_PX / 2 + rng.uniform(-3, 3)

    def aside() -> float:
        return rng.uniform(0, min(4, high - low))

    match position:
        case "left":
            return low + aside(), middle()
        case "right":
            return high - aside(), middle()
        case "top":
            return middle(), low + aside()
        case "bottom":
            return middle(), high - aside()
        case "center":
            return middle(), middle()
        case None:
            return rng.uniform(low, high), rng.uniform(low, high)


def render(scene: Scene) -> Picture:
    """The picture of a scene, [64, 64, 3]; the same scene is the same bytes."""
    rng = random.Random(scene.seed)
    canvas = Canvas(jitter(rng, BACKGROUNDS[scene.background], 6))
    radius, y = scene.radius_px, scene.y_px
    if scene.border:
        canvas.shape(scene.shape, scene.x_px, scene.y_px, radius, jitter(rng, COLOURS[scene.border]))
        is_triangle = scene.shape == "triangle"  # its centre is not the middle of its box, and its corners are sharp
        radius -= scene.border_px * (1.6 if is_triangle else 1.0)
        y += 1.0 if is_triangle else 0.0
    canvas.shape(scene.shape, scene.x_px, y, radius, jitter(rng, COLOURS[scene.colour]))
    return canvas.picture()
