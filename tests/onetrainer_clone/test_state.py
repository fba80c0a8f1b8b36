"""The rules between settings: what is wrong with a state is said all at once, with the value, the rule and a way out."""

from pathlib import Path
from typing import Any

import pytest

from onetrainer_clone.settings import replace
from onetrainer_clone.state import TrainingState, check, errors
from onetrainer_clone.state.optimizer import learning_rates
from presets import store
from tests.onetrainer_clone.making import make_model, make_pictures

DEMO = "demo"


def demo(**changes: object) -> TrainingState:
    """The demo with settings changed; 'training__epochs' stands for 'training.epochs'."""
    state = store.find(DEMO).load()
    for path, value in changes.items():
        state = replace(state, path.replace("__", "."), value)
    return state


def concept(state: TrainingState, **changes: object) -> TrainingState:
    for name, value in changes.items():
        state = replace(state, f"concepts[0].{name}", value)
    return state


def said(state: TrainingState) -> dict[str, str]:
    return {problem.path: f"{problem.severity}: {problem.message}" for problem in check(state)}


def test_the_demo_has_no_problem() -> None:
    assert check(demo()) == []


def test_an_empty_state_says_what_to_choose_first() -> None:
    assert said(TrainingState()) == {
        "model.source": "error: choose the model to start from: a file or a diffusers model folder",
        "concepts": "error: there is nothing to train on: add a concept, a folder with pictures of your subject",
    }


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        ({"model__source": "nowhere"}, "model.source", "there is no folder 'nowhere': was it moved or renamed?"),
        ({"model__clip_skip": 12}, "model.clip_skip", "the model's text layers (was 12)"),
        ({"model__vae": "nowhere"}, "model.vae", "is not a VAE folder"),
        (
            {"training__resolution": 500},
            "training.resolution",
            "500 is not a multiple of 16 (the bucket step): use 496 or 512",
        ),
        (
            {"training__bucket_step": "64", "training__resolution": 32},
            "training.resolution",
            "use 64, or choose a finer",
        ),
        ({"training__unet": False, "training__text_encoder": False}, "training.unet", "switch one on"),
        (
            {"learning_rate__unet": 0, "learning_rate__text_encoder": 0},
            "learning_rate.unet",
            "every learning rate is 0",
        ),
        ({"saving__name": "a/b"}, "saving.name", "not a path"),
        ({"saving__workspace": "zero\0"}, "saving.workspace", "a character that names cannot have"),
        (
            {"sampling__prompts": [{"width": 100}]},
            "sampling.prompts[0].width",
            "100 is not a multiple of 8: use 96 or 104",
        ),
    ],
)
def test_what_is_wrong_is_said_at_its_place(changes: dict[str, Any], path: str, words: str) -> None:
    found = said(demo(**changes))
    assert found[path].startswith("error: ")
    assert words in found[path]


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        ({"name": " "}, "concepts[0].name", "error: must not be empty"),
        ({"name": "class"}, "concepts[0].name", "error: must be the concept's own (there are 2 'class')"),
        ({"path": ""}, "concepts[0].path", "error: choose the folder"),
        ({"path": "nowhere"}, "concepts[0].path", "error: there is no folder 'nowhere': was it moved or renamed?"),
        ({"path": "a" * 300}, "concepts[0].path", "error: there is no folder"),
        ({"path": "~nobody_of_this_name"}, "concepts[0].path", "error: there is no folder"),
        ({"path": __file__}, "concepts[0].path", "is not a folder"),
        ({"loss_weight": 0}, "concepts[0].loss_weight", "warning: is 0"),
        ({"resolution": 100}, "concepts[0].resolution", "error: 100 is not a multiple of 16"),
        ({"caption_source": "TEXT_FILE"}, "concepts[0].caption_file", "error: choose the text file"),
        (
            {"caption_source": "TEXT_FILE", "caption_file": "no.txt"},
            "concepts[0].caption_file",
            "error: there is no file",
        ),
        ({"caption_source": "TEXT"}, "concepts[0].caption_text", "warning: is empty"),
        ({"caption_text": "a cat"}, "concepts[0].caption_text", "note: has an effect only while"),
    ],
)
def test_what_is_wrong_with_a_concept(changes: dict[str, Any], path: str, words: str) -> None:
    assert words in said(concept(demo(), **changes))[path]


