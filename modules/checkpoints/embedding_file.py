"""Files of trained tokens (textual inversion): read in every layout (see `embedding_header`), written in three."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor

from modules.checkpoints.ckpt import load_plain
from modules.checkpoints.stream import Unwritable
from modules.checkpoints.weights import Safetensors, each
from onetrainer_clone import __version__
from onetrainer_clone.embedding_header import XL, by_part
from onetrainer_clone.families import Family
from onetrainer_clone.paths import listed, write_whole
from onetrainer_clone.settings import UserError
from onetrainer_clone.state.saving import EmbeddingLayout

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
    return {part: v.detach().reshape(-1, v.shape[-1]) for part, v in by_part(path, content, Tensor).items()}


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
        raise Unwritable(f"the embedding is not finite in {kind} ({listed(broken)}): nothing was written")
    xl = "text_encoder_2" in found
    if xl and layout is not EmbeddingLayout.SAFETENSORS:
        raise UserError(f"an SDXL embedding has no '{layout.label}' file: choose '{EmbeddingLayout.SAFETENSORS.label}'")
    name = token or path.stem
    if layout is EmbeddingLayout.PT:
        return _write_pt(path, found["text_encoder"], name)
    keys = {part: key for key, part in XL.items()} if xl else {"text_encoder": "emb_params"}
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
