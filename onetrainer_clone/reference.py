"""The reference of every setting, made from the declarations."""

from collections.abc import Iterator
from typing import Any

from onetrainer_clone.settings import Declaration, Settings, When, changed, declarations, value_in_words
from onetrainer_clone.state import TrainingState


def every_setting(
    word: str = "", settings: type[Settings] = TrainingState, prefix: str = "", only_while: str = ""
) -> Iterator[dict[str, Any]]:
    """One plain dictionary per setting; lists are shown as 'concepts[].name'. `word` keeps those that mention it."""
    for name, declaration in declarations(settings).items():
        path = f"{prefix}{name}"
        condition = " and ".join(filter(None, (only_while, _condition(prefix, declaration.when))))
        if declaration.group:
            yield from every_setting(word, declaration.group, f"{path}.", condition)
        elif declaration.item:
            yield from every_setting(word, declaration.item, f"{path}[].", condition)
        elif not declaration.hidden and word.casefold() in f"{path} {declaration.label} {declaration.tip}".casefold():
            yield _entry(path, declaration, condition)


def _entry(path: str, declaration: Declaration, only_while: str) -> dict[str, Any]:
    default = declaration.default
    return {
        "path": path,
        "label": declaration.label,
        "tip": declaration.tip,
        "type": "choice" if declaration.choices else getattr(declaration.type, "__name__", str(declaration.type)),
        "choices": {choice.value: choice.label for choice in declaration.choices},
        "default": changed(default) if isinstance(default, Settings) else default,
        "limits": str(declaration.limits),
        "unit": declaration.unit,
        "empty": declaration.empty,
        "only_while": only_while,
    }


def _condition(prefix: str, when: When | None) -> str:
    """'optimizer.optimizer is Prodigy'; the setting is named from the root, as it is typed behind --set."""
    if when is None:
        return ""
    path = when.path[1:] if when.path.startswith("/") else f"{prefix}{when.path}"
    return f"{path} is {' or '.join(value_in_words(value) for value in when.values)}"


def as_text(entries: list[dict[str, Any]]) -> str:
    """The reference as text, one paragraph per setting."""
    return "\n\n".join(_paragraph(entry) for entry in entries) or "There is no such setting."


def _paragraph(entry: dict[str, Any]) -> str:
    default = entry["empty"] or "empty" if entry["default"] in (None, "") else value_in_words(entry["default"])
    facts = [f"default: {default}"]
    if entry["choices"]:
        facts.append("one of " + ", ".join(entry["choices"]))
    if entry["limits"]:
        facts.append(entry["limits"] + (f" {entry['unit']}" if entry["unit"] else ""))
    if entry["only_while"]:
        facts.append(f"only while {entry['only_while']}")
    tip = f"\n    {entry['tip']}" if entry["tip"] else ""
    return f"{entry['path']} - {entry['label']}{tip}\n    {'; '.join(facts)}"
