"""What the statistics of a concept say: lines of facts, files to look at, and bars. Knows no Tk."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ui import colours
from ui.concept.bars import Bar
from ui.concept.file_rows import File

if TYPE_CHECKING:
    from onetrainer_clone.statistics import Statistics  # it needs numpy, which takes long to import

MOST_BARS = 24


def facts(found: "Statistics") -> list[str]:
    """The lines of the first card."""
    lines = [
        f"{found.pictures:,} pictures, {len(found.unreadable):,} unreadable",
        *_sizes(found),
        f"{len(found.too_small):,} smaller than their bucket",
        f"{found.captions:,} captions, {len(found.without_caption):,} pictures without",
        f"{found.masked:,} with a mask, {len(found.without_mask):,} without",
        f"{sum(len(group) - 1 for group in found.duplicates):,} duplicates",
    ]
    if found.lengths is None:
        lines.append("tokens unknown: the model is not on this computer yet")
    elif found.lengths.counts:
        counts = found.lengths.counts
        lines.append(f"captions of {counts[0]} to {counts[-1]} tokens, half of them under {counts[len(counts) // 2]}")
        lines.append(f"{found.lengths.too_long:,} captions longer than {found.lengths.room} tokens: cut off")
    return lines


def lists(found: "Statistics") -> dict[str, tuple[File, ...]]:
    """What a person may want to mend, by title. Masks are wanted for all pictures or for none."""
    named = {
        "Unreadable": tuple(File(key, reason) for key, reason in found.unreadable),
        "Without caption": tuple(map(File, found.without_caption)),
        "Duplicates": tuple(file for group in found.duplicates for file in _alike(group)),
        "Smaller than their bucket": tuple(map(File, found.too_small)),
        "Without mask": tuple(map(File, found.without_mask)) if found.masked else (),
    }
    return {title: files for title, files in named.items() if files}


def _sizes(found: "Statistics") -> list[str]:
    """How large the pictures are: a line, or none where there are no pictures."""
    small, middle, large = ["{} x {} px".format(*size) for size in found.extent] or [""] * 3
    if small == large:
        return [f"all of them {small}"] if small else []
    return [f"{small} to {large}, in the middle {middle}"]


def _alike(group: tuple[str, ...]) -> list[File]:
    """Files with the same content; the first has what they have in common."""
    first, *others = group
    more = f"= {others[0]}" if len(others) == 1 else f"= {len(others):,} others, below"
    return [File(first, more), *(File(other, f"= {first}") for other in others)]


def bars(counted: Sequence[tuple[str, int]]) -> list[Bar]:
    """A bar each; what is beyond the screen's room is one bar together."""
    rest = sum(count for _, count in counted[MOST_BARS:])
    more = [Bar(f"{len(counted) - MOST_BARS} others", rest, colours.FAINT)] if rest else []
    return [*(Bar(label, count) for label, count in counted[:MOST_BARS]), *more]


def token_bars(found: "Statistics") -> list[Bar]:
    from onetrainer_clone.statistics import histogram

    if found.lengths is None or not found.lengths.counts:
        return []
    width = max(5, -(-(found.lengths.counts[-1] + 1) // 16))
    return [
        Bar(f"{first} - {first + width - 1}", count, colours.WARNING if first > found.lengths.room else colours.ACCENT)
        for first, count in histogram(found.lengths.counts, width)
    ]
