"""Tensors from the original's form to that of diffusers and transformers, and back: what an entry of `ldm_keys` says."""

from collections.abc import Mapping

import torch
from torch import Tensor

from onetrainer_clone.ldm_keys import Entry, Form


def read_entry(entry: Entry, tensor: Tensor) -> dict[str, Tensor]:
    """The original's tensor -> views of it by the other names."""
    if entry.form is Form.CONV:
        tensor = tensor.flatten(1)  # some files hold [out, in] already
    elif entry.form is Form.TRANSPOSED:
        tensor = tensor.t()
    pieces = tensor.chunk(len(entry.names)) if entry.form is Form.STACKED else (tensor,)
    return dict(zip(entry.names, pieces, strict=True))


def write_entry(entry: Entry, tensors: Mapping[str, Tensor]) -> Tensor:
    """Tensors by the other names -> the original's."""
    found = [tensors[name] for name in entry.names]
    if entry.form is Form.STACKED:
        return torch.cat(found)
    if entry.form is Form.CONV:
        return found[0][..., None, None]
    return found[0].t() if entry.form is Form.TRANSPOSED else found[0]
