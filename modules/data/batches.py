"""Samples -> batches of tensors, made ahead on a thread so that the loop never waits for a disk."""

import itertools
import queue
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from modules.data.cache import Latents, View, mask_variant
from modules.data.masks import OWN, mask_of, through, to_latents, to_weights
from modules.diffusion import offset_noise
from modules.models.base import Model
from onetrainer_clone import epoch
from onetrainer_clone.dataset import Folder
from onetrainer_clone.epoch import Sample
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.concepts import Mode

LEAST_AREA = 1e-3  # of a mask, so that a few stray white pixels do not count a thousand times
AHEAD = 4  # steps that are made ahead
LOOK_SECONDS = 1.0
GONE_SECONDS = 30.0


@dataclass(frozen=True)
class Batch:
    """What the loss of some samples depends on. B samples, latents of C channels and h x w."""

    latents: Tensor  # [B, C, h, w], scaled, drawn from the VAE's distribution
    noise: Tensor  # [B, C, h, w]
    timesteps: Tensor  # [B]
    tokens: Tensor  # [B, encoders, T]
    sizes: Tensor  # [B, 6], see `models.base.Conditions`
    prior: Tensor  # [B] bool: the target is the base model's own prediction
    loss_weight: Tensor  # [B]
    samples: Sequence[Sample]
    inpainting: Tensor | None = None  # [B, 1 + C, h, w], see `models.base.Conditions`
    pixel_weight: Tensor | None = None  # [B, 1, h, w]: how much each latent pixel counts; None where all count alike

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, rows: slice) -> "Batch":
        """Some of its samples."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(self, **{name: value[rows] for name, value in values.items() if value is not None})

    def to(self, device: torch.device) -> "Batch":
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        moved = {k: v.to(device, non_blocking=True) for k, v in values.items() if isinstance(v, Tensor)}
        return replace(self, **moved)  # type: ignore[arg-type]


def make_batch(state: TrainingState, model: Model, latents: Latents, samples: Sequence[Sample]) -> Batch:
    """A batch on the CPU. All of a sample's chances come from its own seed, whatever batch it is in."""
    rows = [_row(state, model, latents, sample) for sample in samples]
    height, width = rows[0][0].shape[1:]
    return Batch(
        latents=torch.stack([row[0] for row in rows]),
        noise=torch.stack([row[1] for row in rows]),
        timesteps=torch.stack([row[2] for row in rows]),
        tokens=model.tokenize([sample.caption for sample in samples]),
        sizes=torch.tensor([size_conditions(sample) for sample in samples]),
        prior=torch.tensor([sample.concept.mode is Mode.PRIOR_PREDICTION for sample in samples]),
        loss_weight=torch.tensor([sample.concept.loss_weight for sample in samples]),
        samples=samples,
        inpainting=torch.stack([inpainting_row(latents, sample) for sample in samples]) if model.inpaints else None,
        pixel_weight=_pixel_weights(state, samples, height, width),
    )


def inpainting_row(latents: Latents, sample: Sample) -> Tensor:
    """What an inpainting model sees of a sample beside its noisy latents: [1 + C, h, w]."""
    variant = mask_variant(sample.concept, sample.repeat)
    view = View(sample.picture, sample.crop, sample.flip, through(sample.picture, variant))
    mean, _ = latents.load(view)
    mask = to_latents(mask_of(sample.picture, view.mask, sample.crop, sample.flip), *mean.shape[1:])
    return torch.cat([mask, mean])


def _pixel_weights(state: TrainingState, samples: Sequence[Sample], height: int, width: int) -> Tensor | None:
    """How much each latent pixel counts [B, 1, h, w]; None where every one counts the same."""
    if not state.noise.masked or not any(sample.picture.mask for sample in samples):
        return None
    found = torch.ones(len(samples), 1, height, width)
    for row, sample in enumerate(samples):
        if sample.picture.mask and not _learned_whole(sample, state.noise.unmasked_share):
            mask = mask_of(sample.picture, OWN, sample.crop, sample.flip)
            weights = to_weights(mask, height, width, state.noise.unmasked_weight)
            found[row] = weights / weights.mean().clamp(min=LEAST_AREA) if state.noise.normalize_area else weights
    return found


