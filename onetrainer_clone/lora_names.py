"""What LoRA files call the layers of a model: one table per family, both ways, made from the parts' configs.

A layer is addressed by its part and by its module path in diffusers and transformers, with the `text_model.` level of a
CLIP text encoder written out. kohya's trainer keeps diffusers' paths for SD 1.x and the original (sgm) ones for SDXL.
Sources: kohya sd-scripts `networks/lora.py` and `library/sdxl_model_util.py`, diffusers' `utils/state_dict_utils.py` and
`loaders/lora_conversion_utils.py` (the older spellings), LyCORIS `modules/` (the endings beside lora_down and lora_up).
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from onetrainer_clone import ldm_keys, single_file
from onetrainer_clone.families import Family
from onetrainer_clone.ldm_keys import Config
from onetrainer_clone.paths import DEMO

Address = tuple[str, str]  # part ('unet', 'text_encoder', 'text_encoder_2') and module path

DOWN, UP, ALPHA, DORA = "lora_down.weight", "lora_up.weight", "alpha", "dora_scale"
MAGNITUDE = "lora_magnitude_vector"  # peft's: one number per output
SUFFIXES = (
    *(DOWN, UP, "lora_mid.weight", ALPHA, DORA, MAGNITUDE),
    *("hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b", "hada_t1", "hada_t2"),
    *("lokr_w1", "lokr_w1_a", "lokr_w1_b", "lokr_w2", "lokr_w2_a", "lokr_w2_b", "lokr_t2"),
    *("oft_blocks", "oft_diag", "rescale", "diff", "diff_b"),
)
_PEFT = {DOWN: "lora_A.weight", UP: "lora_B.weight", DORA: MAGNITUDE}
_OLDER = {"lora.down.weight": DOWN, "lora.up.weight": UP, "lora_linear_layer.down.weight": DOWN}
_OLDER |= {"lora_linear_layer.up.weight": UP, "lora_A.default.weight": DOWN, "lora_B.default.weight": UP}
_OLDER |= {f"{MAGNITUDE}.weight": MAGNITUDE, f"{MAGNITUDE}.default.weight": MAGNITUDE}
_ENDINGS = {suffix: suffix for suffix in SUFFIXES} | {_PEFT[DOWN]: DOWN, _PEFT[UP]: UP} | _OLDER
_ENDING = re.compile(rf"(.+)\.({'|'.join(re.escape(end) for end in sorted(_ENDINGS, key=len, reverse=True))})")
_PROCESSOR = re.compile(r"(.+)\.to_(q|k|v|out)_lora\.(down|up)\.weight")  # diffusers before 0.20

_XL = (Family.SDXL, Family.SDXL_INPAINTING)
_WRITTEN = {False: {"unet": "lora_unet_", "text_encoder": "lora_te_"}}
_WRITTEN |= {True: {"unet": "lora_unet_", "text_encoder": "lora_te1_", "text_encoder_2": "lora_te2_"}}
_READ = {"unet": ("lora_unet_",), "text_encoder": ("lora_te_", "lora_te1_"), "text_encoder_2": ("lora_te2_",)}
_MAKERS = {"unet": ldm_keys.unet, "text_encoder": ldm_keys.clip, "text_encoder_2": ldm_keys.open_clip}
_NO_LAYER = re.compile(r"norm|token_embedding|position_embedding")


@dataclass(frozen=True)
class LoraNames:
    """The names of one model's layers. configs: of 'unet', 'text_encoder' and for SDXL 'text_encoder_2'."""

    family: Family
    configs: Mapping[str, Config]

    @cached_property
    def originals(self) -> dict[Address, str]:
        """Every linear layer and convolution -> its path in the original (LDM, sgm) layout."""
        return {
            (part, name.removesuffix(".weight")): entry.original.removesuffix(".weight")
            for part in _WRITTEN[self.family in _XL]
            for entry in _MAKERS[part](self.configs[part])
            for name in entry.names
            if name.endswith(".weight") and not _NO_LAYER.search(name)
        }

    def kohya(self, address: Address) -> str:
        """('unet', 'down_blocks.1.attentions.0.proj_in') of SDXL -> 'lora_unet_input_blocks_4_1_proj_in'."""
        part, path = address
        if part == "unet" and self.family in _XL:
            path = self.originals[address]
        return _WRITTEN[self.family in _XL][part] + path.replace(".", "_")

    def peft(self, address: Address, suffix: str) -> str:
        """('text_encoder', 'text_model.encoder.layers.0.mlp.fc1'), 'lora_down.weight' -> '....mlp.fc1.lora_A.weight'."""
        return f"{address[0]}.{address[1]}.{_PEFT[suffix]}"

    @cached_property
    def _by_kohya(self) -> dict[str, Address]:
        found: dict[str, Address] = {}
        for (part, path), original in self.originals.items():
            paths = (path, original) if part == "unet" else (path, path.removeprefix("text_model."))
            for prefix in _READ[part]:
                found |= {prefix + spelt.replace(".", "_"): (part, path) for spelt in paths}
        return found

    def parse(self, key: str) -> tuple[Address, str] | None:
        """A key in any layout and spelling -> the layer and what of it; None for what is not known."""
        name, _, ending = key.partition(".")
        if name in self._by_kohya:
            return (self._by_kohya[name], _ENDINGS[ending]) if ending in _ENDINGS else None
        for part, path, suffix in _dotted(key):
            for spelt in (path, f"text_model.{path}"):
                if (part, spelt) in self.originals:
                    return (part, spelt), suffix
        return None

    def text_width(self) -> int:
        """The width of the text embedding that the UNet reads."""
        return int(self.configs["unet"]["cross_attention_dim"])


def _dotted(key: str) -> Iterator[tuple[str, str, str]]:
    """What a key with dots may mean: part, path, suffix. Without a part's name it is the UNet's."""
    key = key.replace(".processor.", ".")
    part, _, rest = key.partition(".")
    part, rest = (part, rest) if part in _MAKERS else ("unet", key)
    if old := _PROCESSOR.fullmatch(rest):
        layer = f"to_{old[2]}".replace("to_out", "to_out.0") if part == "unet" else f"{old[2]}_proj"
        yield part, f"{old[1]}.{layer}", DOWN if old[3] == "down" else UP
    elif found := _ENDING.fullmatch(rest):
        yield part, found[1], _ENDINGS[found[2]]


@cache
def known_names() -> Sequence[LoraNames]:
    """The structures that come with the program: SD 1.5, SDXL, the demo's model."""
    folders = {family: single_file.configs(Path(family.name), family) for family in (Family.SD15, Family.SDXL)}
    found = [names_in(folder, family) for family, folder in folders.items()]
    return (*found, names_in(DEMO / "model", Family.SD15))


def parts_of(family: Family) -> Sequence[str]:
    """The parts of a model that a LoRA can adapt."""
    return list(_WRITTEN[family in _XL])


def names_in(folder: Path, family: Family) -> LoraNames:
    """The names of the model that a diffusers folder describes."""
    return LoraNames(family, {part: _json(folder / part / "config.json") for part in parts_of(family)})


def _json(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
