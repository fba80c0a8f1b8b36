"""Text is UTF-8, whatever the system's own encoding is: on Windows a file without a named encoding is another one."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
READS = {"read_text", "write_text"}
RUNS = {"run", "Popen", "check_output"}


def unnamed(source: str) -> Iterator[int]:
    """The lines that read or write text in whatever encoding the system has."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            named = {word.arg: word.value for word in node.keywords}
            if "encoding" not in named and _is_text(node, named):
                yield node.lineno


def _is_text(call: ast.Call, named: dict[str | None, ast.expr]) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in READS:
        return True
    if name in RUNS:
        return bool({"text", "universal_newlines"} & set(named))
    if name != "open":
        return False
    of_a_path = ast.unparse(call.func) not in ("open", "io.open")  # or of something else that can be opened
    given = call.args[0 if of_a_path else 1 :]
    mode = named.get("mode", given[0] if given else ast.Constant("" if of_a_path else "r"))
    return isinstance(mode, ast.Constant) and bool(re.fullmatch("[rwaxt+]+", str(mode.value)))


@pytest.mark.parametrize("package", ["onetrainer_clone", "presets", "modules", "ui"])
def test_every_encoding_is_named(package: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sorted((ROOT / package).rglob("*.py"))
        for line in unnamed(path.read_text(encoding="utf-8"))
    ]
    assert not found


@pytest.mark.parametrize(
    ("source", "is_unnamed"),
    [
        ("open(path)", True),
        ("open(path, 'w')", True),
        ("open(path, 'rb')", False),
        ("open(path, encoding='utf-8')", False),
        ("os.open(path, flags)", False),
        ("path.open('a')", True),
        ("path.open('rb')", False),
        ("path.open('a', encoding='utf-8')", False),
        ("weights.open('unet')", False),
        ("path.read_text()", True),
        ("path.write_text(text, encoding='utf-8')", False),
        ("subprocess.run(command, text=True)", True),
        ("subprocess.run(command)", False),
    ],
)  # fmt: skip
def test_what_counts(source: str, is_unnamed: bool) -> None:
    assert bool(list(unnamed(source))) is is_unnamed
