"""The concept folders of the demo: what is learned, and three ways to collect regularization pictures.

  subject       the peculiar item, 'a sks circle'
  class         what the model draws for 'a circle': its own idea of the class
  class_varied  what it draws for captions of the whole world, the facts named
  class_biased  circles that it would NOT draw (one colour, one background, all small), all captioned 'a circle': a
                biased collection, as regularization folders in real life are

Every picture x.png has its caption in x.txt.
"""

import random
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from PIL import Image

from tests.world.captions import full_caption
from tests.world.drawing import Picture
from tests.world.pipeline import generate, load_pipeline
from tests.world.scenes import Scene, random_scene, render
from tests.world.subject import SUBJECT_CAPTION, subject_pictures

CLASS_CAPTION = "a circle"
SEED = 3
_FIRST_SEEDS = {"class": 10_000, "class_varied": 20_000}


def random_facts(n: int = 100) -> tuple[list[Scene], list[str]]:
    """The scenes of `class_biased` and the captions of `class_varied`."""
    rng = random.Random(SEED)
    biased = [_small_cyan_circle(rng) for _ in range(n)]
    varied = [full_caption(replace(random_scene(rng), border=None)) for _ in range(n)]
    return biased, varied


def make_concepts(out: Path, n: int = 100) -> None:
    """Write `out`/concepts with n pictures in each regularization folder; needs `out`/model."""
    biased, varied = random_facts(n)
    concepts = out / "concepts"
    _write(concepts / "subject", ((picture, SUBJECT_CAPTION) for picture in subject_pictures()))
    _write(concepts / "class_biased", ((render(scene), CLASS_CAPTION) for scene in biased))
    pipeline = load_pipeline(out / "model")
    for name, captions in (("class", [CLASS_CAPTION] * n), ("class_varied", varied)):
        seeds = range(_FIRST_SEEDS[name], _FIRST_SEEDS[name] + n)
        _write(concepts / name, zip(generate(pipeline, captions, seeds), captions))


def _small_cyan_circle(rng: random.Random) -> Scene:
    return replace(
        random_scene(rng),
        shape="circle",
        colour="cyan",
        background="white",
        border=None,
        radius_px=rng.uniform(9, 12),
        x_px=rng.uniform(16, 48),
        y_px=rng.uniform(16, 48),
    )


def _write(folder: Path, pairs: Iterable[tuple[Picture, str]]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for i, (picture, caption) in enumerate(pairs):
        Image.fromarray(picture).save(folder / f"{i:03d}.png")
        (folder / f"{i:03d}.txt").write_text(f"{caption}\n", encoding="utf-8")
