"""The files of samples."""

import json
from pathlib import Path

import pytest
from PIL import Image

from modules.models.sd15 import StableDiffusion15
from modules.sampling import SCHEDULERS, draw, save_picture, usual_size
from onetrainer_clone.model_files import native_pixels
from onetrainer_clone.session import Controls
from onetrainer_clone.state.sampling import Prompt, Sampler


def test_a_picture_tells_how_it_was_made_in_any_language(tmp_path: Path) -> None:
    prompt = Prompt(text="кот, 猫 🐈", negative="ein Hund", seed=2**62, steps=7, cfg_scale=5.5, sampler=Sampler.DDIM)
    path = tmp_path / "new" / "picture.png"
    save_picture(Image.new("RGB", (24, 16), "red"), path, prompt, step=40, preset="demo", weights="ema")
    with Image.open(path) as image:
        about = dict(image.info)
        assert image.size == (24, 16)
    assert about["prompt"] == prompt.text
    assert about["parameters"].splitlines() == [
        "кот, 猫 🐈",
        "Negative prompt: ein Hund",
        f"Steps: 7, Sampler: DDIM, CFG scale: 5.5, Seed: {2**62}, Size: 24x16",
    ]
    found = json.loads(about["onetrainer-clone"])
    assert (found["seed"], found["step"], found["preset"], found["weights"]) == (2**62, 40, "demo", "ema")
    assert not list(tmp_path.rglob("*.part"))


def test_every_sampler_has_its_class() -> None:
    assert set(SCHEDULERS) == set(Sampler)


@pytest.mark.parametrize(("wish", "size"), [((None, None), (40, 40)), ((37, 64), (32, 64))])
def test_sides_are_multiples_of_8(
    model: StableDiffusion15, wish: tuple[int | None, int | None], size: tuple[int, int]
) -> None:
    width, height = wish
    prompt = Prompt(text="a", steps=1, width=width, height=height)
    assert draw(model, prompt, 44, Controls()).size == size


def test_without_a_size_a_picture_is_as_large_as_the_model_is_made_for(fresh_model: StableDiffusion15) -> None:
    assert usual_size(fresh_model) == native_pixels("demo:model") == 64
    fresh_model.unet.register_to_config(sample_size=None)  # a config that does not say it
    assert usual_size(fresh_model) == 512
