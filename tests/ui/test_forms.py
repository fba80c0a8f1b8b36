"""Forms: made from the declarations; what is typed reaches the state, or turns red and keeps a run from starting."""

from onetrainer_clone.settings import Declaration, declarations, walk
from onetrainer_clone.state import Method, TrainingState
from onetrainer_clone.state.common import Dtype
from onetrainer_clone.state.concepts import Balance, Concept, Role
from onetrainer_clone.state.embedding import NewWord
from onetrainer_clone.state.optimizer import Optimizer
from onetrainer_clone.state.sampling import Prompt
from tests.ui.conftest import Window
from ui import colours
from ui.chosen import ColourEntry, PathEntry
from ui.controls import Text
from ui.form import cards
from ui.row import Row
from ui.tabs.settings import EMBEDDING, SAMPLING, TABS, SettingsPage, cards_of
from ui.words import tip_of


def row(window: Window, path: str) -> Row:
    """The row of a setting, brought into view as the problem list does."""
    window.app.go(path)
    window.turn()
    page = window.app.shell.pages[window.app.shell.current]
    assert isinstance(page, SettingsPage)
    found = next(form.row(path) for form in page.cards.forms if form.row(path))
    assert found is not None
    return found


def type_into(window: Window, path: str, text: object) -> Row:
    typed = row(window, path)
    assert typed.control is not None
    typed.control.variable.set(text)
    window.turn()
    return typed


def visible(found: Row) -> bool:
    return found.control is not None and bool(found.control.widget.winfo_ismapped())


def test_every_setting_is_in_a_tab_with_label_and_tip() -> None:
    shown: dict[str, Declaration] = {}
    for tab in (*TABS, EMBEDDING, SAMPLING):
        for card in cards_of(tab):
            shown |= {f"{card.prefix}.{line.below}".lstrip("."): line.declaration for line in card.lines}
    missing = {s.path for s in walk(TrainingState()) if not s.declaration.hidden} - shown.keys()
    assert not missing
    for owner in (Concept, NewWord, Prompt):
        lines = next(cards(owner, "x", "")).lines
        assert {line.below for line in lines} == declarations(owner).keys()
        shown |= {f"{owner.__name__}.{line.below}": line.declaration for line in lines}
    for path, declaration in shown.items():
        assert declaration.label, path
        assert tip_of(declaration), path


def test_every_tab_opens_with_all_settings(window: Window) -> None:
    window.app.bench.options.basic = False
    for key in window.app.shell.tabs:
        window.app.shell.show(key)
        window.turn()
    assert not window.ask.told


def test_a_model_may_be_a_file_or_a_folder(window: Window) -> None:
    found = row(window, "model.source")
    assert isinstance(found.control, PathEntry)
    assert list(found.control.buttons) == ["file", "folder"]
    for kind, chosen in (("file", "/models/a.safetensors"), ("folder", "/models/b")):
        window.ask.folders = [chosen]
        found.control.buttons[kind].invoke()
        window.turn()
        assert window.app.store.state.model.source == chosen
    assert list(PathEntry(window.app.root, declarations(Concept)["path"], window.ask).buttons) == ["folder"]


def test_numbers_as_people_type_them(window: Window) -> None:
    for text, value in (("3e-4", 3e-4), ("0,5", 0.5), ("1e-", 1.0), (".25", 0.25)):
        type_into(window, "learning_rate.unet", text)
        if text != "1e-":
            assert window.app.store.state.learning_rate.unet == value
    typed = type_into(window, "learning_rate.unet", "1,000")
    assert typed.message_text == "Can be read in two ways: write 1000 or 1.000 (was '1,000')"
    typed = type_into(window, "learning_rate.unet", "")
    assert window.app.store.state.learning_rate.unet is None
    assert "learning_rate.unet" not in window.app.store.rejected
    window.settle()
    assert typed.message_text == ""


def test_what_was_typed_stays_as_it_was_typed(window: Window) -> None:
    """'1e-' is no number yet; going on to '1e-4' must not become '0.0001' under the person's hands."""
    typed = type_into(window, "learning_rate.unet", "1e-")
    assert typed.message_text
    type_into(window, "learning_rate.unet", "1e-4")
    assert typed.control is not None
    assert typed.control.variable.get() == "1e-4"
    assert typed.message_text == ""


