"""A model as one file: what is saved is loaded bit for bit, every variant that people have is read, the rest is refused."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from modules.checkpoints import weights
from modules.checkpoints.load import load_model
from modules.checkpoints.parts import read_part, strangers
from modules.checkpoints.save_single_file import save_single_file, write_original
from modules.checkpoints.single_file import load_vae_file
from modules.checkpoints.weights import open_weights
from modules.models.sd15 import StableDiffusion15
from onetrainer_clone.families import Family
from onetrainer_clone.paths import DEMO
from onetrainer_clone.settings import Invalid, UserError
from onetrainer_clone.state.model import ModelSettings
from tests.modules.checkpoints.tiny import make, tiny_config, tiny_folder, tiny_parts, tiny_table
from tests.modules.small import demo_model, run, same, small_state, tensors

UNET, VAE, TEXT = "model.diffusion_model.", "first_stage_model.", "cond_stage_model.transformer."
Change = Callable[[dict[str, Tensor]], dict[str, Tensor]]
DTYPES = {"FP32": torch.float32, "FP16": torch.float16, "BF16": torch.bfloat16}


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny SD 1.5 model as one file, and beside it the folder that describes it."""
    folder = tmp_path_factory.mktemp("original")
    tiny_folder(Family.SD15, folder / "tiny")
    write_original(folder / "tiny.safetensors", Family.SD15, tiny_parts(Family.SD15), torch.float32, {})
    return folder / "tiny.safetensors"


@pytest.fixture(scope="module")
def whole(original: Path) -> StableDiffusion15:
    """The loaded file, for tests that leave it as it is."""
    return load(original)


def load(path: Path, heard: list[str] | None = None, **settings: Any) -> StableDiffusion15:
    model = load_model(ModelSettings(source=str(path), **settings), (heard if heard is not None else []).append)
    assert isinstance(model, StableDiffusion15)
    return model


def variant(original: Path, folder: Path, change: Change, metadata: dict[str, str] | None = None) -> Path:
    """The file with other tensors, and its description beside it."""
    shutil.copytree(original.with_suffix(""), folder / "variant")
    save_file(change(tensors(original)), folder / "variant.safetensors", metadata)
    return folder / "variant.safetensors"


def modules(model: StableDiffusion15) -> dict[str, nn.Module]:
    return {"unet": model.unet, "vae": model.vae, "text_encoder": model.text_encoder}


def equal(a: StableDiffusion15, b: StableDiffusion15) -> bool:
    return all(same(modules(a)[part].state_dict(), module.state_dict()) for part, module in modules(b).items())


def refused(path: Path, **settings: Any) -> tuple[str, str]:
    with pytest.raises(Invalid) as caught:
        load(path, **settings)
    [problem] = caught.value.problems
    return problem.path, problem.message


def test_the_loaded_model_is_whole(original: Path) -> None:
    heard: list[str] = []
    model, parts = load(original, heard), tiny_parts(Family.SD15)
    for part, module in modules(model).items():
        assert same(module.state_dict(), parts[part].state_dict()), part
        assert not module.training
        assert not any(parameter.requires_grad for parameter in module.parameters())
        assert not any(tensor.is_meta for tensor in (*module.parameters(), *module.buffers()))
        assert all(parameter.is_contiguous() for parameter in module.parameters())
    assert heard == []
    assert model.tokenize(["a photo of a cat"])[0, 0, :8].tolist() == [49406, 320, 1125, 539, 320, 2368, 49407, 49407]
    assert (model.schedule.prediction, model.schedule.timesteps, model.vae_factor) == ("epsilon", 1000, 8)


@pytest.mark.parametrize(("stored", "wanted"), [("FP32", "BF16"), ("FP16", "FP32"), ("FP16", "FP16"), ("BF16", "FP16")])
def test_every_dtype_is_read_into_every_other(original: Path, tmp_path: Path, stored: str, wanted: str) -> None:
    change: Change = lambda found: {name: tensor.to(DTYPES[stored]) for name, tensor in found.items()}  # noqa: E731
    model = load(variant(original, tmp_path, change), unet_dtype=wanted, text_encoder_dtype=wanted, vae_dtype=wanted)
    for part, module in tiny_parts(Family.SD15).items():
        expected = {name: tensor.to(DTYPES[stored]).to(DTYPES[wanted]) for name, tensor in module.state_dict().items()}
        assert same(modules(model)[part].state_dict(), expected)


