"""The pictures of a concept as a list to look through: names only, nothing is opened; 50,000 take a fraction of a second.

Deleting moves a picture with its caption and mask to a folder `.trash` beside it, which no run looks into.
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shutil import copyfileobj

from onetrainer_clone.captions import caption_path
from onetrainer_clone.dataset import CAPTION_SUFFIX, MASK_ENDING, PICTURE_SUFFIXES, caption_name, walk
from onetrainer_clone.masks import mask_path
from onetrainer_clone.paths import in_order, move, resolve, shown, write_file
from onetrainer_clone.settings import UserError
from onetrainer_clone.state.concepts import Concept

TRASH = ".trash"
STAMPED = PICTURE_SUFFIXES | {CAPTION_SUFFIX}

Moves = tuple[tuple[Path, Path], ...]  # (from, to) of files that belong together


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


def stamps(concept: Concept) -> dict[str, int]:
    """A number for every picture, caption and mask, by its path: another one when the file is written anew. Nothing is
    opened. Of a folder that cannot be read there are none."""
    found = {}
    try:
        for folder, names in walk(resolve(concept.path), concept.include_subfolders):
            for name in names:
                if os.path.splitext(name)[1].lower() in STAMPED:
                    path = os.path.join(folder, name)
                    with suppress(OSError):  # it went away
                        status = os.stat(path)
                        found[path] = hash((status.st_mtime_ns, status.st_size))
    except (OSError, ValueError):
        return {}
    return found


def delete_several(pictures: Iterable[Path]) -> Iterator[tuple[Moves, str]]:
    """Move pictures, and what belongs to each alone, to the trash: what was moved where, and why not.

    One after the other; each folder is listed once, however many go from it.
    """
    folders: dict[Path, Counter[str]] = {}
    for picture in pictures:
        try:
            if picture.parent not in folders:
                folders[picture.parent] = _pictures_by_stem(picture.parent)
            stems = folders[picture.parent]
            belonging = () if stems[picture.stem] > 1 else (caption_path(picture), mask_path(picture))
            moves = _to_trash(picture, [picture, *(path for path in belonging if path.is_file())])
        except (UserError, OSError) as error:
            yield (), str(error)
        else:
            stems[picture.stem] -= 1
            yield moves, ""


def delete_mask(picture: Path) -> Moves:
    """Move a picture's mask to the trash; nothing where it has none."""
    mask = mask_path(picture)
    return _to_trash(picture, [mask]) if mask.is_file() else ()


def pictures_among(paths: Iterable[Path], besides: Path) -> list[Path]:
    """The picture files among these, and those that lie in folders among them; not those of the folder `besides`.

    Raises `UserError` where a folder cannot be read.
    """
    found: list[Path] = []
    for path in paths:
        try:
            inside = sorted(path.iterdir()) if path.is_dir() else [path]
        except OSError as error:
            raise UserError(f"{path} cannot be read: {error.strerror or error}") from None
        found += [one for one in inside if one.suffix.lower() in PICTURE_SUFFIXES and not one.name.endswith(MASK_ENDING)]
    return [one for one in dict.fromkeys(found) if one.is_file() and one.parent.resolve() != besides.resolve()]


def copy_several(pictures: Iterable[Path], folder: Path) -> Iterator[tuple[Moves, str]]:
    """Copy pictures with caption and mask into a folder, each under a name that is free there: what, and why not."""
    for picture in pictures:
        done: list[Path] = []
        try:
            files = [path for path in (picture, caption_path(picture), mask_path(picture)) if path.is_file()]
            stem = _free_stem(folder, files, picture.stem)
            copies = tuple((path, folder / (stem + path.name.removeprefix(picture.stem))) for path in files)
            for path, to in copies:
                with path.open("rb") as file:
                    write_file(to, partial(copyfileobj, file))
                done.append(to)
        except OSError as error:
            for path in done:
                path.unlink(missing_ok=True)
            yield (), f"{shown(picture.name)} cannot be copied to {folder}: {error.strerror or error}"
        else:
            yield copies, ""


def move_several(groups: Iterable[Moves]) -> Iterator[tuple[Moves, str]]:
    """Bring back what was deleted, or delete it again: what was moved, and why not. Each group is moved whole or not."""
    for moves in groups:
        try:
            _move(moves)
        except UserError as error:
            yield (), str(error)
        else:
            yield moves, ""


def turned(moves: Moves) -> Moves:
    """The way back."""
    return tuple((to, path) for path, to in moves)


def _to_trash(picture: Path, files: list[Path]) -> Moves:
    folder = picture.parent / TRASH
    stem = _free_stem(folder, files, picture.stem)
    moves = tuple((path, folder / (stem + path.name.removeprefix(picture.stem))) for path in files)
    _move(moves)
    return moves


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


def _move(moves: Moves) -> None:
    """All or none, and none over another file."""
    done: list[tuple[Path, Path]] = []
    for path, to in moves:
        try:
            if os.path.lexists(to):
                raise FileExistsError(None, "there is a file of that name")
            if to.parent.name == TRASH:
                to.parent.mkdir(exist_ok=True)
            move(path, to)
        except OSError as error:
            for back, moved in reversed(done):
                with suppress(OSError):  # the disk is gone: then there is nothing more to be done
                    move(moved, back)
            raise UserError(f"{shown(path.name)} cannot be moved to {to.parent}: {error.strerror or error}") from None
        done.append((path, to))
