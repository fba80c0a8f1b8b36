"""`.ckpt` files: weights are read, code never runs."""

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from modules.checkpoints.ckpt import Ckpt
from modules.checkpoints.load import load_model
from modules.checkpoints.save_single_file import write_original
from onetrainer_clone import pickled
from onetrainer_clone.families import Family
from onetrainer_clone.settings import Invalid, UserError
from onetrainer_clone.state.model import ModelSettings
from tests.modules.checkpoints.tiny import tiny_folder, tiny_parts
from tests.modules.small import same, tensors


class Callback:
    """Stands for what trainers leave in their files."""


class Harmful:
    def __reduce__(self) -> tuple[Any, ...]:
        return exec, ("import pathlib; pathlib.Path('ran').touch()",)


@pytest.fixture
def original(tmp_path: Path) -> Path:
    tiny_folder(Family.SD15, tmp_path / "tiny")
    write_original(tmp_path / "tiny.safetensors", Family.SD15, tiny_parts(Family.SD15), torch.float32, {})
    return tmp_path / "tiny.safetensors"


@pytest.mark.parametrize(
    "wrap", [lambda found: found, lambda found: {"state_dict": found, "global_step": 7, "epoch": 1}]
)
def test_a_ckpt_is_the_same_model_as_its_safetensors(original: Path, wrap: Any) -> None:
    path = original.with_suffix(".ckpt")
    torch.save(wrap(tensors(original)), path)
    a, b = (load_model(ModelSettings(source=str(file), vae=str(file))) for file in (path, original))
    for part in ("unet", "vae", "text_encoder"):
        assert same(getattr(a, part).state_dict(), getattr(b, part).state_dict())


def test_its_weights_are_named_and_mapped(tmp_path: Path) -> None:
    path = tmp_path / "a.ckpt"
    torch.save({"state_dict": {"a": torch.ones(2, 3), "b": "no tensor"}, "lr": 0.1}, path)
    found = Ckpt(path)
    assert found.shapes == {"a": (2, 3)}
    with found.open() as get:
        assert get("a").tolist() == [[1.0] * 3] * 2
        if sys.platform == "linux":
            assert str(path) in Path("/proc/self/maps").read_text(encoding="utf-8")


def test_all_that_torch_reads_of_plain_weights_is_known_and_nothing_else() -> None:
    from torch._weights_only_unpickler import _get_allowed_globals

    assert [name for name in _get_allowed_globals() if not pickled.is_known(name)] == []
    strangers = ["os.system", "builtins.exec", "torch.load", "torch.storage._load_from_bytes", "torch.interp"]
    assert [name for name in strangers if pickled.is_known(name)] == []


def test_shapes_are_read_as_torch_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "a.pt"
    kinds = (torch.float16, torch.bfloat16, torch.int64, torch.uint16, torch.bool)
    found = {str(kind): torch.ones(number + 1, 3).to(kind) for number, kind in enumerate(kinds)}
    torch.save({"state_dict": {**found, "p": torch.nn.Parameter(torch.ones(())), "view": torch.ones(4, 6).t()[1:]}}, path)
    expected = {name: tuple(tensor.shape) for name, tensor in torch.load(path)["state_dict"].items()}
    assert pickled.shapes(path) == Ckpt(path).shapes == expected


@pytest.mark.parametrize("harmful", [Callback(), Harmful()])
def test_a_file_with_python_objects_is_refused_and_nothing_runs(
    original: Path, harmful: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(original.parent)
    path = original.with_suffix(".ckpt")
    torch.save({"state_dict": tensors(original), "callbacks": {"a": harmful}}, path)
    with pytest.raises(Invalid) as caught:
        load_model(ModelSettings(source=str(path)))
    [problem] = caught.value.problems
    assert problem.path == "model.source"
    assert "holds Python objects beside its weights" in problem.message
    assert ("Callback" if isinstance(harmful, Callback) else "exec") in problem.message
    assert "Ask for a .safetensors file" in problem.message
    assert not (original.parent / "ran").exists()


def test_the_old_format_and_broken_files_are_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "a.ckpt"
    torch.save({"a": torch.ones(2)}, path, _use_new_zipfile_serialization=False)
    with pytest.raises(UserError, match="saved in the format before PyTorch"):
        Ckpt(path)
    torch.save({"a": torch.ones(1000)}, path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(UserError, match="is cut off"):
        Ckpt(path)
    shutil.make_archive(str(tmp_path / "other"), "zip", tmp_path, "a.ckpt")
    with pytest.raises(UserError, match="is damaged"):
        Ckpt(Path(tmp_path / "other.zip"))
    torch.save([torch.ones(1)], path)
    with pytest.raises(UserError, match="holds no named weights but a list"):
        Ckpt(path)


def test_the_wrong_family_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "xl.ckpt"
    torch.save({name: torch.zeros(1) for name in ("conditioner.embedders.1.model.positional_embedding",)}, path)
    with pytest.raises(Invalid, match="is no kind of file that is known here, which cannot be trained"):
        load_model(ModelSettings(source=str(path)))
    whole = {
        "model.diffusion_model.input_blocks.0.0.weight": torch.zeros(1, 4, 1, 1),
        "conditioner.embedders.0.transformer.text_model.final_layer_norm.weight": torch.zeros(8),
        "conditioner.embedders.1.model.positional_embedding": torch.zeros(77, 8),
    }
    torch.save({"state_dict": whole}, path)
    with pytest.raises(Invalid, match=r"model\.type: .* is an SDXL checkpoint: switch the model type to SDXL"):
        load_model(ModelSettings(source=str(path)))
