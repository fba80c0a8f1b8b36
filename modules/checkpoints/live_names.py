"""The names of a live model's layers."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from onetrainer_clone.families import Family
from onetrainer_clone.lora_names import LoraNames, parts_of


def names_of(parts: Mapping[str, nn.Module]) -> LoraNames:
    """parts: 'unet', 'text_encoder' and for SDXL 'text_encoder_2'."""
    family = Family.SDXL if "text_encoder_2" in parts else Family.SD15
    configs: dict[str, Any] = {part: parts[part].config for part in parts_of(family)}
    return LoraNames(family, {p: c.to_dict() if hasattr(c, "to_dict") else c for p, c in configs.items()})
