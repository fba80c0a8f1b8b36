"""No file that is given to this program runs code, whatever its name and place."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from modules.checkpoints.embedding_file import read_embedding
from modules.checkpoints.load import load_model
from modules.checkpoints.lora import read_lora
from modules.checkpoints.weights import open_weights
from onetrainer_clone.paths import DEMO
from onetrainer_clone.settings import UserError
from onetrainer_clone.state.model import ModelSettings


class Harmful:
    """Writes a file where it is unpickled."""

    def __init__(self, mark: Path):
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, (f"import pathlib; pathlib.Path({str(self.mark)!r}).touch()",)


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    return tmp_path / "code ran"


def test_the_file_of_these_tests_does_run_code_where_it_is_unpickled(tmp_path: Path, mark: Path) -> None:
    torch.save({"a": Harmful(mark)}, tmp_path / "a.pt")
    torch.load(tmp_path / "a.pt", weights_only=False)
    assert mark.exists(), "otherwise these tests show nothing"


READERS: dict[str, Callable[[Path], object]] = {
    "weights": open_weights,
    "LoRA": read_lora,
    "embedding": read_embedding,
    "model": lambda path: load_model(ModelSettings(source=str(path))),
    "VAE": lambda path: load_model(ModelSettings(source="demo:model", vae=str(path))),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("suffix", [".ckpt", ".pt", ".bin", ".pth", ".safetensors"])
@pytest.mark.parametrize("old_format", [False, True])
def test_no_reader_runs_code(reader: str, suffix: str, old_format: bool, tmp_path: Path, mark: Path) -> None:
    path = tmp_path / f"harmful{suffix}"
    content = {"state_dict": {"a": torch.ones(2)}, "string_to_param": {"*": torch.ones(1, 768)}, "b": Harmful(mark)}
    torch.save(content, path, _use_new_zipfile_serialization=not old_format)
    with pytest.raises(UserError):
        READERS[reader](path)
    assert not mark.exists()


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("unet", "diffusion_pytorch_model.bin"),
        ("vae", "diffusion_pytorch_model.bin"),
        ("text_encoder", "pytorch_model.bin"),
    ],
)
@pytest.mark.parametrize("old_format", [False, True])
def test_no_folder_of_a_model_runs_code(part: str, name: str, old_format: bool, tmp_path: Path, mark: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(DEMO / "model", folder)
    for path in (folder / part).glob("*.safetensors"):
        path.unlink()
    torch.save({"a": Harmful(mark)}, folder / part / name, _use_new_zipfile_serialization=not old_format)
    with pytest.raises(UserError):
        load_model(ModelSettings(source=str(folder)))
    assert not mark.exists()
