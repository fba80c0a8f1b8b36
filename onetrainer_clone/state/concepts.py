"""The Concepts tab: folders of pictures, what each is for, and how much of it a run sees."""

import os
from collections import Counter
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from onetrainer_clone.paths import resolve
from onetrainer_clone.settings import Choice, Problem, Settings, setting, when

if TYPE_CHECKING:
    from onetrainer_clone.state import TrainingState


class Role(Choice):
    SUBJECT = "SUBJECT", "Subject", "What the model is to learn."
    REGULARIZATION = "REGULARIZATION", "Regularization", "Pictures of the class, so that the class stays what it was."
    VALIDATION = "VALIDATION", "Validation", "Never trained; its loss is measured now and then."


class Mode(Choice):
    STANDARD = "STANDARD", "Standard", "The target is the noise: the model learns these pictures."
    PRIOR_PREDICTION = (
        "PRIOR_PREDICTION", "Prior prediction",
        "The target is what the base model itself predicts: nothing new is learned, what was known is kept.",
    )  # fmt: skip


class Balance(Choice):
    REPEATS = "REPEATS", "Repeats", "Every picture so many times per epoch; 0.1 takes another tenth each epoch."
    SAMPLES = "SAMPLES", "Samples", "So many pictures per epoch, walking through the folder over the epochs."


class CaptionSource(Choice):
    FILE = "FILE", "Text file beside each picture", "cat.png is described by cat.txt; each line is one variant."
    TEXT_FILE = "TEXT_FILE", "One text file for all", "Each line is one variant; a sample takes one of them."
    TEXT = "TEXT", "One text for all"
    FILE_NAME = "FILE_NAME", "The picture's file name", "'a red cat (2).png' becomes 'a red cat'."


TRAINED = (Role.SUBJECT, Role.REGULARIZATION)


class Concept(Settings):
    name: str = setting("", "Name", "Shown in charts and lists; every concept has its own.", basic=True)
    path: str = setting("", "Folder", "The folder that holds the pictures.", kind="folder", basic=True)
    enabled: bool = setting(True, "Enabled", "Off: the run leaves this concept out.", basic=True)
    role: Role = setting(Role.SUBJECT, "Role", "What the concept is for.", basic=True)
    mode: Mode = setting(
        Mode.STANDARD, "Mode", "What the model is asked to predict.", basic=True, when=when("role", *TRAINED)
    )
    loss_weight: float = setting(
        1.0, "Loss weight", "Multiplies the loss of this concept's samples.", ge=0, le=1000, basic=True,
        when=when("role", *TRAINED),
    )  # fmt: skip
    balance: Balance = setting(
        Balance.REPEATS, "Balance by", "How an epoch's samples are counted.", basic=True, when=when("role", *TRAINED)
    )
    repeats: float = setting(
        1.0, "Repeats", "Times that each picture is seen per epoch; may be a fraction.", gt=0, le=10_000, basic=True,
        when=when("balance", Balance.REPEATS),
    )  # fmt: skip
    samples: int = setting(
        100,
        "Samples",
        "Pictures seen per epoch.",
        ge=1,
        le=1_000_000,
        basic=True,
        when=when("balance", Balance.SAMPLES),
    )
    include_subfolders: bool = setting(
        False, "Include subfolders", "Also take the pictures in folders inside the folder."
    )
    caption_source: CaptionSource = setting(
        CaptionSource.FILE, "Captions from", "Where the description of a picture comes from.", basic=True
    )
    caption_text: str = setting(
        "", "Caption", "The description of every picture.", basic=True,
        when=when("caption_source", CaptionSource.TEXT),
    )  # fmt: skip
    caption_file: str = setting(
        "", "Caption file", "A text file; each line is one description.", kind="file", holds="text", basic=True,
        when=when("caption_source", CaptionSource.TEXT_FILE),
    )  # fmt: skip
    trigger_words: str = setting("", "Trigger words", "Put in front of every caption, with a comma.", basic=True)
    shuffle_tags: bool = setting(
        False, "Shuffle tags", "Mixes the comma-separated parts of the caption, for each sample anew."
    )
    keep_tags: int = setting(
        1, "Tags kept in front", "So many leading parts stay where they are.", ge=0, le=100, when=when("shuffle_tags")
    )
    caption_dropout: float = setting(
        0.0, "Caption drop-out", "Share of the samples that are trained with the empty caption.", ge=0, le=1,
        when=when("role", *TRAINED),
    )  # fmt: skip
    crop_jitter: float = setting(
        0.0, "Crop jitter", "Up to this share of a picture's side is cut away, at a random place.", ge=0, le=0.5,
        when=when("role", *TRAINED),
    )  # fmt: skip
    flip: bool = setting(False, "Flip", "Half of the variants are mirrored left to right.", when=when("role", *TRAINED))
    image_variants: int = setting(
        8, "Image variants",
        "How many different crops and flips each picture gets, for an inpainting model random masks too. Each is encoded "
        "once and cached.",
        ge=2, le=1000, when=when("role", *TRAINED),
    )  # fmt: skip
    resolution: int | None = setting(
        None, "Resolution", "Trains this concept at another resolution.", unit="px", ge=16, le=8192,
        empty="as in Training",
    )  # fmt: skip

    @property
    def augmented(self) -> bool:
        """Whether a picture looks different from one repeat to the next."""
        return self.role in TRAINED and (self.crop_jitter > 0 or self.flip)


