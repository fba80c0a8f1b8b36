"""What makes a run encode anew and what does not, asked of whole runs: by the entries that their preparation adds."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from safetensors.torch import load_file, save_file

from modules.data.room import in_use
from modules.precision import accelerator
from modules.run import prepare
from onetrainer_clone.events import Event, Logged, Warned
from onetrainer_clone.paths import DEMO
from onetrainer_clone.session import Controls
from onetrainer_clone.settings import replace
from onetrainer_clone.state import TrainingState
from tests.modules.small import small_state

T = TypeVar("T")


@dataclass
class World:
    """Two concepts, a model and a cache."""

    folder: Path
    state: TrainingState
    events: list[Event] = field(default_factory=list)  # of the last preparation

    @classmethod
    def make(cls, folder: Path) -> "World":
        demo = DEMO / "concepts"
        for name, source, numbers in (("cat", demo / "class", range(3)), ("dog", demo / "class_varied", range(10, 12))):
            (folder / name).mkdir(parents=True)
            for number in numbers:
                for suffix in ("png", "txt"):
                    shutil.copy(source / f"{number:03d}.{suffix}", folder / name)
        for number, text in enumerate(("a red thing", "a blue thing", "a red thing")):
            (folder / "cat" / f"{number:03d}.txt").write_text(text)
        concepts = [{"name": name, "path": str(folder / name)} for name in ("cat", "dog")]
        cache = {"saving.cache": str(folder / "cache"), "training.text_encoder": False}
        return cls(folder, small_state(folder, concepts=concepts, **cache))

    def set(self, path: str, value: Any) -> None:
        self.state = replace(self.state, path, value)

    @property
    def cache(self) -> Path:
        return self.state.cache_folder

    def prepare(self) -> tuple[int, int]:
        """Get a run ready; returns how many latents and how many texts were encoded for it."""
        before, self.events = set(self.entries()), []
        with accelerator(self.state) as accelerated:
            prepare(self.state, accelerated, self.events.append, Controls())
        new = set(self.entries()) - before
        return sum(path.parts[0] == "latents" for path in new), sum(path.parts[0] == "texts" for path in new)

    def entries(self) -> dict[Path, bytes]:
        """The entries of the cache: by address, with what they hold."""
        return {path.relative_to(self.cache): path.read_bytes() for path in self.cache.rglob("*.safetensors")}

    def told(self, kind: type[T]) -> list[T]:
        return [event for event in self.events if isinstance(event, kind)]

    def cat(self) -> Path:
        """The first concept's folder, wherever it was moved."""
        return next(folder for folder in (self.folder / "cat", self.folder / "moved" / "cat") if folder.exists())

    def pictures(self) -> list[Path]:
        """Those of the first concept, whatever they are called now."""
        return sorted(self.cat().glob("*.png"))

    def own_model(self) -> Path:
        """The demo's model as a folder that may be changed."""
        folder = self.folder / "model"
        if not folder.exists():
            shutil.copytree(DEMO / "model", folder)
            self.set("model.source", str(folder))
        return folder

    def nudge(self, part: str) -> None:
        """Another value of one weight of a part."""
        path = next((self.own_model() / part).glob("*.safetensors"))
        weights = load_file(path)
        first = min(weights)
        weights[first] = weights[first] + torch.tensor(0.01).to(weights[first].dtype)
        save_file(weights, path)


# Each change with how many latents and texts it costs, of the five pictures (3 + 2) and of the texts in use.
MATTERS: dict[str, tuple[Callable[[World], object], int, int]] = {
    "bytes of a picture": (lambda w: repaint(w.pictures()[0]), 1, 0),
    "resolution": (lambda w: w.set("training.resolution", 48), 5, 0),
    "resolution of one concept": (lambda w: w.set("concepts[0].resolution", 48), 3, 0),
    "crop": (lambda w: jitter(w), 3, 0),  # noqa: PLW0108 - defined below
    "background": (lambda w: w.set("training.background", "#102030"), 5, 0),
    "weights of the VAE": (lambda w: w.nudge("vae"), 5, 0),
    "dtype of the VAE": (lambda w: w.set("model.vae_dtype", "BF16"), 5, 0),
    "a new caption": (lambda w: w.pictures()[1].with_suffix(".txt").write_text("a caption of its own"), 0, 1),
    "trigger words": (lambda w: w.set("concepts[0].trigger_words", "sks"), 0, 2),
    "weights of the text encoder": (lambda w: w.nudge("text_encoder"), 0, -1),
    "dtype of the text encoder": (lambda w: w.set("model.text_encoder_dtype", "BF16"), 0, -1),
    "clip skip": (lambda w: w.set("model.clip_skip", 2), 0, -1),
}  # -1: every text


def repaint(path: Path) -> None:
    with Image.open(path) as image:
        image.load()
    image.putpixel((0, 0), (1, 2, 3))
    image.save(path)


