"""What the browser says about its pictures, in words and dots. Knows no widget."""

from onetrainer_clone.paths import shown
from onetrainer_clone.state.concepts import CaptionSource, Concept
from ui import colours
from ui.colours import Pair
from ui.pictures.cells import Cell
from ui.pictures.drafts import Drafts
from ui.pictures.gallery import Gallery
from ui.pictures.loading import Loaded
from ui.pictures.mask_store import MaskStore
from ui.pictures.sieve import OF_FILES

EMPTY = "There are no pictures in this folder. Drop some here, or a folder of them."
NOTHING = "No picture passes the filter."


def hint(gallery: Gallery, looking: str) -> str:
    """Why the grid is empty, where it is. `looking` says how far the search for faults is."""
    if gallery.listing:
        return "Looking into the folder …"
    if gallery.wish.kind in OF_FILES and gallery.faults is None:
        return looking or "Looking at every file …"
    return gallery.problem or (NOTHING if gallery.entries else EMPTY)


def count(gallery: Gallery, drafts: Drafts, masks: MaskStore, chosen: int, working: str) -> tuple[str, Pair]:
    """How many pictures, how many of them are chosen, and how much of what was done to them could not be saved."""
    if working:
        return working, colours.DIM
    passing, total = len(gallery.shown), len(gallery.entries)
    words = f"{total:,} pictures" if passing == total else f"{passing:,} of {total:,} pictures"
    if chosen > 1:
        words = f"{chosen:,} selected of {words}"
    if gallery.reading and total:
        words += ", reading captions …"
    unsaved = len(drafts.failed) + len(masks.problems)
    return (f"{words} · {unsaved:,} not saved", colours.ERROR) if unsaved else (words, colours.DIM)


def title(
    gallery: Gallery, at: int, row: int, loaded: Loaded | None, scale: float, masks: MaskStore
) -> tuple[str, Pair]:
    """Of the picture in the large view: which one it is, how large, how enlarged, and what is wrong with its mask."""
    if not 0 <= at < len(gallery.entries):
        return "", colours.DIM
    entry = gallery.entries[at]
    words = f"{row + 1:,} of {len(gallery.shown):,}   {shown(entry.key)}"
    problem = masks.problems.get(entry.path, "")
    if loaded is not None and loaded.path == entry.path:
        words += f"   {loaded.size[0]} x {loaded.size[1]} px" if loaded.size[0] else ""
        words += f"   {scale:.0%}" if scale else ""
        problem = problem or loaded.mask_problem
    return (f"{words}   {problem}", colours.ERROR) if problem else (words, colours.DIM)


def cell(gallery: Gallery, place: int, drafts: Drafts, masks: MaskStore) -> Cell:
    """A picture of the grid, with dots: no caption, not saved, masked."""
    entry = gallery.entries[place]
    text = drafts.texts.get(entry.caption, gallery.texts.get(entry.caption, ""))
    marks = [colours.WARNING] if not gallery.reading and not text.strip() else []
    if entry.caption in drafts.failed or entry.path in masks.problems:
        marks.append(colours.ERROR)
    if entry.masked:
        marks.append(colours.ACCENT)
    return Cell(entry.path, shown(entry.path.name), tuple(marks))


def source_note(concept: Concept | None) -> str:
    """Where the captions come from, if not from the files that are edited here."""
    if concept is None or concept.caption_source is CaptionSource.FILE:
        return ""
    return f"not used now: captions come from '{concept.caption_source.label}'"
