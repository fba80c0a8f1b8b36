"""What a run will do before it does it: samples per concept, buckets, steps, what is left out and why."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ConceptPlan:
    """What one concept brings to a run. Paths are as the person reads them, relative to the concept's folder."""

    name: str
    role: str
    mode: str
    pictures: int
    samples_per_epoch: float
    repeats: float  # how often each picture is seen per epoch
    share_of_samples: float  # 0 to 1, of all samples of the run
    share_of_loss_weight: float  # 0 to 1
    buckets: tuple[tuple[int, int, int], ...]  # width, height, pictures
    unreadable: tuple[tuple[str, str], ...]  # file, reason
    without_caption: tuple[str, ...]
    too_small: tuple[str, ...]  # smaller than their bucket: they are enlarged
    long_captions: tuple[str, ...]  # longer than the text encoder's window: the end is cut off


@dataclass(frozen=True)
class Plan:
    """The whole run."""

    concepts: tuple[ConceptPlan, ...]
    samples_per_epoch: float
    steps_per_epoch: int
    epochs: int
    steps: int
