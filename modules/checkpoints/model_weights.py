"""Single weights of a model on disk, by part and module path, mapped and not loaded."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cached_property

from torch import Tensor

from modules.checkpoints.forms import read_entry
from modules.checkpoints.weights import Weights, open_weights
from onetrainer_clone import model_files, single_file
from onetrainer_clone.families import BASES, PREFIXES, Family, kind_of
from onetrainer_clone.json_file import read_json
from onetrainer_clone.ldm_keys import Entry, stored_name, table
from onetrainer_clone.lora_names import Address, LoraNames, names_in
from onetrainer_clone.paths import resolve
from onetrainer_clone.settings import UserError


class ModelWeights:
    """A single file or a diffusers folder. Raises UserError where it is no SD 1.5 or SDXL model, or is damaged."""

    def __init__(self, source: str):
        self.path = resolve(source)
        if message := model_files.problem(source):
            raise UserError(message)
        if not self.path.exists():
            raise UserError(f"'{source}' is on the hub: download it first, or choose a file or folder")
        self._file = open_weights(self.path) if self.path.is_file() else None
        found = kind_of(self._file.shapes, self._file.metadata).family if self._file else model_files.family(source)
        if found not in BASES:
            raise UserError(f"'{source}' is {found.value if found else 'no model'}: choose an SD 1.5 or SDXL model")
        self.family: Family = found
        self.configs = single_file.configs(self.path, found) if self._file else self.path

    @cached_property
    def names(self) -> LoraNames:
        return names_in(self.configs, self.family)

    @contextmanager
    def open(self, part: str) -> Iterator[Callable[[Address], Tensor]]:
        """Inside it, a layer's address -> its weight: a view of the mapped file that is not to be kept."""
        with ExitStack() as stack:
            if self._file:
                entries, file = self._entries(part), self._file
                get = stack.enter_context(file.open())
                yield lambda address: _read(entries, address, file, get)
            else:
                opened = [(w, stack.enter_context(w.open())) for w in self._shards(part)]
                yield lambda address: self._from_shards(address, opened)

    def _entries(self, part: str) -> Mapping[str, Entry]:
        configs = {p: read_json(self.configs / p / "config.json") or {} for p in PREFIXES[self.family]}
        return {name: entry for entry in table(self.family, configs)[part] for name in entry.names}

    def _shards(self, part: str) -> list[Weights]:
        """The files of a part: safetensors before PyTorch's, full before float16's."""
        folder = self.path / part
        for pattern in ("*.safetensors", "*.bin"):
            if files := sorted(folder.glob(pattern)):
                plain = [file for file in files if ".fp16." not in file.name and ".non_ema." not in file.name]
                return [open_weights(file) for file in plain or files]
        raise UserError(f"'{folder}' holds no weights: download the model again")

    def _from_shards(self, address: Address, opened: list[tuple[Weights, Callable[[str], Tensor]]]) -> Tensor:
        for weights, get in opened:
            for name in (f"{address[1]}.weight", f"{address[1].removeprefix('text_model.')}.weight"):
                if name in weights.shapes:
                    return get(name)
        raise UserError(f"'{self.path}' lacks the weight '{address[1]}' of its {address[0]}")


def _read(entries: Mapping[str, Entry], address: Address, file: Weights, get: Callable[[str], Tensor]) -> Tensor:
    name = f"{address[1]}.weight"
    stored = stored_name(entries[name].original, file.shapes)
    if stored not in file.shapes:
        raise UserError(f"'{file.path}' lacks the weight '{stored}'")
    return read_entry(entries[name], get(stored))[name]