def test_every_problem_is_told_at_once() -> None:
    state = concept(demo(training__resolution=500, model__source="nowhere", saving__name="a/b"), path="", name="")
    assert list(said(state)) == [
        "model.source",
        "concepts[0].name",
        "concepts[0].path",
        "training.resolution",
        "saving.name",
    ]


def test_concepts_that_are_switched_off_are_not_looked_at() -> None:
    state = concept(demo(), enabled=False, path="nowhere", name="class", resolution=100)
    assert errors(check(state)) == []


def test_validation_alone_is_nothing_to_train_on_and_has_no_weight_to_be_0() -> None:
    state = demo(concepts=[{"name": "check", "path": "demo:concepts/class", "role": "VALIDATION"}])
    assert [problem.message for problem in errors(check(state))] == [
        "there is nothing to train on: add a concept, a folder with pictures of your subject"
    ]


def test_all_weights_0_would_teach_nothing() -> None:
    state = demo()
    for index in range(3):
        state = replace(state, f"concepts[{index}].loss_weight", 0)
    assert "error: every loss weight is 0" in said(state)["concepts"]


def test_a_workspace_below_a_file_is_refused_before_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in ("file", "file/inner"):
        assert (
            "is a file; choose another folder"
            in said(demo(saving__workspace=str(tmp_path / place)))["saving.workspace"]
        )
    assert said(demo(saving__workspace=str(tmp_path / "new" / "deep"))) == {}


def test_checking_writes_nothing(tmp_path: Path) -> None:
    check(demo(saving__workspace=str(tmp_path / "new"), saving__cache=str(tmp_path / "cache")))
    assert list(tmp_path.iterdir()) == []


def test_a_full_size_model_takes_clip_skip_2(tmp_path: Path) -> None:
    assert said(demo(model__source=str(make_model(tmp_path / "model")), model__clip_skip=2)) == {}


# Learning rates


def test_an_empty_rate_is_the_optimizer_s_usual() -> None:
    state = TrainingState()
    assert learning_rates(state) == {"unet": 1e-4, "text_encoder": 5e-5}
    assert learning_rates(replace(state, "optimizer.optimizer", "PRODIGY")) == {"unet": 1, "text_encoder": 1}
    assert learning_rates(replace(state, "training.unet", False)) == {"text_encoder": 5e-5}
    assert learning_rates(replace(state, "learning_rate.unet", 0)) == {"text_encoder": 5e-5}


def test_prodigy_refuses_rates_that_differ_and_takes_0() -> None:
    state = demo(optimizer__optimizer="PRODIGY", learning_rate__unet=1, learning_rate__text_encoder=0.5)
    assert "the rates must be equal (were 1 and 0.5)" in said(state)["learning_rate.text_encoder"]
    assert errors(check(replace(state, "learning_rate.text_encoder", 0))) == []
    assert errors(check(replace(state, "learning_rate.text_encoder", None))) == []


def test_rates_that_fit_another_optimizer_are_warned_of() -> None:
    prodigy = said(demo(optimizer__optimizer="PRODIGY", learning_rate__unet=1e-4, learning_rate__text_encoder=1e-4))
    assert prodigy["learning_rate.unet"].startswith("warning: Prodigy multiplies")
    assert "is far too high for AdamW" in said(demo(learning_rate__unet=1))["learning_rate.unet"]


# What the state says of itself


def test_names_and_folders_of_a_run(tmp_path: Path) -> None:
    state = demo(saving__workspace=str(tmp_path))
    assert state.run_folder == tmp_path / "demo"
    assert replace(state, "saving.name", "mine").run_folder == tmp_path / "mine"
    assert TrainingState().run_name == "run"
    assert replace(state, "saving.cache", str(tmp_path / "c")).cache_folder == tmp_path / "c"


def test_which_concepts_take_part(tmp_path: Path) -> None:
    make_pictures(tmp_path, "a.png")
    roles = ("SUBJECT", "REGULARIZATION", "VALIDATION")
    state = demo(concepts=[{"name": role, "role": role} for role in roles] + [{"name": "off", "enabled": False}])
    assert [one.name for one in state.active] == list(roles)
    assert [one.name for one in state.trained] == ["SUBJECT", "REGULARIZATION"]
    assert [one.name for one in state.validated] == ["VALIDATION"]
    assert state.resolution_of(state.concepts[0]) == 64
    assert state.resolution_of(replace(state, "concepts[0].resolution", 128).concepts[0]) == 128


