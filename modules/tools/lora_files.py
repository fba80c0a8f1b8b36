"""What the tools that make LoRA files share: how a result is written, and the kind of its numbers."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import torch

from modules.checkpoints.lora import Lora, family_metadata, write_lora
from modules.precision import DTYPES
from onetrainer_clone import __version__
from onetrainer_clone.events import Progressed, Saved, Warned
from onetrainer_clone.paths import listed, resolve
from onetrainer_clone.session import Emit
from onetrainer_clone.settings import UserError
from onetrainer_clone.state.common import Dtype
from onetrainer_clone.state.saving import LoraLayout
from onetrainer_clone.tools import Extract, Resize, StoredAs

_OUTDATED = ("sshs_", "modelspec.hash", "modelspec.date", "modelspec.title", "lora_adapter_metadata", "format")


def write_result(
    tool: Extract | Resize, lora: Lora, dtype: torch.dtype, metadata: Mapping[str, str], emit: Emit
) -> None:
    """The new LoRA file of a tool that has changed its rank."""
    save_lora_file(tool.target, lora, tool.layout, dtype, {**metadata, **_sizes(lora)}, emit)


def save_lora_file(
    target: str, lora: Lora, layout: LoraLayout, dtype: torch.dtype, metadata: Mapping[str, str], emit: Emit
) -> None:
    """A LoRA that was read or made here, with the metadata that still hold."""
    names = lora.names
    assert names is not None
    if lora.words and layout is LoraLayout.DIFFUSERS:
        emit(Warned(f"Left out, as diffusers' layout has no place for them: the new words {listed(list(lora.words))}"))
        lora = replace(lora, words={})
    emit(Progressed("saving"))
    path = resolve(target)
    held = {key: value for key, value in metadata.items() if not key.startswith(_OUTDATED)}
    about = {**family_metadata(names.family), **held, "modelspec.title": path.stem}
    about.setdefault("ss_training_comment", f"onetrainer-clone {__version__}")
    write_lora(path, lora, layout, names, dtype, about)
    emit(Saved(0, str(path), final=True))


def _sizes(lora: Lora) -> dict[str, str]:
    """Rank and alpha as other programs show them: the one that most layers have."""
    ranks = Counter(rank for address in lora.modules if (rank := lora.rank(address)) is not None)
    if not ranks:
        return {}
    usual, _ = ranks.most_common(1)[0]
    dim = str(usual) if len(ranks) == 1 else "Dynamic"
    return {"ss_network_module": "networks.lora", "ss_network_dim": dim, "ss_network_alpha": dim}


def stored_dtype(dtypes: set[torch.dtype], wanted: StoredAs, what: str) -> torch.dtype:
    """The dtype of the new file: the wanted one, or the widest that the source has."""
    if wanted is not StoredAs.KEEP:
        return DTYPES[Dtype[wanted.name]]
    for dtype in (torch.float32, torch.bfloat16, torch.float16):
        if dtype in dtypes:
            return dtype
    kinds = ", ".join(str(dtype).removeprefix("torch.") for dtype in dtypes)
    raise UserError(f"{what} is held as {kinds or 'nothing'}, which is not written here: choose a type under 'Save as'")
