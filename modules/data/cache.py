"""Pictures and captions, encoded once: latents and text embeddings, kept by what they depend on.

A run first fills the cache (in batches, stoppable after each), so that its steps never wait for the VAE.
"""

import io
import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor

from modules.data.images import cut
from modules.data.masks import OWN, mask_of, through
from modules.data.store import Entry, Store, digest, fingerprint
from modules.memory import AtOnce
from modules.models.base import Model, Text
from onetrainer_clone import epoch
from onetrainer_clone.buckets import Crop
from onetrainer_clone.dataset import Folder, Picture
from onetrainer_clone.events import Progressed, Warned
from onetrainer_clone.masks import mask_path
from onetrainer_clone.pixels import open_rgb
from onetrainer_clone.session import Controls, Emit, Stopped
from onetrainer_clone.settings import Invalid, Problem
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.concepts import Concept, Role

T = TypeVar("T")
READERS = 4  # threads that read and decode pictures; both leave the interpreter
LOOKED_UP = 64  # entries that are looked up between two questions whether to stop
MOST_AT_ONCE = 64  # pictures per VAE batch, however small
ENCODED_PIXELS = (
    4 * 512 * 512
)  # per VAE batch: about what a training batch needs, so caching does not run out of memory


@dataclass(frozen=True)
class View:
    """One way in which a picture is seen; with the name of a mask the picture without what is to be drawn anew."""

    picture: Picture
    crop: Crop
    flip: bool
    mask: str = ""  # see `masks.through`