def problems(state: "TrainingState") -> Iterator[Problem]:
    active = [(f"concepts[{i}]", concept) for i, concept in enumerate(state.concepts) if concept.enabled]
    if not any(concept.role in TRAINED for _, concept in active):
        yield Problem("concepts", "there is nothing to train on: add a concept, a folder with pictures of your subject")
    counts = Counter(concept.name for _, concept in active)
    for path, concept in active:
        if not concept.name.strip():
            yield Problem(f"{path}.name", "must not be empty: charts and lists need a name")
        elif counts[concept.name] > 1:
            yield Problem(
                f"{path}.name", f"must be the concept's own (there are {counts[concept.name]} '{concept.name}')"
            )
        yield from _folder(path, concept)
        yield from _captions(path, concept)
        if concept.resolution is not None and (message := state.training.resolution_problem(concept.resolution)):
            yield Problem(f"{path}.resolution", message)
        if concept.loss_weight == 0 and concept.role in TRAINED:
            yield Problem(f"{path}.loss_weight", "is 0: the concept costs time and teaches nothing", "warning")
    weights = [concept.loss_weight for _, concept in active if concept.role in TRAINED]
    if weights and not any(weights):
        yield Problem("concepts", "every loss weight is 0: nothing would be learned")


def free_name(name: str, taken: Collection[str]) -> str:
    """The name, or 'name 2', 'name 3' ... where it is taken."""
    numbers = range(2, len(taken) + 3)
    return name if name not in taken else next(f"{name} {n}" for n in numbers if f"{name} {n}" not in taken)


def _folder(path: str, concept: Concept) -> Iterator[Problem]:
    if not concept.path:
        yield Problem(f"{path}.path", "choose the folder that holds the pictures")
    elif not os.path.exists(resolve(concept.path)):  # says False, where Path.exists raises for an overlong name
        yield Problem(f"{path}.path", f"there is no folder '{concept.path}': was it moved or renamed?")
    elif not os.path.isdir(resolve(concept.path)):
        yield Problem(f"{path}.path", f"'{concept.path}' is not a folder: choose the folder that holds the pictures")


def _captions(path: str, concept: Concept) -> Iterator[Problem]:
    if concept.caption_source is CaptionSource.TEXT_FILE:
        if not concept.caption_file:
            yield Problem(f"{path}.caption_file", "choose the text file that holds the captions")
        elif not os.path.isfile(resolve(concept.caption_file)):
            yield Problem(
                f"{path}.caption_file", f"there is no file '{concept.caption_file}': was it moved or renamed?"
            )
    if concept.caption_source is CaptionSource.TEXT and not concept.caption_text.strip() and not concept.trigger_words:
        yield Problem(f"{path}.caption_text", "is empty: every picture would be trained without a caption", "warning")
