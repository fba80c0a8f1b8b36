"""The ways from the list of concepts to one of them, and a folder dropped onto the list."""

import os
from functools import partial
from pathlib import Path
from typing import Any

from onetrainer_clone.state.concepts import Concept
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
    """Each dropped folder becomes a concept; a dropped picture stands for its folder."""
    wanted = dict.fromkeys(path if os.path.isdir(path) else path.parent for path in folders if os.path.exists(path))
    for folder in wanted:
        name = page._free_name(folder.name or "concept")
        place = len(page.items)
        concept = Concept(name=name, path=str(folder))
        page.bench.store.insert("concepts", place, concept, f'concept "{name}" added')
        page.list.select(place)
