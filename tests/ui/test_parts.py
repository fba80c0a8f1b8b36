"""The parts of the window that know no Tk: store, words, background, colours, record."""

import threading
from functools import partial
from itertools import combinations, pairwise, product
from pathlib import Path
from threading import Event, Timer

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from onetrainer_clone.events import Ended, Sampled, Started, Stepped, Warned
from onetrainer_clone.settings import Invalid, declaration_at, declarations, replace
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.concepts import Concept
from onetrainer_clone.tools import Inspect, Merge
from tests.waiting import LIMIT, until
from ui import colours
from ui.background import Background
from ui.colours import CONCEPTS, ConceptColours
from ui.run.record import Record
from ui.run.series import Series
from ui.store import DEPTH, MERGE_SECONDS, StateStore
from ui.thumbnails import Bounded, decode
from ui.words import begun, number, tip_of, where


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_keystrokes_are_one_step_of_undo() -> None:
    clock = Clock()
    store = StateStore(clock=clock)
    for text in ("1", "12", "128"):
        store.replace("training.batch_size", text)
        clock.now += 0.2
    assert store.undo_sentence == "Training: Batch size 1 -> 128"
    clock.now += MERGE_SECONDS
    store.replace("training.batch_size", 2)
    store.undo()
    assert store.state.training.batch_size == 128
    store.undo()
    assert store.state == TrainingState()
    assert store.undo() == ""
    store.redo()
    store.redo()
    assert store.state.training.batch_size == 2
    assert store.redo() == ""


def test_typing_back_to_the_old_value_leaves_no_step() -> None:
    store = StateStore(clock=Clock())
    store.replace("training.batch_size", 2)
    store.replace("training.batch_size", 1)
    assert store.undo_sentence == ""


def test_sentences_name_the_concept() -> None:
    store = StateStore(TrainingState(concepts=(Concept(name="reg", path="x"),)), Clock())
    store.replace("concepts[0].loss_weight", 0.3)
    assert store.undo_sentence == 'Loss weight of "reg" 1 -> 0.3'
    store.replace("concepts[0].flip", True)
    assert store.undo_sentence == 'Flip of "reg" off -> on'
    store.replace("concepts[0].name", "class")
    assert store.undo_sentence == 'Name of "reg" "reg" -> "class"'
    assert where(store.state, "concepts[0].flip") == 'Concepts, "class": Flip'
    assert where(store.state, "model.source") == "Model: Base model"
    assert where(store.state, "concepts") == "Concepts"


def test_a_refused_value_changes_nothing() -> None:
    store = StateStore()
    heard: list[object] = []
    store.changed.connect(lambda before, after: heard.append(after))
    with pytest.raises(Invalid):
        store.replace("training.batch_size", "x")
    assert not heard
    store.reject("training.batch_size", "must be a whole number")
    assert [p.path for p in store.rejected_problems()] == ["training.batch_size"]
    store.replace("training.batch_size", 1)  # the value that it has already: still no longer rejected
    assert not store.rejected


def test_history_is_bounded() -> None:
    clock = Clock()
    store = StateStore(clock=clock)
    for value in range(2, DEPTH + 20):
        clock.now += 10
        store.replace("training.batch_size", value)
    steps = 0
    while store.undo():
        steps += 1
    assert steps == DEPTH


def test_saved_and_unsaved() -> None:
    store = StateStore()
    store.replace("training.batch_size", 5)
    found = [store.unsaved]
    store.mark_saved("mine")
    found.append(store.unsaved)
    assert store.state.preset == "mine"
    store.undo()
    assert [*found, store.unsaved] == [True, False, True]


def test_loading_a_preset_is_a_step_of_undo() -> None:
    store = StateStore(TrainingState(preset="mine"))
    store.replace("training.batch_size", 5)
    other = replace(TrainingState(preset="other"), "training.batch_size", 9)
    store.load(other, other, 'the preset "other" loaded')
    found = [(store.state.preset, store.unsaved)]
    store.undo()
    found.append((store.state.preset, store.unsaved))
    assert store.state.training.batch_size == 5
    store.redo()
    store.replace("training.batch_size", 10)
    store.mark_saved("other 2")
    store.undo()
    found.append((store.state.preset, store.unsaved))
    store.undo()
    store.redo()
    found.append((store.saved.preset, store.unsaved))
    assert found == [("other", False), ("mine", True), ("other 2", True), ("other 2", True)]
    assert store.saved.training.batch_size == 10


