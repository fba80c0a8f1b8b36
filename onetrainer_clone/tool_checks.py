"""What keeps a tool for files from working, in words, and where its result is to go."""

import os
from collections.abc import Iterator
from pathlib import Path

from onetrainer_clone import model_files
from onetrainer_clone.adapter_checks import LORA_SUFFIXES
from onetrainer_clone.paths import resolve
from onetrainer_clone.settings import Problem
from onetrainer_clone.state.saving import ModelLayout
from onetrainer_clone.tools import Convert, Extract, Form, Inspect, Measure, Merge, Resize, StoredAs, ToolSettings

_WEIGHTS, _OLD_EMBEDDING = ".safetensors", ".pt"
_INSPECTED = (_WEIGHTS, ".ckpt", ".pt", ".pth", ".bin")


def problems(tool: ToolSettings) -> list[Problem]:
    """What keeps a tool from working, all at once."""
    match tool:
        case Convert():
            found = [*_source(tool.source, "source"), *_model(tool.vae, "vae", vae=True)]
        case Merge():
            found = [*_model(tool.model, "model"), *_model(tool.vae, "vae", vae=True), *_loras(tool)]
        case Extract():
            found = [*_model(tool.base, "base"), *_model(tool.tuned, "tuned"), *_different(tool)]
        case Resize():
            found = [*_source(tool.source, "source")]
        case Inspect():
            found = [*_source(tool.source, "source"), *_inspectable(tool.source)]
    return [*found, *_new_file(tool)]


def _source(source: str, path: str) -> Iterator[Problem]:
    if not source:
        yield Problem(path, "choose a file")
    elif not os.path.exists(resolve(source)):
        yield Problem(path, f"there is no file '{source}': was it moved or renamed?")


def _inspectable(source: str) -> Iterator[Problem]:
    path = resolve(source)
    if source and os.path.isfile(path) and path.suffix.lower() not in _INSPECTED:
        what = f"{', '.join(_INSPECTED)} files and diffusers model folders can be inspected"
        yield Problem("source", f"'{source}' is no file of weights: {what}")


def _model(source: str, path: str, vae: bool = False) -> Iterator[Problem]:
    if not source and not vae:
        yield Problem(path, "choose a model: a file or a diffusers model folder")
    elif source and (message := model_files.vae_problem(source) if vae else model_files.problem(source)):
        yield Problem(path, message)


def _loras(merge: Merge) -> Iterator[Problem]:
    if not merge.loras:
        yield Problem("loras", "choose at least one LoRA file")
    for index, lora in enumerate(merge.loras):
        if not os.path.isfile(resolve(lora.path)):
            yield Problem(f"loras[{index}].path", f"there is no file '{lora.path}': was it moved or renamed?")


def _different(extract: Extract) -> Iterator[Problem]:
    if extract.base and _same(extract.base, extract.tuned):
        yield Problem("tuned", "is the base model itself: their difference is nothing")


def sources(tool: ToolSettings) -> list[str]:
    """Every file and folder that a tool reads."""
    match tool:
        case Convert():
            found = [tool.source, tool.vae]
        case Merge():
            found = [tool.model, tool.vae, *(lora.path for lora in tool.loras)]
        case Extract():
            found = [tool.base, tool.tuned]
        case Resize() | Inspect():
            found = [tool.source]
    return [source for source in found if source]


def _new_file(tool: ToolSettings) -> Iterator[Problem]:
    """What is wrong with where the result is to go."""
    if isinstance(tool, Inspect):
        return
    path = resolve(tool.target)
    if not tool.target:
        yield Problem("target", "say what the new file is to be called")
    elif message := _wrong_suffix(tool, path):
        yield Problem("target", message)
    elif any(_same(source, tool.target) or _inside(source, path) for source in sources(tool)):
        yield Problem("target", "is one of the sources: choose another name, so that they stay as they are")
    elif os.path.exists(path) and not tool.overwrite:
        yield Problem("target", f"'{tool.target}' is there already: choose another name, or allow to overwrite it")
    elif message := _no_place(path):
        yield Problem("target", message)


