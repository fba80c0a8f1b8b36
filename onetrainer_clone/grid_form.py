"""The sampling tool as a person fills it in: a model, files to compare, prompts, strengths, seeds; and the drawing of it."""

import math
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from onetrainer_clone import drawing, model_files
from onetrainer_clone.checkpoint_kind import CheckpointKind, checkpoint_kind
from onetrainer_clone.drawing import Drawing, EmbeddingFile, LoraFile
from onetrainer_clone.grid import Checkpoint, Grid, rows, too_large
from onetrainer_clone.paths import resolve
from onetrainer_clone.settings import Choice, Problem, Settings, UserError, group, setting
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.model import ModelSettings
from onetrainer_clone.state.sampling import Prompt

N = TypeVar("N", int, float)
_TYPED = str.maketrans({"，": ",", "、": ",", "；": ";", "\u2212": "-"})  # as other keyboards have them
TWO_WAYS = re.compile(r"(?<![\d.,])(\d+),(\d+)(?![\d.,])")


class Place(Choice):
    OWN = "OWN", "Own column", "By itself, in a column for each strength."
    BESIDE = "BESIDE", "With the one above", "In the columns of the file above it, together with that."
    ALL = "ALL", "Every column", "In all columns, also in those of other files."


class ComparedFile(Settings):
    path: str = setting("", "File", "A LoRA, an embedding or a whole model.", kind="file", holds="weights")
    place: Place = setting(Place.OWN, "Column", "Where the file is drawn with.")
    strengths: str = setting("", "Own strengths", "Of this LoRA alone, e.g. 0.5, 1.", empty="those of all")
    word: str = setting("", "Word", "What prompts call this embedding by.", empty="the file's name")


class GridForm(Settings):
    model: ModelSettings = group(ModelSettings, "Model", "What draws, alone and with every file below.")
    files: tuple[ComparedFile, ...] = setting((), "Files to compare", "LoRA files, embeddings and whole models.")
    strengths: str = setting(
        "1", "Strengths", "Every LoRA is drawn at each of these; numbers with commas between. 1 is as trained.",
        empty="1", basic=True,
    )  # fmt: skip
    bare: bool = setting(
        True, "The model alone", "A first column without the files above, to compare with.", basic=True
    )
    prompts: str = setting("", "Prompts, one a line", "Each gives a row of pictures.", kind="text", basic=True)
    negative: str = setting("", "Negative prompt", "What to avoid, in all pictures.", kind="text", basic=True)
    seeds: str = setting(
        "0", "Seeds", "Every prompt is drawn with each of these; numbers with commas between. The same seed gives the same "
        "picture from the same weights.", empty="0", basic=True,
    )  # fmt: skip
    facts: Prompt = group(Prompt, "Pictures", "The same for all pictures.")


def problems(form: GridForm) -> list[Problem]:
    """What keeps the pictures from being drawn, all at once, by the paths of the form."""
    found = []
    if not form.model.source:
        found.append(Problem("model.source", "choose the model to draw with first"))
    if not _texts(form):
        found.append(Problem("prompts", "write at least one prompt"))
    found += _no_numbers(form)
    for index, file in enumerate(form.files):
        if file.place is Place.ALL and checkpoint_kind(file.path) is CheckpointKind.MODEL:
            message = "is a whole model: choose it as the model above, or give it a column of its own"
            found.append(Problem(f"files[{index}].place", message))
    if not found and (message := too_large(*size_of(form))):  # before a prompt is made for every row
        found.append(Problem("seeds", message))
    if found:
        return found
    asked = drawing_of(form, Path())
    asked = asked.model_copy(update={"grid": asked.grid.model_copy(update={"file": "grid.png"})})
    return [Problem(_place_of(p.path, form), p.message, p.severity) for p in drawing.problems(asked)]


def run_side(form: GridForm, state: TrainingState) -> int | None:
    """The training resolution where the form's model is the one that is trained: the size that its files draw best."""
    source = form.model.source
    if not source or resolve(source) != resolve(state.model.source):
        return None
    return state.training.resolution // 8 * 8


def empty_size(form: GridForm, state: TrainingState) -> str:
    """What an empty width or height means, in words."""
    if side := run_side(form, state):
        return f"{side}, as in Training"
    side = model_files.native_pixels(form.model.source) if form.model.source else None
    return f"{side}, the model's own" if side else "the model's own"


def drawing_of(form: GridForm, folder: Path, side: int | None = None) -> Drawing:
    """The drawing that the form asks for, into a folder. Raises `Invalid` for what no picture can have.

    side: pixels where the form names none; None: each model's own.
    """
    size = {"width": form.facts.width or side, "height": form.facts.height or side}
    prompts = [
        form.facts.model_copy(update={**size, "text": text, "negative": form.negative.strip()}) for text in _texts(form)
    ]
    everywhere = [file for file in form.files if file.place is Place.ALL]
    embeddings = [file for file in everywhere if checkpoint_kind(file.path) is CheckpointKind.EMBEDDING]
    return Drawing(
        model=form.model,
        loras=tuple(
            LoraFile(path=file.path, strength=next(iter(numbers(file.strengths, float)), 1.0))
            for file in everywhere
            if file not in embeddings
        ),
        embeddings=tuple(EmbeddingFile(path=file.path, word=file.word) for file in embeddings),
        prompts=rows(prompts, numbers(form.seeds, int) or [0]),
        folder=str(folder / "pictures"),
        grid=_grid_of(form, folder / "grid.png"),
    )


