"""Draws a grid, column by column, and the one picture that shows it."""

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL.PngImagePlugin import PngInfo

from modules.loras import Changing
from modules.sampling import draw, save_picture, usual_size
from onetrainer_clone import __version__
from onetrainer_clone.contact_sheet import Place, compose
from onetrainer_clone.drawing import Drawing
from onetrainer_clone.events import Progressed, Sampled, Saved
from onetrainer_clone.grid import Called, Column, row_label
from onetrainer_clone.paths import resolve, write_file
from onetrainer_clone.session import Controls, Emit, Stopped
from onetrainer_clone.settings import changed


def draw_grid(drawing: Drawing, emit: Emit, controls: Controls) -> None:
    """Draw every prompt with every column. `Sampled.step` is the column, `Sampled.index` the row.

    A stop ends it within one denoising step; what is there by then, also when something goes wrong in the middle, is shown
    all the same.
    """
    drawn: dict[Place, Path] = {}
    try:
        _draw_cells(drawing, emit, controls, drawn)
    except Exception:
        if drawn:
            with suppress(OSError):  # what went wrong first is what the person is told
                _save_sheet(drawing, drawn, emit)
        raise
    _save_sheet(drawing, drawn, emit)


def _draw_cells(drawing: Drawing, emit: Emit, controls: Controls, drawn: dict[Place, Path]) -> None:
    columns, changing = drawing.columns, Changing(drawing)
    total, done = sum(prompt.steps for prompt in drawing.prompts) * len(columns), 0
    pictures = len(drawing.prompts) * len(columns)
    for number, column in enumerate(columns):
        if controls.stopping:
            raise Stopped
        emit(Progressed("loading", detail=column.label.replace("\n", ", ")))
        model = changing.wear(column)
        for index, prompt in enumerate(drawing.prompts):
            begun = Progressed("sampling", done, total, prompt.text[:60], len(drawn) + 1, pictures)

            def watch(step: int, begun: Progressed = begun) -> None:
                emit(replace(begun, done=begun.done + step))

            path = drawing.target / f"{number:02d}-{index:03d}-seed{prompt.seed}.png"
            image = draw(model, prompt, usual_size(model), controls, watch)
            save_picture(image, path, prompt, **_about(drawing, column))
            drawn[index, number] = path
            done += prompt.steps
            emit(Sampled(number, index, prompt.text, prompt.seed, "live", str(path)))


def _about(drawing: Drawing, column: Column) -> dict[str, Any]:
    everywhere = [(lora.path, lora.strength) for lora in drawing.loras]
    loras = [f"{path}:{strength:g}" for path, strength in (*everywhere, *column.loras)]
    return {
        "model": column.model or drawing.model.source,
        "loras": ", ".join(loras),
        **embeddings_in(drawing, *column.embeddings),
    }


def embeddings_in(drawing: Drawing, *more: Called) -> dict[str, str]:
    """What a picture says of the embeddings that its prompt could use."""
    known = [*(Called(file.path, file.word) for file in drawing.embeddings), *more]
    found = [f"{file.path}:{file.words[0]}" for file in known]
    return {"embeddings": ", ".join(found)} if found else {}


def _save_sheet(drawing: Drawing, drawn: dict[Place, Path], emit: Emit) -> None:
    emit(Progressed("saving"))
    columns, rows = [c.label for c in drawing.columns], [row_label(prompt) for prompt in drawing.prompts]
    about = PngInfo()
    about.add_itxt("parameters", "\n".join(f"{row.replace(chr(10), ', ')}" for row in rows))
    about.add_itxt("onetrainer-clone", json.dumps({**changed(drawing), "columns": columns}, ensure_ascii=False))
    about.add_text("Software", f"onetrainer-clone {__version__}")
    sheet, path = compose(columns, rows, drawn), resolve(drawing.grid.file)
    write_file(path, lambda file: sheet.save(file, format="PNG", pnginfo=about))
    emit(Saved(0, str(path), final=True))