def target_suffix(tool: ToolSettings) -> str:
    """How the name of the result ends; empty where it is a folder."""
    if isinstance(tool, Convert):
        if tool.form is Form.PT:
            return _OLD_EMBEDDING
        if tool.form is Form.DIFFUSERS and _is_model(tool.source):
            return ""
    if isinstance(tool, Merge) and tool.layout is ModelLayout.DIFFUSERS:
        return ""
    return _WEIGHTS


def proposed_target(tool: ToolSettings) -> str:
    """A name for the result: the one that was typed, with the right ending, else one beside the first source, where there
    is a source yet; empty where there is not."""
    if isinstance(tool, Inspect):
        return ""
    if tool.target:
        typed = resolve(tool.target)
        return str(typed.parent / f"{_plain(typed)}{target_suffix(tool)}")
    known = sources(tool)
    if not known or model_files.is_hub_id(known[0]) or known[0].startswith("demo:"):
        return ""
    first, last = resolve(known[0]), resolve(known[-1])
    match tool:
        case Convert():
            dtype = "" if tool.dtype is StoredAs.KEEP else f"-{tool.dtype.value.lower()}"
            name = f"{_plain(first)}-{tool.form.value.lower()}{dtype}"
        case Merge():
            name = f"{_plain(first)}-{_plain(last)}" if tool.loras else f"{_plain(first)}-merged"
        case Extract():
            name = f"{_plain(last)}-lora"
        case _:
            name = f"{_plain(first)}-{f'rank{tool.rank}' if tool.measure is Measure.RANK else 'resized'}"
    return str(first.parent / f"{name}{target_suffix(tool)}")


def _plain(path: Path) -> str:
    """The name without the suffix of a file; the dots of a folder's name stay."""
    return path.stem if path.suffix.lower() in _INSPECTED else path.name


def _wrong_suffix(tool: ToolSettings, path: Path) -> str:
    wanted = target_suffix(tool)
    if not wanted:
        return _as_folder(path)
    if path.suffix == wanted:
        return ""
    message = f"must end in {wanted} (was '{path.name}')"
    return message if path.suffix or wanted == _OLD_EMBEDDING else f"{message}{_folder_instead(tool)}"


def _folder_instead(tool: ToolSettings) -> str:
    """How to get a folder, where a name without an ending asks for one and the tool can make one."""
    if isinstance(tool, Merge):
        return f"; for a folder choose the layout '{ModelLayout.DIFFUSERS.label}' (--layout DIFFUSERS)"
    if isinstance(tool, Convert) and _is_model(tool.source):
        return f"; for a folder choose the form '{Form.DIFFUSERS.label}' (--form DIFFUSERS)"
    return ""


def _as_folder(path: Path) -> str:
    if path.suffix in LORA_SUFFIXES or os.path.isfile(path):
        return f"must be a folder: that is how diffusers keeps a model (was '{path.name}')"
    return ""


def _is_model(source: str) -> bool:
    return os.path.isdir(resolve(source)) or not model_files.problem(source)


def _same(a: str, b: str) -> bool:
    first, second = resolve(a), resolve(b)
    return os.path.realpath(first) == os.path.realpath(second)


def _inside(source: str, target: Path) -> bool:
    """Whether the target lies in a model folder that is read."""
    folder = resolve(source)
    return os.path.isdir(folder) and Path(os.path.realpath(folder)) in Path(os.path.realpath(target)).parents


def _no_place(path: Path) -> str:
    for place in path.parents:
        if os.path.exists(place):
            if not os.path.isdir(place):
                return f"cannot be written: '{place}' is a file"
            return "" if os.access(place, os.W_OK) else f"cannot be written: '{place}' allows no new files"
    return f"'{path}' is on a drive that is not there"