def test_bad_input_turns_red_and_start_refuses(window: Window) -> None:
    before = window.app.store.state
    typed = type_into(window, "training.batch_size", "many")
    assert "whole number" in typed.message_text
    assert window.app.store.state == before
    window.app.actions.start()
    assert not window.app.runner.going
    assert window.ask.listed == [("training.batch_size",)]
    type_into(window, "training.batch_size", "2")
    assert typed.message_text == ""
    assert window.app.store.state.training.batch_size == 2


def test_undo_takes_back_what_is_no_value_first(window: Window) -> None:
    typed = type_into(window, "training.batch_size", "3")
    type_into(window, "training.batch_size", "x")
    window.app.topbar.step_back()
    window.turn()
    assert typed.control is not None
    assert typed.control.variable.get() == "3"
    assert typed.message_text == ""
    window.app.topbar.step_back()
    window.turn()
    assert typed.control.variable.get() == "4"
    window.app.topbar.step_forth()
    assert window.app.store.state.training.batch_size == 3


def test_a_problem_of_the_state_stands_beside_its_field(window: Window) -> None:
    typed = type_into(window, "training.resolution", "100")
    window.settle()
    assert "not a multiple of 16" in typed.message_text
    assert window.app.shell.tabs["training"].cget("text") == "Training   1 !"
    window.ask.go_to = ["training.resolution"]
    window.app.shell.show("model")
    window.app.actions.start()
    window.until(lambda: not window.app.runner.going)
    assert window.app.shell.current == "training"
    assert not window.app.runner.going


def test_switches_and_choices(window: Window) -> None:
    type_into(window, "training.unet", False)
    assert window.app.store.state.training.unet is False
    type_into(window, "optimizer.optimizer", "Prodigy")
    assert window.app.store.state.optimizer.optimizer is Optimizer.PRODIGY
    page = window.app.shell.pages["training"]
    assert isinstance(page, SettingsPage)
    shown = [form.card.title for form in page.cards.forms if form.winfo_manager()]
    assert "AdamW" not in shown
    window.app.bench.options.basic = False
    window.turn()
    shown = [form.card.title for form in page.cards.forms if form.winfo_manager()]
    assert "Prodigy" in shown
    assert "AdamW" not in shown


def test_without_effect_is_greyed_with_the_reason_or_hidden(window: Window) -> None:
    decay = row(window, "training.ema.decay")
    assert "EMA" in decay.tip()
    assert "Now it has an effect only while" in decay.tip()
    assert decay.control is not None
    assert decay.control.widget.cget("state") == "disabled"
    type_into(window, "training.ema.enabled", True)
    assert decay.control.widget.cget("state") == "normal"
    window.app.go("concepts[0].samples")
    window.turn()
    window.app.store.replace("concepts[0].balance", Balance.REPEATS)
    window.app.store.replace("concepts[1].role", Role.VALIDATION)
    window.turn()
    from ui.tabs.concepts import ConceptsPage

    page = window.app.shell.pages["concepts"]
    assert isinstance(page, ConceptsPage)
    assert page.form is not None
    samples, repeats = (page.form.row(f"concepts[0].{name}") for name in ("samples", "repeats"))
    assert samples is not None
    assert repeats is not None
    assert not samples.relevant(window.app.store.state)
    assert repeats.relevant(window.app.store.state)


def test_a_wide_window_says_beside_the_field_what_it_does(window: Window) -> None:
    window.app.root.geometry("1100x740")
    window.app.bench.options.basic = False
    found = row(window, "training.ema.decay")
    device = row(window, "training.device")
    window.turn(0.1)
    texts = [each.help_text for each in (found, device)]
    assert texts == ["", ""]
    window.app.root.geometry("1800x1000")
    window.until(lambda: bool(found.help_text))
    assert found._help is not None
    assert device._help is not None
    assert "only while 'EMA' is on" in found._help.cget("text")
    type_into(window, "training.ema.enabled", True)
    assert "higher is smoother" in found._help.cget("text")
    assert "Automatic" not in device._help.cget("text")
    window.app.store.replace("training.device", "AUTO")
    window.turn()
    assert "Automatic: A GPU where there is one" in device._help.cget("text")
    dark = window.app.appearance.dark
    before = found._help.cget("background")
    window.app.appearance.set_dark(not dark)
    assert found._help.cget("background") != before
    window.app.appearance.set_dark(dark)
    window.app.root.geometry("1100x740")
    window.until(lambda: not found.help_text)


