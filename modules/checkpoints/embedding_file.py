"""Files of trained tokens (textual inversion): read in every layout that people have, written in three.

An embedding is {part: vectors [n, D]}: 'text_encoder' for SD 1.5, with 'text_encoder_2' for SDXL.
Sources: kohya sd-scripts `train_textual_inversion.py`, `sdxl_train_textual_inversion.py` (emb_params, clip_l, clip_g),
A1111 `modules/textual_inversion/` (.pt), diffusers `loaders/textual_inversion.py` ({token: vectors}).
"""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor

from modules.checkpoints.ckpt import load_plain
from modules.checkpoints.parts import listed
from modules.checkpoints.weights import Safetensors, each
from onetrainer_clone import __version__
from onetrainer_clone.families import Family, family_of
from onetrainer_clone.paths import write_whole
from onetrainer_clone.settings import UserError
from onetrainer_clone.state.saving import EmbeddingLayout

_XL = {"clip_l": "text_encoder", "clip_g": "text_encoder_2"}
_SD2_WIDTH = 1024
SUFFIXES = {EmbeddingLayout.SAFETENSORS: ".safetensors", EmbeddingLayout.DIFFUSERS: ".safetensors"}
SUFFIXES |= {EmbeddingLayout.PT: ".pt"}


def read_embedding(path: Path) -> dict[str, Tensor]:
    """{part: [n, D]} of a file in any layout, in the file's dtype.

    Raises UserError where the file is damaged, is none, or holds several tokens.
    """
    if path.suffix.lower() == ".safetensors":
        weights = Safetensors(path)
        content: Any = {name: tensor.clone() for name, tensor in each(weights, weights.shapes)}
    else:
        content = load_plain(path)
    return {part: _vectors(path, part, value) for part, value in _by_part(path, content).items()}


def _by_part(path: Path, content: Any) -> dict[str, Any]:
    """The layouts, told by their keys."""
    if not isinstance(content, Mapping):
        raise UserError(f"'{path}' is no embedding: it holds a {type(content).__name__}")
    if isinstance(content.get("string_to_param"), Mapping):
        content = content["string_to_param"]
    names = [str(name).removeprefix("string_to_param.") for name in content]
    if content and set(names) <= set(_XL):
        return {_XL[name]: content[name] for name in names}
    if len(content) == 1:
        return {"text_encoder": next(iter(content.values()))}
    kind = family_of({str(n): tuple(v.shape) for n, v in content.items() if isinstance(v, Tensor)})
    if kind not in (Family.UNKNOWN, Family.EMBEDDING):
        raise UserError(f"'{path}' is {kind.value}, not an embedding")
    raise UserError(f"'{path}' is no embedding of one token: it holds {listed(names) or 'nothing'}")


def _vectors(path: Path, part: str, value: Any) -> Tensor:
    if not isinstance(value, Tensor) or value.ndim not in (1, 2) or not value.is_floating_point():
        shape = list(value.shape) if isinstance(value, Tensor) else type(value).__name__
        raise UserError(f"'{path}' is no embedding: vectors [n, width] belong there, and it holds {shape}")
    if part == "text_encoder" and value.shape[-1] == _SD2_WIDTH:
        raise UserError(f"'{path}' is an embedding for Stable Diffusion 2: only those for SD 1.5 and SDXL are read")
    return value.detach().reshape(-1, value.shape[-1])


def save_embedding(
    path: Path,
    vectors: Mapping[str, Tensor],
    layout: EmbeddingLayout,
    metadata: Mapping[str, str],
    token: str = "",
    dtype: torch.dtype = torch.float32,
) -> None:
    """Write {part: [n, D]}, whole or not at all. token: what programs call it; without one, the file's name.

    Raises UserError for vectors that are not finite in this dtype, and for layouts that have no place for SDXL.
    """
    found = {part: tensor.detach().to("cpu", dtype).contiguous() for part, tensor in vectors.items()}
    if broken := [part for part, tensor in found.items() if not torch.isfinite(tensor).all()]:
        kind = str(dtype).removeprefix("torch.")
        raise UserError(f"the embedding is not finite in {kind} ({listed(broken)}): nothing was written")
    xl = "text_encoder_2" in found
    if xl and layout is not EmbeddingLayout.SAFETENSORS:
        raise UserError(f"an SDXL embedding has no '{layout.label}' file: choose '{EmbeddingLayout.SAFETENSORS.label}'")
    name = token or path.stem
    if layout is EmbeddingLayout.PT:
        return _write_pt(path, found["text_encoder"], name)
    keys = {part: key for key, part in _XL.items()} if xl else {"text_encoder": "emb_params"}
    if layout is EmbeddingLayout.DIFFUSERS:
        keys = {"text_encoder": name}
    write_whole(path, save({keys[part]: tensor for part, tensor in found.items()}, dict(metadata)))


def _write_pt(path: Path, vectors: Tensor, name: str) -> None:
    data = io.BytesIO()
    content = {"string_to_token": {"*": 265}, "string_to_param": {"*": vectors}, "name": name}  # 265 is CLIP's '*'
    torch.save({**content, "step": 0, "sd_checkpoint": None, "sd_checkpoint_name": None}, data)
    write_whole(path, data.getvalue())


def embedding_metadata(family: Family) -> dict[str, str]:
    """What tells other programs the model that an embedding is for."""
    xl = family in (Family.SDXL, Family.SDXL_INPAINTING)
    return {
        "modelspec.sai_model_spec": "1.0.1",
        "modelspec.architecture": f"stable-diffusion-{'xl-v1-base' if xl else 'v1'}/textual-inversion",
        "modelspec.implementation": "https://github.com/Stability-AI/generative-models",
        "ss_base_model_version": "sdxl_base_v1-0" if xl else "sd_v1",
        "ss_training_comment": f"onetrainer-clone {__version__}",
    }
