"""Pictures without training on the command line."""

from pathlib import Path

import pytest

from onetrainer_clone.families import Family
from onetrainer_clone.settings import Invalid
from onetrainer_clone.tool_arguments import lora_from
from tests.onetrainer_clone.front import Front
from tests.onetrainer_clone.making import header_file
from tests.onetrainer_clone.test_refused_before_start import lora_file


def test_what_is_to_be_drawn(front: Front, tmp_path: Path) -> None:
    layer = "lora_te_text_model_encoder_layers_0_mlp_fc1"
    (words := tmp_path / "words").mkdir()
    for name in ("a:b.safetensors", "plain.safetensors"):
        header_file(tmp_path / name, {f"{layer}.lora_down.weight": (1, 96), f"{layer}.lora_up.weight": (384, 1)})
        header_file(words / name, {"emb_params": (1, 96)})
    code = front.run(
        "sample", "--model", "demo:model", "--prompt", "a cat", "--prompt", "a dog", "--count", "2", "--seed", "5",
        "--size", "64X128", "--sampler", "ddim", "--lora", f"{tmp_path}/a:b.safetensors:0.5",
        "--lora", f"{tmp_path}/plain.safetensors", "--out", str(tmp_path), "--dtype", "bf16",
        "--embedding", f"{words}/plain.safetensors", "--embedding", f"{words}/a:b.safetensors:<cat>",
    )  # fmt: skip
    (drawing,) = front.drawn
    assert code == 0
    assert [(one.text, one.seed) for one in drawing.prompts] == [("a cat", 5), ("a cat", 6), ("a dog", 5), ("a dog", 6)]
    assert {(one.width, one.height, one.sampler.value) for one in drawing.prompts} == {(64, 128, "DDIM")}
    assert [(Path(lora.path).name, lora.strength) for lora in drawing.loras] == [
        ("a:b.safetensors", 0.5), ("plain.safetensors", 1.0),
    ]  # fmt: skip
    assert [(Path(file.path).name, file.words) for file in drawing.embeddings] == [
        ("plain.safetensors", ("plain", "<plain>")), ("a:b.safetensors", ("<cat>",)),
    ]  # fmt: skip
    assert drawing.target == tmp_path
    assert drawing.model.unet_dtype == "BF16"


def test_a_column_of_a_grid_may_be_of_several_files(front: Front, tmp_path: Path) -> None:
    paths = [str(lora_file(tmp_path / f"{name}.safetensors", Family.SD15, "demo:model")) for name in "ab"]
    paths.append(str(header_file(tmp_path / "word.safetensors", {"emb_params": (1, 96)})))
    code = front.run(
        "sample", "--model", "demo:model", "--prompt", "a cat", "--grid", str(tmp_path / "g.png"), "--lora", paths[0],
        "--column", f"{paths[0]}:0.25", paths[1], paths[2], "--column", paths[1], "--strengths", "0.5,1",
    )  # fmt: skip
    assert code == 0
    (drawing,) = front.drawn
    assert [" | ".join(column.label.split("\n")) for column in drawing.columns] == [
        "the model alone", "a | strength 0.5", "a | strength 1", "a + b + word | strengths 0.25 + 0.5",
        "a + b + word | strengths 0.25 + 1", "b | strength 0.5", "b | strength 1",
    ]  # fmt: skip


def test_the_model_is_drawn_with_as_it_is_unless_said_otherwise(front: Front, tmp_path: Path) -> None:
    words = ("sample", "--model", "demo:model", "--prompt", "a cat", "--out", str(tmp_path))
    assert front.run(*words) == 0
    assert front.run(*words, "--vae", "demo:model", "--prediction", "v_prediction", "--zero-terminal-snr", "on") == 0
    plain, other = front.drawn
    assert {(prompt.width, prompt.height) for prompt in plain.prompts} == {(None, None)}
    assert (plain.model.vae, plain.model.prediction, plain.model.zero_terminal_snr) == ("", "AUTO", "AUTO")
    assert (other.model.vae, other.model.prediction, other.model.zero_terminal_snr) == ("demo:model", "V_PREDICTION", "ON")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--size", "512"], "--size 512: write it as width x height in pixels, e.g. 512x768"),
        (["--size", "²x²"], "write it as width x height"),
        (["--size", "100x64"], "--size: 100 is not a multiple of 8: use 96 or 104"),
        (["--size", "8x64"], "--size: must be at least 16 (was 8)"),
        (["--count", "0"], "--count must be at least 1 (was 0)"),
        (["--column", "a.pt", "b.pt"], "--column: only a grid has columns; add --grid FILE.png"),
        (["--cfg-scale", "0", "--count", "3"], "--cfg-scale: must be at least 1 (was 0)"),
        (["--seed", "-1"], "--seed: must be at least 0 (was -1)"),
        (["--steps", "0"], "--steps: must be at least 1 (was 0)"),
        (["--sampler", "MAGIC"], "--sampler: must be one of EULER_A, EULER,"),
        (["--dtype", "FP8"], "--dtype: must be one of FP32, FP16, BF16 (was 'FP8')"),
        (["--clip-skip", "0"], "--clip-skip: must be at least 1 (was 0)"),
        (["--lora", "gone.safetensors"], "--lora: there is no file 'gone.safetensors'"),
        (["--lora", "gone.safetensors:20"], "--lora: the strength must be at most 10 (was 20)"),
        (["--lora", "gone.safetensors:nan"], "--lora: the strength must be a finite number"),
        (["--model", "gone"], "--model: there is no folder 'gone'"),
        (["--out", __file__], "is a file: choose a folder"),
        (["--vae", "gone"], "--vae: 'gone' is not a VAE folder"),
        (["--prediction", "X0"], "--prediction: must be one of AUTO, EPSILON, V_PREDICTION (was 'X0')"),
        (["--zero-terminal-snr", "1"], "--zero-terminal-snr: must be one of AUTO, ON, OFF (was '1')"),
    ],
)
def test_what_cannot_be_drawn_is_said_once_in_the_words_of_the_options(
    front: Front, capsys: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:
    assert front.run("sample", "--model", "demo:model", "--prompt", "a cat", *options) == 2
    err = capsys.readouterr().err
    assert words in err
    assert len(err.splitlines()) == 1
    assert front.drawn == []


@pytest.mark.parametrize("text", [r"C:\loras\cat.safetensors", r"C:\loras\cat.safetensors:0.8"])
def test_the_colon_of_a_windows_drive_is_no_strength(text: str) -> None:
    lora = lora_from(text)
    assert (lora.path, lora.strength) == (r"C:\loras\cat.safetensors", 0.8 if text.endswith("0.8") else 1.0)


def test_a_strength_that_is_no_number_is_said() -> None:
    with pytest.raises(Invalid, match=r"must be a number \(was 'full'\), as in FILE:0.8"):
        lora_from(r"C:\loras\cat.safetensors:full")
