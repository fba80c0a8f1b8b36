"""Samples by where they stand: a row (prompt, seed, weights) and a step; their neighbours; what they are called."""

from dataclasses import dataclass, replace
from pathlib import Path

from onetrainer_clone.events import Sampled
from ui.run.record import PromptKey, Record
from ui.words import shortened

MOST_LETTERS = 300  # of a prompt below a picture, which has to have room, too


@dataclass(frozen=True)
class Place:
    key: PromptKey
    step: int


def sample_at(record: Record, place: Place) -> Sampled:
    return record.samples[place.key][place.step]


def path_at(record: Record, place: Place) -> Path:
    return Path(sample_at(record, place).path)


def neighbour(record: Record, place: Place, rows: int, steps: int, same_weights: bool = False) -> Place:
    """So many rows down and steps further, as far as there are any; in another row the nearest step."""
    keys = [key for key in record.rows() if not same_weights or key.weights == place.key.weights]
    key = keys[min(max(keys.index(place.key) + rows, 0), len(keys) - 1)]
    there = sorted(record.samples[key])
    near = min(range(len(there)), key=lambda number: abs(there[number] - place.step))
    return Place(key, there[min(max(near + steps, 0), len(there) - 1)])


def other_weights(record: Record, place: Place) -> Place | None:
    """The same sample with averaged weights instead of live ones, or the other way round, where both were drawn."""
    other = replace(place.key, weights="live" if place.key.weights == "ema" else "ema")
    return Place(other, place.step) if place.step in record.samples.get(other, ()) else None


def why_no_other(record: Record, place: Place) -> str:
    """Why there is no `other_weights`, and what would bring them; empty where there are some."""
    if other_weights(record, place):
        return ""
    if record.columns or place.key.seed < 0:
        return "Only samples that a run draws can be of both weights; these are of files."
    if len({key.weights for key in record.samples}) > 1:
        return "This one was drawn with one of the two at this step, so there is nothing to compare it with."
    only = "the averaged weights (EMA)" if place.key.weights == "ema" else "the weights as they are"
    return (
        f"The samples of this run are of {only} only. In a run with EMA, Sampling > Weights: 'Both' draws a picture with "
        "each of them, and they can be compared."
    )


def words(record: Record, place: Place) -> str:
    """'step 1,200, seed 7, EMA weights', with the prompt in a line above."""
    weights = ", EMA weights" if place.key.weights == "ema" else ""
    head = record.head(place.step).replace("\n", ", ")
    seed = f", seed {place.key.seed}" if place.key.seed >= 0 else ""  # below: not one picture of one prompt
    return f"{shortened(place.key.prompt, MOST_LETTERS)}\n{head}{seed}{weights}"
