"""Tensors on disk by the hash of all that they depend on: what changes misses, what does not hits.

An entry is a safetensors file with a checksum of its data. A damaged one counts as missing and is made again. Entries are
written whole or not at all, so that several runs can share a store.
"""

import hashlib
import json
import struct
import threading
from collections import OrderedDict
from pathlib import Path

import torch
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from modules.data.room import used_now
from onetrainer_clone.paths import write_whole

Entry = dict[str, Tensor]
CHECKSUM_BYTES = 16


def digest(*parts: str | bytes) -> str:
    """The address of an entry: a hash of everything that it depends on, each part told apart from the next."""
    found = hashlib.blake2b(digest_size=20)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        found.update(struct.pack("<Q", len(data)) + data)
    return found.hexdigest()


def fingerprint(tensors: dict[str, Tensor], *also: str) -> str:
    """A hash of weights: the same for the same numbers, wherever they were loaded from."""
    found = hashlib.blake2b(json.dumps(also).encode(), digest_size=20)
    for name, tensor in sorted(tensors.items()):
        found.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        found.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().data)
    return found.hexdigest()


class Store:
    """Entries on disk, with the last used ones in memory. Safe to use from several threads."""

    def __init__(self, folder: Path, memory_bytes: int = 512 * 2**20):
        self.folder, self.memory_bytes = folder, memory_bytes
        self._recent: OrderedDict[str, Entry] = OrderedDict()
        self._recent_bytes = 0
        self._lock = threading.Lock()
        self.write_failures = 0

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key[2:]}.safetensors"

    def get(self, key: str) -> Entry | None:
        """The entry, or None where it is missing or damaged."""
        with self._lock:
            if key in self._recent:
                self._recent.move_to_end(key)
                return self._recent[key]
        entry = self._read(key)
        if entry is not None:
            self._remember(key, entry)
        return entry

    def put(self, key: str, entry: Entry) -> None:
        """Keep an entry. A disk that cannot be written costs the next run time, not this one its result."""
        self._remember(key, entry)
        data = save_tensors({name: tensor.contiguous() for name, tensor in entry.items()})
        try:
            write_whole(self._path(key), hashlib.blake2b(data, digest_size=CHECKSUM_BYTES).digest() + data)
        except OSError:
            self.write_failures += 1

    def _read(self, key: str) -> Entry | None:
        try:
            data = self._path(key).read_bytes()
        except OSError:
            return None
        checksum, data = data[:CHECKSUM_BYTES], data[CHECKSUM_BYTES:]
        if hashlib.blake2b(data, digest_size=CHECKSUM_BYTES).digest() != checksum:
            return None
        used_now(self._path(key))
        return dict(load_tensors(data))

    def _remember(self, key: str, entry: Entry) -> None:
        size = sum(tensor.nbytes for tensor in entry.values())
        with self._lock:
            if key in self._recent or size > self.memory_bytes:
                return
            self._recent[key] = entry
            self._recent_bytes += size
            while self._recent_bytes > self.memory_bytes:
                _, old = self._recent.popitem(last=False)
                self._recent_bytes -= sum(tensor.nbytes for tensor in old.values())
