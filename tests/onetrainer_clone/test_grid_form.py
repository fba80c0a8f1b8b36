"""The sampling tool's form: what it asks for, what is wrong in it, columns put together and taken apart, and back again."""

import json
import shutil
from pathlib import Path

import pytest

from onetrainer_clone import grid_files, single_file
from onetrainer_clone.drawing import Drawing
from onetrainer_clone.families import Family
from onetrainer_clone.grid_form import ComparedFile, GridForm, Place, drawing_of, form_of, numbers, problems
from onetrainer_clone.settings import UserError, changed, load
from onetrainer_clone.state.model import ModelSettings
from tests.onetrainer_clone.making import header_file
from tests.onetrainer_clone.test_refused_before_start import lora_file
from tests.onetrainer_clone.test_safetensors_header import WHOLE, written


def files(*named: str) -> grid_files.Files:
    """'a', '+b' with the one above, '*c' in every column."""
    places = {"+": Place.BESIDE, "*": Place.ALL}
    return tuple(ComparedFile(path=name.lstrip("+*"), place=places.get(name[0], Place.OWN)) for name in named)


def shown(found: grid_files.Files) -> list[str]:
    return [{Place.OWN: "", Place.BESIDE: "+", Place.ALL: "*"}[file.place] + file.path for file in found]


@pytest.mark.parametrize(
    ("how", "chosen", "wanted"),
    [
        (grid_files.joined, {1}, ["a", "+b", "c", "+d", "*e"]),
        (grid_files.joined, {0, 2}, ["a", "+c", "b", "d", "*e"]),
        (grid_files.joined, {1, 4}, ["a", "b", "+e", "c", "+d"]),
        (grid_files.joined, {4}, ["a", "b", "c", "+d", "+e"]),
        (grid_files.joined, {0}, ["a", "b", "c", "+d", "*e"]),
        (grid_files.alone, {3}, ["a", "b", "c", "d", "*e"]),
        (grid_files.alone, {2}, ["a", "b", "d", "c", "*e"]),
        (grid_files.alone, {4}, ["a", "b", "c", "+d", "e"]),
        (grid_files.everywhere, {2}, ["a", "b", "d", "*e", "*c"]),
        (grid_files.without, {2}, ["a", "b", "d", "*e"]),
        (grid_files.without, {0, 4}, ["b", "c", "+d"]),
    ],
)
def test_columns_are_put_together_and_taken_apart(how: object, chosen: set[int], wanted: list[str]) -> None:
    assert callable(how)
    assert shown(how(files("a", "b", "c", "+d", "*e"), chosen)) == wanted


def test_more_files_come_before_those_that_are_in_every_column() -> None:
    assert shown(grid_files.added(files("a", "*e"), ["x", "y"])) == ["a", "x", "y", "*e"]


def test_the_drawing_has_what_is_in_the_form_and_gives_it_back(tmp_path: Path) -> None:
    for name in ("a", "b", "style"):
        lora_file(tmp_path / f"{name}.safetensors", Family.SD15, "demo:model")
    header_file(tmp_path / "word.safetensors", {"emb_params": (1, 96)})
    form = GridForm(
        model=ModelSettings(source="demo:model", vae="demo:model"),
        files=(
            ComparedFile(path=str(tmp_path / "a.safetensors"), strengths="0.25, 2"),
            ComparedFile(path=str(tmp_path / "b.safetensors"), place=Place.BESIDE),
            ComparedFile(path=str(tmp_path / "word.safetensors"), place=Place.ALL, word="sks"),
            ComparedFile(path=str(tmp_path / "style.safetensors"), place=Place.ALL, strengths="0.5"),
        ),
        strengths="0.5 1",
        prompts="a cat\n\n  a dog  ",
        negative="blurry\n",
        seeds="7, 8",
    )
    assert problems(form) == []
    drawing = drawing_of(form, tmp_path)
    assert [(prompt.text, prompt.negative, prompt.seed) for prompt in drawing.prompts] == [
        ("a cat", "blurry", 7), ("a cat", "blurry", 8), ("a dog", "blurry", 7), ("a dog", "blurry", 8),
    ]  # fmt: skip
    assert [column.label for column in drawing.columns] == [
        "only style, word", "a + b\nstrengths 0.25 + 0.5", "a + b\nstrengths 2 + 0.5", "a + b\nstrengths 0.25 + 1",
        "a + b\nstrengths 2 + 1",
    ]  # fmt: skip
    assert [(lora.path, lora.strength) for lora in drawing.loras] == [(str(tmp_path / "style.safetensors"), 0.5)]
    told = load(Drawing, json.loads(json.dumps(changed(drawing))))  # as a picture file keeps it
    again = drawing_of(form_of(told), tmp_path)
    assert again == drawing


