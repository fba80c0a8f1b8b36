"""The pictures of a concept as a list to look through: names only, nothing is opened; 50,000 take a fraction of a second.

Deleting moves a picture with its caption and mask to a folder `.trash` beside it, which no run looks into.
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from onetrainer_clone.captions import caption_path
from onetrainer_clone.dataset import CAPTION_SUFFIX, MASK_ENDING, PICTURE_SUFFIXES, caption_name, walk
from onetrainer_clone.masks import mask_path
from onetrainer_clone.paths import in_order, move, resolve
from onetrainer_clone.settings import UserError
from onetrainer_clone.state.concepts import Concept

TRASH = ".trash"


@dataclass(frozen=True, slots=True)
class Entry:
    """One picture. `key` is its path inside the concept's folder, as in `dataset.Picture`."""

    path: Path
    key: str
    caption: Path  # the caption file, there or not
    captioned: bool  # there is a caption file; it may be empty
    masked: bool


def entries(concept: Concept) -> list[Entry]:
    """In the order in which a run finds them. Raises `UserError` where the folder cannot be read."""
    try:
        return list(_entries(resolve(concept.path), concept.include_subfolders))
    except OSError as error:
        raise UserError(f"the folder '{concept.path}' cannot be read: {error.strerror or error}") from None


def _entries(root: Path, deep: bool) -> Iterator[Entry]:
    for folder, names in walk(root, deep):
        within = f"{folder.relative_to(root).as_posix()}/" if folder != root else ""
        there = set(names)
        for name in in_order(names):
            stem, suffix = os.path.splitext(name)
            if suffix.lower() in PICTURE_SUFFIXES and not name.endswith(MASK_ENDING):
                text = caption_name(stem, there)
                caption = folder / (text or stem + CAPTION_SUFFIX)
                yield Entry(folder / name, within + name, caption, bool(text), f"{stem}{MASK_ENDING}" in there)


def delete(picture: Path) -> list[tuple[Path, Path]]:
    """Move a picture and what belongs to it alone to the trash. Returns (from, to), which `bring_back` takes."""
    return _delete(picture, _pictures_by_stem(picture.parent)[picture.stem] > 1)


def delete_several(pictures: Iterable[Path]) -> Iterator[tuple[list[tuple[Path, Path]], str]]:
    """One after the other: what was moved where, and why not. Each folder is listed once, however many go from it."""
    folders: dict[Path, Counter[str]] = {}
    for picture in pictures:
        try:
            if picture.parent not in folders:
                folders[picture.parent] = _pictures_by_stem(picture.parent)
            stems = folders[picture.parent]
            moves = _delete(picture, stems[picture.stem] > 1)
        except UserError as error:
            yield [], str(error)
        else:
            stems[picture.stem] -= 1
            yield moves, ""


def _delete(picture: Path, shared: bool) -> list[tuple[Path, Path]]:
    """`shared`: another picture has the same caption and mask, so they stay."""
    belonging = [caption_path(picture), mask_path(picture)]
    files = [picture, *([] if shared else [path for path in belonging if path.is_file()])]
    folder = picture.parent / TRASH
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise UserError(f"{folder} cannot be made, so nothing was deleted: {error.strerror or error}") from None
    stem = _free_stem(folder, files, picture.stem)
    moves = [(path, folder / (stem + path.name.removeprefix(picture.stem))) for path in files]
    _move(moves)
    return moves


def delete_mask(picture: Path) -> list[tuple[Path, Path]]:
    """Move a picture's mask to the trash; nothing where it has none. Returns (from, to), which `bring_back` takes."""
    mask, folder = mask_path(picture), picture.parent / TRASH
    if not mask.is_file():
        return []
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise UserError(f"{folder} cannot be made, so the mask stays: {error.strerror or error}") from None
    stem = _free_stem(folder, [mask], picture.stem)
    moves = [(mask, folder / (stem + mask.name.removeprefix(picture.stem)))]
    _move(moves)
    return moves


def bring_back(moves: list[tuple[Path, Path]]) -> None:
    """Undo a deletion. Raises `UserError` where something new has taken a name; then all stays where it is."""
    if taken := [path.name for path, _ in moves if os.path.lexists(path)]:
        raise UserError(f"{taken[0]} is there again, so the deleted one stays in the folder {TRASH}")
    _move([(there, back) for back, there in moves])


def _pictures_by_stem(folder: Path) -> Counter[str]:
    """How many pictures of a folder have a name without its ending."""
    try:
        names = (os.path.splitext(name) for name in os.listdir(folder))
        return Counter(stem for stem, suffix in names if suffix.lower() in PICTURE_SUFFIXES)
    except OSError as error:
        raise UserError(f"{folder} cannot be read: {error.strerror or error}") from None


def _free_stem(folder: Path, files: list[Path], stem: str) -> str:
    """A name under which none of the files meets one that is in the trash already."""
    number, free = 1, stem
    while any(os.path.lexists(folder / (free + path.name.removeprefix(stem))) for path in files):
        number += 1
        free = f"{stem} ({number})"
    return free


def _move(moves: list[tuple[Path, Path]]) -> None:
    """All or none."""
    done: list[tuple[Path, Path]] = []
    for path, to in moves:
        try:
            move(path, to)
        except OSError as error:
            for back, moved in reversed(done):
                move(moved, back)
            raise UserError(f"{path.name} cannot be moved to {to.parent}: {error.strerror or error}") from None
        done.append((path, to))