# Methods


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        ({"method": "FINE_TUNE", "model__unet_dtype": "FP16"}, "model.unet_dtype", "would lose its small steps"),
        (
            {"method": "FINE_TUNE", "model__unet_dtype": "BF16", "training__train_dtype": "FP16"},
            "training.train_dtype",
            "cannot train weights that are held in bfloat16",
        ),
        ({"method": "EMBEDDING"}, "embedding.words", "there is no new word to train"),
        ({"embedding__words": [{"placeholder": "a b"}]}, "embedding.words[0].placeholder", "holds a space"),
        (
            {"embedding__words": [{"placeholder": "<A>"}, {"placeholder": "<a>"}]},
            "embedding.words[1].placeholder",
            "is there twice",
        ),
        ({"embedding__words": [{"source": "x.png"}]}, "embedding.words[0].source", "is no embedding file"),
        ({"embedding__words": [{"source": "x.pt"}]}, "embedding.words[0].source", "there is no file 'x.pt'"),
        ({"embedding__words": [{"train": False}]}, "embedding.words[0].train", "neither trained nor read from a file"),
        ({"embedding__words": [{"placeholder": "demo"}], "saving__name": "demo"}, "embedding.words", "the same file name"),
    ],
)
def test_what_a_method_cannot_do_is_refused(changes: dict[str, Any], path: str, words: str) -> None:
    found = said(demo(**changes))
    assert found[path].startswith("error: ")
    assert words in found[path]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"method": "FINE_TUNE", "optimizer__stochastic_rounding": False}, "optimizer.stochastic_rounding"),
        ({"optimizer__stochastic_rounding": False}, "optimizer.stochastic_rounding"),
        ({"training__text_encoder_2": False}, "training.text_encoder_2"),
        ({"learning_rate__text_encoder_2": 1e-4}, "learning_rate.text_encoder_2"),
        ({"learning_rate__embedding": 1e-3}, "learning_rate.embedding"),
        ({"saving__embedding_layout": "PT"}, "saving.embedding_layout"),
        ({"training__prior_copy": "RAM"}, "training.prior_copy"),
        (
            {"method": "EMBEDDING", "embedding__words": [{}], "learning_rate__unet": 1e-3},
            "learning_rate.unet",
        ),
    ],
)
def test_a_setting_of_another_method_says_that_it_does_nothing(changes: dict[str, Any], path: str) -> None:
    found = said(demo(**changes))[path]
    assert found.startswith("note: ")
    assert "effect" in found


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        ({"training__validate_every": {"unit": "STEPS", "amount": 5}}, "training.validate_every.unit", "no concept has"),
        ({"embedding__preserve_norm": True}, "embedding.preserve_norm", "no new word"),
        ({"embedding__stop": {"unit": "STEPS"}}, "embedding.stop.unit", "no new word"),
        ({"saving__backups_kept": 5, "saving__backup_every": {"unit": "NEVER"}}, "saving.backups_kept", "by hand"),
        (
            {"method": "EMBEDDING", "embedding__words": [{}], "training__unet_stop": {"unit": "EPOCHS"}},
            "training.unet_stop.unit",
            "an embedding leaves the UNet as it is",
        ),
        (
            {"learning_rate__text_encoder": 0, "training__text_encoder_stop": {"unit": "EPOCHS"}},
            "training.text_encoder_stop.unit",
            "the text encoder is not trained",
        ),
        (
            {"training__text_encoder": False, "training__text_encoder_stop": {"unit": "EPOCHS"}},
            "training.text_encoder_stop.unit",
            "only while 'Train the text encoder' is on",
        ),
    ],
)
def test_a_setting_that_waits_for_something_else_says_for_what(changes: dict[str, Any], path: str, words: str) -> None:
    found = [problem for problem in check(demo(**changes)) if problem.path == path]
    assert [problem.severity for problem in found] == ["note"]
    assert words in found[0].message


def test_validation_that_is_never_measured_in_between_is_said_at_the_concept() -> None:
    state = replace(demo(), "concepts[1].role", "VALIDATION")
    assert "only at the start and the end" in said(state)["concepts[1].role"]
    state = replace(state, "training.validate_every.unit", "STEPS")
    assert not {"concepts[1].role", "training.validate_every.unit"} & said(state).keys()
