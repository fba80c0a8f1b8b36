"""What a run will do before it does it: samples per concept, buckets, steps, what is left out and why."""

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice
from typing import Any

from onetrainer_clone import advice, dataset, device, disk_plan, epoch, method_plan, model_files, tokens
from onetrainer_clone.adapter_plan import AdapterPlan, adapter_plan
from onetrainer_clone.dataset import Folder
from onetrainer_clone.families import INPAINTING
from onetrainer_clone.paths import shown
from onetrainer_clone.result_plan import ModelPlan, WordsPlan, model_plan, words_plan
from onetrainer_clone.settings import Invalid, Problem, Severity
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.common import Unit
from onetrainer_clone.state.concepts import Role
from onetrainer_clone.state.embedding import new_words, vectors_of
from onetrainer_clone.state.training import Length

TOO_MANY_UNREADABLE = 0.1  # above this share the folder is not what the person thinks it is: the run does not start


@dataclass(frozen=True)
class ConceptPlan:
    """What one concept brings to a run. Files are named relative to the concept's folder."""

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
    steps_per_epoch: int  # of the first epoch; fractional repeats make the others differ
    epochs: int
    steps: int
    problems: tuple[Problem, ...]
    adapter: AdapterPlan | None = None
    model: ModelPlan | None = None
    words: WordsPlan | None = None

    @property
    def results(self) -> tuple[AdapterPlan | ModelPlan | WordsPlan, ...]:
        """What is trained and how large the files will be, as far as it is known; each as a sentence."""
        return tuple(result for result in (self.adapter, self.model, self.words) if result is not None)

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def find(state: TrainingState) -> tuple[Folder, ...]:
    """The pictures of every active concept. Raises `Invalid` with each folder that cannot be read."""
    folders: list[Folder] = []
    problems: list[Problem] = []
    for index, concept in enumerate(state.concepts):
        try:
            folders += [dataset.find(concept)] if concept.enabled else []
        except Invalid as error:
            problems += [Problem(f"concepts[{index}].{found.path}", found.message) for found in error.problems]
    if problems:
        raise Invalid(problems)
    return tuple(folders)


def make_plan(state: TrainingState, folders: Sequence[Folder] | None = None) -> Plan:
    """The plan of a run. Raises `Invalid` where a folder cannot be read; everything else is in `Plan.problems`."""
    folders = find(state) if folders is None else folders
    trained = [folder for folder in folders if folder.concept.role is not Role.VALIDATION]
    amounts = {id(folder): float(epoch.per_epoch(folder)) for folder in trained}
    samples = sum(amounts.values())
    weight = sum(amounts[id(folder)] * folder.concept.loss_weight for folder in trained)
    concepts = tuple(_concept_plan(state, folder, amounts.get(id(folder), 0.0), samples, weight) for folder in folders)
    steps_per_epoch, epochs, steps = _length(state, trained) if samples >= 1 else (0, 0, 0)
    results = adapter_plan(state), model_plan(state), words_plan(state)
    plan = Plan(concepts, samples, steps_per_epoch, epochs, steps, (), *results)
    found = (
        *device.problems(state, device.known_gpu()), *_problems(state, folders, plan),
        *method_plan.problems(state, folders, plan), *disk_plan.problems(state, plan), *advice.before(state, plan),
    )  # fmt: skip
    return dataclasses.replace(plan, problems=found)


def _length(state: TrainingState, trained: Sequence[Folder]) -> tuple[int, int, int]:
    """Steps of the first epoch, epochs, steps in all."""
    counts = epoch.step_counts(state, trained)
    if state.training.length is Length.EPOCHS:
        found = list(islice(counts, state.training.epochs))
        return found[0], len(found), sum(found)
    first = 0
    for number, total in enumerate(accumulate(counts), start=1):
        first = first or total
        if total >= state.training.steps:
            return first, number, state.training.steps
    raise AssertionError("step_counts is endless")


