"""How the demo world looks: its size, colours and shapes, and the pencil that draws them, four times too large."""

import random
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

SIZE_PX = 64
SUPERSAMPLING = 4

Rgb = tuple[int, int, int]
Picture = NDArray[np.uint8]  # [64, 64, 3]; several of them are [n, 64, 64, 3]
Shape = Literal["circle", "square", "triangle", "cross"]

SHAPES: tuple[Shape, ...] = get_args(Shape)
# Hues far enough apart for the nearest colour to be the right one, through blur and a VAE.
COLOURS: dict[str, Rgb] = {
    "red": (215, 40, 40),
    "green": (40, 165, 60),
    "blue": (40, 75, 215),
    "yellow": (240, 215, 50),
    "purple": (150, 50, 190),
    "cyan": (60, 205, 220),
}
BACKGROUNDS: dict[str, Rgb] = {"white": (243, 243, 243), "black": (16, 16, 16), "gray": (128, 128, 128)}


class Canvas:
    """A supersampled sheet; places and sizes are in pixels of the finished picture."""

    def __init__(self, background: Rgb) -> None:
        side = SIZE_PX * SUPERSAMPLING
        self._image = Image.new("RGB", (side, side), background)
        self._draw = ImageDraw.Draw(self._image)

    def shape(self, shape: Shape, x: float, y: float, radius: float, fill: Rgb) -> None:
        """Draw a shape whose bounding box is about the square from centre - radius to centre + radius."""
        x, y, radius = x * SUPERSAMPLING, y * SUPERSAMPLING, radius * SUPERSAMPLING
        if shape == "circle":
            self._draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)
        else:
            self._draw.polygon(_outline(shape, x, y, radius), fill=fill)

    def polygon(self, corners: list[tuple[float, float]], fill: Rgb) -> None:
        self._draw.polygon([(x * SUPERSAMPLING, y * SUPERSAMPLING) for x, y in corners], fill=fill)

    def rectangle(self, left: float, top: float, right: float, bottom: float, fill: Rgb) -> None:
        corners = left * SUPERSAMPLING, top * SUPERSAMPLING, right * SUPERSAMPLING, bottom * SUPERSAMPLING
        self._draw.rectangle(corners, fill=fill)

    def picture(self) -> Picture:
        """The finished picture, [64, 64, 3]."""
        return np.asarray(self._image.resize((SIZE_PX, SIZE_PX), Image.Resampling.BOX), dtype=np.uint8)


def jitter(rng: random.Random, colour: Rgb, amount: float = 8) -> Rgb:
    """The colour, each channel moved by up to `amount`."""
    red, green, blue = (int(min(255, max(0, channel + rng.uniform(-amount, amount)))) for channel in colour)
    return red, green, blue


def _outline(shape: Shape, x: float, y: float, radius: float) -> list[tuple[float, float]]:
    if shape == "square":
        k = 0.9 * radius  # looks as large as a circle of that radius
        return [(x - k, y - k), (x + k, y - k), (x + k, y + k), (x - k, y + k)]
    if shape == "triangle":
        return [(x, y - radius), (x + radius, y + 0.8 * radius), (x - radius, y + 0.8 * radius)]
    if shape == "cross":
        k = radius / 3
        return [
            (x - k, y - radius), (x + k, y - radius), (x + k, y - k),
            (x + radius, y - k), (x + radius, y + k), (x + k, y + k),
            (x + k, y + radius), (x - k, y + radius), (x - k, y + k),
            (x - radius, y + k), (x - radius, y - k), (x - k, y - k),
        ]  # fmt: skip
    raise ValueError(f"{shape} has no corners")
