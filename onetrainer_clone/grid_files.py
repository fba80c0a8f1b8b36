"""The files of a grid's form as columns: put together, taken apart, taken away. A column's first file heads it."""

from collections.abc import Collection, Iterable, Sequence

from onetrainer_clone.grid_form import ComparedFile, Place

Files = tuple[ComparedFile, ...]


def added(files: Files, paths: Iterable[str]) -> Files:
    """Each in a column of its own, before those that are in every column."""
    own = [file for file in files if file.place is not Place.ALL]
    return (*own, *(ComparedFile(path=path) for path in paths), *(file for file in files if file.place is Place.ALL))


def without(files: Files, gone: Collection[int]) -> Files:
    """A column whose first file goes is headed by its next."""
    return _listed([[place for place in column if place not in gone] for column in columns(files)], files, gone)


def alone(files: Files, chosen: Collection[int]) -> Files:
    """Each of the chosen in a column of its own, right of the one that it was in."""
    found: list[list[int]] = []
    for column in columns(files):
        found += [[place for place in column if place not in chosen], *([place] for place in column if place in chosen)]
    taken = [[place] for place in sorted(chosen) if files[place].place is Place.ALL]
    return _listed([*found, *taken], files, chosen)


def joined(files: Files, chosen: Collection[int]) -> Files:
    """The chosen in one column, that of the first of them; a single one with the file above it."""
    places = [place for place in range(len(files)) if place in chosen]
    before = [place for place in range(min(places)) if files[place].place is not Place.ALL]
    if len(places) == 1 and before:
        places = [before[-1], *places]
    found: list[list[int]] = []
    for column in columns(files):
        kept = [place for place in column if place not in places]
        found += [[*kept, *places]] if places[0] in column else [kept]
    if files[places[0]].place is Place.ALL:
        found.append(places)
    return _listed(found, files, places)


def everywhere(files: Files, chosen: Collection[int]) -> Files:
    """The chosen in every column."""
    kept = without(files, chosen)
    return (*kept, *(files[place].model_copy(update={"place": Place.ALL}) for place in sorted(chosen)))


def columns(files: Sequence[ComparedFile]) -> list[list[int]]:
    """Which files, by place, share a column; not those that are in every one."""
    found: list[list[int]] = []
    for place, file in enumerate(files):
        if file.place is Place.BESIDE and found:
            found[-1].append(place)
        elif file.place is not Place.ALL:
            found.append([place])
    return found


def _listed(found: Iterable[Sequence[int]], files: Files, moved: Collection[int]) -> Files:
    """As one list again; of the files in every column those that were not moved."""
    own = [
        files[place].model_copy(update={"place": Place.BESIDE if number else Place.OWN})
        for column in found
        for number, place in enumerate(column)
    ]
    return (*own, *(f for place, f in enumerate(files) if f.place is Place.ALL and place not in moved))
