"""The loss of the validation concepts: always the same noise, at timesteps spread over the schedule."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext

import torch
from torch import Tensor

from modules.data.batches import Batch, inpainting_row, size_conditions
from modules.data.cache import Latents, plain
from modules.memory import AtOnce
from modules.models.base import Model
from modules.objective import EmbedText, losses
from modules.sampling import evaluating
from onetrainer_clone.dataset import Folder, Picture
from onetrainer_clone.epoch import sample, seed_of
from onetrainer_clone.state import TrainingState

TIMESTEPS = 8


def timesteps(count: int) -> list[int]:
    """The middles of equal parts of the schedule."""
    return [int((part + 0.5) * count / TIMESTEPS) for part in range(TIMESTEPS)]


def validate(
    state: TrainingState,
    model: Model,
    folders: Sequence[Folder],
    latents: Latents,
    embed: EmbedText,
    going_on: Callable[[], None],
) -> dict[str, float]:
    """The mean loss of every concept, with the weights as they are; `going_on` is called between batches and may raise."""
    found, at_once = {}, AtOnce(TIMESTEPS)
    with evaluating(*model.parts.values()):
        for folder in folders:
            rows: list[Tensor] = []
            for batch in _batches(state, model, folder, latents):
                going_on()

                def measured(part: slice, batch: Batch = batch) -> Tensor:
                    return losses(model, batch[part].to(model.device), embed, nullcontext).cpu()

                rows += at_once.map(len(batch), measured)
            if rows:
                found[folder.concept.name] = float(torch.cat(rows).mean())
    return found


def _batches(state: TrainingState, model: Model, folder: Folder, latents: Latents) -> Iterator[Batch]:
    """One batch per picture: the picture at all timesteps, without augmentation, drop-out or shuffled tags."""
    for picture in folder.pictures:
        yield _batch(state, model, folder, picture, latents)


def _batch(state: TrainingState, model: Model, folder: Folder, picture: Picture, latents: Latents) -> Batch:
    mean, _ = latents.load(plain(state, folder, picture))
    steps = timesteps(model.schedule.timesteps)
    calm = folder.concept.model_copy(update={"caption_dropout": 0.0, "shuffle_tags": False})
    one = sample(state, calm, picture, 0, seed_of("validation"))
    return Batch(
        latents=mean.expand(len(steps), *mean.shape),
        noise=torch.stack([_noise(mean, seed_of("validation", picture.key, step)) for step in steps]),
        timesteps=torch.tensor(steps),
        tokens=model.tokenize([one.caption]).expand(len(steps), -1, -1),
        sizes=torch.tensor([size_conditions(one)]).expand(len(steps), -1),
        prior=torch.zeros(len(steps), dtype=torch.bool),
        loss_weight=torch.ones(len(steps)),
        samples=[one] * len(steps),
        inpainting=inpainting_row(latents, one).expand(len(steps), -1, -1, -1) if model.inpaints else None,
    )


def _noise(like: Tensor, seed: int) -> Tensor:
    return torch.randn(like.shape, generator=torch.Generator().manual_seed(seed))