class Latents:
    """The latents of views: mean and standard deviation [C, h, w] of the scaled VAE distribution."""

    def __init__(self, model: Model, folder: Path, background: str):
        self.model, self.background = model, background
        self.store = Store(folder / "latents")
        self._vae = fingerprint(dict(model.vae.state_dict()), model.vae_identity)
        self._hashes: dict[Path, str] = {}
        self._pixels_at_once = AtOnce(ENCODED_PIXELS)

    def key(self, view: View) -> str:
        """The address of a view. The picture's bytes are hashed once per run."""
        crop = (view.crop.scaled_width, view.crop.scaled_height, view.crop.left, view.crop.top, view.crop.bucket)
        mask = self._mask(view) if view.mask else ()
        return digest(self._hash(view.picture.path), repr(crop), str(view.flip), self.background, self._vae, *mask)

    def _hash(self, path: Path) -> str:
        if path not in self._hashes:
            self._hashes[path] = digest(path.read_bytes())
        return self._hashes[path]

    def _mask(self, view: View) -> tuple[str, str]:
        """What the mask of a view depends on."""
        own = view.mask == OWN
        return view.mask, self._hash(mask_path(view.picture.path)) if own else view.picture.key

    def load(self, view: View) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation; encoded now if the entry was lost since the cache was filled."""
        entry = self.store.get(self.key(view))
        if entry is None:
            [entry] = self._encode([(view, self._pixels(view))]).values()
        return entry["mean"], entry["std"]

    def missing(self, view: View) -> bool:
        return self.store.get(self.key(view)) is None

    def _pixels(self, view: View) -> Tensor:
        data = view.picture.path.read_bytes()
        self._hashes[view.picture.path] = digest(data)  # the file may have changed since it was looked for
        pixels = cut(open_rgb(io.BytesIO(data), self.background), view.crop, view.flip)
        return pixels * (mask_of(view.picture, view.mask, view.crop, view.flip) < 0.5) if view.mask else pixels

    def _encode(self, found: Sequence[tuple[View, Tensor]]) -> dict[str, Entry]:
        """The entries by address, which a full disk and memory may not have kept."""
        pixels = torch.stack([pixels for _, pixels in found])
        alone = self.model.device.type == "cpu"
        size = self._pixels_at_once.most if alone else pixels[0, 0].numel()
        parts = self._pixels_at_once.map(len(found), lambda rows: self.model.encode_images(pixels[rows]), size)
        mean, std = (torch.cat(part) for part in zip(*parts, strict=True))
        made = {}
        for row, (view, _) in enumerate(found):
            if not (torch.isfinite(mean[row]).all() and torch.isfinite(std[row]).all()):
                message = f"the VAE gives no finite latents for {view.picture.path}: use float32 for the VAE"
                raise Invalid([Problem("model.vae_dtype", message)])
            made[self.key(view)] = {"mean": mean[row].cpu().clone(), "std": std[row].cpu().clone()}
        for key, entry in made.items():
            self.store.put(key, entry)
        return made

    def fill(self, views: Sequence[View], emit: Emit, controls: Controls) -> tuple[int, list[tuple[Picture, str]]]:
        """Encode what is not there yet. Returns how many were encoded, and the pictures that cannot be decoded, with why.

        Raises `Stopped` within one batch after the person asked to stop.
        """
        broken: dict[Path, tuple[Picture, str]] = {}
        encoded, said = 0, self._pixels_at_once.halved
        views = list(dict.fromkeys(views))  # variants that only flip have but two looks
        with ThreadPoolExecutor(READERS) as readers:
            todo = []
            for chunk in _chunks(views, LOOKED_UP):
                if controls.stopping:
                    raise Stopped
                emit(Progressed("caching", 0, len(views)))
                todo += [view for view, gone in zip(chunk, readers.map(self._missing_or_unreadable, chunk)) if gone]
            done = len(views) - len(todo)
            emit(Progressed("caching", done, len(views)))
            for batch in _batches(todo):
                if controls.stopping:
                    raise Stopped
                good = []
                for view, result in zip(batch, readers.map(self._try_pixels, batch)):
                    if isinstance(result, str):
                        broken[view.picture.path] = (view.picture, result)
                    else:
                        good.append((view, result))
                if good:
                    self._encode(good)
                if self._pixels_at_once.halved and not said:
                    emit(Warned("The memory is too small for so many pictures at once: fewer are encoded at a time"))
                    said = True
                encoded += len(good)
                done += len(batch)
                emit(Progressed("caching", done, len(views)))
        return encoded, list(broken.values())

    def _missing_or_unreadable(self, view: View) -> bool:
        try:
            return self.missing(view)
        except OSError:  # it is said when it is opened
            return True

    def _try_pixels(self, view: View) -> Tensor | str:
        try:
            return self._pixels(view)
        except Exception as error:  # noqa: BLE001 - damaged files raise anything: struct.error, IndexError, TypeError
            return f"cannot be decoded: {error}"


def alone_on_cpu(rows: Tensor, device: torch.device) -> Sequence[Tensor]:
    """Rows as they are encoded: on the CPU each for itself, elsewhere all together.

    A row's last bits depend on what shares its batch. On the CPU, where a run is promised bit for bit, an entry must not
    depend on which others happened to be in the cache already.
    """
    return rows.split(1) if device.type == "cpu" else [rows]


def _batches(views: Iterable[View]) -> Iterator[Sequence[View]]:
    """Views of one size together, as many as the VAE takes at once."""
    ordered = sorted(views, key=lambda view: view.crop.bucket)
    for bucket, group in itertools.groupby(ordered, key=lambda view: view.crop.bucket):
        fitting = ENCODED_PIXELS // (bucket.width * bucket.height)
        yield from _chunks(list(group), min(max(1, fitting), MOST_AT_ONCE))


def _chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    yield from (items[i : i + size] for i in range(0, len(items), size))


def views_of(state: TrainingState, folder: Folder, epochs: int, inpaints: bool = False) -> list[View]:
    """Every view of a concept that a run of so many epochs will see. inpaints: each also through its mask."""
    concept, pictures = folder.concept, folder.pictures
    if concept.role is Role.VALIDATION:
        return _through_masks([(plain(state, folder, picture), 0) for picture in pictures], inpaints)
    total = math.floor(epoch.per_epoch(folder) * epochs)
    variants = concept.image_variants if concept.augmented or inpaints else 1
    laps, rest = divmod(total, len(pictures)) if pictures else (0, 0)
    wanted = {(index, lap % variants) for lap in range(min(laps, variants)) for index in range(len(pictures))}
    if laps < variants and rest:  # the last, unfinished round
        wanted |= {(index, laps) for index in epoch.lap_order(folder, laps, state.training.seed)[:rest]}
    found = [(_view(state, folder, pictures[index], variant), variant) for index, variant in sorted(wanted)]
    return _through_masks(found, inpaints)


def _through_masks(views: Sequence[tuple[View, int]], inpaints: bool) -> list[View]:
    """Views with their variants -> the views, and for an inpainting model each of them without its masked area."""
    plain_views = [view for view, _ in views]
    if not inpaints:
        return plain_views
    return plain_views + [replace(view, mask=through(view.picture, variant)) for view, variant in views]


def mask_variant(concept: Concept, repeat: int) -> int:
    """Which of the random masks a sample gets."""
    return repeat % concept.image_variants if concept.role is not Role.VALIDATION else 0


def plain(state: TrainingState, folder: Folder, picture: Picture) -> View:
    """A picture without augmentation."""
    return _view(state, folder, picture, 0)


def _view(state: TrainingState, folder: Folder, picture: Picture, variant: int) -> View:
    bucket = epoch.bucket_for(state, folder.concept, picture)
    crop, flip = epoch.augment(folder.concept, picture, bucket, variant)
    return View(picture, crop, flip)


class Texts:
    """What the frozen text encoders give for captions, window by window. Not used where one of them is trained."""

    BATCH = 16

    def __init__(self, model: Model, folder: Path):
        self.model = model
        self.store = Store(folder / "texts", memory_bytes=256 * 2**20)
        frozen = {
            f"{part}.{name}": tensor
            for part, encoder in model.text_encoders.items()
            for name, tensor in encoder.state_dict().items()
            if "lora_" not in name
        }
        self._encoders = fingerprint(frozen, model.text_identity)

    def _key(self, window: Tensor) -> str:
        return digest(self._encoders, window.numpy().tobytes())

    def _windows(self, tokens: Tensor) -> list[Tensor]:
        """Token ids [B, encoders, N x window] -> B x N windows [encoders, window]."""
        return [piece.contiguous() for row in tokens for piece in row.split(self.model.window, dim=-1)]

    def fill(self, captions: Iterable[str], emit: Emit, controls: Controls) -> int:
        """Encode the captions that are not there yet; returns how many windows. Raises `Stopped` within one batch."""
        windows = {self._key(row): row for row in self._windows(self.model.tokenize(sorted(set(captions))))}
        todo = [row for key, row in windows.items() if self.store.get(key) is None]
        for number, rows in enumerate(_chunks(todo, self.BATCH)):
            if controls.stopping:
                raise Stopped
            emit(Progressed("caching", number * self.BATCH, len(todo), "captions"))
            self._encode(rows)
        return len(todo)

    @torch.no_grad()
    def _encode(self, windows: Sequence[Tensor]) -> dict[str, Entry]:
        """The entries by address, which a full disk and memory may not have kept."""
        with torch.autocast(self.model.device.type, enabled=False):  # what is kept must not depend on the run's dtype
            together = alone_on_cpu(torch.stack(list(windows)), self.model.device)
            read = map(self.model.encode_text, together)
            found = [text[row : row + 1] for text in read for row in range(len(text.states))]
        made = {}
        for window, text in zip(windows, found, strict=True):
            parts = {"states": text.states[0]} | ({} if text.pooled is None else {"pooled": text.pooled[0]})
            made[self._key(window)] = {name: tensor.cpu().clone() for name, tensor in parts.items()}
        for key, entry in made.items():
            self.store.put(key, entry)
        return made

    def embed(self, tokens: Tensor) -> Text:
        """As `Model.encode_text`, on the CPU; windows that are not there yet are encoded now."""
        windows = self._windows(tokens)
        keys = [self._key(row) for row in windows]
        found = {key: entry for key in keys if (entry := self.store.get(key)) is not None}
        if missing := {key: row for key, row in zip(keys, windows, strict=True) if key not in found}:
            found |= self._encode(list(missing.values()))
        entries = [found[key] for key in keys]
        states = torch.stack([entry["states"] for entry in entries]).reshape(*tokens.shape[::2], -1)
        first = entries[:: len(windows) // len(tokens)]
        return Text(states, torch.stack([entry["pooled"] for entry in first]) if "pooled" in first[0] else None)
