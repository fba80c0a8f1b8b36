"""The LoRA to continue from: whether these settings can go on with it. The names and shapes in its file tell that."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from onetrainer_clone import model_files
from onetrainer_clone.adapted import Adapted, lokr_shapes
from onetrainer_clone.adapter_kinds import Variant
from onetrainer_clone.families import BASES, Family
from onetrainer_clone.lora_keys import WORD, kind_of_layer, layers_in
from onetrainer_clone.lora_names import ALPHA, DORA, DOWN, MAGNITUDE, UP, Address, LoraNames, names_in, parts_of
from onetrainer_clone.paths import listed, resolve
from onetrainer_clone.settings import Invalid, Problem, UserError
from onetrainer_clone.weights_header import describe

if TYPE_CHECKING:
    from onetrainer_clone.state import TrainingState
    from onetrainer_clone.state.adapter import AdapterSettings

Shape = tuple[int, ...]
Held = Mapping[Address, Mapping[str, Shape]]  # a layer -> what of it, by kohya's endings -> its shape
_RANKED = {DOWN: 0, "hada_w1_b": 0, "lokr_w2_b": 0, "lokr_w1_b": 0}  # the dimension that is the rank


def problems(state: "TrainingState", wanted: Sequence[Adapted]) -> Iterator[Problem]:
    """Why the file cannot be gone on with. wanted: the layers that the settings choose."""
    try:
        held = held_by(state.adapter.source, state.model.source)
        if held is not None:
            require_fit(state.adapter.source, held, state.adapter.variant, wanted)
            _require_shapes(state.adapter, held, wanted)
    except Invalid as error:
        yield from error.problems
    except UserError as error:
        yield Problem("adapter.source", str(error))


def held_by(source: str, model: str) -> Held | None:
    """What a LoRA's file holds for a model; None where the model's structure is not known.

    Raises UserError where the file is for another kind of model, is damaged or is none.
    """
    names = names_of_source(model)
    return None if names is None else held_for(names, source)


def held_for(names: LoraNames, source: str) -> Held:
    """The same for a model whose names are known."""
    path = resolve(source)
    shapes, metadata = describe(path)
    plain = {key: tuple(shape) for key, shape in shapes.items() if not WORD.fullmatch(key)}
    _, layers = layers_in(plain, [names], metadata, f"'{path}'")
    return {address: {ending: plain[key] for ending, key in keys.items()} for address, keys in layers.items()}


def names_of_source(model: str) -> LoraNames | None:
    """What LoRA files call the layers of a model; None where its structure is not known."""
    family = model_files.family(model) if model and not model_files.is_hub_id(model) else None
    if family not in BASES:
        return None
    folder = model_files.configs(model)
    files = [folder / part / "config.json" for part in parts_of(family)]
    try:
        return _names(folder, family, tuple(file.stat().st_mtime_ns for file in files))
    except (OSError, ValueError, KeyError):
        return None


@lru_cache(maxsize=4)
def _names(folder: Path, family: Family, _changed_ns: tuple[int, ...]) -> LoraNames:
    found = names_in(folder, family)
    assert found.originals  # so that a config that lacks something raises here
    return found


def require_fit(source: str, held: Held, variant: Variant, wanted: Sequence[Adapted]) -> None:
    """Raises Invalid where the file is of another kind, or where some of it would be lost."""
    kinds = {kind_of_layer(found) for found in held.values()}
    if kinds != {variant}:
        named = " and ".join(sorted(kind.label if kind else "another kind" for kind in kinds))
        raise Invalid([Problem("adapter.variant", f"'{source}' is a {named}, so it cannot go on as a {variant.label}")])
    if per_output := [address for address, found in held.items() if _per_output(found)]:
        message = f"'{source}' is a DoRA with a magnitude per output ({listed(['.'.join(a) for a in per_output])})"
        raise Invalid([Problem("adapter.source", f"{message}; only those with one per input can go on")])
    chosen = {(one.layer.part, one.layer.path) for one in wanted}
    if lost := [f"{part}.{path}" for part, path in held if (part, path) not in chosen]:
        message = f"'{source}' also adapts {len(lost)} layers that are not trained here, which would be lost"
        raise Invalid([Problem("adapter.layers", f"{message}: {listed(lost)}. Choose more layers, or train their part")])


def _per_output(found: Mapping[str, Shape]) -> bool:
    return MAGNITUDE in found or (DORA in found and found[DORA][0] != 1)


def as_in_file(
    settings: "AdapterSettings", one: Adapted, found: Mapping[str, Shape] | None, alpha: float | None = None
) -> Adapted:
    """A layer with the rank of the file, and the alpha, where it is known; as it is where the file lacks it."""
    if found is None:
        return one
    rank = next((found[name][at] for name, at in _RANKED.items() if name in found), None)
    if rank is not None:
        return replace(one, rank=rank, alpha=float(rank) if alpha is None else alpha)
    if lokr_shapes(settings, one.layer, one.rank).full:
        return one
    enough = max(found["lokr_w2"][:2])  # a LoKr whose blocks are whole has no rank: they are from this one on
    return replace(one, rank=enough, alpha=float(enough))


def _require_shapes(settings: "AdapterSettings", held: Held, wanted: Sequence[Adapted]) -> None:
    """Raises Invalid where a layer of the model has another size than the file's."""
    for one in wanted:
        address = one.layer.part, one.layer.path
        if address not in held:
            continue
        needed = _needed(settings.variant, as_in_file(settings, one, held[address]))
        if needed != {name: held[address].get(name) for name in needed}:
            raise Invalid([Problem("adapter.source", misfit(address, held[address], needed))])


def _needed(variant: Variant, one: Adapted) -> dict[str, Shape]:
    """The shapes of a layer's tensors; none for a LoKr, whose blocks are cut in ways of their own."""
    layer, rank = one.layer, one.rank
    sides, ones = ((layer.kernel,) * 2, (1, 1)) if layer.kernel else ((), ())
    halves = {DOWN: (rank, layer.inputs, *sides), UP: (layer.outputs, rank, *ones)}
    match variant:
        case Variant.LORA:
            return halves
        case Variant.DORA:
            return {**halves, DORA: (1, layer.inputs, *ones)}
        case Variant.LOHA:
            first, second = (layer.outputs, rank), (rank, layer.fan_in)
            return {"hada_w1_a": first, "hada_w1_b": second, "hada_w2_a": first, "hada_w2_b": second}
    return {}


def misfit(address: Address, held: Mapping[str, Shape], needed: Mapping[str, Shape]) -> str:
    theirs = ", ".join(f"{name} {list(shape)}" for name, shape in held.items() if name != ALPHA)
    ours = ", ".join(f"{name} {list(shape)}" for name, shape in needed.items())
    message = f"'{'.'.join(address)}' of the file holds {theirs}, but these settings make {ours}"
    return f"{message}: it is for another model, or of another kind of blocks"