def jitter(world: World) -> None:
    world.set("concepts[0].image_variants", 2)
    world.set("concepts[0].crop_jitter", 0.4)


def rename_all(world: World) -> None:
    for path in sorted(world.cat().iterdir()):
        path.rename(path.with_name(f"renamed {path.name}"))


def move(world: World) -> None:
    source, target = world.cat(), world.folder / "moved" / "cat"
    index = [Path(concept.path) for concept in world.state.concepts].index(source)
    target.parent.mkdir(exist_ok=True)
    source.rename(target)
    world.set(f"concepts[{index}].path", str(target))


def swap(world: World) -> None:
    world.set("concepts", tuple(reversed(world.state.concepts)))


def touch(world: World) -> None:
    for path in world.folder.rglob("*.png"):
        os.utime(path, (1, 1))


DOES_NOT: dict[str, Callable[[World], object]] = {
    "the concept's name": lambda w: w.set("concepts[0].name", "another"),
    "the order of the concepts": swap,
    "the other concept": lambda w: w.set("concepts[1].enabled", False),
    "file names": rename_all,
    "a moved folder": move,
    "file times": touch,
    "seed": lambda w: w.set("training.seed", 99),
    "batch size": lambda w: w.set("training.batch_size", 1),
    "learning rate": lambda w: w.set("learning_rate.unet", 1e-5),
    "weights of the UNet": lambda w: w.nudge("unet"),
    "the model's place": lambda w: w.own_model(),
    "rank": lambda w: w.set("adapter.rank", 2),
    "length": lambda w: w.set("training.steps", 77),
    "loss weight": lambda w: w.set("concepts[0].loss_weight", 3.0),
}


@pytest.mark.parametrize("name", MATTERS)
def test_what_matters_misses_and_nothing_else_with_it(name: str, tmp_path: Path) -> None:
    world = World.make(tmp_path)
    latents, texts = world.prepare()
    assert latents == 5
    change, expected_latents, expected_texts = MATTERS[name]
    change(world)
    assert world.prepare() == (expected_latents, texts if expected_texts == -1 else expected_texts)
    assert world.prepare() == (0, 0)


@pytest.mark.parametrize("name", DOES_NOT)
def test_what_does_not_matter_hits(name: str, tmp_path: Path) -> None:
    world = World.make(tmp_path)
    world.prepare()
    DOES_NOT[name](world)
    assert world.prepare() == (0, 0)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from([*MATTERS, *DOES_NOT]), min_size=2, max_size=5, unique=True))
def test_after_any_changes_the_cache_holds_what_a_cold_one_would(
    tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    world = World.make(tmp_path_factory.mktemp("world"))
    world.prepare()
    for name in names:
        (MATTERS[name][0] if name in MATTERS else DOES_NOT[name])(world)
    world.prepare()
    warm = world.entries()
    world.set("saving.cache", str(world.folder / "cold"))
    world.prepare()
    cold = world.entries()
    assert cold
    assert {path: warm.get(path) for path in cold} == cold, "stale, or another address for the same"


def damage(path: Path, how: str, place: float) -> None:
    data = bytearray(path.read_bytes())
    if how == "truncated":
        del data[int(place * len(data)) :]
    elif how == "bit flipped":
        data[min(int(place * len(data)), len(data) - 1)] ^= 1 << 3
    else:
        data[:] = bytes(len(data))
    path.write_bytes(data)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), st.sampled_from(["truncated", "bit flipped", "zeros"]), st.floats(0, 1, exclude_max=True))
def test_damaged_entries_are_made_again(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, how: str, place: float
) -> None:
    world = World.make(tmp_path_factory.mktemp("world"))
    world.prepare()
    whole = world.entries()
    chosen = data.draw(st.lists(st.sampled_from(sorted(whole)), min_size=1, unique=True))
    for path in chosen:
        damage(world.cache / path, how, place)
    world.prepare()
    assert world.entries() == whole


def test_a_limit_keeps_what_the_run_needs_and_says_so(tmp_path: Path) -> None:
    world = World.make(tmp_path)
    world.prepare()
    needed = world.entries()
    world.set("training.resolution", 48)
    world.prepare()
    for path in world.entries():
        os.utime(world.cache / path, (1, 1))
    world.set("training.resolution", 32)
    world.set("saving.cache_limit_gib", sum(map(len, needed.values())) / 2**30)
    with in_use(world.cache):
        world.prepare()
        assert world.entries() == needed
        assert any("5 entries were removed" in event.message for event in world.told(Logged))
        world.set("saving.cache_limit_gib", 1e-6)
        world.prepare()
        assert world.entries() == needed
        assert any("above its limit of 1e-06" in event.message for event in world.told(Warned))


def test_with_a_trained_text_encoder_no_text_comes_from_the_cache(tmp_path: Path) -> None:
    world = World.make(tmp_path)
    world.set("training.text_encoder", True)
    assert world.prepare() == (5, 0)
