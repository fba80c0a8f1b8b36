"""Which curves the chart can show, and how each is drawn. Knows neither Tk nor matplotlib."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ui.colours import CONCEPTS, ConceptColours, Pair
from ui.run.record import EMA, Quantity, Record
from ui.run.series import Series

STYLES = ("-", "--", "-.", ":")  # so that curves are told apart without colours too


@dataclass(frozen=True)
class View:
    """One choice of the chart."""

    title: str
    quantities: tuple[Quantity, ...]
    faint: Quantity | None = None  # drawn behind
    means: Quantity | None = None  # from which the curves are smoothed over as many steps as are asked for
    from_zero: bool = False  # whether the axis begins at 0, so that heights can be compared
    hint: str = ""  # what would be here, where nothing was measured


VIEWS: tuple[View, ...] = (
    View(
        "Loss per concept", ("concept loss",), "raw concept loss", "mean concept loss", from_zero=True,
        hint="The loss of every concept: smoothed, and faintly behind it that of every step.",
    ),
    View(
        "Loss of all", ("loss",), "raw loss", "mean loss", from_zero=True,
        hint="The loss that is optimized: smoothed, and faintly behind it that of every step.",
    ),
    View(
        "Validation loss", ("validation",),
        hint="The loss of the validation concepts, with the live and the averaged (EMA) weights. Give a concept the role "
        "of validation to have it measured.",
    ),
    View(
        "Learning rate", ("learning rate",), from_zero=True,
        hint="The learning rate of every part that is trained; times d with Prodigy.",
    ),
    View("Gradient norm", ("gradient norm",), from_zero=True, hint="The length of the gradient before it is clipped."),
    View(
        "Weight change", ("change",), from_zero=True,
        hint="How far the weights have come from where they began, and how far their average (EMA) is from them.",
    ),
    View(
        "Lost updates", ("lost updates",), from_zero=True,
        hint="The share of changes that bfloat16 weights round away, and the share of steps that float16 had to skip. "
        "Other data types lose nothing.",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Curve:
    label: str
    series: Series
    colour: Pair
    style: str = "-"
    width: float = 1.8
    faint: bool = False


def curves(
    record: Record,
    view: View,
    concept_colours: ConceptColours,
    smooth: Callable[[Series], Series] | None = None,
) -> list[Curve]:
    """The curves of a view that have points; the faint ones first, so that they lie behind. `smooth` makes of the means
    of steps what is drawn instead of the trainer's own smoothed values."""
    of_concepts = view.quantities[0] in ("concept loss", "validation")
    found = []
    if view.faint:
        for place, (name, series) in enumerate(record.curves[view.faint].items()):
            colour = concept_colours[name] if of_concepts else CONCEPTS[place % len(CONCEPTS)]
            found.append(Curve(name, series, colour, "-", 0.8, True))
    for quantity in view.quantities:
        for place, (name, own) in enumerate(record.curves[quantity].items()):
            means = record.curves[view.means].get(name) if view.means and smooth else None
            series = smooth(means) if means is not None and smooth else own
            concept = name.removesuffix(EMA)
            number = concept_colours.place(concept) if of_concepts else place
            colour = concept_colours[concept] if of_concepts else CONCEPTS[place % len(CONCEPTS)]
            style = ":" if name != concept else STYLES[number % len(STYLES)]
            found.append(Curve(name, series, colour, style))
    return [curve for curve in found if curve.series.steps]


def value_at(series: Series, step: float | None) -> tuple[int, float]:
    """The point of a curve that is nearest to a step; the newest for None."""
    steps, values = series.points
    right = len(steps) - 1 if step is None else min(bisect_left(steps, step), len(steps) - 1)
    left = right if step is None else max(right - 1, 0)
    near = left if step is not None and step - steps[left] <= steps[right] - step else right
    return steps[near], values[near]


def table(shown: Sequence[Curve]) -> list[list[str]]:
    """The curves as rows of a CSV file: a row for every step at which one of them has a point."""
    names = ["step", *(f"{curve.label}, every step" if curve.faint else curve.label for curve in shown)]
    columns = [dict(zip(*curve.series.points, strict=True)) for curve in shown]
    steps = sorted({step for column in columns for step in column})
    rows = [[str(step), *(repr(column[step]) if step in column else "" for column in columns)] for step in steps]
    return [names, *rows]
