"""A state as a file and back: JSON with a format version and only what differs from the defaults."""

import errno
import json
from pathlib import Path
from typing import Any

from onetrainer_clone.paths import require_regular
from onetrainer_clone.settings import Invalid, Problem, changed, load
from onetrainer_clone.state import TrainingState
from presets.migrations import VERSION, migrate

LARGEST_BYTES = 64 * 2**20


def encode(state: TrainingState, description: str = "", of_run: bool = False) -> str:
    """The text of a preset file. The name is the file's own, so it is not written into it; a run keeps its preset's."""
    described = {"description": description} if description else {}
    data = {"format": VERSION, **described, **changed(state)}
    for own in ("resume",) if of_run else ("preset", "resume"):  # of a run, not of a preset
        data.pop(own, None)
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def decode(text: str | bytes, name: str = "") -> TrainingState:
    """A state from the text of a preset file. Raises `Invalid` with every problem at once."""
    data = read_object(text)
    data.pop("description", None)
    return load(TrainingState, {**migrate(data), "preset": name, "resume": ""})


def read_object(text: str | bytes) -> dict[str, Any]:
    """The JSON object in a text. Raises `Invalid` where there is none."""
    try:
        decoded = text.decode("utf-8", "surrogatepass") if isinstance(text, bytes) else text  # as `write_whole` encodes
        data = json.loads(decoded.removeprefix("\ufeff"))
    except UnicodeDecodeError:
        raise Invalid([Problem("", "this is not a preset: the file is not UTF-8 text")]) from None
    except RecursionError:
        raise Invalid([Problem("", "this is not a preset: it is nested too deeply")]) from None
    except ValueError as error:
        where = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise Invalid([Problem("", f"this is not a preset: it is not JSON{where}")]) from None
    if not isinstance(data, dict):
        raise Invalid([Problem("", "this is not a preset: a preset is a JSON object {...}")])
    return data


def read_file(path: Path, name: str | None = None) -> TrainingState:
    """A state from a preset file, which is never changed. Raises `Invalid` with the file's name in every problem."""
    try:
        if require_regular(path) > LARGEST_BYTES:
            raise OSError(errno.EFBIG, f"larger than {LARGEST_BYTES // 2**20} MiB: that is no preset")
        return decode(path.read_bytes(), path.stem if name is None else name)
    except OSError as error:
        raise Invalid([Problem(str(path), f"cannot be read: {error.strerror or error}")]) from None
    except Invalid as error:
        raise Invalid(
            [Problem(f"{path.name}: {p.path}" if p.path else path.name, p.message) for p in error.problems]
        ) from None