def _learned_whole(sample: Sample, share: float) -> bool:
    """A chance of its own: the sample's noise does not depend on the share."""
    return share > 0 and random.Random(epoch.seed_of(sample.seed, "whole")).random() < share


def size_conditions(sample: Sample) -> list[float]:
    """What SDXL is told of a sample's size (Podell et al. 2023, 2.2), pixels: original height and width, the crop's top and
    left in the scaled picture, as it lies there after a flip, and the height and width that are trained.
    """
    crop, bucket = sample.crop, sample.crop.bucket
    left = crop.scaled_width - bucket.width - crop.left if sample.flip else crop.left
    return [
        float(x) for x in (sample.picture.height, sample.picture.width, crop.top, left, bucket.height, bucket.width)
    ]


def _row(state: TrainingState, model: Model, latents: Latents, sample: Sample) -> tuple[Tensor, Tensor, Tensor]:
    mean, std = latents.load(View(sample.picture, sample.crop, sample.flip))
    chance = torch.Generator().manual_seed(sample.seed)
    drawn = mean + std * torch.randn(mean.shape, generator=chance)
    noise = torch.randn(mean.shape, generator=chance)
    timestep = torch.randint(0, model.schedule.timesteps, (), generator=chance)
    if state.noise.offset:
        noise = offset_noise(noise, torch.randn(mean.shape[0], generator=chance), state.noise.offset)
    return drawn, noise, timestep


@dataclass(frozen=True)
class Step:
    """One optimizer step: its number (from 1), its epoch (from 0), and its batches, one after the other."""

    number: int
    epoch: int
    ends_epoch: bool
    batches: Sequence[Batch]

    @property
    def samples(self) -> int:
        return sum(len(batch) for batch in self.batches)


def steps(
    state: TrainingState,
    folders: Sequence[Folder],
    total: int,
    make: Callable[[Sequence[Sample]], Batch],
    done: int = 0,
) -> Iterator[Step]:
    """The steps of a run, in order, without the first `done`."""
    number = 0
    for count in itertools.count():
        found = epoch.steps(state, folders, count)
        for place, batches in enumerate(found, start=1):
            number += 1
            if number > total:
                return
            if number > done:
                yield Step(number, count, place == len(found), [make(samples) for samples in batches])


@contextmanager
def ahead(steps: Iterator[Step], goes_on: Callable[[float], bool] = lambda _seconds: True) -> Iterator[Iterator[Step]]:
    """The same steps, made by a thread up to `AHEAD` early. Its errors are raised at their step.

    goes_on: asked every second that a step has not come, with the seconds so far; where it says no, no more steps come.
    """
    ready: queue.Queue[Step | BaseException | None] = queue.Queue(AHEAD)
    over = threading.Event()

    def put(item: Step | BaseException | None) -> None:
        while not over.is_set():
            try:
                return ready.put(item, timeout=0.1)
            except queue.Full:
                continue

    def work() -> None:
        try:
            for step in steps:
                put(step)
                if over.is_set():
                    return
            put(None)
        except BaseException as error:  # noqa: BLE001 - carried over to the training thread and raised there
            put(error)

    def read() -> Iterator[Step]:
        waited = 0.0
        while True:
            try:
                item = ready.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                waited += LOOK_SECONDS
                if not goes_on(waited):
                    return
                continue
            if item is None:
                return
            if isinstance(item, BaseException):
                raise item
            waited = 0.0
            yield item

    thread = threading.Thread(target=work, name="batches", daemon=True)
    thread.start()
    try:
        yield read()
    finally:
        over.set()
        thread.join(GONE_SECONDS)  # unless a drive holds it; it ends as soon as that answers
