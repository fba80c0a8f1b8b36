"""What the names and shapes in a LoRA's file tell: which layers it changes, how, and for which model it is."""

import re
from collections.abc import Mapping, Sequence

from onetrainer_clone.adapter_kinds import Variant
from onetrainer_clone.families import Family, Shapes, family_of
from onetrainer_clone.lora_names import DORA, DOWN, MAGNITUDE, UP, Address, LoraNames, known_names
from onetrainer_clone.paths import listed
from onetrainer_clone.settings import UserError

Keys = Mapping[Address, Mapping[str, str]]  # a layer -> what of it, by kohya's endings -> its name in the file
WORD = re.compile(r"bundle_emb\.(.+)\.(string_to_param\.\*|clip_l|clip_g)", re.DOTALL)  # of a word inside a LoRA's file
_FOREIGN = {"double_blocks": "Flux", "joint_blocks": "SD 3", "transformer.": "a transformer model such as Flux"}
_FOREIGN |= {"lora_transformer_": "a transformer model such as Flux", "lora_prior_": "Stable Cascade"}
_DECOMPOSED = ("hada_t1", "lokr_t2", "lora_mid.weight")  # kernels, which are not trained here
_MARKS = {DOWN: Variant.LORA, "hada_w1_a": Variant.LOHA, "lokr_w1": Variant.LOKR, "lokr_w1_a": Variant.LOKR}


def layers_in(
    shapes: Shapes, candidates: Sequence[LoraNames], metadata: Mapping[str, str], what: str
) -> tuple[LoraNames, Keys]:
    """The first of the models that knows all names, and the layers. shapes: of every tensor but those of words.

    Raises UserError where no model knows them all, where a layer comes twice, or a half of one is missing.
    """
    read = [(names, {key: names.parse(key) for key in shapes}) for names in candidates]
    fitting = [(names, found) for names, found in read if None not in found.values()]
    if not shapes or not fitting:
        raise _misread(shapes, read, what)
    names, addresses = min(fitting, key=lambda one: _distance(one[0], one[1], shapes, metadata, what))
    layers: dict[Address, dict[str, str]] = {}
    for key, found in addresses.items():
        assert found is not None
        address, ending = found
        if ending in layers.setdefault(address, {}):
            raise UserError(f"{what} holds '{address[1]}' of the {address[0]} twice, the second time as '{key}'")
        layers[address][ending] = key
    for (part, path), held in layers.items():
        if (DOWN in held) != (UP in held):
            half = "down" if DOWN in held else "up"
            raise UserError(f"{what} is damaged: '{path}' of the {part} has lora_{half} alone")
    return names, layers


def kind_of_layer(endings: Mapping[str, object]) -> Variant | None:
    """What a layer is adapted by; None for what is not trained here."""
    if DOWN in endings and (DORA in endings or MAGNITUDE in endings):
        return Variant.DORA
    if any(name in endings for name in _DECOMPOSED):
        return None
    return next((variant for mark, variant in _MARKS.items() if mark in endings), None)


def _distance(
    names: LoraNames,
    found: Mapping[str, tuple[Address, str] | None],
    shapes: Shapes,
    metadata: Mapping[str, str],
    what: str,
) -> int:
    """How little a LoRA whose names all fit is for this model: by the width of the text, then by what the file says."""
    read = (
        shapes[key][1]
        for key, one in found.items()
        if one and one[0][1].endswith(".attn2.to_k") and one[1] in (DOWN, "hada_w1_b")
    )
    width = next(read, None)
    if width == 1024:
        raise UserError(f"{what} is a LoRA for Stable Diffusion 2: only those for SD 1.5 and SDXL are read")
    if width is not None:
        return abs(names.text_width() - width)
    said = (metadata.get("ss_base_model_version", "") + metadata.get("modelspec.architecture", "")).lower()
    claims_xl = "xl" in said or any(key.startswith("lora_te1_") for key in shapes)
    return int(claims_xl != (names.family is Family.SDXL))


def _misread(
    shapes: Shapes, read: Sequence[tuple[LoraNames, Mapping[str, tuple[Address, str] | None]]], what: str
) -> UserError:
    """Why no model knows all the names."""
    names, found = min(read, key=lambda one: sum(address is None for address in one[1].values()))
    unknown = [key for key, address in found.items() if address is None]
    kind = family_of(shapes)
    for mark, model in _FOREIGN.items():
        if any(mark in key for key in shapes):
            return UserError(f"{what} is a LoRA for {model}: only those for SD 1.5 and SDXL are read")
    if len(unknown) == len(shapes) and kind is not Family.LORA:
        return UserError(f"{what} is {kind.value}, not a LoRA")
    model = _model(names)
    for other in known_names():
        if other.family is not names.family and all(other.parse(key) for key in shapes):
            wanted = "SDXL" if other.family is Family.SDXL else "SD 1.5"
            message = f"{what} is a LoRA for {_model(other)}, and this model is {model}"
            return UserError(f"{message}: choose an {wanted} model, or another LoRA")
    count = f"{len(unknown)} of its {len(shapes)} keys are not understood"
    return UserError(f"{what} cannot be read as a LoRA for {model}: {count}: {listed(unknown)}")


def _model(names: LoraNames) -> str:
    return names.family.value.removeprefix("an ").removeprefix("a ").removesuffix(" checkpoint")
