"""Headers of safetensors files, whole and broken: every break is a sentence, and nothing large is read for it."""

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onetrainer_clone.safetensors_header import Stored, read_header
from onetrainer_clone.settings import UserError

WHOLE: dict[str, Any] = {
    "__metadata__": {"format": "pt"},
    "a": {"dtype": "F16", "shape": [2, 3], "data_offsets": [0, 12]},
    "b": {"dtype": "BF16", "shape": [], "data_offsets": [12, 14]},
    "nothing": {"dtype": "F32", "shape": [0, 7], "data_offsets": [14, 14]},
}


def written(path: Path, header: Any, data: int = 14, length: int | None = None) -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + bytes(data))
    return path


def test_a_whole_header_is_read(tmp_path: Path) -> None:
    header = read_header(written(tmp_path / "a.safetensors", WHOLE))
    assert header.tensors["a"] == Stored("F16", (2, 3), 0, 12)
    assert header.shapes == {"a": (2, 3), "b": (), "nothing": (0, 7)}
    assert header.metadata == {"format": "pt"}
    assert header.data_start == 8 + len(json.dumps(WHOLE))


def test_what_safetensors_writes_is_read(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    tensors = {
        str(dtype): torch.zeros(3, 2).to(dtype) for dtype in (torch.float16, torch.bfloat16, torch.int64, torch.bool)
    }
    tensors |= {"fp8": torch.zeros(5).to(torch.float8_e4m3fn), "number": torch.tensor(1.0), "none": torch.zeros(0)}
    save_file(tensors, tmp_path / "a.safetensors", {"a": "b"})
    header = read_header(tmp_path / "a.safetensors")
    assert header.shapes == {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    assert header.metadata == {"a": "b"}


def entry(**changes: Any) -> dict[str, Any]:
    return {**WHOLE, "a": {**WHOLE["a"], **changes}}


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (b"{", "its header is no JSON"),
        (b"[" * 100_000, "its header is no JSON"),
        (b"\xff\xfe", "its header is no JSON"),
        (b'{"a": 1, "a": 2}', "a name comes twice"),
        (b"[]", "no JSON object"),
        ({"__metadata__": {"a": 1}}, "metadata are not all texts"),
        ({"__metadata__": []}, "metadata are not all texts"),
        ({"a": 1}, "'a' is not described by dtype"),
        ({"a": {"dtype": "F16", "shape": [1]}}, "'a' is not described by dtype"),
        (entry(dtype="F17"), "'a' has the unknown dtype 'F17'"),
        (entry(shape=[-2, -3]), "no count"),
        (entry(shape=[2.0, 3]), "no count"),
        (entry(shape=[True, 6]), "no count"),
        (entry(shape=[2, 4]), "'a' has 12 bytes, which does not fit F16 [2, 4]"),
        (entry(shape=[2**62, 2**62]), "does not fit F16"),
        (entry(data_offsets=[12, 0]), "does not fit F16"),
        (entry(data_offsets=[2, 14]), "'a' begins at byte 2 where byte 0 comes next"),
        (entry(data_offsets=[1, 13]), "begins at byte"),
        ({**WHOLE, "b": {**WHOLE["b"], "data_offsets": [10, 12]}}, "'b' begins at byte 10 where byte 12 comes next"),
        (
            {**WHOLE, "c": {"dtype": "U8", "shape": [9], "data_offsets": [14, 23]}},
            "its tensors take 23 bytes but it holds 14",
        ),
        ({"a": WHOLE["a"]}, "2 bytes at its end belong to no tensor"),
    ],
)
def test_a_broken_header_is_a_sentence(tmp_path: Path, header: Any, words: str) -> None:
    path = written(tmp_path / "broken.safetensors", header)
    with pytest.raises(UserError) as caught:
        read_header(path)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("length", [10**6, 2**63, 2**64 - 1])
def test_a_header_longer_than_its_file_is_not_read(tmp_path: Path, length: int) -> None:
    with pytest.raises(UserError, match=f"its header would take {length} bytes of a file of"):
        read_header(written(tmp_path / "long.safetensors", WHOLE, length=length))


def test_a_header_of_more_than_100_mb_is_not_read(tmp_path: Path) -> None:
    path = written(tmp_path / "sparse.safetensors", b"", length=2**30)
    with path.open("r+b") as file:
        file.truncate(2**31)  # takes no room on the disk
    with pytest.raises(UserError, match="its header would take"):
        read_header(path)


def test_no_file_and_a_short_file_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read: No such file"):
        read_header(tmp_path / "nowhere.safetensors")
    (tmp_path / "short.safetensors").write_bytes(b"1234567")
    with pytest.raises(UserError, match="it has 7 bytes"):
        read_header(tmp_path / "short.safetensors")
    with pytest.raises(UserError, match="cannot be read"):
        read_header(tmp_path)


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    path = written(tmp_path / "a.safetensors", WHOLE)
    assert len(read_header(path).tensors) == 3
    written(path, {"a": WHOLE["a"]}, data=12)
    assert len(read_header(path).tensors) == 1


# Any damage: a sentence, or what safetensors itself reads

junk = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
counts = st.integers(-2, 20) | st.sampled_from([2**31, 2**62, 2**63, 2**64, 2**70, True, 1.0])
entries = st.fixed_dictionaries(
    {},
    optional={
        "dtype": st.sampled_from(["F16", "F32", "BF16", "U8", "BOOL", "I64", "F8_E4M3", "F17", ""]) | junk,
        "shape": st.lists(counts, max_size=3) | junk,
        "data_offsets": st.lists(counts, min_size=2, max_size=2) | st.lists(counts, max_size=3) | junk,
        "more": junk,
    },
)
headers = st.dictionaries(st.sampled_from(["a", "b", "c", "", "__metadata__"]), entries | junk, max_size=4)


def is_read(path: Path) -> bool:
    """Whether the header is accepted; anything but a sentence fails the test."""
    try:
        read_header(path)
    except UserError as error:
        assert str(path) in str(error)  # noqa: PT017 - either is fine, anything else is not
        return False
    return True


def safetensors_reads(path: Path) -> bool:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt") as file:
            file.keys()
    except (SafetensorError, ValueError, OSError):
        return False
    return True


@settings(max_examples=150, deadline=None)
@given(headers, st.integers(0, 60))
def test_any_header_is_read_or_a_sentence_and_never_more_than_safetensors_reads(
    tmp_path_factory: pytest.TempPathFactory, header: dict[str, Any], size: int
) -> None:
    path = written(tmp_path_factory.mktemp("any") / "any.safetensors", header, size)
    assert not is_read(path) or safetensors_reads(path)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_damage_to_a_whole_file_is_read_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = written(tmp_path_factory.mktemp("any") / "any.safetensors", WHOLE)
    content = bytearray(path.read_bytes())
    for place, byte in data.draw(st.dictionaries(st.integers(0, 500), st.integers(0, 255), max_size=6)).items():
        content[place % len(content)] = byte
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))] + data.draw(st.binary(max_size=8)))
    assert not is_read(path) or safetensors_reads(path)