@pytest.mark.parametrize("name", ["FP32", "FP16", "BF16"])
def test_what_is_saved_is_loaded_bit_for_bit_and_saved_again_as_it_was(
    original: Path, tmp_path: Path, name: str
) -> None:
    model = load(original, unet_dtype=name, text_encoder_dtype=name, vae_dtype=name)
    for file in ("first", "second"):
        shutil.copytree(original.with_suffix(""), tmp_path / file)
        save_single_file(tmp_path / f"{file}.safetensors", model, DTYPES[name], {"modelspec.title": "tiny"})
        loaded = load(tmp_path / f"{file}.safetensors", unet_dtype=name, text_encoder_dtype=name, vae_dtype=name)
        assert equal(loaded, model)
        model = loaded
    first, second = ((tmp_path / f"{file}.safetensors").read_bytes() for file in ("first", "second"))
    assert first == second
    stored, before = tensors(tmp_path / "first.safetensors"), tensors(original)
    assert {key: tensor.shape for key, tensor in stored.items()} == {key: t.shape for key, t in before.items()}
    assert stored.pop(f"{TEXT}text_model.embeddings.position_ids").tolist() == [list(range(77))]
    assert {tensor.dtype for tensor in stored.values()} == {DTYPES[name]}


def with_ema(found: dict[str, Tensor]) -> dict[str, Tensor]:
    flat = {f"model_ema.{name[6:].replace('.', '')}": tensor + 1 for name, tensor in found.items() if UNET in name}
    schedule = {name: torch.ones(1000) for name in ("betas", "alphas_cumprod", "sqrt_alphas_cumprod", "logvar")}
    return found | flat | schedule | {"model_ema.decay": torch.tensor(0.9999), "model_ema.num_updates": torch.tensor(3)}


def without_positions(found: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor for name, tensor in found.items() if "position_ids" not in name}


def without_text_model(found: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.replace(f"{TEXT}text_model.", TEXT): tensor for name, tensor in found.items()}


def linear_vae(found: dict[str, Tensor]) -> dict[str, Tensor]:
    attention = f"{VAE}encoder.mid.attn_1.q.weight"
    return found | {attention: found[attention].flatten(1).contiguous()}


@pytest.mark.parametrize("change", [with_ema, without_positions, without_text_model, linear_vae])
def test_variants_of_a_file_are_the_same_model(
    original: Path, whole: StableDiffusion15, tmp_path: Path, change: Change
) -> None:
    heard: list[str] = []
    assert equal(load(variant(original, tmp_path, change), heard), whole)
    assert heard == []


def test_keys_that_nothing_here_knows_are_named_and_left_out(
    original: Path, whole: StableDiffusion15, tmp_path: Path
) -> None:
    strange = {f"strange.{number}": torch.zeros(1) for number in range(5)}
    heard: list[str] = []
    assert equal(load(variant(original, tmp_path, lambda found: found | strange), heard), whole)
    [message] = heard
    assert "holds 'strange.0', 'strange.1', 'strange.2' and 2 more, which nothing here knows" in message


def test_missing_weights_are_refused_by_name(original: Path, tmp_path: Path) -> None:
    gone = f"{UNET}middle_block.1.proj_in.weight"
    path = variant(original, tmp_path, lambda found: {name: t for name, t in found.items() if name != gone})
    where, message = refused(path)
    assert (where, f"lacks '{gone}' of the 686 weights of its unet" in message) == ("model.source", True)


def test_another_size_is_refused_by_name(original: Path, tmp_path: Path) -> None:
    name = f"{TEXT}text_model.final_layer_norm.weight"
    where, message = refused(variant(original, tmp_path, lambda found: found | {name: torch.ones(33)}))
    assert where == "model.source"
    assert f"does not fit its configuration: {name} is [33] where [32] is needed" in message


def test_a_file_that_its_family_does_not_describe_is_refused(original: Path, tmp_path: Path) -> None:
    shutil.copy(original, tmp_path / "alone.safetensors")  # without the folder: then it is a full-size SD 1.5 model
    assert "does not fit its configuration" in refused(tmp_path / "alone.safetensors")[1]


@pytest.mark.parametrize("length", [0, 7, 5000, -1])
def test_a_broken_download_is_refused_in_words(original: Path, tmp_path: Path, length: int) -> None:
    path = variant(original, tmp_path, dict)
    path.write_bytes(path.read_bytes()[:length])
    assert "is damaged or no safetensors file" in refused(path)[1]


def test_the_files_own_word_on_what_it_predicts_counts(original: Path, tmp_path: Path) -> None:
    marked = variant(original, tmp_path, lambda found: found | {"v_pred": torch.zeros(0), "ztsnr": torch.zeros(0)})
    model = load(marked)
    assert model.schedule.prediction == "v_prediction"
    assert float(model.schedule.alphas_cumprod[-1]) < 1e-6
    save_single_file(tmp_path / "variant.safetensors", model, torch.float32)
    assert load(tmp_path / "variant.safetensors").schedule.prediction == "v_prediction"


def without_vae(found: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor for name, tensor in found.items() if not name.startswith(VAE)}


def alone(found: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(VAE): tensor for name, tensor in found.items() if name.startswith(VAE)}


def by_diffusers(found: dict[str, Tensor]) -> dict[str, Tensor]:
    return dict(tiny_parts(Family.SD15)["vae"].state_dict())