def test_unsaved_fields_are_marked_and_go_back(window: Window) -> None:
    typed = type_into(window, "training.batch_size", "9")
    found = [window.app.store.unsaved, "•" in window.app.presets.button.cget("text")]
    typed.reset(4)
    window.turn()
    found += [window.app.store.unsaved, "•" in window.app.presets.button.cget("text")]
    assert found == [True, True, False, False]


def test_the_tab_key_reaches_every_kind_of_field(window: Window) -> None:
    batch = row(window, "training.batch_size")
    window.app.root.focus_force()
    batch.focus()
    window.turn()
    reached = []
    for _ in range(60):
        window.app.root.focus_get().tk_focusNext().focus_set()
        window.turn()
        reached.append(str(window.app.root.focus_get()))
    for path in ("training.resolution", "training.unet", "optimizer.optimizer", "training.device"):
        control = row(window, path).control
        assert control is not None
        assert any(name.startswith(f"{control.widget}.") for name in reached), path


def test_the_space_key_switches(window: Window) -> None:
    switch = row(window, "training.unet").control
    assert switch is not None
    was = window.app.store.state.training.unet
    switch.widget._canvas.focus_force()
    switch.widget._canvas.event_generate("<space>")
    window.turn()
    assert window.app.store.state.training.unet is not was


def test_a_tab_of_another_method_says_so_and_leads_to_the_choice(window: Window) -> None:
    shell = window.app.shell
    shell.show("adapter")
    window.turn(0.05)
    window.app.store.replace("method", Method.FINE_TUNE)
    window.turn(0.05)
    page = shell.pages["adapter"]
    assert isinstance(page, SettingsPage)
    idle = page.cards._idle
    assert idle is not None
    assert idle.winfo_viewable()
    assert "'Method' is Fine-tune" in idle.words.cget("text")
    assert shell.tabs["adapter"].cget("text_color") == colours.FAINT
    idle.button.invoke()
    assert shell.current == "model"
    window.app.store.replace("method", Method.LORA)
    shell.show("adapter")
    window.turn(0.05)
    assert not idle.winfo_viewable()
    assert shell.tabs["adapter"].cget("text_color") == colours.TEXT


def test_what_is_set_back_to_its_default_stays_under_the_mouse_until_the_page_is_left(window: Window) -> None:
    assert window.app.bench.options.basic
    window.app.store.replace("model.unet_dtype", "FP16")
    window.app.shell.show("model")
    window.turn()
    found = row(window, "model.unet_dtype")
    type_into(window, "model.unet_dtype", "float32")
    assert window.app.store.state.model.unet_dtype is Dtype.FP32
    assert visible(found), "rows below it would jump, and a second click would hit another one"
    window.app.shell.show("training")
    window.app.shell.show("model")
    window.turn()
    assert not visible(found), "only what matters to most, and what differs, is shown in Basic"
    window.app.store.replace("model.unet_dtype", "FP16")
    window.turn()
    window.app.store.replace("model.unet_dtype", "FP32")
    window.turn()
    assert not visible(found)


def test_the_swatch_has_the_colour_that_is_typed_or_chosen(window: Window) -> None:
    window.app.bench.options.basic = False
    control = type_into(window, "training.background", "#102030").control
    assert isinstance(control, ColourEntry)
    seen = [control.swatch.cget("fg_color")]
    control.variable.set("#1020")
    seen.append(tuple(control.swatch.cget("fg_color")))
    window.ask.folders = ["#405060"]
    control.choose()
    seen.append(control.swatch.cget("fg_color"))
    assert seen == ["#102030", colours.FIELD, "#405060"]


def test_what_is_pasted_into_a_text_with_the_mouse_counts(window: Window) -> None:
    """The middle button of X11 presses no key; so it is with input methods and drag and drop."""
    window.app.bench.options.basic = False
    control = row(window, "adapter.rules").control
    assert isinstance(control, Text)
    control.box.insert("end", "attn: rank 8")
    window.turn()
    assert window.app.store.state.adapter.rules == "attn: rank 8"
    window.app.topbar.step_back()
    window.turn()
    assert control.box.get("1.0", "end-1c") == ""
    control.enable(False)
    window.app.topbar.step_forth()
    window.turn()
    assert control.box.get("1.0", "end-1c") == "attn: rank 8"
