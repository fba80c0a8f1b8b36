"""Caption files as they are edited, changed all at once, and the pictures they belong to moved to the trash and back."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onetrainer_clone import browse, caption_changes, captions, dataset
from onetrainer_clone.browse import Moves, turned
from onetrainer_clone.caption_changes import adding_tag, excerpt, lacks, preview, removing_tag, replacing
from onetrainer_clone.captions import Changed, caption_path
from onetrainer_clone.settings import UserError
from onetrainer_clone.state.concepts import Concept
from tests.onetrainer_clone.making import make_pictures

# Files


@pytest.mark.parametrize(
    "data",
    [
        b"a cat\nthe same cat\n",
        b"a cat\r\nthe same cat\r\n",
        "\ufeffa cät".encode(),
        "a cät\nzwei".encode("utf-16"),
        "eine Katze\r\n".encode("utf-16-be").join((b"\xfe\xff", b"")),
        b"a cat\x00\n\n\n",
        b"",
    ],
)
def test_what_is_not_changed_stays_byte_for_byte(data: bytes) -> None:
    assert captions.encode(captions.decode(data)) == data


@given(st.binary(max_size=40))
def test_no_bytes_break_it_and_the_trainer_reads_the_same_words(data: bytes) -> None:
    shown = captions.decode(data)
    again = captions.decode(captions.encode(shown))
    if shown.encoding == "utf-8" and "\r" not in shown.text:
        assert again.text == shown.text


def test_an_edit_keeps_encoding_mark_and_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("\ufeffeins\r\nzwei".encode("utf-16-le"))
    captions.write(path, "eins\ndrei 🐈", "eins\nzwei")
    assert path.read_bytes() == "\ufeffeins\r\ndrei 🐈".encode("utf-16-le")
    assert dataset.variants(path.read_bytes())[0] == ("eins", "drei 🐈")


def test_windows_1252_becomes_utf_8_when_it_is_edited(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("ein Kätzchen".encode("cp1252"))
    assert captions.read(path).text == "ein Kätzchen"
    captions.write(path, "ein Kätzchen 猫")
    assert path.read_bytes() == "ein Kätzchen 猫".encode()


def test_no_file_reads_as_empty_and_an_empty_text_makes_none(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    assert captions.read(path).text == ""
    captions.write(path, "", "")
    assert not path.exists()
    captions.write(path, "a cat", "")
    assert path.read_text() == "a cat"


def test_what_another_program_wrote_is_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("theirs")
    with pytest.raises(Changed, match=r"a\.txt was changed by another program"):
        captions.write(path, "ours", "what we read")
    assert path.read_text() == "theirs"
    captions.write(path, "ours")
    assert path.read_text() == "ours"


def test_a_file_that_cannot_be_written_says_so_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    path = tmp_path / "gone" / "a.txt"
    captions.write(path, "a cat")
    os.remove(path)
    path.mkdir()
    with pytest.raises(UserError, match=r"a\.txt cannot be read"):
        captions.write(path, "a dog")
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match=r"cannot be"):
        captions.write(tmp_path / "file" / "a.txt", "a dog")
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a.txt", "file", "gone"]


# Changes of many


def test_replace_is_literal_and_counts_only_what_changes() -> None:
    texts = {Path("a"): "A cat (1), cat", Path("b"): "concatenate", Path("c"): "dog"}
    assert [e.after for e in preview(texts, replacing("cat", "kit\\1"))] == ["A kit\\1 (1), kit\\1", "conkit\\1enate"]
    assert [e.path.name for e in preview(texts, replacing("cat", "kit", whole_words=True))] == ["a"]
    assert preview(texts, replacing("a CAT", "x", match_case=True)) == []
    assert [e.after for e in preview(texts, replacing("(1)", ""))] == ["A cat , cat"]
    assert preview(texts, replacing("", "x")) == []


def test_a_tag_is_added_to_every_line_that_has_it_not() -> None:
    text = "cat, red\n\n  dog , RED  \nbird,\n"
    assert adding_tag("red")(text) == "cat, red\n\n  dog , RED  \nbird, red\n"
    assert adding_tag(" sks ", in_front=True)(text) == "sks, cat, red\n\nsks, dog , RED  \nsks, bird,\n"
    assert adding_tag("red")("") == "red"
    assert adding_tag("")(text) == text
    assert adding_tag("re")("red") == "red, re"


def test_a_tag_is_removed_and_nothing_else() -> None:
    assert removing_tag("red")("cat, Red, small\nred\n\ncat,  red hat ,red") == "cat, small\n\ncat,  red hat"
    assert removing_tag("red")(" as it is , ") == " as it is , "


@given(st.text("ab, \n", max_size=30))
def test_adding_then_removing_a_new_tag_changes_no_tag(text: str) -> None:
    def tags(of: str) -> list[list[str]]:
        lists = [[tag.strip() for tag in line.split(",") if tag.strip()] for line in of.split("\n")]
        return [some for some in lists if some]

    assert tags(removing_tag("new")(adding_tag("new")(text))) == tags(text)


def test_trigger_word_check_wants_it_in_every_variant() -> None:
    assert not lacks("a SKS cat\nsks", "sks")
    assert lacks("a sks cat\na cat", "sks")
    assert lacks("asks", "sks")
    assert lacks(" \n", "sks")
    assert not lacks("photo of [v] cat", "[V]")


def test_changes_are_done_undone_and_never_over_foreign_ones(tmp_path: Path) -> None:
    make_pictures(tmp_path, "a.png", "b.png", "c.png", caption="a cat\nthe cat")
    paths = [caption_path(entry.path) for entry in browse.entries(Concept(path=str(tmp_path)))]
    edits = preview({path: captions.read(path).text for path in paths}, replacing("cat", "dog"))
    paths[1].write_text("changed meanwhile")
    done = list(caption_changes.apply(edits))
    assert [bool(why) for _, why in done] == [False, True, False]
    assert [path.read_text() for path in paths] == ["a dog\nthe dog", "changed meanwhile", "a dog\nthe dog"]
    paths[2].write_text("a dog, retouched")
    back = list(caption_changes.apply(edit.back for edit, why in done if not why))
    assert [why.partition(" was")[0] for _, why in back] == ["", "c.txt"]
    assert paths[0].read_text() == "a cat\nthe cat"


def test_an_excerpt_shows_the_place_that_differs() -> None:
    before, after = "x" * 100 + " cat\nend", "x" * 100 + " dog\nend"
    assert "dog ⏎ end" in excerpt(after, before)
    assert excerpt(after, before).startswith("…")
    assert excerpt("short", "short") == "short"


# The list of pictures, and the trash


def test_entries_are_what_a_run_finds(tmp_path: Path) -> None:
    make_pictures(tmp_path / "deep", "c.PNG", caption=None)
    make_pictures(tmp_path / ".trash", "x.png")
    make_pictures(tmp_path, "b.png", "a.webp", "a-masklabel.png")
    for deep in (False, True):
        concept = Concept(path=str(tmp_path), include_subfolders=deep)
        found = browse.entries(concept)
        assert [entry.key for entry in found] == [picture.key for picture in dataset.find(concept).pictures]
    assert [(e.key, e.captioned, e.masked) for e in found] == [
        ("a.webp", True, True), ("b.png", True, False), ("deep/c.PNG", False, False)
    ]  # fmt: skip
    with pytest.raises(UserError, match="cannot be read"):
        browse.entries(Concept(path=str(tmp_path / "nowhere")))


def delete(picture: Path) -> Moves:
    ((moves, why),) = browse.delete_several([picture])
    assert not why
    return moves


def test_deleting_moves_all_that_belongs_and_undo_brings_it_back(tmp_path: Path) -> None:
    make_pictures(tmp_path, "a.png", "a-masklabel.png", "ab.png")
    (tmp_path / "a-masklabel.txt").unlink()
    before = sorted(path.name for path in tmp_path.iterdir())
    moves = delete(tmp_path / "a.png")
    assert sorted(p.name for p in (tmp_path / ".trash").iterdir()) == ["a-masklabel.png", "a.png", "a.txt"]
    make_pictures(tmp_path, "a.png")
    ((back, why),) = browse.move_several([turned(moves)])
    assert not back
    assert "there is a file of that name" in why
    again = delete(tmp_path / "a.png")
    assert [to.name for _, to in again] == ["a (2).png", "a (2).txt"]
    assert list(browse.move_several([turned(moves)])) == [(turned(moves), "")]
    assert sorted(p.name for p in tmp_path.iterdir() if p.name != ".trash") == before


def test_a_caption_that_two_pictures_share_stays(tmp_path: Path) -> None:
    make_pictures(tmp_path, "a.png", "a.webp")
    assert [to.name for _, to in delete(tmp_path / "a.png")] == ["a.png"]
    assert (tmp_path / "a.txt").exists()
    ((moves, why),) = browse.delete_several([tmp_path / "a.png"])
    assert not moves
    assert "a.png cannot be moved" in why
    assert (tmp_path / "a.txt").exists()


def test_a_copy_is_whole_or_not_there(tmp_path: Path) -> None:
    make_pictures(tmp_path / "from", "a.png", "b.png")
    to = tmp_path / "to"
    to.mkdir()
    (tmp_path / "from" / "a-masklabel.png").write_bytes(b"mask")
    found = browse.pictures_among([tmp_path / "from"], to)
    assert [path.name for path in found] == ["a.png", "b.png"]
    copies = list(browse.copy_several([*found, tmp_path / "from" / "c.png"], to))
    assert [len(moves) for moves, _ in copies] == [3, 2, 0]
    assert sorted(path.name for path in to.iterdir()) == ["a-masklabel.png", "a.png", "a.txt", "b.png", "b.txt"]
    ((none, why),) = browse.copy_several(found[:1], to / "b.txt")
    assert not none
    assert "a.png cannot be copied" in why


def test_what_belongs_together_is_moved_whole_or_not_at_all(tmp_path: Path) -> None:
    make_pictures(tmp_path, "a.png", "b.png")
    groups = [delete(tmp_path / name) for name in ("a.png", "b.png")]
    (tmp_path / "a.txt").write_text("new")
    found = list(browse.move_several(map(turned, groups)))
    assert [bool(why) for _, why in found] == [True, False]
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["a.txt", "b.png", "b.txt"]
    assert sorted(path.name for path in (tmp_path / ".trash").iterdir()) == ["a.png", "a.txt"]
    shutil.rmtree(tmp_path / ".trash")
    assert list(browse.move_several(groups[1:])) == [(groups[1], "")], "also into a trash that was emptied"
