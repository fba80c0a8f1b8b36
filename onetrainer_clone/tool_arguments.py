"""A tool's options on the command line, made from its declaration in `tools.py`.

Basic files and folders are given by place, the rest by name: `merge MODEL TARGET --lora FILE:0.8 --dtype FP16`.
"""

import argparse
import re
from collections.abc import Sequence
from typing import Any

from onetrainer_clone.drawing import EmbeddingFile, LoraFile
from onetrainer_clone.settings import Declaration, Invalid, Problem, declarations, load
from onetrainer_clone.tools import Tool, ToolSettings
from onetrainer_clone.typed import parse


def parser_of(tool: Tool) -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog=f"launch.py {tool.name}", description=f"{tool.tip}.")
    for name, declaration in declarations(tool.settings).items():
        _add(found, name, declaration)
    found.add_argument("--json", action="store_true", help="print the result, or every event, as JSON")
    return found


def _add(parser: argparse.ArgumentParser, name: str, declaration: Declaration) -> None:
    words = f"{declaration.label}: {declaration.tip}".replace("%", "%%")
    option = option_of(name, declaration)
    if by_place(declaration):
        parser.add_argument(name, metavar=name.upper(), help=words)
    elif declaration.item is LoraFile:
        shown = {"metavar": "FILE[:STRENGTH]", "help": f"{words} Repeatable."}
        parser.add_argument(option, action="append", default=[], dest=name, **shown)  # type: ignore[arg-type]
    elif declaration.type is bool:
        parser.add_argument(option, action=argparse.BooleanOptionalAction, default=declaration.default, help=words)
    else:
        choices = [choice.value for choice in declaration.choices]
        more = f" One of {', '.join(choices)}." if choices else f" {str(declaration.limits).capitalize()}".rstrip()
        default = declaration.default if declaration.default not in ("", None) else declaration.empty or "none"
        parser.add_argument(option, metavar=name.upper(), help=f"{words}{more} (default: {default})")


def option_of(name: str, declaration: Declaration) -> str:
    """'conv_rank' -> '--conv-rank'; each item of a list is one option: 'loras' -> '--lora'."""
    return f"--{name.removesuffix('s') if declaration.item else name}".replace("_", "-")


def by_place(declaration: Declaration) -> bool:
    return declaration.basic and declaration.kind in ("file", "folder", "path", "save")


def read(tool: Tool, argv: Sequence[str]) -> tuple[ToolSettings, bool]:
    """The settings that were typed, and whether JSON is wanted. Raises `Invalid` in the words of the command line.

    argparse itself answers --help and unknown options.
    """
    typed = vars(parser_of(tool).parse_args(argv))
    as_json = typed.pop("json")
    known = declarations(tool.settings)
    data = {name: _value(known[name], value) for name, value in typed.items() if value is not None}
    try:
        return load(tool.settings, data), as_json
    except Invalid as error:
        raise in_words(tool, error.problems) from None


def in_words(tool: Tool, problems: Sequence[Problem]) -> Invalid:
    """Problems under the names of the options."""
    known = declarations(tool.settings)

    def option(path: str) -> str:
        name = path.partition("[")[0].partition(".")[0]
        return name.upper() if by_place(known[name]) else option_of(name, known[name])

    return Invalid([Problem(option(problem.path), problem.message) for problem in problems])


def _value(declaration: Declaration, value: Any) -> Any:
    if declaration.item is LoraFile:
        return [lora_from(text).model_dump() for text in value]
    return parse(declaration, value) if isinstance(value, str) else value


def lora_from(text: str) -> LoraFile:
    """'file.safetensors:0.8' -> the file at strength 0.8; a Windows drive's colon is not taken for one."""
    path, colon, strength = text.rpartition(":")
    try:
        number = float(strength)
    except ValueError:
        if path.lower().endswith(".safetensors"):
            message = f"the strength behind the last colon must be a number (was '{strength}'), as in FILE:0.8"
            raise Invalid([Problem("--lora", message)]) from None
        return LoraFile(path=text)
    if not colon:
        return LoraFile(path=text)
    try:
        return load(LoraFile, {"path": path, "strength": number})
    except Invalid as error:
        raise Invalid([Problem("--lora", f"the strength {p.message}") for p in error.problems]) from None


def embedding_from(text: str) -> EmbeddingFile:
    """'cat.safetensors:<cat>' -> the file under that word; a Windows drive's colon is not taken for one."""
    found = re.fullmatch(r"(.+?\.(?:safetensors|pt|bin)):(.+)", text, re.IGNORECASE)
    path, word = found.groups() if found else (text, "")
    return EmbeddingFile(path=path, word=word)