def _grid_of(form: GridForm, file: Path) -> Grid:
    return Grid(
        file=str(file),
        bare=form.bare,
        checkpoints=tuple(
            Checkpoint(
                path=file.path,
                strengths=tuple(numbers(file.strengths, float)),
                word=file.word,
                beside=file.place is Place.BESIDE,
            )
            for file in form.files
            if file.place is not Place.ALL
        ),
        strengths=tuple(numbers(form.strengths, float)),
    )


def form_of(drawn: Drawing) -> GridForm:
    """The form that asks for such a drawing."""
    everywhere = [
        *(ComparedFile(path=f.path, place=Place.ALL, strengths=f"{f.strength:g}") for f in drawn.loras),
        *(ComparedFile(path=f.path, place=Place.ALL, word=f.word) for f in drawn.embeddings),
    ]
    prompts = drawn.prompts or (Prompt(),)
    return GridForm(
        model=drawn.model,
        files=(*(_compared(checkpoint, drawn.grid) for checkpoint in drawn.grid.checkpoints), *everywhere),
        strengths=_listed(drawn.grid.strengths) or "1",
        bare=drawn.grid.bare,
        prompts="\n".join(dict.fromkeys(" ".join(prompt.text.split()) for prompt in prompts)),
        negative=prompts[0].negative,
        seeds=_listed(dict.fromkeys(prompt.seed for prompt in prompts)),
        facts=prompts[0].model_copy(update={"text": "", "negative": "", "seed": 0, "enabled": True}),
    )


def numbers(text: str, kind: Callable[[str], N]) -> list[N]:
    """'0.5, 1' and '0,5; 1' -> [0.5, 1.0], each once. Raises `UserError` for what is no number, and for '0,5', which can be
    two."""
    text = text.translate(_TYPED)
    if kind is float and ";" in text:  # tells the numbers apart
        text = re.sub(r"(?<=\d),(?=\d)", ".", text)
    if kind is float and (found_two := TWO_WAYS.search(text)):
        first, second = found_two.groups()
        message = f"'{first},{second}' can be read in two ways: write {first}.{second} for one number"
        raise UserError(f"{message}, or '{first}, {second}' for two")
    try:
        found = [kind(part) for part in text.replace(";", ",").replace(",", " ").split()]
        if not all(map(math.isfinite, found)):
            raise ValueError
    except ValueError:
        raise UserError(f"must be numbers with commas between, such as '0.5, 1' (was '{text}')") from None
    return list(dict.fromkeys(found))


def _no_numbers(form: GridForm) -> Iterator[Problem]:
    typed = [("strengths", form.strengths), *((f"files[{i}].strengths", f.strengths) for i, f in enumerate(form.files))]
    for path, text in typed:
        try:
            found = numbers(text, float)
        except UserError as error:
            yield Problem(path, str(error))
        else:
            if any(not -10 <= strength <= 10 for strength in found):
                yield Problem(path, f"must be from -10 to 10 (was '{text}')")
            elif path.startswith("files") and form.files[_index(path)].place is Place.ALL and len(found) > 1:
                yield Problem(path, f"must be one number for a file that is in every column (was '{text}')")
    try:
        if any(seed < 0 for seed in numbers(form.seeds, int)):
            yield Problem("seeds", f"must be 0 or more (was '{form.seeds}')")
    except UserError:
        yield Problem("seeds", f"must be whole numbers with commas between, such as '0, 1' (was '{form.seeds}')")


def size_of(form: GridForm) -> tuple[int, int]:
    """How many columns and rows there are to draw. Raises `UserError` for what is no number."""
    return _grid_of(form, Path()).count, len(_texts(form)) * max(len(numbers(form.seeds, int)), 1)


def _texts(form: GridForm) -> list[str]:
    return [line.strip() for line in form.prompts.splitlines() if line.strip()]


def _compared(checkpoint: Checkpoint, grid: Grid) -> ComparedFile:
    """Where the grid has no strengths, the file's is its own."""
    own = checkpoint.strengths or (() if grid.strengths or checkpoint.strength == 1 else (checkpoint.strength,))
    place = Place.BESIDE if checkpoint.beside else Place.OWN
    return ComparedFile(path=checkpoint.path, place=place, strengths=_listed(own), word=checkpoint.word)


def _listed(found: Iterable[float]) -> str:
    return ", ".join(f"{number:g}" if isinstance(number, float) else str(number) for number in found)


def _place_of(path: str, form: GridForm) -> str:
    """The path in the form of what a drawing's problem is about."""
    if path.startswith("grid.checkpoints["):
        own = [index for index, file in enumerate(form.files) if file.place is not Place.ALL]
        return f"files[{own[_index(path)]}].path"
    known = {
        "--model": "model.source", "--vae": "model.vae", "--size": "facts.width", "--lora": "files", "--embedding": "files",
    }  # fmt: skip
    return known.get(path, path)


def _index(path: str) -> int:
    """'files[2].path' -> 2."""
    return int(path.partition("[")[2].partition("]")[0])
