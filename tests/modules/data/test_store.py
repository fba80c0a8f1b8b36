"""The store: what is damaged is a miss, and several may write at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from torch import Tensor

from modules.data.store import Store, digest, fingerprint


def entry(number: int, size: int = 8) -> dict[str, Tensor]:
    return {"mean": torch.full((size,), float(number)), "std": torch.full((size,), -float(number))}


def held(store: Store, key: str, number: int) -> bool:
    found = store.get(key)
    return found is not None and all(torch.equal(found[name], tensor) for name, tensor in entry(number).items())


def file_of(store: Store) -> Path:
    [path] = store.folder.rglob("*.safetensors")
    return path


def test_what_was_put_comes_back_also_in_another_process_life(tmp_path: Path) -> None:
    key = digest("a")
    Store(tmp_path).put(key, entry(1))
    assert held(Store(tmp_path), key, 1)
    assert Store(tmp_path).get(digest("b")) is None


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_dtypes_and_shapes_stay(tmp_path: Path, dtype: torch.dtype) -> None:
    value = torch.randn(3, 4, 5).to(dtype)
    Store(tmp_path).put(digest("a"), {"text": value.transpose(0, 1)})
    found = Store(tmp_path).get(digest("a"))
    assert found is not None
    assert found["text"].dtype == dtype
    assert torch.equal(found["text"], value.transpose(0, 1))


def test_every_truncation_and_every_flipped_bit_is_a_miss(tmp_path: Path) -> None:
    key, store = digest("a"), Store(tmp_path)
    store.put(key, entry(1))
    path = file_of(store)
    data = path.read_bytes()
    for length in range(0, len(data), 7):
        path.write_bytes(data[:length])
        assert Store(tmp_path).get(key) is None
    for place in range(0, len(data), 5):
        path.write_bytes(data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :])
        assert Store(tmp_path).get(key) is None
    path.write_bytes(data)
    assert held(Store(tmp_path), key, 1)


def test_a_damaged_entry_is_mended_by_the_next_put(tmp_path: Path) -> None:
    key, store = digest("a"), Store(tmp_path)
    store.put(key, entry(1))
    file_of(store).write_bytes(b"damaged")
    second = Store(tmp_path)
    assert second.get(key) is None
    second.put(key, entry(1))
    assert held(Store(tmp_path), key, 1)


def test_concurrent_writers_and_readers_never_see_half_an_entry(tmp_path: Path) -> None:
    keys, stores = [digest(str(number)) for number in range(8)], [Store(tmp_path) for _ in range(3)]
    wrong: list[int] = []
    start = threading.Barrier(6)

    def work(index: int) -> None:
        start.wait()
        for turn in range(25):
            number = (turn + index) % len(keys)
            if index % 2:
                stores[index % 3].put(keys[number], entry(number))
            elif (found := Store(tmp_path).get(keys[number])) and not torch.equal(found["mean"], entry(number)["mean"]):
                wrong.append(number)

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(work, range(6)))
    assert not wrong
    assert all(held(Store(tmp_path), key, number) for number, key in enumerate(keys))
    assert not list(tmp_path.rglob("*.part"))


def test_memory_stays_within_its_budget_and_the_last_used_are_kept(tmp_path: Path) -> None:
    size = sum(tensor.nbytes for tensor in entry(0).values())
    store = Store(tmp_path, memory_bytes=3 * size)
    keys = [digest(str(number)) for number in range(4)]
    for number, key in enumerate(keys[:3]):
        store.put(key, entry(number))
    store.get(keys[0])
    store.put(keys[3], entry(3))
    for path in tmp_path.rglob("*.safetensors"):
        path.unlink()
    assert [held(store, key, number) for number, key in enumerate(keys)] == [True, False, True, True]
    store.put(digest("big"), entry(9, 1000))
    assert store._recent_bytes <= 3 * size


def test_a_folder_that_cannot_be_written_is_counted_and_costs_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = Store(tmp_path / "file" / "cache")
    store.put(digest("a"), entry(1))
    assert store.write_failures == 1
    assert held(store, digest("a"), 1)


def test_addresses_tell_their_parts_apart() -> None:
    parts = [("ab", "c"), ("a", "bc"), ("abc",), ("abc", ""), (b"\x00", "abc"), ("a", "b", "c")]
    assert len({digest(*found) for found in parts}) == len(parts)
    assert digest("a", b"b") == digest("a", b"b")


def test_a_fingerprint_is_of_the_numbers_the_names_the_dtypes_and_the_shapes() -> None:
    base = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.tensor(1.5)}
    same = {"b": torch.tensor(1.5), "a": torch.arange(6.0).reshape(2, 3).T.contiguous().T}
    assert fingerprint(base, "x") == fingerprint(same, "x")
    others = [
        fingerprint(base, "y"),
        fingerprint({**base, "b": torch.tensor(1.25)}, "x"),
        fingerprint({**base, "a": base["a"].reshape(3, 2)}, "x"),
        fingerprint({**base, "a": base["a"].half()}, "x"),
        fingerprint({"c": base["a"], "b": base["b"]}, "x"),
    ]
    assert len({fingerprint(base, "x"), *others}) == 6
