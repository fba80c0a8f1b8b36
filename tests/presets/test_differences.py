"""The difference of two states in words."""

from onetrainer_clone.settings import replace
from onetrainer_clone.state import TrainingState
from presets import store
from presets.differences import differences


def rows(old: TrainingState, new: TrainingState) -> list[tuple[str, str, str, str]]:
    return [(found.path, found.label, found.old, found.new) for found in differences(old, new)]


def demo() -> TrainingState:
    return store.find("demo").load()


def test_equal_states_have_none_and_the_presets_name_is_no_setting() -> None:
    assert rows(demo(), demo()) == []
    assert rows(demo(), replace(demo(), "preset", "another")) == []


def test_values_in_words_with_their_place() -> None:
    new = demo()
    for path, value in {
        "training.ema.enabled": True,
        "learning_rate.unet": 1e-4,
        "training.length": "EPOCHS",
        "saving.name": "cat",
        "training.threads": None,
    }.items():
        new = replace(new, path, value)
    assert rows(demo(), new) == [
        ("training.length", "Training: Length in", "Steps", "Epochs"),
        ("training.ema.enabled", "Training: EMA", "off", "on"),
        ("training.threads", "Training: CPU threads", "1", "(empty)"),
        ("learning_rate.unet", "Learning rate: UNet", "0.003", "0.0001"),
        ("saving.name", "Saving: Run name", "(empty)", "cat"),
    ]


def test_concepts_are_compared_by_name_wherever_they_stand() -> None:
    old = demo()
    first, second, third = old.concepts
    changed = second.model_copy(update={"loss_weight": 0.3})
    new = replace(old, "concepts", (changed, first.model_copy(update={"name": "cat"}), third))
    assert rows(old, new) == [
        ("concepts[0].loss_weight", 'Concepts, "class": Loss weight', "2", "0.3"),
        ("concepts[1]", 'Concepts: "cat"', "", "added"),
        ("concepts[0]", 'Concepts: "subject"', "there", "gone"),
    ]
    moved = replace(old, "concepts", (third, first, second))
    assert rows(old, moved) == [
        ("concepts", "Concepts: order", '"subject", "class", "class varied"', '"class varied", "subject", "class"')
    ]


def test_prompts_of_the_same_words_are_counted() -> None:
    old = demo()
    twice = replace(old, "sampling.prompts", (*old.sampling.prompts, old.sampling.prompts[0]))
    new = replace(twice, "sampling.prompts[4].seed", 9)
    assert rows(twice, new) == [("sampling.prompts[4].seed", 'Prompts, "a sks circle" (3): Seed', "100", "9")]