def by_old_diffusers(found: dict[str, Tensor]) -> dict[str, Tensor]:
    found = by_diffusers(found)
    for new, old in (("to_q", "query"), ("to_k", "key"), ("to_v", "value"), ("to_out.0", "proj_attn")):
        found = {name.replace(f".{new}.", f".{old}."): tensor for name, tensor in found.items()}
    return found


def test_a_model_without_a_vae_asks_for_one(original: Path, whole: StableDiffusion15, tmp_path: Path) -> None:
    path = variant(original, tmp_path, without_vae)
    where, message = refused(path)
    assert where == "model.vae"
    assert message.endswith("holds no VAE: choose one here")
    assert equal(load(path, vae=str(original)), whole)
    assert refused(path, vae=str(path))[0] == "model.vae"


@pytest.mark.parametrize("change", [dict, alone, by_diffusers, by_old_diffusers])
def test_a_vae_is_read_from_every_kind_of_file(original: Path, tmp_path: Path, change: Change) -> None:
    found = load_vae_file(variant(original, tmp_path, change), torch.float32)
    assert same(found.state_dict(), by_diffusers({}))


def test_a_vae_file_is_read_in_the_dtype_asked_for(original: Path) -> None:
    assert {parameter.dtype for parameter in load_vae_file(original, torch.bfloat16).parameters()} == {torch.bfloat16}


def test_what_is_not_finite_is_refused_and_the_old_file_stays(original: Path, tmp_path: Path) -> None:
    model = load(original)
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"old")
    model.unet.conv_out.bias.data[0] = 1e6  # more than float16 can hold
    with pytest.raises(UserError, match=r"not finite in float16: 'model\.diffusion_model\.out\.2\.bias'"):
        save_single_file(path, model, torch.float16)
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["model.safetensors"]


def memory(name: str) -> int:
    """A figure of this process in bytes, as Linux counts it."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) * 1024


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux tells a process's peak memory")
@pytest.mark.parametrize("stored", [torch.float32, torch.float16])
def test_loading_takes_no_more_memory_than_the_model_and_a_piece(
    original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stored: torch.dtype
) -> None:
    monkeypatch.setattr(weights, "_AT_ONCE_BYTES", 2**22)  # as small beside this model as 128 MiB beside a real one
    folder = tiny_folder(Family.SD15, tmp_path / "wider")
    config = folder / "unet" / "config.json"
    config.write_text(config.read_text().replace("[8, 16, 24, 24]", "[64, 128, 192, 192]"))
    save_wider(folder, stored)
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")  # the peak starts anew
    before = memory("VmRSS")
    model = load(tmp_path / "wider.safetensors", unet_dtype="FP16", text_encoder_dtype="FP16", vae_dtype="FP16")
    size = sum(p.nbytes for module in modules(model).values() for p in module.parameters())
    assert size > 30e6
    assert memory("VmHWM") - before < 1.3 * size


def save_wider(folder: Path, dtype: torch.dtype) -> None:
    from modules.checkpoints.save_single_file import write_original

    parts = tiny_parts(Family.SD15) | {"unet": make("unet", json.loads((folder / "unet/config.json").read_text()))}
    write_original(folder.with_suffix(".safetensors"), Family.SD15, parts, dtype, {})


def test_training_from_one_file_gives_what_training_from_the_folder_gives(tmp_path: Path, cache: Path) -> None:
    shutil.copytree(DEMO / "model", tmp_path / "demo", ignore=shutil.ignore_patterns("*.safetensors"))
    save_single_file(tmp_path / "demo.safetensors", demo_model(), torch.float16)
    found = []
    for number, source in enumerate(("demo:model", str(tmp_path / "demo.safetensors"))):
        state = small_state(
            tmp_path / str(number), **{"model.source": source, "training.steps": 3, "saving.cache": str(cache)}
        )
        found.append(run(state)[0])
    assert same(*found)


def test_every_part_of_sdxl_is_read_also_with_keys_that_only_its_file_has(tmp_path: Path) -> None:
    parts = tiny_parts(Family.SDXL)
    write_original(tmp_path / "xl.safetensors", Family.SDXL, parts, torch.float32, {})
    unused = {"conditioner.embedders.1.model.transformer.text_model.embeddings.position_ids": torch.arange(77)[None]}
    save_file(tensors(tmp_path / "xl.safetensors") | unused, tmp_path / "more.safetensors")
    entries = tiny_table(Family.SDXL)
    for file in ("xl", "more"):
        stored = open_weights(tmp_path / f"{file}.safetensors")
        assert strangers(stored, entries) == []
        for part, module in parts.items():
            read = read_part(part, tiny_config(Family.SDXL, part), entries[part], stored, torch.float32)
            assert same(read.state_dict(), module.state_dict()), part
            assert all(parameter.is_contiguous() for parameter in read.parameters())
