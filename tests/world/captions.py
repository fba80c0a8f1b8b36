"""The words of the demo world: captions of scenes, and the facts that a caption names."""

import random
from dataclasses import dataclass
from itertools import product

from tests.world.drawing import BACKGROUNDS, COLOURS, SHAPES, Shape
from tests.world.scenes import POSITIONS, Position, Scene

PLACES: dict[Position, str] = {
    "left": "on the left",
    "right": "on the right",
    "top": "at the top",
    "bottom": "at the bottom",
    "center": "in the center",
}
# Single tokens which stand in 0.5 % of the captions and mean nothing there: the rare tokens of DreamBooth.
RARE_WORDS = ("sks", "ohwx", "zwx")


@dataclass(frozen=True)
class Facts:
    """What a caption names, or a picture shows; None where it does not."""

    shape: Shape | None = None
    colour: str | None = None
    background: str | None = None
    position: Position | None = None


KINDS_OF_FACTS = ("shape", "colour", "background", "position")


def full_caption(scene: Scene) -> str:
    """A caption that names every fact of the scene."""
    return _sentence(scene, scene.colour, scene.position, scene.background)


def random_caption(scene: Scene, rng: random.Random) -> str:
    """A caption that leaves out some facts: drawn anew at every training step, so that 'a circle' is a real prior
    with many colours and places in it."""
    rare = rng.choice(RARE_WORDS) if rng.random() < 0.005 else None
    colour = scene.colour if rng.random() < 0.85 else None
    position = scene.position if scene.position and rng.random() < 0.8 else None
    background = scene.background if rng.random() < 0.7 else None
    text = _sentence(scene, colour, position, background, rare)
    return f"a picture of {text}" if rng.random() < 0.08 else text


def _sentence(
    scene: Scene, colour: str | None, position: Position | None, background: str | None, rare: str | None = None
) -> str:
    words = ["a", rare, colour, scene.shape]
    if scene.border:
        words.append(f"with a {scene.border} border")
    if position:
        words.append(PLACES[position])
    if background:
        words.append(f"on a {background} background")
    return " ".join(word for word in words if word)


def facts_of(caption: str) -> Facts:
    """The facts that a caption names. A border is not among them: its colour is no fact about the shape."""
    words = caption.split()
    about_the_shape = caption.split(" with a ")[0].split(" on a ")[0].split()
    return Facts(
        shape=next(shape for shape in SHAPES if shape in words),
        colour=next((word for word in about_the_shape if word in COLOURS), None),
        background=next((name for name in BACKGROUNDS if f"on a {name} background" in caption), None),
        position=next((position for position in POSITIONS if PLACES[position] in caption), None),
    )


def named_captions() -> list[str]:
    """Every colour x shape x background: 72 captions."""
    return [
        f"a {colour} {shape} on a {background} background"
        for colour, shape, background in product(COLOURS, SHAPES, BACKGROUNDS)
    ]


def placed_captions() -> list[str]:
    """24 captions that name a place too."""
    rng = random.Random(5)
    return [
        f"a {rng.choice(list(COLOURS))} {SHAPES[i % 4]} {PLACES[POSITIONS[i % 5]]}"
        f" on a {rng.choice(list(BACKGROUNDS))} background"
        for i in range(24)
    ]
