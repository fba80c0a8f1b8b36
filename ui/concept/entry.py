"""The ways from the list of concepts to one of them, and a folder dropped onto the list."""

import os
from functools import partial
from pathlib import Path
from typing import Any

from onetrainer_clone.settings import replace
from onetrainer_clone.state.concepts import Concept, free_name
from ui import theme
from ui.concept import drop
from ui.filekinds import SETTINGS

WAYS = (
    ("pictures", "Pictures", "Look through the pictures, edit captions, paint masks."),
    ("image", "Preview", "What augmentation makes of the pictures and captions."),
    ("numbers", "Statistics", "Counts, resolutions, buckets, caption lengths, duplicates."),
)


def add_ways(page: Any) -> None:
    """Buttons above the list, double click on a row, and folders that are dropped. `page` is the Concepts tab."""
    bar = page.buttons["add"].master

    def go(view: str, index: int | None = None) -> None:
        chosen = page.list.selected if index is None else index
        if 0 <= chosen < len(page.items):
            page.bench.go(f"concept[{chosen}].{view}")

    for view, text, tip in WAYS:
        made = theme.button(bar, text, partial(go, view))
        bar.lay(made)
        page.bench.tooltip.attach(made, partial(str, tip))
        page.buttons[view] = made
    page.list.on_open.connect(partial(go, "pictures"))
    drop.accept(page.list.canvas, partial(take, page))


def take(page: Any, dropped: list[Path]) -> None:
    """Folders become concepts; the concepts of files of settings are added."""
    files = [path for path in dropped if os.path.isfile(path) and path.suffix.lower() in SETTINGS.suffixes]
    add_folders(page, [path for path in dropped if path not in files])
    page.add_files(files)


def add_folders(page: Any, folders: list[Path]) -> None:
    """Each dropped folder becomes a concept, all of them in one step of undo; a dropped picture stands for its folder."""
    wanted = dict.fromkeys(path if path.is_dir() else path.parent for path in folders if path.exists())
    there, names, added = page.items, {concept.name for concept in page.items}, []
    for folder in wanted:
        added.append(Concept(name=free_name(folder.name or "concept", names), path=str(folder)))
        names.add(added[-1].name)
    if added:
        what = f"concept {page.name(added[0])}" if len(added) == 1 else f"{len(added)} concepts"
        page.bench.store.set(replace(page.bench.store.state, page.path, (*there, *added)), f"{what} added")
        page.show_all()
        page.list.select_these(range(len(there), len(there) + len(added)))
