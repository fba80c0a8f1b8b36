"""The sampling tool's form: what it asks for, what is wrong in it, columns put together and taken apart, and back again."""

import json
from pathlib import Path

import pytest

from onetrainer_clone import grid_files
from onetrainer_clone.drawing import Drawing
from onetrainer_clone.grid_form import ComparedFile, GridForm, Place, drawing_of, form_of, numbers, problems
from onetrainer_clone.settings import UserError, changed, load
from onetrainer_clone.state.model import ModelSettings


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
    for name in ("a.safetensors", "b.safetensors", "word.pt", "style.safetensors"):
        (tmp_path / name).write_bytes(b"weights")
    form = GridForm(
        model=ModelSettings(source="demo:model", vae="demo:model"),
        files=(
            ComparedFile(path=str(tmp_path / "a.safetensors"), strengths="0.25, 2"),
            ComparedFile(path=str(tmp_path / "b.safetensors"), place=Place.BESIDE),
            ComparedFile(path=str(tmp_path / "word.pt"), place=Place.ALL),
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
    [("0.5,1", [0.5, 1.0]), ("0.5, 1", [0.5, 1.0]), ("1,2,3", [1.0, 2.0, 3.0]), ("0; 5", [0.0, 5.0])],
)
def test_strengths_as_people_list_them(text: str, found: list[float]) -> None:
    assert numbers(text, float) == found


def test_a_decimal_comma_is_not_taken_for_two_strengths() -> None:
    """Strengths 0 and 5 would have been drawn where 0.5 was meant."""
    for text in ("0,5", "0.5, 0,8"):
        with pytest.raises(UserError, match=r"can be read in two ways: write 0\.\d for one number, or '0, \d' for two"):
            numbers(text, float)
    assert numbers("0,1", int) == [0, 1]  # seeds have no decimals
    said = [problem for problem in problems(GridForm(strengths="0,5")) if problem.path == "strengths"]
    assert len(said) == 1