def test_undo_keeps_the_name_that_the_state_was_saved_under() -> None:
    store = StateStore(TrainingState(preset="mine"))
    store.replace("training.batch_size", 5)
    store.mark_saved("copy")
    store.undo()
    assert store.state.preset == "copy"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_in_words_is_the_number(value: float) -> None:
    assert float(number(value)) == value


def test_a_tip_has_limits_and_default() -> None:
    tip = tip_of(declaration_at(TrainingState(), "training.batch_size"))
    assert "From 1 up to 4,096" in tip
    assert "Default: 1" in tip


def test_a_tip_says_what_an_empty_field_stands_for() -> None:
    assert "Empty: LoRA 1e-4" in tip_of(declaration_at(TrainingState(), "learning_rate.unet"))
    assert "Empty" not in tip_of(declaration_at(TrainingState(), "model.source"))
    source, loras = declarations(Inspect)["source"], declarations(Merge)["loras"]
    assert (tip_of(source), tip_of(loras)) == (source.tip, loras.tip)  # without them there is nothing to do


def wait(background: Background) -> None:
    until(lambda: background.idle, background.deliver)


def test_of_several_jobs_with_one_key_the_latest_counts() -> None:
    background, heard = Background("test"), []
    gate = threading.Event()
    background.submit("a", gate.wait, lambda _: heard.append("first"))
    for word in ("second", "third"):
        background.submit("a", partial(str, word), heard.append)
    background.submit("b", lambda: "other", heard.append)
    gate.set()
    wait(background)
    assert heard == ["third", "other"]
    background.close(5)


def test_an_error_of_a_job_arrives_on_the_main_thread() -> None:
    background = Background("test")
    caught: list[Exception] = []
    background.submit("a", lambda: 1 / 0, lambda _: None, caught.append)
    wait(background)
    assert isinstance(caught[0], ZeroDivisionError)
    background.submit("a", lambda: 1 / 0, lambda _: None)
    with pytest.raises(ZeroDivisionError):
        wait(background)
    background.close(5)


def test_colours_stay_with_their_concepts() -> None:
    book = ConceptColours()
    book.update(["a", "b", "c"])
    assert [book.place(name) for name in "abc"] == [0, 1, 2]
    book.update(["c", "a", "b"])
    assert [book.place(name) for name in "abc"] == [0, 1, 2]
    book.update(["c", "a", "bee"])
    assert book.place("bee") == 1
    book.update(["c", "bee"])
    book.update(["c", "bee", "new"])
    assert book.place("new") == 0
    book.update(["x"], also=["c"])
    assert (book.place("c"), book.place("x")) == (2, 0)


def test_a_colour_comes_back_with_its_concept_another_day() -> None:
    book = ConceptColours()
    book.update(["a", "b", "c"])
    later = ConceptColours(book.kept)
    later.update(["new", "c"])
    assert (later.place("c"), later.place("new")) == (2, 0)
    later.update(["a", "c"])
    assert (later.place("a"), later.place("c")) == (0, 2)
    later.update(["a", "new"])  # both had the first colour once: they are told apart all the same
    assert later.place("a") != later.place("new")


def test_not_every_name_ever_seen_is_remembered() -> None:
    book = ConceptColours()
    for named in range(colours.MOST_KEPT + 50):
        book.update([str(named)])
    assert len(book.kept) == colours.MOST_KEPT


def test_what_cannot_be_used_stays_where_other_things_change_and_goes_along_with_its_concept() -> None:
    concepts = tuple(Concept(name=name, path=name) for name in "abc")
    store = StateStore(TrainingState(concepts=concepts), Clock())
    store.reject("training.batch_size", "many")
    store.reject("concepts[2].loss_weight", "much")
    store.insert("concepts", 0, Concept(name="new", path="new"), "added")
    assert store.rejected == {"training.batch_size": "many", "concepts[3].loss_weight": "much"}
    store.replace("concepts[3].name", "renamed")
    store.move_all("concepts", [3], 0, "moved")
    assert list(store.rejected) == ["training.batch_size", "concepts[0].loss_weight"]
    store.remove("concepts", 1, "deleted")
    assert list(store.rejected) == ["training.batch_size", "concepts[0].loss_weight"]
    store.remove("concepts", 0, "deleted")
    assert list(store.rejected) == ["training.batch_size"]
    store.set(TrainingState(), "other settings")
    assert not store.rejected


def test_redo_takes_what_cannot_be_used_away_with_its_concept() -> None:
    store = StateStore(TrainingState(concepts=(Concept(name="a", path="a"),)), Clock())
    store.remove("concepts", 0, "deleted")
    store.undo()
    store.reject("concepts[0].loss_weight", "much")
    store.redo()
    assert not store.rejected
    assert not store.rejected_problems()


