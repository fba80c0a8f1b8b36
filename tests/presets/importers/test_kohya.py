"""kohya's datasets, folders and settings, and those of lora-scripts."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from onetrainer_clone import cli
from onetrainer_clone.arguments import parse
from onetrainer_clone.settings import UserError, get
from presets import store
from presets.importers import import_preset
from tests.onetrainer_clone.making import make_pictures

DATASET = """
[general]
enable_bucket = true
caption_extension = ".txt"
shuffle_caption = true
keep_tokens = 2

[[datasets]]
resolution = [768, 512]
batch_size = 4
bucket_reso_steps = 32

  [[datasets.subsets]]
  image_dir = "cats"
  num_repeats = 10
  class_tokens = "sks cat"
  flip_aug = true
  caption_prefix = "photo, "

  [[datasets.subsets]]
  image_dir = "/reg/10_cat"
  is_reg = true
  class_tokens = "cat"
  keep_tokens = 1
  color_aug = true
  face_crop_aug_range = [1.0, 3.0]
"""


def test_a_dataset_config(tmp_path: Path) -> None:
    make_pictures(tmp_path / "cats", "1.png", caption=None)
    (tmp_path / "data.toml").write_text(DATASET)
    found = import_preset(tmp_path / "data.toml")
    cats, reg = found.state.concepts
    assert (cats.name, cats.path, cats.repeats, cats.role) == ("cats", str(tmp_path / "cats"), 10, "SUBJECT")
    assert (cats.caption_source, cats.caption_text, cats.trigger_words) == ("TEXT", "sks cat", "photo")
    assert (cats.shuffle_tags, cats.keep_tags, cats.flip) == (True, 2, True)
    assert (reg.name, reg.role, reg.keep_tags, reg.repeats, reg.flip) == ("cat", "REGULARIZATION", 1, 1, False)
    assert (found.state.training.resolution, found.state.training.batch_size) == (627, 4)
    assert found.state.training.bucket_step == "32"
    assert [line.split(":")[0] for line in found.lines] == [
        "resolution", "datasets[0].subsets[1].color_aug", "datasets[0].subsets[1].face_crop_aug_range", "regularization",
    ]  # fmt: skip
    assert "sd-scripts 0.9" in found.source


@pytest.mark.parametrize("above", ["img", "train", "my pictures", "."])
def test_numbered_folders_with_and_without_captions(tmp_path: Path, above: str) -> None:
    subject = tmp_path / above / "10_sks cat"
    make_pictures(subject, "1.png", "2.png", "1-masklabel.png", caption=None)
    make_pictures(tmp_path / "reg" / "1_cat", "1.png", caption="a cat")
    found = import_preset(tmp_path)
    concepts = {concept.name: concept for concept in found.state.concepts}
    assert set(concepts) == {"sks cat", "cat"}
    assert (concepts["sks cat"].repeats, concepts["sks cat"].caption_text) == (10, "sks cat")
    assert concepts["sks cat"].path == str(subject)
    assert (concepts["cat"].role, concepts["cat"].caption_source) == ("REGULARIZATION", "FILE")
    assert [line.split(":")[0] for line in found.lines] == ["regularization"]
    (subject / "1.txt").write_text("a cat")
    assert "1 of 2 pictures have no text file: give them one with 'sks cat'" in import_preset(tmp_path).lines[0]


SETTINGS: dict[str, Any] = {
    "model_train_type": "sdxl-lora", "pretrained_model_name_or_path": "./xl.safetensors", "v2": False,
    "train_data_dir": "train", "reg_data_dir": "", "prior_loss_weight": 1, "resolution": "1024,1024", "enable_bucket": True,
    "bucket_reso_steps": 64, "output_name": "cat", "output_dir": "./output", "save_model_as": "safetensors",
    "save_precision": "bf16", "save_every_n_epochs": 2, "max_train_epochs": 10, "train_batch_size": 2,
    "gradient_checkpointing": True, "network_train_unet_only": False, "network_train_text_encoder_only": False,
    "learning_rate": 1e-4, "unet_lr": 1e-4, "text_encoder_lr": 1e-5, "lr_scheduler": "cosine_with_restarts",
    "lr_warmup_steps": 50, "lr_scheduler_num_cycles": 3, "optimizer_type": "AdamW8bit", "min_snr_gamma": 5,
    "network_module": "networks.lora", "network_dim": 32, "network_alpha": 16, "noise_offset": 0.03,
    "seed": 1337, "clip_skip": 2, "max_token_length": 225, "mixed_precision": "bf16", "xformers": True, "lowram": False,
    "cache_latents": True, "shuffle_caption": True, "keep_tokens": 1,
    "optimizer_args": ["weight_decay=0.1", "betas=0.9,0.98"],
    "network_args": ["conv_dim=8", "conv_alpha=4"], "sample_prompts": "a cat --n bad --w 512 --h 768 --l 6 --s 24 --d 9",
    "sample_sampler": "euler_a", "sample_every_n_epochs": 1,
}  # fmt: skip
EXPECTED = {
    "model.type": "SDXL", "method": "LORA", "model.source": "./xl.safetensors", "training.resolution": 1024,
    "saving.name": "cat", "saving.dtype": "BF16", "saving.every.amount": 2, "training.epochs": 10,
    "training.batch_size": 2, "training.gradient_checkpointing": True, "learning_rate.unet": 1e-4,
    "learning_rate.text_encoder": 1e-5, "learning_rate.schedule": "COSINE_RESTARTS", "learning_rate.warmup": 50,
    "learning_rate.cycles": 3, "optimizer.optimizer": "ADAMW_8BIT", "optimizer.adamw_8bit.weight_decay": 0.1,
    "optimizer.adamw_8bit.beta2": 0.98, "noise.min_snr_gamma": 5, "noise.offset": 0.03, "adapter.rank": 32,
    "adapter.alpha": 16, "adapter.layers": "ALL", "adapter.conv_rank": 8, "adapter.conv_alpha": 4, "training.seed": 1337,
    "model.clip_skip": 2, "model.text_windows": 3, "training.train_dtype": "BF16", "concepts[0].name": "sks cat",
    "concepts[0].shuffle_tags": True, "concepts[0].repeats": 10, "sampling.prompts[0].text": "a cat",
    "sampling.prompts[0].negative": "bad", "sampling.prompts[0].height": 768, "sampling.prompts[0].steps": 24,
    "sampling.prompts[0].seed": 9, "sampling.every.unit": "EPOCHS",
}  # fmt: skip


def as_toml(data: dict[str, Any]) -> str:
    import json

    return "\n".join(f"{key} = {json.dumps(value)}" for key, value in data.items())


@pytest.mark.parametrize("form", ["toml", "grouped toml", "yaml"])
def test_settings_of_lora_scripts(tmp_path: Path, form: str) -> None:
    make_pictures(tmp_path / "train" / "10_sks cat", "1.png", caption="a cat")
    path = tmp_path / ("it.yaml" if form == "yaml" else "it.toml")
    text = yaml.safe_dump(SETTINGS) if form == "yaml" else as_toml(SETTINGS)
    path.write_text(f"[train]\n{text}" if form == "grouped toml" else text)
    found = import_preset(path)
    assert {name: get(found.state, name) for name in EXPECTED} == pytest.approx(EXPECTED)
    assert found.lines == ()


def test_a_folder_of_regularization_pictures_comes_with_the_same_note_as_folders_do(tmp_path: Path) -> None:
    make_pictures(tmp_path / "train" / "10_sks cat", "1.png", caption="a cat")
    make_pictures(tmp_path / "reg" / "1_cat", "1.png", caption="a cat")
    (tmp_path / "it.toml").write_text(as_toml({**SETTINGS, "reg_data_dir": "reg"}))
    (line,) = import_preset(tmp_path / "it.toml").lines
    assert line.startswith("regularization: kohya's trainer shows as many")


@pytest.mark.parametrize(
    ("theirs", "line"),
    [
        ({"optimizer_type": "Lion"}, "optimizer_type: Lion is not supported: AdamW"),
        (
            {"optimizer_type": "Prodigy", "optimizer_args": ["decouple=True", "foo=3"]},
            "optimizer_args.foo: not supported",
        ),
        ({"lr_scheduler": "polynomial"}, "lr_scheduler: polynomial is not supported"),
        ({"network_module": "networks.oft"}, "network_module: networks.oft is not supported"),
        ({"network_args": ["algo=ia3"]}, "network_args.algo: ia3 is not supported"),
        ({"network_args": ["block_dims=2,4"]}, "network_args.block_dims: not supported"),
        ({"multires_noise_iterations": 6}, "multires_noise_iterations: not supported, ignored"),
        ({"something_else": "x"}, "something_else: not known, ignored"),
        ({"train_data_dir": "gone"}, "train_data_dir: 'gone' has no folders"),
        ({"max_token_length": 300}, "max_token_length: 300 is not supported"),
    ],
)
def test_what_does_not_map_is_a_line(tmp_path: Path, theirs: dict[str, Any], line: str) -> None:
    (tmp_path / "it.toml").write_text(as_toml({"network_module": "networks.lora", **theirs}))
    found = import_preset(tmp_path / "it.toml")
    assert len(found.lines) == 1
    assert line in found.lines[0]


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ({"text_encoder_lr": [1e-5, 0], "model_train_type": "sdxl-lora", "masked_loss": True},
         {"learning_rate.text_encoder": 1e-5, "training.text_encoder_2": False, "noise.masked": True}),
        ({"max_train_steps": 500}, {"training.length": "STEPS", "training.steps": 500}),
        ({"network_train_unet_only": True}, {"training.text_encoder": False, "training.unet": True}),
        ({"network_module": "lycoris.kohya", "network_args": ["algo=lokr", "factor=8"]},
         {"adapter.variant": "LOKR", "adapter.lokr_factor": 8}),
        ({"network_module": "lycoris.kohya", "network_args": ["algo=loha"]}, {"adapter.variant": "LOHA"}),
        ({"network_args": ["dora_wd=True"]}, {"adapter.variant": "DORA"}),
        ({"v_parameterization": True, "zero_terminal_snr": True},
         {"model.prediction": "V_PREDICTION", "model.zero_terminal_snr": "ON"}),
        ({}, {"adapter.rank": 4, "adapter.alpha": 1, "training.steps": 1600, "training.train_dtype": "FP32"}),
    ],
)  # fmt: skip
def test_what_maps_is_mapped(tmp_path: Path, theirs: dict[str, Any], ours: dict[str, Any]) -> None:
    (tmp_path / "it.toml").write_text(as_toml({"network_module": "networks.lora", **theirs}))
    found = import_preset(tmp_path / "it.toml")
    assert {path: get(found.state, path) for path in ours} == ours
    assert found.lines == ()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("it.toml", "a = [", "is damaged"),
        ("it.json", "[1, 2]", "holds no settings of OneTrainer.*: choose a file that one of them saved"),
        ("it.yaml", "!!python/object/apply:os.system ['true']", "is damaged"),
        ("it.txt", "x", "file of another kind"),
        ("it.toml", "v2 = true\nnetwork_dim = 4", "Stable Diffusion 2"),
        ("it.toml", 'model_train_type = "flux-lora"\nnetwork_dim = 4', "'flux-lora'"),
    ],
)
def test_what_is_none_is_refused_in_words(tmp_path: Path, name: str, content: str, words: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(UserError, match=words):
        import_preset(tmp_path / name)
    with pytest.raises(UserError, match="there is no file"):
        import_preset(tmp_path / "gone")


def test_the_command_makes_an_own_preset_and_says_what_was_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "it.toml").write_text(as_toml({"network_module": "networks.lora", "network_dim": 8, "lowram": True}))

    def run(*arguments: str) -> int:
        nothing: Any = None
        return cli.main(parse(arguments), nothing, nothing, nothing, nothing)

    assert run("import", str(tmp_path / "it.toml"), "--name", "from kohya") == 0
    out = capsys.readouterr().out
    assert "'from kohya' was made from kohya's sd-scripts" in out
    assert "lowram: not supported, ignored" in out
    preset = store.find("from kohya")
    assert preset.load().adapter.rank == 8
    assert "Imported from" in preset.description
    assert run("import", str(tmp_path / "it.toml"), "--name", "from kohya") == 2
    assert "there is a preset 'from kohya' already" in capsys.readouterr().err