def _concept_plan(state: TrainingState, folder: Folder, amount: float, samples: float, weight: float) -> ConceptPlan:
    concept, pictures = folder.concept, folder.pictures
    places = [epoch.bucket_for(state, concept, picture) for picture in pictures]
    variants = {picture.captions: [epoch.with_trigger(concept, t) for t in picture.captions] for picture in pictures}
    words = {word.placeholder: vectors_of(state.model.source, word) for word in new_words(state)}
    texts = list({text for some in variants.values() for text in some})
    long = {text for text, found in zip(texts, tokens.too_long(state.model, texts, words), strict=True) if found}
    bare = {captions for captions, some in variants.items() if not any(some)}
    over = {captions for captions, some in variants.items() if not long.isdisjoint(some)}
    return ConceptPlan(
        name=concept.name,
        role=concept.role.value,
        mode=concept.mode.value,
        pictures=len(pictures),
        samples_per_epoch=amount,
        repeats=amount / len(pictures) if pictures else 0.0,
        share_of_samples=amount / samples if samples else 0.0,
        share_of_loss_weight=amount * concept.loss_weight / weight if weight else 0.0,
        buckets=tuple((b.width, b.height, n) for b, n in sorted(Counter(places).items())),
        unreadable=folder.left_out,
        without_caption=tuple(picture.key for picture in pictures if picture.captions in bare),
        too_small=tuple(p.key for p, b in zip(pictures, places) if p.width < b.width or p.height < b.height),
        long_captions=tuple(picture.key for picture in pictures if picture.captions in over),
    )


def _problems(state: TrainingState, folders: Sequence[Folder], plan: Plan) -> Iterator[Problem]:
    inpaints = model_files.family(state.model.source) in INPAINTING.values()
    if state.noise.masked and not any(picture.mask for folder in folders for picture in folder.pictures):
        yield Problem("noise.masked", "has no effect: no picture has a mask (paint one, in the pictures)", "note")
    if 0 < plan.samples_per_epoch < 1:
        message = (
            f"an epoch would have only {plan.samples_per_epoch:.3g} samples: raise the repeats, to one sample or more"
        )
        yield Problem("concepts", message)
    yield from _unused_sampling(state)
    places = [index for index, concept in enumerate(state.concepts) if concept.enabled]
    for index, folder, concept in zip(places, folders, plan.concepts, strict=True):
        path, count = f"concepts[{index}].path", concept.pictures
        if not count and not folder.left_out:
            deep = "" if folder.concept.include_subfolders else " (subfolders are not included)"
            yield Problem(path, f"there are no pictures in '{folder.concept.path}'{deep}: choose another folder")
        elif folder.unreadable_share > TOO_MANY_UNREADABLE:
            total = count + len(folder.left_out)
            message = (
                f"{len(folder.left_out)} of {total} files cannot be used, more than a tenth: "
                f"{_some([f'{file} ({reason})' for file, reason in folder.left_out])}; mend or remove them"
            )
            yield Problem(path, message)
        unused = [p.key for p in folder.pictures if p.mask and not state.noise.masked and not inpaints]
        few = folder.left_out if folder.unreadable_share <= TOO_MANY_UNREADABLE else ()  # more are an error, above
        listed: tuple[tuple[str, Sequence[str], Severity], ...] = (
            ("cannot be used", [f"{file} ({reason})" for file, reason in few], "warning"),
            ("without a caption", concept.without_caption, "warning"),
            ("smaller than the resolution: enlarged", concept.too_small, "note"),
            ("with a mask that is not used: switch masked training on to use it", unused, "note"),
            ("with a caption too long for the text encoder: its end is cut off", concept.long_captions, "warning"),
        )
        for what, files, severity in listed:
            if files:
                noun = "picture" if len(files) == 1 else "pictures"
                yield Problem(path, f"{len(files)} {noun} {what}: {_some(files)}", severity)
        yield from (Problem(path, remark, "warning") for remark in folder.remarks)


def _unused_sampling(state: TrainingState) -> Iterator[Problem]:
    """What is said about samples where none is drawn. Presets leave the prompts open, so it is no word on a state."""
    if any(prompt.enabled for prompt in state.sampling.prompts):
        return
    if state.sampling.every.unit is not Unit.NEVER:
        message = "has no effect: there is no prompt that is switched on (Sampling tab)"
        yield Problem("sampling.every.unit", message, "note")


def _some(files: Sequence[str], most: int = 3) -> str:
    more = f" and {len(files) - most} more" if len(files) > most else ""
    return ", ".join(shown(file) for file in files[:most]) + more


def require(plan: Plan) -> None:
    """Raises `Invalid` where the plan holds an error."""
    if found := [problem for problem in plan.problems if problem.severity == "error"]:
        raise Invalid(found)