def test_colours_can_be_read_and_told_apart() -> None:
    for mode in (0, 1):
        for pair in CONCEPTS:
            assert colours.contrast(pair[mode], colours.PAGE[mode]) >= 3
        for ink, paper in product(colours.INKS, colours.PAPERS):
            assert colours.contrast(ink[mode], paper[mode]) >= 4.5, (ink, paper)
        for first, second in combinations(CONCEPTS, 2):
            assert first[mode] != second[mode]


def test_a_curve_keeps_its_ends_and_its_shape_in_bounded_room() -> None:
    series = Series(limit=100)
    for step in range(1, 10_001):
        series.add(step, float(step))
    steps, values = series.points
    assert len(steps) <= 102
    assert (steps[0], steps[-1]) == (1, 10_000)
    assert [float(step) for step in steps] == values
    assert all(first < second for first, second in pairwise(steps))


def stepped(step: int) -> Stepped:
    losses = {"a": 0.5}
    return Stepped(step, 0, 0.5, 0.5, losses, losses, {"unet": 1e-4}, 1.0)


def test_a_record_gathers_events() -> None:
    record = Record()
    for event in (
        Started("run", "/x", 10, 1, ("a", "b")),
        stepped(1),
        Sampled(1, -1, "by hand", 3, "live", "x.png"),
        Sampled(1, 1, "second", 2, "ema", "x.png"),
        Sampled(1, 1, "second", 2, "live", "x.png"),
        Sampled(1, 0, "first", 1, "live", "x.png"),
        Warned("careful"),
        Ended("failed", "broken"),
    ):
        record.on(event)
    assert [(key.index, key.weights) for key in record.rows()] == [(0, "live"), (1, "live"), (1, "ema"), (-1, "live")]
    assert [line.severity for line in record.log] == [None, "warning", "error"]
    assert record.concept_loss["a"].points == ([1], [0.5])
    assert record.concept_loss["b"].points == ([], [])


def test_the_picture_cache_is_bounded() -> None:
    cache: Bounded[str, int] = Bounded(2)
    cache.keep("a", 1)
    cache.keep("b", 2)
    cache.look("a")
    cache.keep("c", 3)
    assert list(cache) == ["a", "c"]


def test_decode_takes_the_first_picture_and_survives_bad_ones(tmp_path: Path) -> None:
    assert decode(tmp_path, 32) is None
    assert decode(tmp_path / "missing", 32) is None
    (tmp_path / "b.png").write_bytes(b"not a picture")
    assert decode(tmp_path, 32) is None
    Image.new("LA", (400, 100), (255, 128)).save(tmp_path / "a.png")
    picture = decode(tmp_path, 32)
    assert picture is not None
    assert (picture.size, picture.mode) == ((32, 8), "RGB")


@pytest.mark.parametrize("named", [
    "p05.txt: not UTF-8; read as Windows-1252", "my cat.txt: not UTF-8", "p05.txt cannot be read: it is gone",
    "a/b is no folder", "c:\\pictures cannot be read", "network_dim: not taken over", "",
])  # fmt: skip
def test_names_of_files_keep_their_spelling_where_a_sentence_begins(named: str) -> None:
    assert begun(named) == named


@pytest.mark.parametrize("message", ["must be at least 1 (was 0)", "there is a preset 'a.b' already"])
def test_a_sentence_begins_with_a_capital(message: str) -> None:
    assert begun(message) == message[:1].upper() + message[1:]


def test_what_the_main_thread_does_itself_is_not_done_later_on_the_worker() -> None:
    worker = Background("test")
    done: list[str] = []
    told: list[str] = []
    begun, go_on = Event(), Event()

    def slow() -> None:
        begun.set()
        assert go_on.wait(LIMIT)
        done.append("being done")

    worker.submit("caption a", slow, lambda _nothing: told.append("a"))
    worker.submit("caption b", lambda: done.append("waiting"), lambda _nothing: told.append("b"))
    worker.submit("other", lambda: done.append("other"), lambda _nothing: told.append("other"))
    assert begun.wait(LIMIT)
    Timer(0.05, go_on.set).start()
    worker.take_back(lambda key: key.startswith("caption "))
    assert done[0] == "being done", "it is waited for: it would write to a file that has been moved"
    until(lambda: worker.deliver() or told)
    assert (done, told) == (["being done", "other"], ["other"])
    worker.close(LIMIT)