def test_all_that_is_wrong_is_said_by_the_paths_of_the_form() -> None:
    wrong = GridForm(
        files=(
            ComparedFile(path="demo:model", place=Place.ALL),
            ComparedFile(path="b.pt", place=Place.ALL, strengths="1, 2"),
            ComparedFile(path="c.safetensors", strengths="x"),
        ),
        strengths="99",
        seeds="1.5",
    )
    assert [problem.path for problem in problems(wrong)] == [
        "model.source", "prompts", "strengths", "files[1].strengths", "files[2].strengths", "seeds", "files[0].place",
    ]  # fmt: skip
    gone = GridForm(
        model=ModelSettings(source="demo:model"), prompts="a cat",
        files=(ComparedFile(path="x.pt", place=Place.ALL), ComparedFile(path="y.safetensors")),
    )  # fmt: skip
    assert [problem.path for problem in problems(gone)] == ["files", "files[1].path"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("0.5,1", [0.5, 1.0]), ("0.5, 1", [0.5, 1.0]), ("1,2,3", [1.0, 2.0, 3.0]), ("0; 5", [0.0, 5.0]),
        ("0,5; 0,75;1", [0.5, 0.75, 1.0]), (" .5  1. ", [0.5, 1.0]), ("\u22120.5, +1", [-0.5, 1.0]),
        ("0.5，1、2", [0.5, 1.0, 2.0]), ("1, 1.0, 1", [1.0]), ("", []),
    ],
)  # fmt: skip
def test_strengths_as_people_list_them(text: str, found: list[float]) -> None:
    assert numbers(text, float) == found


def test_a_decimal_comma_is_not_taken_for_two_strengths() -> None:
    """Strengths 0 and 5 would have been drawn where 0.5 was meant."""
    for text in ("0,5", "0.5, 0,8"):
        with pytest.raises(UserError, match=r"can be read in two ways: write 0\.\d for one number, or '0, \d' for two"):
            numbers(text, float)
    with pytest.raises(UserError, match="must be numbers"):
        numbers("1, nan", float)
    assert numbers("0,1", int) == [0, 1]  # seeds have no decimals
    said = [problem for problem in problems(GridForm(strengths="0,5")) if problem.path == "strengths"]
    assert len(said) == 1


def test_a_file_for_another_family_of_models_is_named_before_anything_is_drawn(tmp_path: Path) -> None:
    own = lora_file(tmp_path / "own.safetensors", Family.SD15, "demo:model")
    xl = lora_file(tmp_path / "xl.safetensors", Family.SDXL, single_file.family_configs(Family.SDXL))
    word = header_file(tmp_path / "word.safetensors", {"clip_l": (1, 768), "clip_g": (1, 1280)})
    broken = written(tmp_path / "broken.safetensors", WHOLE, data=3)
    large = shutil.copytree(single_file.family_configs(Family.SDXL), tmp_path / "large")
    for part in ("unet", "vae", "text_encoder", "text_encoder_2"):
        (large / part / "model.safetensors").touch()
    own_columns = [ComparedFile(path=str(path)) for path in (own, xl, large, broken, word)]
    beside = [ComparedFile(path=str(path), place=Place.BESIDE) for path in (xl, word)]
    form = GridForm(
        model=ModelSettings(source="demo:model", vae="demo:model"), prompts="a cat",
        files=(*own_columns[:3], *beside, *own_columns[3:]),
    )  # fmt: skip
    found = problems(form)
    assert [problem.path for problem in found] == [f"files[{n}].path" for n in (1, 5, 6)], "the SDXL model has its own"
    assert "is a LoRA for SDXL, and this model is Stable Diffusion 1.x" in found[0].message
    assert "is damaged" in found[1].message
    assert "is an embedding for another kind of model" in found[2].message
    in_all = (ComparedFile(path=str(large)), ComparedFile(path=str(own), place=Place.ALL))
    [problem] = problems(form.model_copy(update={"files": in_all}))
    assert problem.path == "files"
    assert str(own) in problem.message


@pytest.mark.parametrize(
    ("strengths", "own", "seeds", "says"),
    [
        (300, 0, 1, "301 columns are more than the labelled picture can show: at most 219"),
        (1, 100, 1, "columns are more than the labelled picture can show"),
        (1, 0, 5000, "5,000 rows are more than the labelled picture can show: at most 211"),
        (100, 0, 200, "101 columns of 200 are 20,200 pictures: at most 10,000"),
        (100, 0, 50, ""),
    ],
)
def test_a_grid_that_is_far_too_large_is_refused_at_once(
    tmp_path: Path, strengths: int, own: int, seeds: int, says: str
) -> None:
    """Five files of a hundred strengths each in one column would be ten thousand million columns."""
    lora = str(lora_file(tmp_path / "a.safetensors", Family.SD15, "demo:model"))
    many = " ".join(str(number / 100) for number in range(own))
    form = GridForm(
        model=ModelSettings(source="demo:model"), prompts="a cat",
        files=tuple(ComparedFile(path=lora, place=Place.BESIDE if n else Place.OWN, strengths=many) for n in range(5)),
        strengths=" ".join(str(number / 100) for number in range(strengths)),
        seeds=" ".join(map(str, range(seeds))),
    )  # fmt: skip
    found = problems(form)
    assert [problem.path for problem in found] == (["seeds"] if says else [])
    assert not says or says in found[0].message
    if not says:
        drawing = drawing_of(form, tmp_path)
        assert drawing.grid.count == len(drawing.columns) == strengths + 1
