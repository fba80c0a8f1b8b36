"""Small states, folders of pictures and model folders for the tests of the core."""

import json
import math
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from onetrainer_clone.dataset import Folder, Picture
from onetrainer_clone.settings import load
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.concepts import Concept


def make_state(concepts: Sequence[dict[str, Any]] = (), **groups: Any) -> TrainingState:
    """A state that trains at 64 px with the demo's model unless told otherwise."""
    training = {"resolution": 64, "bucket_step": "16", **groups.pop("training", {})}
    data = {"model": {"source": "demo:model"}, "concepts": list(concepts), "training": training, **groups}
    return load(TrainingState, data)


def make_pictures(folder: Path, *names: str, size: tuple[int, int] = (64, 64), caption: str | None = "a cat") -> Path:
    """A folder with pictures of one size; with a caption file beside each unless None."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        Image.new("RGB", size, "teal").save(folder / name)
        if caption is not None:
            (folder / name).with_suffix(".txt").write_text(caption, encoding="utf-8")
    return folder


def imagined(concept: Concept, count: int, sizes: Sequence[tuple[int, int]] = ((64, 64),)) -> Folder:
    """A folder of pictures that exist only on paper: enough for everything that is arithmetic."""
    pictures = [
        Picture(Path(f"{index:04d}.png"), f"{index:04d}.png", *sizes[index % len(sizes)], (f"a cat, number {index}",))
        for index in range(count)
    ]
    return Folder(concept, tuple(pictures), ())


def make_model(
    folder: Path,
    *,
    index: dict[str, Any] | None = None,
    unet: dict[str, Any] | None = None,
    without: Sequence[str] = (),
    weights: bool = True,
    xl: bool = False,
) -> Path:
    """A diffusers folder of empty weights and the JSON files that say what it is: SD 1.5 unless told otherwise."""
    parts = ["unet", "vae", "text_encoder", "tokenizer", "scheduler"] + ["text_encoder_2", "tokenizer_2"] * xl
    listed = {"_class_name": "StableDiffusionPipeline", **{part: ["library", "Class"] for part in parts}}
    configs: dict[str, dict[str, Any]] = {
        "unet": {"in_channels": 4, "cross_attention_dim": 768, **(unet or {})},
        "vae": {"_class_name": "AutoencoderKL", "latent_channels": 4, "block_out_channels": [128, 256, 512, 512]},
        "text_encoder": {"num_hidden_layers": 12, "max_position_embeddings": 77},
        "text_encoder_2": {"num_hidden_layers": 32, "max_position_embeddings": 77},
    }
    for part in parts:
        if part in without:
            continue
        (folder / part).mkdir(parents=True)
        (folder / part / "config.json").write_text(json.dumps(configs.get(part, {})))
        if weights and part in configs:
            (folder / part / "model.safetensors").touch()
    (folder / "model_index.json").write_text(json.dumps({**listed, **(index or {})}))
    return folder


def header_file(path: Path, shapes: Mapping[str, Sequence[int]], metadata: Mapping[str, str] | None = None) -> Path:
    """A safetensors file of float16 zeros, most of which take no room on the disk."""
    header: dict[str, Any] = {"__metadata__": dict(metadata or {})}
    at = 0
    for name, shape in shapes.items():
        end = at + 2 * math.prod(shape)
        header[name] = {"dtype": "F16", "shape": list(shape), "data_offsets": [at, end]}
        at = end
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + at)
    return path
