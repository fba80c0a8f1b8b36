"""Where a setting of the state stands in the preset that it came from, and the way back to the preset's value."""

from typing import Any

from onetrainer_clone.settings import Invalid, get, item_name, join, replace, split
from onetrainer_clone.state import TrainingState
from presets.differences import Difference


def saved_path(state: TrainingState, saved: TrainingState, path: str) -> str:
    """The same item's path in the preset, found by its name wherever it stands; the same place for a renamed one."""
    parts = split(path)
    for depth, part in enumerate(parts):
        if isinstance(part, int):
            before = get(saved, join(parts[:depth]))
            item = get(state, join(parts[: depth + 1]))
            if not (part < len(before) and item_name(before[part]) == item_name(item)):
                same = (index for index, old in enumerate(before) if item_name(old) == item_name(item))
                parts[depth] = next(same, part)
    return join(parts)


def saved_value(state: TrainingState, saved: TrainingState, path: str, otherwise: Any) -> Any:
    """The value that the preset has there; `otherwise` where it has no such item."""
    try:
        return get(saved, saved_path(state, saved, path))
    except Invalid:
        return otherwise


def back(state: TrainingState, saved: TrainingState, difference: Difference) -> TrainingState:
    """The state with one difference from the preset taken back. Raises `Invalid` where the place is gone."""
    path = difference.path
    *above, last = split(path)
    if isinstance(last, int):
        owner = join(above)
        items = get(state, owner)
        if difference.old:  # in the preset, and gone from the state
            return replace(state, owner, (*items[:last], get(saved, path), *items[last:]))
        return replace(state, owner, (*items[:last], *items[last + 1 :]))
    if isinstance(get(state, path), tuple):
        return replace(state, path, _in_order(get(state, path), get(saved, path)))
    return replace(state, path, get(saved, saved_path(state, saved, path)))


def _in_order(items: tuple[Any, ...], like: tuple[Any, ...]) -> tuple[Any, ...]:
    """The items in the preset's order; those that it does not have stay behind them."""
    places = {item_name(item): place for place, item in reversed(list(enumerate(like)))}
    return tuple(sorted(items, key=lambda item: places.get(item_name(item), len(like))))
