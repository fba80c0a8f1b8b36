"""What an embedding's file holds, in any layout, and whether it is for a model: told by names and shapes, without torch.

An embedding is {part: vectors [n, D]}: 'text_encoder' for SD 1.5, with 'text_encoder_2' for SDXL.
Sources: kohya sd-scripts `train_textual_inversion.py`, `sdxl_train_textual_inversion.py` (emb_params, clip_l, clip_g),
A1111 `modules/textual_inversion/` (.pt), diffusers `loaders/textual_inversion.py` ({token: vectors}).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from onetrainer_clone import pickled
from onetrainer_clone.families import Family, family_of
from onetrainer_clone.paths import listed
from onetrainer_clone.pickled import Kept
from onetrainer_clone.safetensors_header import read_header
from onetrainer_clone.settings import UserError

XL = {"clip_l": "text_encoder", "clip_g": "text_encoder_2"}
_SD2_WIDTH = 1024
Sizes = Mapping[str, tuple[int, int]]  # text encoder -> vectors, width


def sizes(path: Path) -> dict[str, tuple[int, int]]:
    """Raises UserError where the file is damaged, is none, or holds several tokens."""
    if path.suffix.lower() == ".safetensors":
        tensors = read_header(path).tensors
        content: Any = {name: Kept(one.shape, one.dtype.startswith(("F", "BF"))) for name, one in tensors.items()}
    else:
        content = pickled.content(path)
    return {part: _size(vectors.shape) for part, vectors in by_part(path, content, Kept).items()}


def _size(shape: tuple[int, ...]) -> tuple[int, int]:
    return (shape[0] if len(shape) == 2 else 1, shape[-1])


def by_part(path: Path, content: Any, kind: type[Any]) -> dict[str, Any]:
    """The vectors [n, D] or [D] of each text encoder, out of a file's content; the layouts are told by their keys.

    kind: of the tensors in it. Raises UserError where it is no embedding of one token.
    """
    if not isinstance(content, Mapping):
        raise UserError(f"'{path}' is no embedding: it holds a {type(content).__name__}")
    if isinstance(content.get("string_to_param"), Mapping):
        content = content["string_to_param"]
    names = [str(name).removeprefix("string_to_param.") for name in content]
    found = {}
    if content and set(names) <= set(XL):
        found = {XL[name]: content[name] for name in names}
    elif len(content) == 1:
        found = {"text_encoder": next(iter(content.values()))}
    else:
        shapes = {str(name): tuple(value.shape) for name, value in content.items() if isinstance(value, kind)}
        if (family := family_of(shapes)) not in (Family.UNKNOWN, Family.EMBEDDING):
            raise UserError(f"'{path}' is {family.value}, not an embedding")
        raise UserError(f"'{path}' is no embedding of one token: it holds {listed(names) or 'nothing'}")
    for part, value in found.items():
        _require_vectors(path, part, value, kind)
    return found


def _require_vectors(path: Path, part: str, value: Any, kind: type[Any]) -> None:
    if not isinstance(value, kind) or value.ndim not in (1, 2) or not value.is_floating_point():
        shape = list(value.shape) if isinstance(value, kind) else type(value).__name__
        raise UserError(f"'{path}' is no embedding: vectors [n, width] belong there, and it holds {shape}")
    if part == "text_encoder" and value.shape[-1] == _SD2_WIDTH:
        raise UserError(f"'{path}' is an embedding for Stable Diffusion 2: only those for SD 1.5 and SDXL are read")


def misfit(held: Sizes, widths: Mapping[str, int]) -> str:
    """Why vectors are no word for a model, as the end of a sentence; empty where they are one. widths: of its encoders."""
    if {part: width for part, (_, width) in held.items()} != dict(widths):
        had, needed = (", ".join(map(str, some)) for some in ([width for _, width in held.values()], widths.values()))
        return f"is an embedding for another kind of model: it is {had} wide, not {needed}"
    if len({count for count, _ in held.values()}) > 1:
        return "has not as many vectors for one text encoder as for the other"
    return ""
