"""A concept from near: the crops and captions that the run would train, its numbers, and folders that are dropped."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from onetrainer_clone import dataset, epoch, masks
from onetrainer_clone.buckets import Bucket, Crop
from onetrainer_clone.masks import LEFT_OUT, TRAINED
from onetrainer_clone.statistics import Cancelled
from tests.ui.conftest import Window
from ui import colours
from ui.concept import entry, survey
from ui.concept.crops import Crops
from ui.concept.cutting import Cells, cut
from ui.concept.file_rows import HEIGHT, File
from ui.concept.numbers import Numbers
from ui.concept.page import ConceptPage
from ui.concept.texts import Texts
from ui.pictures.scene import TINT, TINT_SHARE

DRAG = """
import sys, tkinter
from tkinterdnd2 import COPY, DND_FILES, TkinterDnD
root = TkinterDnD.Tk()
root.geometry("120x120+1500+60")
label = tkinter.Label(root, text="drag")
label.pack(fill="both", expand=True)
label.drag_source_register(1, DND_FILES)
label.dnd_bind("<<DragInitCmd>>", lambda event: (COPY, DND_FILES, ("x",)))
# Tk hands other types than text over as numbers, which tkdnd's own source does not heed; file managers send bytes.
numbers = " ".join(str(byte) for byte in (sys.argv[1] + "\\r\\n").encode())
root.tk.eval("proc ::tkdnd::xdnd::_SendData args { return {" + numbers + "} }")
root.after(20000, root.destroy)
root.update()
print("ready", flush=True)
root.mainloop()
"""


def open_view(window: Window, view: str, folder: Path | None = None, **settings: object) -> Any:
    concept = window.app.store.state.concepts[0]
    concept = concept.model_copy(update={"path": str(folder or concept.path), **settings})
    others = window.app.store.state.concepts[1:]
    window.app.store.set(window.app.store.state.model_copy(update={"concepts": (concept, *others)}), "settings")
    window.app.go(f"concept[0].{view}")
    page = window.app.shell.pages["concept"]
    assert isinstance(page, ConceptPage)
    return page.views[view]


def test_the_crops_are_those_of_the_run(window: Window, pictures: Path) -> None:
    view = open_view(window, "image", pictures, flip=True, crop_jitter=0.3, image_variants=4)
    assert isinstance(view, Crops)
    window.until(lambda: view.canvas.cuts is not None)
    state, concept = window.app.store.state, window.app.store.state.concepts[0]
    picture = dataset.find(concept).pictures[0]
    wanted = [epoch.sample(state, concept, picture, repeat, state.training.seed) for repeat in range(8)]
    found = view.canvas.cuts
    assert found is not None
    assert [(cut.crop, cut.flip) for cut in found.cuts] == [(sample.crop, sample.flip) for sample in wanted]
    assert found.different == 4
    bucket = wanted[0].crop.bucket
    assert f"96 x 64 px into the bucket {bucket.width} x {bucket.height}" in view.said.cget("text")
    view.buttons["next"].invoke()
    window.until(lambda: "2 of 3   1.png" in view.name.cget("text"))


def test_the_preview_follows_the_settings_beside_it(window: Window, pictures: Path) -> None:
    view = open_view(window, "image", pictures)
    window.until(lambda: view.canvas.cuts is not None)
    assert len(view.canvas.cuts.cuts) == 1
    assert "Without flip and crop jitter" in view.said.cget("text")
    row = view.form.row("concepts[0].flip")
    assert row is not None
    window.app.store.replace("concepts[0].flip", True)
    window.until(lambda: view.canvas.cuts is not None and len(view.canvas.cuts.cuts) == 8)
    assert view.canvas.cuts.different == 2
    window.app.store.replace("concepts[0].resolution", 512)
    window.until(lambda: "ENLARGED" in view.said.cget("text"))


def test_the_crops_are_as_large_as_the_pane_allows_and_a_click_shows_one_alone(window: Window, pictures: Path) -> None:
    view = open_view(window, "image", pictures)
    assert isinstance(view, Crops)
    canvas = view.canvas
    shape = (1.0, 64 / 96)  # of the picture; its crop is as wide

    def widest() -> int:
        return canvas.cells.side((canvas.winfo_width(), canvas.winfo_height()), 2, shape)

    window.until(lambda: canvas.cuts is not None and canvas.cuts.whole.width == widest() > 160)
    window.turn()
    room = (canvas.winfo_width(), canvas.winfo_height())
    _whole, crop = canvas.boxes
    assert crop[2] <= room[0]
    assert crop[3] <= room[1]
    canvas.event_generate("<Button-1>", x=crop[0] + 5, y=crop[1] + 5)
    window.turn()
    assert canvas.large == 1
    (alone,) = canvas.boxes
    assert alone[3] - alone[1] > crop[3] - crop[1]
    assert alone[2] - alone[0] == room[0] or alone[3] - alone[1] == room[1] - 36
    canvas.focus_force()
    canvas.event_generate("<Left>")
    assert canvas.large == 0
    canvas.event_generate("<Escape>")
    window.turn()
    assert len(canvas.boxes) == 2


def test_many_crops_share_the_pane() -> None:
    cells = Cells(name=20, gap=10, least=100, most=600)
    assert cells.side((630, 640), 1) == 600
    assert cells.side((630, 300), 2) == 270
    assert cells.side((430, 460), 4) == 200  # two by two
    assert cells.side((430, 460), 40) == 100  # one has to scroll
    assert cells.side((390, 460), 40) == 123  # three beside each other fill the width
    assert cells.side((50, 460), 40) == 100
    assert cells.columns(430, 200) == 2
    assert cells.side((410, 470), 2, shape=(1.0, 0.5)) == 410  # flat ones, under each other


def edges(view: Crops) -> list[Any]:
    """The colours at the left and at the right of the first crop."""
    assert view.canvas.cuts is not None
    crop = view.canvas.cuts.cuts[0].picture
    return [crop.getpixel((x, crop.height // 2)) for x in (2, crop.width - 3)]


def test_the_mask_lies_over_the_picture_and_its_crops(window: Window, pictures: Path) -> None:
    """What is left out is coloured, in the crops where they show it; what is trained is as it was."""
    mask = Image.new("L", (96, 64), TRAINED)
    mask.paste(LEFT_OUT, (0, 0, 48, 64))
    masks.write(pictures / "0.png", mask)
    view = open_view(window, "image", pictures)
    assert isinstance(view, Crops)
    window.until(lambda: view.canvas.cuts is not None)
    left, right = edges(view)
    assert right == (255, 0, 0)
    assert left == Image.blend(Image.new("RGB", (1, 1), "red"), Image.new("RGB", (1, 1), TINT), TINT_SHARE).getpixel((0, 0))
    assert view.mask.winfo_manager()
    view.mask.toggle()
    window.until(lambda: edges(view)[0] == (255, 0, 0))
    view.buttons["next"].invoke()  # it has no mask
    window.until(lambda: not view.mask.winfo_manager())


def test_an_enlarged_crop_has_no_more_detail_than_the_run_sees() -> None:
    image = Image.radial_gradient("L").resize((400, 400)).convert("RGB")
    crop = Crop(64, 64, 0, 0, Bucket(64, 64))
    shown = cut(image, crop, flip=False, room=(256, 256))
    assert shown.size == (256, 256)
    assert shown.resize((64, 64), Image.Resampling.NEAREST).resize((256, 256), Image.Resampling.NEAREST) == shown


def test_a_picture_that_cannot_be_read_says_so(window: Window, pictures: Path) -> None:
    (pictures / "0.png").write_bytes(b"no picture")
    view = open_view(window, "image", pictures)
    window.until(lambda: "0.png: not a picture, or damaged" in view.said.cget("text"))
    view.buttons["next"].invoke()
    window.until(lambda: view.canvas.cuts is not None)


def test_the_captions_are_those_of_the_run(window: Window, pictures: Path) -> None:
    (pictures / "0.txt").write_text("cat, red, small, asleep\na cat, blue")
    view = open_view(window, "text", pictures, trigger_words="sks", shuffle_tags=True, caption_dropout=0.5)
    assert isinstance(view, Texts)
    window.until(lambda: view.found is not None)
    state, concept = window.app.store.state, window.app.store.state.concepts[0]
    picture = dataset.find(concept).pictures[0]
    wanted = [epoch.sample(state, concept, picture, r, state.training.seed).caption for r in range(8)]
    assert view.found is not None
    assert list(view.found.captions) == wanted
    assert "" in wanted
    assert "dropped out" in view.list.item(wanted.index("")).title
    assert "0.txt, 2 variants" in view.said.cget("text")
    view.amount.set("32")
    view.look()
    window.until(lambda: view.found is not None and len(view.found.captions) == 32)


def test_statistics_with_progress_and_files(window: Window, pictures: Path) -> None:
    Image.new("RGB", (96, 64), "red").save(pictures / "copy.png")
    (pictures / "bad.png").write_bytes(b"x")
    view = open_view(window, "numbers", pictures)
    assert isinstance(view, Numbers)
    window.until(lambda: view.found is not None)
    assert view.lists["Without caption"] == (File("0.png"), File("copy.png"))
    assert view.lists["Duplicates"] == (File("0.png", "= copy.png"), File("copy.png", "= 0.png"))
    assert view.lists["Unreadable"] == (File("bad.png", "not a picture, or damaged"),)
    window.turn(0.05)
    assert "4 pictures, 1 unreadable" in view.fact_text.cget("text")
    assert sum(bar.value for bar in view.charts["buckets"].bars) == 4
    assert sum(bar.value for bar in view.charts["tokens"].bars) == 4


def test_a_file_of_the_statistics_is_shown_among_the_pictures(window: Window, pictures: Path) -> None:
    Image.new("RGB", (96, 64), "blue").save(pictures / "z.png")
    view = open_view(window, "numbers", pictures)
    window.until(lambda: view.found is not None)
    window.turn(0.1)
    assert tuple(view.files.rows) == ("Without caption (2)", File("0.png"), File("z.png"), "Duplicates (2)",
                               File("2.png", "= z.png"), File("z.png", "= 2.png"))  # fmt: skip
    view.which.set("Duplicates (2)")
    view.which._command("Duplicates (2)")
    assert view.files.rows == ["Duplicates (2)", File("2.png", "= z.png"), File("z.png", "= 2.png")]
    window.turn()
    view.body._parent_canvas.yview_moveto(1.0)
    window.turn()
    view.files.event_generate("<Button-1>", x=40, y=HEIGHT * 2 + 5)
    page: Any = window.app.shell.pages["concept"]
    assert page.view == "pictures"
    window.until(lambda: page.views["pictures"].ready and page.views["pictures"].at >= 0)
    browser = page.views["pictures"]
    window.until(lambda: browser.gallery.entries[browser.at].key == "z.png")
    page._on_choice("Statistics")
    assert view.files.rows[view.files.selected] == File("z.png", "= 2.png")
    view.files.step(-1)
    view.files.event_generate("<Return>")
    window.until(lambda: browser.gallery.entries[browser.at].key == "2.png")


def test_files_of_the_statistics_are_all_there_and_only_those_in_sight_are_drawn(window: Window) -> None:
    view = open_view(window, "numbers")
    window.until(lambda: view.found is not None)
    many = tuple(File(f"{number}.png") for number in range(50_000))
    view.files.show({"Unreadable": many[:1], "Without caption": many})
    view._fit_files()
    window.turn(0.1)
    assert view.files.count == 50_003
    assert len(view.files.find_all()) < 60
    view.files.selected = 1
    view.files.step(1)
    assert view.files.selected == 3, "over the heading"
    view.files.selected = 50_002
    view.files.reveal(50_002)
    view.files.step(1)
    assert view.files.selected == 50_002
    window.turn(0.05)
    assert view.files.row_at(view.files.winfo_height() - 5) == 50_002


def test_many_equal_files_say_so_in_a_few_words() -> None:
    assert survey._alike(("a.png", "b.png", "c.png")) == [
        File("a.png", "= 2 others, below"), File("b.png", "= a.png"), File("c.png", "= a.png")
    ]  # fmt: skip


def test_statistics_can_be_cancelled(window: Window, pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reached = []

    def endless(_state: object, _concept: object, tell: Any) -> None:
        while True:
            reached.append(1)
            tell("reading sizes and captions", 7, 50_000)

    monkeypatch.setattr("onetrainer_clone.statistics.survey", endless)
    view = open_view(window, "numbers", pictures)
    window.until(lambda: "reading sizes and captions: 7 of 50,000" in view.said.cget("text"))
    view.button.invoke()
    window.until(lambda: "Cancelled" in view.said.cget("text"))
    count = len(reached)
    window.turn(0.05)
    assert len(reached) == count
    assert issubclass(Cancelled, Exception)


def test_from_the_list_and_back_and_gone(window: Window) -> None:
    concepts: Any = window.app.shell.show("concepts")
    concepts.list.select(1)
    concepts.buttons["numbers"].invoke()
    page: Any = window.app.shell.pages["concept"]
    assert (page.index, page.view) == (1, "numbers")
    assert window.app.shell.tabs["concepts"].cget("fg_color") == colours.SELECTED, "one still is among the concepts"
    for title in ("Crops", "Captions", "Pictures", "Statistics"):
        page._on_choice(title)
        window.turn(0.1)
        assert sum(view.winfo_ismapped() for view in page.views.values()) == 1
    for _ in range(3):
        window.app.store.remove("concepts", 0, "gone")
    window.turn()
    assert page._gone.winfo_ismapped()
    window.app.topbar.step_back()
    window.app.topbar.step_back()
    window.turn()
    assert not page._gone.winfo_ismapped()
    page.back.invoke()
    assert window.app.shell.current == "concepts"


def test_folders_become_concepts(window: Window, pictures: Path, tmp_path: Path) -> None:
    concepts = window.app.shell.show("concepts")
    entry.add_folders(concepts, [pictures, pictures / "1.png", tmp_path / "nowhere"])
    assert [concept.name for concept in window.app.store.state.concepts[3:]] == ["my cat"]
    assert window.app.store.undo_sentence == 'concept "my cat" added'
    more = [tmp_path / "one" / "cat", tmp_path / "two" / "cat"]
    for folder in more:
        folder.mkdir(parents=True)
    entry.add_folders(concepts, more)
    assert [concept.name for concept in window.app.store.state.concepts[4:]] == ["cat", "cat 2"]
    assert window.app.store.undo_sentence == "2 concepts added"
    window.app.topbar.step_back()
    assert len(window.app.store.state.concepts) == 4


def test_without_tkinterdnd2_the_window_works_as_before(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tkinterdnd2", None)
    concepts: Any = window.app.shell.show("concepts")
    window.turn()
    assert concepts.list.count == 3


def test_a_folder_dropped_by_hand(window: Window, pictures: Path) -> None:
    """Dragged out of another program with xdotool, over the real XDND protocol."""
    pytest.importorskip("tkinterdnd2")
    concepts: Any = window.app.shell.show("concepts")
    window.app.root.geometry("1100x740+0+0")
    window.turn(0.2)
    address = pictures.as_uri()
    with subprocess.Popen([sys.executable, "-c", DRAG, address], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        try:
            assert other.stdout.readline().strip() == "ready"
            window.turn(0.3)
            rows = concepts.list.canvas
            goal = (rows.winfo_rootx() + 100, rows.winfo_rooty() + 200)

            def hands(*words: object) -> None:
                subprocess.run(["xdotool", *map(str, words)], check=True)
                window.turn(0.1)

            hands("mousemove", 1560, 120, "mousedown", 1)
            for step in range(1, 9):
                hands("mousemove", 1560 + (goal[0] - 1560) * step // 8, 120 + (goal[1] - 120) * step // 8)
            hands("mouseup", 1)
            window.until(lambda: len(window.app.store.state.concepts) == 4)
        finally:
            other.kill()
    assert window.app.store.state.concepts[3].path == str(pictures)
