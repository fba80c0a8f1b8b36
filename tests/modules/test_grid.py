"""The grid: every picture is what the single command draws, the model is loaded once, the sheet shows all of them."""

import json
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from modules import loras
from modules.checkpoints.embedding_file import save_embedding
from modules.checkpoints.load import load_model
from modules.models.base import Model
from modules.sample import sample_pictures
from onetrainer_clone import grid
from onetrainer_clone.contact_sheet import LABEL_WIDTH, LEAST, MOST_COLUMNS, MOST_ROWS, compose
from onetrainer_clone.drawing import Drawing
from onetrainer_clone.events import Ended, Event, Progressed, Sampled, Saved
from onetrainer_clone.families import Family
from onetrainer_clone.paths import resolve
from onetrainer_clone.session import Controls, Emit, Session, Stopped
from onetrainer_clone.settings import Invalid, UserError, load
from onetrainer_clone.state.model import ModelSettings
from onetrainer_clone.state.saving import EmbeddingLayout
from tests.modules.small import run, small_state
from tests.waiting import LIMIT

PROMPTS = [
    {"text": text, "steps": 2, "width": 32, "height": 32, "cfg_scale": 3} for text in ("a circle", "a sks circle")
]


@pytest.fixture(scope="module")
def lora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A LoRA of two steps, strong enough to be seen."""
    state = small_state(
        tmp_path_factory.mktemp("lora"),
        **{"training.steps": 2, "sampling.prompts": (), "learning_rate.unet": 0.05, "learning_rate.text_encoder": 0.05},
    )
    _, events = run(state)
    return next(Path(event.path) for event in events if isinstance(event, Saved) and event.final)


def drawing(folder: Path, **more: Any) -> Drawing:
    return load(Drawing, {"model": {"source": "demo:model"}, "prompts": PROMPTS, "folder": str(folder), **more})


def draw(wanted: Drawing, controls: Controls | None = None) -> list[Event]:
    events: list[Event] = []
    sample_pictures(wanted, events.append, controls or Controls())
    return events


def pixels(path: str | Path) -> bytes:
    with Image.open(path) as picture:
        return picture.tobytes()


def test_every_cell_is_what_the_single_command_draws(
    tmp_path: Path, lora: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads: list[str] = []

    def counted(settings: ModelSettings, any_type: bool) -> Model:
        loads.append(settings.source)
        return load_model(settings, any_type=any_type)

    monkeypatch.setattr(loras, "load_model", counted)
    copy = tmp_path / "copy.safetensors"
    copy.write_bytes(lora.read_bytes())
    wanted = drawing(
        tmp_path / "cells",
        grid={
            "file": str(tmp_path / "grid.png"),
            "checkpoints": [{"path": str(lora)}, {"path": str(copy)}],
            "strengths": [1.0, 0.5],
        },
    )
    events = draw(wanted)
    assert loads == ["demo:model"], "the model is loaded once"
    cells = {(event.index, event.step): event.path for event in events if isinstance(event, Sampled)}
    assert len(cells) == 2 * 5
    for strength, columns in ((None, (0,)), (1.0, (1, 3)), (0.5, (2, 4))):
        single = [{"path": str(lora), "strength": strength}] if strength else []
        paths = [
            event.path for event in draw(drawing(tmp_path / str(strength), loras=single)) if isinstance(event, Sampled)
        ]
        for row, path in enumerate(paths):
            assert {pixels(cells[row, column]) for column in columns} == {pixels(path)}
    assert len({pixels(cells[1, column]) for column in range(3)}) == 3


def test_the_sheet_is_labelled_and_says_how_it_was_made(tmp_path: Path, lora: Path) -> None:
    path = tmp_path / "grid.png"
    events = draw(drawing(tmp_path / "cells", grid={"file": str(path), "checkpoints": [{"path": str(lora)}]}))
    assert events[-1] == Saved(0, str(path), final=True)
    with Image.open(path) as sheet:
        assert sheet.width == LABEL_WIDTH + 2 * (160 + 8), "pictures of 32 px are enlarged, so that labels have room"
        about = json.loads(sheet.info["onetrainer-clone"])
        labels = sheet.convert("L").crop((0, 0, LABEL_WIDTH, sheet.height))
    assert about["columns"] == ["the model alone", "run\nstrength 1"]
    assert [prompt["text"] for prompt in about["prompts"]] == ["a circle", "a sks circle"]
    assert min(labels.tobytes()) < 60, "the rows are labelled"


def test_a_whole_model_is_a_column_too_and_fixed_loras_are_in_all(tmp_path: Path, lora: Path) -> None:
    wanted = drawing(
        tmp_path,
        loras=[{"path": str(lora), "strength": 1.0}],
        grid={"file": str(tmp_path / "g.png"), "checkpoints": [{"path": "demo:model"}]},
    )
    cells = [event.path for event in draw(wanted) if isinstance(event, Sampled)]
    plain = [
        event.path
        for event in draw(drawing(tmp_path / "plain", loras=[{"path": str(lora)}]))
        if isinstance(event, Sampled)
    ]
    assert [pixels(path) for path in cells] == [pixels(path) for path in (*plain, *plain)]


def test_several_files_in_one_column_draw_what_the_single_command_draws_with_them(tmp_path: Path, lora: Path) -> None:
    copy, words = tmp_path / "copy.safetensors", tmp_path / "words.safetensors"
    copy.write_bytes(lora.read_bytes())
    save_embedding(words, {"text_encoder": torch.ones(1, 96)}, EmbeddingLayout.SAFETENSORS, {})
    prompts = [{**PROMPTS[0], "text": "a words circle"}]
    checkpoints = [
        {"path": str(lora), "strengths": [0.5]},
        {"path": str(copy), "beside": True},
        {"path": str(words), "beside": True},
        {"path": str(words)},
    ]
    grid = {"file": str(tmp_path / "g.png"), "checkpoints": checkpoints, "strengths": [0.25, 1], "bare": False}
    events = draw(drawing(tmp_path / "cells", prompts=prompts, grid=grid))
    cells = [pixels(event.path) for event in events if isinstance(event, Sampled)]
    singles = []
    for name, strength in (("a", 0.25), ("b", 1.0), ("c", None)):
        loras = [{"path": str(lora), "strength": 0.5}, {"path": str(copy), "strength": strength}] if strength else []
        alone = drawing(tmp_path / name, prompts=prompts, loras=loras, embeddings=[{"path": str(words)}])
        singles += [pixels(event.path) for event in draw(alone) if isinstance(event, Sampled)]
    assert cells == singles
    assert len(set(cells)) == 3


def test_a_stop_keeps_what_is_there(tmp_path: Path, lora: Path) -> None:
    controls = Controls()
    events: list[Event] = []

    def emit(event: Event) -> None:
        events.append(event)
        if isinstance(event, Sampled):
            controls.stop()

    wanted = drawing(tmp_path, grid={"file": str(tmp_path / "g.png"), "checkpoints": [{"path": str(lora)}]})
    with pytest.raises(Stopped):
        sample_pictures(wanted, emit, controls)
    assert sum(isinstance(event, Sampled) for event in events) == 1
    assert (tmp_path / "g.png").is_file()
    counted = [event for event in events if isinstance(event, Progressed) and event.activity == "sampling"]
    assert [(e.done, e.total, e.picture, e.pictures) for e in counted] == [(1, 8, 1, 4), (2, 8, 1, 4)]


def test_what_is_drawn_before_something_goes_wrong_is_shown_all_the_same(
    tmp_path: Path, lora: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wear = loras.Changing.wear

    def gone(changing: loras.Changing, column: grid.Column) -> Model:
        if "strength 0.5" in column.label:
            raise UserError("its drive is gone")
        return wear(changing, column)

    monkeypatch.setattr(loras.Changing, "wear", gone)
    path = tmp_path / "g.png"
    wanted = {"file": str(path), "checkpoints": [{"path": str(lora)}], "strengths": [1.0, 0.5]}
    with pytest.raises(UserError, match="its drive is gone"):
        draw(drawing(tmp_path, grid=wanted))
    assert len(list(tmp_path.glob("*-seed*.png"))) == 4
    with Image.open(path) as sheet:
        assert sheet.width == LABEL_WIDTH + 3 * (160 + 8)


def test_a_stop_without_a_grid_says_where_the_drawn_ones_are(tmp_path: Path) -> None:
    def work(emit: Emit, controls: Controls) -> None:
        def watch(event: Event) -> None:
            emit(event)
            if isinstance(event, Sampled):
                controls.stop()

        sample_pictures(drawing(tmp_path), watch, controls)

    session = Session(lambda *_: None)
    session.run(work)
    session.join(LIMIT)
    events = session.events()
    assert sum(isinstance(event, Sampled) for event in events) == 1
    assert events[-1] == Ended("stopped", f"Stopped. The result so far is in {tmp_path}.", str(tmp_path))


def test_what_is_wrong_is_said_before_anything_loads(tmp_path: Path) -> None:
    (tmp_path / "no.safetensors").write_bytes(b"nonsense")
    wrong = {"file": "g.png", "checkpoints": [{"path": "gone.safetensors"}, {"path": str(tmp_path)}], "strengths": [99]}
    with pytest.raises(Invalid) as caught:
        draw(drawing(tmp_path, grid=wrong))
    assert [problem.path for problem in caught.value.problems] == [
        "grid.checkpoints[0]",
        "grid.checkpoints[1]",
        "grid.strengths",
    ]
    with pytest.raises(UserError, match="is damaged or no safetensors file"):
        draw(
            drawing(
                tmp_path,
                grid={"file": "g.png", "bare": False, "checkpoints": [{"path": str(tmp_path / "no.safetensors")}]},
            )
        )


def test_a_session_that_draws_refuses_a_second_start() -> None:
    session, end = Session(lambda state, emit, controls: None), threading.Event()

    def work(_emit: Emit, _controls: Controls) -> None:
        end.wait(LIMIT)

    session.run(work)
    with pytest.raises(UserError, match="a run is going on"):
        session.run(lambda emit, controls: None)
    end.set()
    session.join(LIMIT)


def test_columns_rows_and_their_names() -> None:
    made = load(
        grid.Grid,
        {"checkpoints": [{"path": "/a/cat.safetensors"}, {"path": "/b/cat.safetensors"}], "strengths": [0.5, 1]},
    )
    assert [column.label for column in made.columns] == [
        "the model alone",
        "a/cat\nstrength 0.5",
        "a/cat\nstrength 1",
        "b/cat\nstrength 0.5",
        "b/cat\nstrength 1",
    ]
    prompts = drawing(Path()).prompts
    assert [(row.text, row.seed) for row in grid.rows(prompts, (3, 4))] == [
        ("a circle", 3),
        ("a circle", 4),
        ("a sks circle", 3),
        ("a sks circle", 4),
    ]


def test_files_of_one_column_share_the_strengths_of_the_grid_and_keep_their_own(tmp_path: Path) -> None:
    paths = [str(tmp_path / f"{name}.safetensors") for name in "abc"]
    (tmp_path / "d.pt").touch()
    checkpoints = [
        {"path": paths[0]},
        {"path": paths[1], "beside": True},
        {"path": str(tmp_path / "d.pt"), "beside": True},
        {"path": paths[2], "strengths": [2]},
        {"path": paths[0], "beside": True},
    ]
    made = load(grid.Grid, {"checkpoints": checkpoints, "strengths": [0.5, 1], "bare": False})
    assert [(column.label, column.embeddings) for column in made.columns] == [
        ("a + b + d\nstrength 0.5", (grid.Called(str(tmp_path / "d.pt")),)),
        ("a + b + d\nstrength 1", (grid.Called(str(tmp_path / "d.pt")),)),
        ("c + a\nstrengths 2 + 0.5", ()),
        ("c + a\nstrengths 2 + 1", ()),
    ]
    everywhere = load(Drawing, {"loras": [{"path": paths[1]}], "embeddings": [{"path": "/x/d.pt"}]})
    assert [column.label for column in everywhere.columns] == ["only b, d"]


def test_two_models_in_a_column_are_refused() -> None:
    models = [{"path": "demo:model"}, {"path": "demo:model", "beside": True}]
    found = list(grid.problems(load(grid.Grid, {"file": "g.png", "checkpoints": models}), 1))
    assert [problem.path for problem in found] == ["grid.checkpoints[1]"]
    assert "a column of its own" in found[0].message


def test_a_sheet_never_grows_beyond_what_viewers_open() -> None:
    sheet = compose([f"column {n}" for n in range(150)], ["row"] * 3, {})
    assert max(sheet.size) <= 16_000
    long = " + ".join(f"ein langer Name 猫 {n}" for n in range(500))
    wide, high = compose([long] * MOST_COLUMNS, ["row"], {}), compose(["column"], [long] * MOST_ROWS, {})
    assert max(*wide.size, *high.size) <= 16_000
    assert (wide.width - LABEL_WIDTH) // MOST_COLUMNS >= LEAST
    assert high.height // MOST_ROWS >= LEAST


@pytest.mark.parametrize(
    ("family", "latents", "side"),
    [
        (Family.SD15, None, 512), (Family.SD15_INPAINTING, None, 512), (Family.SDXL, None, 1024),
        (Family.SDXL_INPAINTING, None, 1024), (Family.SD15, 24, 96), (Family.SDXL, 192, 768),
    ],
)  # fmt: skip
def test_a_prompt_without_a_size_is_drawn_as_large_as_its_model_says_or_its_family_was_trained(
    family: Family, latents: int | None, side: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def draw(model: Model, prompt: Any, resolution: int, *others: Any) -> Image.Image:
        asked.append(resolution)
        return Image.new("RGB", (8, 8))

    monkeypatch.setattr("modules.sampling.draw", draw)
    monkeypatch.setattr("modules.grid.draw", draw)
    monkeypatch.setattr("modules.models.sd15.StableDiffusion15.family", family)
    source = shutil.copytree(resolve("demo:model"), tmp_path / "model")
    config = source / "unet" / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "sample_size": latents}))
    wanted = {"model": {"source": str(source)}, "prompts": [{"text": "a"}], "folder": str(tmp_path)}
    for more in ({}, {"grid": {"file": str(tmp_path / "grid.png")}}):
        sample_pictures(load(Drawing, {**wanted, **more}), lambda event: None, Controls())
    assert asked == [side, side]
