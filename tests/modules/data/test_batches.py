"""Batches: what a sample is does not depend on its neighbours; made ahead, they are the same."""

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from modules.data.batches import AHEAD, Batch, Step, ahead, make_batch, steps
from modules.data.cache import Latents
from modules.models.sd15 import StableDiffusion15
from onetrainer_clone import dataset, epoch
from onetrainer_clone.dataset import Folder
from onetrainer_clone.epoch import Sample
from onetrainer_clone.state import TrainingState
from tests.modules.small import small_state
from tests.waiting import until


class World:
    """A state with its folders and a way to make batches."""

    def __init__(self, model: StableDiffusion15, cache: Path, folder: Path, **changes: Any):
        self.state: TrainingState = small_state(folder, **changes)
        self.folders: list[Folder] = [dataset.find(concept) for concept in self.state.active]
        self.latents = Latents(model, cache, self.state.training.background)
        self.make = partial(make_batch, self.state, model, self.latents)

    def samples(self, number: int = 0) -> list[Sample]:
        return [sample for folder in self.folders for sample in epoch.samples(self.state, folder, number)]


@pytest.fixture
def world(model: StableDiffusion15, cache: Path, tmp_path: Path) -> World:
    return World(model, cache, tmp_path)


ROWS = ("latents", "noise", "timesteps", "tokens", "sizes", "prior", "loss_weight")


def row(batch: Batch, index: int) -> list[torch.Tensor]:
    return [getattr(batch, name)[index] for name in ROWS]


def equal(a: Batch, b: Batch) -> bool:
    return a.samples == b.samples and all(torch.equal(getattr(a, name), getattr(b, name)) for name in ROWS)


def test_a_row_is_the_same_in_every_batch(world: World) -> None:
    samples = world.samples()
    whole = world.make(samples)
    alone = [world.make([sample]) for sample in samples]
    backwards = world.make(samples[::-1])
    for index in range(len(samples)):
        for other in (row(alone[index], 0), row(backwards, len(samples) - 1 - index)):
            assert all(torch.equal(a, b) for a, b in zip(row(whole, index), other, strict=True))


def test_a_batch_says_what_each_of_its_rows_is(model: StableDiffusion15, cache: Path, tmp_path: Path) -> None:
    world = World(model, cache, tmp_path)
    samples = world.samples()
    batch = world.make(samples)
    assert len(batch) == 8
    assert batch.latents.shape == batch.noise.shape == (8, 4, 8, 8)
    assert batch.prior.tolist() == [sample.concept.name == "class" for sample in samples]
    assert batch.loss_weight.tolist() == [sample.concept.loss_weight for sample in samples]
    assert torch.equal(batch.tokens, model.tokenize([sample.caption for sample in samples]))
    assert batch.timesteps.dtype == torch.int64


def test_chances_are_those_of_the_distributions(model: StableDiffusion15, cache: Path, tmp_path: Path) -> None:
    """Noise is normal, timesteps are uniform, and a picture's latents are drawn from the VAE's distribution."""
    subject = {"name": "subject", "path": "demo:concepts/subject", "balance": "SAMPLES", "samples": 1200}
    world = World(model, cache, tmp_path, concepts=[subject])
    batch = world.make(world.samples())
    assert abs(float(batch.noise.mean())) < 0.01
    assert abs(float(batch.noise.std()) - 1) < 0.01
    times = batch.timesteps.float()
    assert times.min() >= 0
    assert times.max() <= model.schedule.timesteps - 1
    assert abs(float(times.mean()) - 499.5) < 30
    assert torch.histc(times, 4, 0, 1000).min() > 240
    first = [i for i, sample in enumerate(batch.samples) if sample.picture.key == "000.png"]
    from modules.data.cache import View

    mean, std = world.latents.load(View(batch.samples[first[0]].picture, batch.samples[first[0]].crop, False))
    apart = (batch.latents[first] - mean) / std
    assert abs(float(apart.mean())) < 0.03
    assert abs(float(apart.std()) - 1) < 0.03
    assert abs(float((apart * batch.noise[first]).mean())) < 0.03


