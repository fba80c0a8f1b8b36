"""Concepts and prompts of a file, added to those of the window in one step of undo."""

from typing import TYPE_CHECKING, Any

from onetrainer_clone.settings import get, replace
from onetrainer_clone.state.concepts import Concept, free_name
from ui.workbench import Workbench

if TYPE_CHECKING:
    from presets.importers.additions import Found  # its tables take time to import


def add(bench: Workbench, found: "Found", name: str) -> range:
    """Put them at the end, say what has no place here, and return their places. name: of the file."""
    there = get(bench.store.state, found.path)
    items = _with_free_names(found.items, there)
    words = f"{len(items)} {found.noun if len(items) > 1 else found.noun[:-1]} of '{name}' added"
    bench.store.set(replace(bench.store.state, found.path, (*there, *items)), words, mended=())
    bench.findings.look()
    bench.go(f"{found.path}[{len(there)}]")
    if found.lines:
        listed = "\n".join(f"• {line}" for line in found.lines)
        bench.ask.tell(f"Added from {found.source}", f"Not taken over as it is there:\n\n{listed}")
    return range(len(there), len(there) + len(items))


def _with_free_names(items: tuple[Any, ...], there: tuple[Any, ...]) -> tuple[Any, ...]:
    """Concepts get names of their own; prompts have none."""
    taken = {item.name for item in there if isinstance(item, Concept)}
    named = []
    for item in items:
        if isinstance(item, Concept):
            item = item.model_copy(update={"name": free_name(item.name, taken)})
            taken.add(item.name)
        named.append(item)
    return tuple(named)
