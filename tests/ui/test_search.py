"""The search box: finds settings as one types, and goes to them wherever they are."""

import pytest

from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.optimizer import Optimizer
from tests.ui.conftest import Window
from ui.aliases import aliases
from ui.search import everything, find
from ui.tabs.concepts import ConceptsPage
from ui.tabs.settings import SettingsPage


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("batch", "training.batch_size"), ("loss weight", "concepts[].loss_weight"), ("EMA decay", "training.ema.decay"),
        ("flip", "concepts[].flip"), ("rank", "adapter.rank"), ("learning unet", "learning_rate.unet"),
        ("lr", "learning_rate.unet"), ("unet_lr", "learning_rate.unet"), ("output", "saving.workspace"),
        ("bf16", "training.train_dtype"), ("fp16", "training.train_dtype"), ("network dim", "adapter.rank"),
        ("network_alpha", "adapter.alpha"), ("zsnr", "model.zero_terminal_snr"), ("scheduler", "learning_rate.schedule"),
        ("adamw", "optimizer.optimizer"), ("prodigy", "optimizer.optimizer"), ("8bit", "optimizer.optimizer"),
        ("cosine", "learning_rate.schedule"), ("euler", "sampling.prompts[].sampler"), ("learnig", "learning_rate.unet"),
        ("resoluton", "training.resolution"), ("batchsize", "training.batch_size"), ("optimzer", "optimizer.optimizer"),
        ("random flip", "concepts[].flip"), ("num_repeats", "concepts[].repeats"), ("v-prediction", "model.prediction"),
        ("masked training", "noise.masked"), ("dora", "adapter.variant"), ("guidance", "sampling.prompts[].cfg_scale"),
    ],
)  # fmt: skip
def test_the_best_comes_first(typed: str, first: str) -> None:
    assert find(typed)[0].path == first


def test_tooltips_are_searched_after_names() -> None:
    found = find("mirrored")
    assert [each.path for each in found] == ["concepts[].flip"]
    assert find("no such thing at all") == []
    assert find("  ") == []
    assert all(each.label and each.tip and each.where for each in everything())


def test_save_format_leads_to_all_layouts() -> None:
    assert {"saving.lora_layout", "saving.model_layout"} <= {each.path for each in find("save format")[:4]}


def test_aliases_name_settings_that_there_are() -> None:
    assert aliases().keys() <= {each.path for each in everything()}


def test_what_needs_no_setting_here_says_why(window: Window) -> None:
    [found] = find("xformers")
    assert (found.path, found.tip) == ("", "Torch's own attention is used.")
    assert [each.tip for each in find("huber strength")] == ["Not supported here."]
    window.app.topbar.search.go(found)
    assert "attention" in window.app.topbar.said.cget("text")


def test_what_has_an_effect_now_comes_before_its_namesakes() -> None:
    decays = [each.path for each in find("weight decay")]
    assert decays[0] == "optimizer.adamw.weight_decay"
    assert find("weight decay", idle={decays[0]})[0].path == decays[1]


def type_and_take(window: Window, text: str, steps: int = 0) -> None:
    window.app.root.focus_force()
    window.app.root.event_generate("<Control-f>")
    search = window.app.topbar.search
    search.variable.set(text)
    window.turn()
    search.results.step(steps)
    search.results.take()
    window.turn()


def test_it_goes_to_the_field_also_where_only_all_settings_show_it(window: Window) -> None:
    window.app.shell.show("model")
    seen = [window.app.bench.options.basic]
    type_and_take(window, "EMA decay")
    page = window.app.shell.pages["training"]
    assert isinstance(page, SettingsPage)
    assert window.app.shell.current == "training"
    assert [*seen, window.app.bench.options.basic] == [True, False]
    row = next(row for form in page.cards.forms if (row := form.row("training.ema.decay")))
    assert row.control is not None
    assert page.winfo_rooty() <= row.top < page.winfo_rooty() + page.winfo_height()
    assert "has an effect only while" in window.app.topbar.said.cget("text")
    assert not window.app.topbar.search.results.winfo_manager()


def test_it_goes_to_the_selected_concept(window: Window) -> None:
    page = window.app.shell.show("concepts")
    assert isinstance(page, ConceptsPage)
    page.list.select(1)
    window.app.shell.show("model")
    type_and_take(window, "flip")
    assert window.app.shell.current == "concepts"
    assert page.list.selected == 1
    assert page.form is not None
    row = page.form.row("concepts[1].flip")
    assert row is not None
    assert row.control is not None


def test_without_a_concept_it_says_what_to_do(window: Window) -> None:
    window.app.store.load(TrainingState())
    type_and_take(window, "flip")
    assert window.app.shell.current == "concepts"
    assert "add one first" in window.app.topbar.said.cget("text")


def test_a_setting_of_another_optimizer_leads_to_the_choice(window: Window) -> None:
    assert window.app.store.state.optimizer.optimizer is Optimizer.ADAMW
    path = next(each.path for each in everything() if each.path.startswith("optimizer.prodigy."))
    search = window.app.topbar.search
    search.go(next(each for each in everything() if each.path == path))
    window.turn()
    assert window.app.shell.current == "training"
    assert "'Optimizer' is Prodigy" in window.app.topbar.said.cget("text")


def test_a_switch_without_effect_is_shown_where_it_is(window: Window) -> None:
    """It is greyed with the reason, so the way to what decides is said, not gone."""
    path = "noise.normalize_area"
    window.app.topbar.search.go(next(each for each in everything() if each.path == path))
    window.turn()
    assert "has an effect only while" in window.app.topbar.said.cget("text")
    page = window.app.shell.pages[window.app.shell.current]
    assert isinstance(page, SettingsPage)
    shown = next(row for form in page.cards.forms if (row := form.row(path)))
    assert shown.control is not None
    assert str(window.app.root.focus_get()).startswith(f"{shown.control.widget}.")


def test_a_click_elsewhere_takes_the_list_away(window: Window) -> None:
    window.app.topbar.find()
    search = window.app.topbar.search
    search.variable.set("batch")
    window.turn()
    assert search.results.winfo_manager()
    search.entry._entry.event_generate("<Button-1>", x=2, y=2)
    window.turn()
    assert search.results.winfo_manager()
    window.app.shell.nav.event_generate("<Button-1>", x=2, y=2)
    window.turn()
    assert not search.results.winfo_manager()