def test_offset_noise_shifts_channels_and_leaves_the_rest_of_the_chances(
    model: StableDiffusion15, cache: Path, tmp_path: Path
) -> None:
    plain, shifted = (World(model, cache, tmp_path, **{"noise.offset": strength}) for strength in (0.0, 0.2))
    a, b = plain.make(plain.samples()), shifted.make(shifted.samples())
    assert torch.equal(a.latents, b.latents)
    assert torch.equal(a.timesteps, b.timesteps)
    apart = b.noise - a.noise
    torch.testing.assert_close(apart, apart.mean((2, 3), keepdim=True).expand_as(apart), rtol=0, atol=1e-6)
    assert apart.abs().max() > 0.01


def test_other_seeds_and_later_epochs_have_other_noise(model: StableDiffusion15, cache: Path, tmp_path: Path) -> None:
    first, other = World(model, cache, tmp_path), World(model, cache, tmp_path, **{"training.seed": 8})
    batches = [first.make(first.samples(0)), first.make(first.samples(1)), other.make(other.samples(0))]
    noises = {noise.numpy().tobytes() for batch in batches for noise in batch.noise}
    assert len(noises) == 24


def test_moving_a_batch_moves_every_tensor(world: World) -> None:
    moved = world.make(world.samples()).to(torch.device("meta"))
    assert all(getattr(moved, name).is_meta for name in ROWS)
    assert len(moved) == 8


def test_steps_end_where_they_should_and_begin_where_they_are_asked(world: World) -> None:
    def numbers(total: int, done: int = 0) -> list[Step]:
        return list(steps(world.state, world.folders, total, world.make, done))

    found = numbers(5)
    assert [step.number for step in found] == [1, 2, 3, 4, 5]
    assert [step.epoch for step in found] == [0, 0, 1, 1, 2]
    assert [step.ends_epoch for step in found] == [False, True, False, True, False]
    assert numbers(0) == []
    for step, later in zip(found[3:], numbers(5, 3), strict=True):
        assert step.number == later.number
        assert all(equal(a, b) for a, b in zip(step.batches, later.batches, strict=True))


def test_ahead_gives_the_same(world: World) -> None:
    expected = list(steps(world.state, world.folders, 12, world.make))
    with ahead(steps(world.state, world.folders, 12, world.make)) as ready:
        found = list(ready)
    assert [step.number for step in found] == list(range(1, 13))
    for a, b in zip(expected, found, strict=True):
        assert all(equal(x, y) for x, y in zip(a.batches, b.batches, strict=True))


def counted(total: int, made: list[int], fail_at: int = 0) -> Iterator[Step]:
    for number in range(1, total + 1):
        if number == fail_at:
            raise ValueError(f"step {number}")
        made.append(number)
        yield Step(number, 0, False, [])


def alive() -> Sequence[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "batches"]


def test_ahead_makes_a_few_steps_early_and_no_more() -> None:
    made: list[int] = []
    with ahead(counted(100, made)) as ready:
        next(ready)
        until(lambda: len(made) >= AHEAD + 2)
        time.sleep(0.15)  # for one too many
        assert len(made) == AHEAD + 2  # one is in our hands, the queue is full, one waits to be put
    assert not alive()


def test_an_error_comes_at_its_step() -> None:
    with ahead(counted(9, [], fail_at=4)) as ready:
        assert [next(ready).number for _ in range(3)] == [1, 2, 3]
        with pytest.raises(ValueError, match="step 4"):
            next(ready)
    assert not alive()


@pytest.mark.parametrize("taken", [0, 1, 3])
def test_its_thread_ends_when_the_loop_is_left_early(taken: int) -> None:
    with contextlib.suppress(KeyError), ahead(counted(1000, [])) as ready:
        for _ in range(taken):
            next(ready)
        raise KeyError
    assert not alive()
