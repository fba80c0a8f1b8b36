"""What is encoded anew, and what is not."""

import io
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

from modules.data.cache import Latents, Texts, View, plain, views_of
from modules.data.images import cut
from modules.models.sd15 import StableDiffusion15
from onetrainer_clone import dataset, epoch
from onetrainer_clone.buckets import crop
from onetrainer_clone.dataset import Folder, Picture
from onetrainer_clone.events import Event, Warned
from onetrainer_clone.paths import DEMO
from onetrainer_clone.pixels import open_rgb
from onetrainer_clone.session import Controls, Stopped
from onetrainer_clone.settings import replace
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.concepts import Concept
from tests.modules.small import demo_model

WHITE = "#ffffff"


def pictures(folder: Path) -> Path:
    """The demo's six pictures of its subject, without captions."""
    folder.mkdir(parents=True)
    for path in (DEMO / "concepts" / "subject").glob("*.png"):
        shutil.copy(path, folder)
    return folder


def setup(folder: Path, **concept: Any) -> tuple[TrainingState, Folder]:
    state = TrainingState()
    changes = {
        "training.resolution": 32,
        "training.bucket_step": "16",
        "concepts": [{"name": "cat", "path": str(folder), **concept}],
    }
    for path, value in changes.items():
        state = replace(state, path, value)
    return state, dataset.find(state.concepts[0])


def fill(
    model: StableDiffusion15, cache: Path, views: Sequence[View], background: str = WHITE
) -> tuple[int, list[tuple[Picture, str]]]:
    return Latents(model, cache, background).fill(views, lambda event: None, Controls())


@pytest.fixture
def plain_views(tmp_path: Path) -> list[View]:
    return views_of(*setup(pictures(tmp_path / "pictures")), 5)


def test_a_second_fill_encodes_nothing(model: StableDiffusion15, tmp_path: Path, plain_views: list[View]) -> None:
    assert fill(model, tmp_path / "cache", plain_views) == (6, [])
    assert fill(model, tmp_path / "cache", plain_views) == (0, [])
    assert fill(demo_model(), tmp_path / "cache", plain_views) == (0, [])


@pytest.mark.parametrize("already", [1, 2, 5])
def test_an_entry_does_not_depend_on_what_was_there_already(
    already: int, model: StableDiffusion15, tmp_path: Path, plain_views: list[View]
) -> None:
    fill(model, tmp_path / "whole", plain_views)
    fill(model, tmp_path / "interrupted", plain_views[:already])
    fill(model, tmp_path / "interrupted", plain_views)
    whole, interrupted = (Latents(model, tmp_path / name, WHITE) for name in ("whole", "interrupted"))
    for view in plain_views:
        assert all(torch.equal(a, b) for a, b in zip(whole.load(view), interrupted.load(view), strict=True))


def test_an_entry_is_the_vaes_distribution_of_the_picture(
    model: StableDiffusion15, tmp_path: Path, plain_views: list[View]
) -> None:
    latents = Latents(model, tmp_path / "cache", WHITE)
    latents.fill(plain_views, lambda event: None, Controls())
    for view in plain_views:
        pixels = cut(open_rgb(io.BytesIO(view.picture.path.read_bytes()), WHITE), view.crop, view.flip)
        mean, std = model.encode_images(pixels[None])
        torch.testing.assert_close(latents.load(view)[0], mean[0], rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(latents.load(view)[1], std[0], rtol=1e-4, atol=1e-5)


def test_what_matters_misses(
    model: StableDiffusion15, fresh_model: StableDiffusion15, tmp_path: Path, plain_views: list[View]
) -> None:
    cache = tmp_path / "cache"
    fill(model, cache, plain_views)
    assert fill(model, cache, plain_views, "#000000")[0] == 6
    flipped = [View(view.picture, view.crop, True) for view in plain_views]
    assert fill(model, cache, flipped)[0] == 6
    moved = [View(v.picture, crop(64, 64, v.crop.bucket, 1.5, 0, 1), False) for v in plain_views]
    assert fill(model, cache, moved)[0] == 6
    path = plain_views[0].picture.path
    with Image.open(path) as image:
        image.load()
    image.putpixel((0, 0), (1, 2, 3))
    image.save(path)
    assert fill(model, cache, plain_views)[0] == 1
    with torch.no_grad():
        next(fresh_model.vae.parameters()).view(-1)[0] += 1e-3
    assert fill(fresh_model, cache, plain_views)[0] == 6
    assert fill(demo_model(vae_dtype="BF16"), cache, plain_views)[0] == 6
    scaled = demo_model()
    scaled.vae.register_to_config(scaling_factor=0.5)
    assert fill(scaled, cache, plain_views)[0] == 6


def test_what_does_not_matter_hits(model: StableDiffusion15, tmp_path: Path, plain_views: list[View]) -> None:
    fill(model, tmp_path / "cache", plain_views)
    other = tmp_path / "elsewhere"
    (tmp_path / "pictures").rename(other)
    for number, path in enumerate(sorted(other.iterdir(), reverse=True)):
        path.rename(other / f"renamed {number}.png")
    os.utime(other / "renamed 0.png", (1, 1))
    moved = views_of(*setup(other, name="dog", caption_source="TEXT", caption_text="a dog", loss_weight=2), 1)
    assert {view.picture.path for view in moved}.isdisjoint({view.picture.path for view in plain_views})
    assert fill(model, tmp_path / "cache", moved) == (0, [])
    with_more = demo_model(unet_dtype="BF16", clip_skip=2)
    assert fill(with_more, tmp_path / "cache", moved) == (0, [])


def test_a_damaged_picture_is_left_out_and_named(model: StableDiffusion15, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "pictures")
    state, found = setup(folder)
    cut_off, gone, odd = (found.pictures[index].path for index in (1, 3, 4))
    cut_off.write_bytes(cut_off.read_bytes()[:300])
    gone.unlink()
    Image.new("RGB", (64, 64)).save(odd.with_suffix(".tif"))
    tiff = odd.with_suffix(".tif").read_bytes()
    odd.write_bytes(tiff.replace(b"\x02\x01\x03\x00\x03", b"\x02\x01\x0c\x00\x03"))  # BitsPerSample become doubles
    encoded, broken = fill(model, tmp_path / "cache", views_of(state, found, 1))
    assert [picture.path for picture, _ in broken] == [cut_off, gone, odd]
    assert all(reason.startswith("cannot be decoded: ") for _, reason in broken)
    assert encoded == 3


@pytest.mark.parametrize("when", [0, 1, 2])
def test_a_stop_is_heard_within_one_batch(
    model: StableDiffusion15, tmp_path: Path, plain_views: list[View], monkeypatch: pytest.MonkeyPatch, when: int
) -> None:
    monkeypatch.setattr("modules.data.cache.MOST_AT_ONCE", 2)
    controls, latents = Controls(), Latents(model, tmp_path / "cache", WHITE)
    heard: list[Event] = []

    def emit(event: Event) -> None:
        heard.append(event)
        if len(heard) == when + 1:
            controls.stop()

    with pytest.raises(Stopped):
        latents.fill(plain_views, emit, controls)
    assert len(heard) <= when + 2
    assert len(list((tmp_path / "cache").rglob("*.safetensors"))) == max(0, when - 1) * 2
    latents.fill(plain_views, lambda event: None, Controls())
    assert not any(latents.missing(view) for view in plain_views)


def test_where_the_gpu_is_full_fewer_pictures_are_encoded_at_once(
    model: StableDiffusion15, tmp_path: Path, plain_views: list[View]
) -> None:
    class Gpu:
        """The model on a GPU with room for two pictures."""

        device = SimpleNamespace(type="cuda")
        asked: ClassVar[list[int]] = []

        def __getattr__(self, name: str) -> Any:
            return getattr(model, name)

        def encode_images(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
            self.asked.append(len(pixels))
            if len(pixels) > 2:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")
            return model.encode_images(pixels)

    views = [View(v.picture, v.crop, flip) for v in plain_views for flip in (False, True)]
    heard: list[Event] = []
    latents, expected = Latents(Gpu(), tmp_path / "gpu", WHITE), Latents(model, tmp_path / "cpu", WHITE)  # type: ignore[arg-type]
    encoded, broken = latents.fill(views, heard.append, Controls())
    expected.fill(views, heard.append, Controls())
    assert (encoded, broken) == (len(views), [])
    assert sum(isinstance(event, Warned) and "fewer are encoded at a time" in event.message for event in heard) == 1
    assert Gpu.asked[0] > 2
    assert sum(count for count in Gpu.asked if count <= 2) == len(views)
    for view in views:
        torch.testing.assert_close(latents.load(view)[0], expected.load(view)[0], rtol=1e-4, atol=1e-4)


def test_a_stop_before_the_look_ups_is_heard_too(model: StableDiffusion15, plain_views: list[View]) -> None:
    controls = Controls()
    controls.stop()
    with pytest.raises(Stopped):
        Latents(model, Path("nowhere"), WHITE).fill(plain_views, lambda event: None, controls)


def test_a_lost_or_damaged_entry_is_encoded_again_when_it_is_needed(
    model: StableDiffusion15, tmp_path: Path, plain_views: list[View]
) -> None:
    fill(model, tmp_path / "cache", plain_views)
    before = Latents(model, tmp_path / "cache", WHITE).load(plain_views[0])
    for path in (tmp_path / "cache").rglob("*.safetensors"):
        path.write_bytes(path.read_bytes()[:-1])
    latents = Latents(model, tmp_path / "cache", WHITE)
    torch.testing.assert_close(latents.load(plain_views[0])[0], before[0], rtol=1e-4, atol=1e-5)
    assert [latents.missing(view) for view in plain_views] == [False] + [True] * 5


def test_a_picture_that_changes_while_it_is_encoded_is_not_kept_as_what_it_was(
    model: StableDiffusion15, tmp_path: Path, plain_views: list[View]
) -> None:
    view, latents = plain_views[0], Latents(model, tmp_path / "cache", WHITE)
    original = view.picture.path.read_bytes()
    assert latents.missing(view)  # by now its bytes are known
    shutil.copy(plain_views[1].picture.path, view.picture.path)
    assert latents.fill([view], lambda event: None, Controls()) == (1, [])
    changed = latents.load(view)
    view.picture.path.write_bytes(original)
    again = Latents(model, tmp_path / "cache", WHITE)
    assert again.missing(view)
    assert not torch.equal(again.load(view)[0], changed[0])


def test_a_cache_that_cannot_be_written_still_serves_the_run(
    model: StableDiffusion15, tmp_path: Path, plain_views: list[View]
) -> None:
    (tmp_path / "cache").write_text("a file in the way")
    latents = Latents(model, tmp_path / "cache", WHITE)
    assert latents.fill(plain_views, lambda event: None, Controls()) == (6, [])
    assert latents.store.write_failures == 6
    assert latents.load(plain_views[0])[0].shape == (4, 8, 8)


def test_latents_that_are_not_finite_name_the_picture(
    fresh_model: StableDiffusion15, tmp_path: Path, plain_views: list[View]
) -> None:
    with torch.no_grad():
        fresh_model.vae.quant_conv.weight.fill_(float("nan"))
    with pytest.raises(Exception, match=r"\.png.*float32 for the VAE"):
        fill(fresh_model, tmp_path / "cache", plain_views)


def test_one_entry_for_every_variant(model: StableDiffusion15, tmp_path: Path) -> None:
    state, found = setup(pictures(tmp_path / "pictures"), crop_jitter=0.3, flip=True, image_variants=5)
    views = views_of(state, found, 20)
    assert len(views) == 6 * 5
    assert fill(model, tmp_path / "cache", views)[0] == len(set(views)) >= 28
    first = [view for view in views if view.picture == found.pictures[0]]
    assert first[0] == plain(state, found, found.pictures[0])
    assert any(view.flip for view in first)
    assert len({(view.crop, view.flip) for view in first}) == 5


def test_looks_that_come_twice_are_encoded_once(model: StableDiffusion15, tmp_path: Path) -> None:
    state, found = setup(pictures(tmp_path / "pictures"), flip=True, image_variants=8)
    assert fill(model, tmp_path / "cache", views_of(state, found, 20))[0] == 6 * 2


def made_up(count: int, concept: Concept) -> Folder:
    sizes = [(64, 64), (80, 40), (30, 90)]
    found = [Picture(Path(f"{i}.png"), f"{i}.png", *sizes[i % 3], ("",)) for i in range(count)]
    return Folder(concept, tuple(found), ())


@settings(max_examples=150, deadline=None)
@given(
    count=st.integers(1, 7),
    epochs=st.integers(1, 12),
    balance=st.sampled_from(["REPEATS", "SAMPLES"]),
    repeats=st.sampled_from([0.1, 0.3, 1.0, 1.5, 2.0, 7.25]),
    samples=st.integers(1, 20),
    variants=st.integers(2, 6),
    flip=st.booleans(),
    jitter=st.sampled_from([0.0, 0.4]),
    seed=st.integers(0, 3),
)
def test_the_views_are_exactly_those_that_the_epochs_need(
    count: int,
    epochs: int,
    balance: str,
    repeats: float,
    samples: int,
    variants: int,
    flip: bool,
    jitter: float,
    seed: int,
) -> None:
    state, _ = setup(DEMO / "concepts" / "subject")
    state = replace(state, "training.seed", seed)
    about = {"balance": balance, "repeats": repeats, "samples": samples, "image_variants": variants}
    concept = Concept.model_validate({"name": "cat", **about, "flip": flip, "crop_jitter": jitter})
    folder = made_up(count, concept)
    needed = {
        View(sample.picture, sample.crop, sample.flip)
        for number in range(epochs)
        for sample in epoch.samples(state, folder, number)
    }
    assert set(views_of(state, folder, epochs)) == needed


def test_validation_sees_every_picture_plain() -> None:
    state, _ = setup(DEMO / "concepts" / "subject")
    concept = Concept.model_validate({"name": "v", "role": "VALIDATION", "flip": True, "crop_jitter": 0.5})
    folder = made_up(4, concept)
    assert views_of(state, folder, 9) == [plain(state, folder, picture) for picture in folder.pictures]


def test_texts_are_those_of_the_encoder_and_encoded_once(model: StableDiffusion15, tmp_path: Path) -> None:
    captions = {"", "a red circle", "a sks circle"}
    texts = Texts(model, tmp_path)
    assert texts.fill(captions, lambda event: None, Controls()) == 3
    assert Texts(demo_model(), tmp_path).fill(captions, lambda event: None, Controls()) == 0
    tokens = model.tokenize(["a sks circle", "", "a sks circle"])
    with torch.no_grad():
        torch.testing.assert_close(texts.embed(tokens).states, model.encode_text(tokens).states, rtol=0, atol=1e-5)


def test_a_caption_that_was_not_foreseen_is_encoded_when_it_comes(model: StableDiffusion15, tmp_path: Path) -> None:
    texts = Texts(model, tmp_path)
    tokens = model.tokenize(["red, circle", "circle, red", "red, circle"])
    with torch.no_grad():
        torch.testing.assert_close(texts.embed(tokens).states, model.encode_text(tokens).states, rtol=0, atol=1e-5)
    assert len(list((tmp_path / "texts").rglob("*.safetensors"))) == 2


def test_a_text_is_the_same_whatever_the_run_computes_in(model: StableDiffusion15, tmp_path: Path) -> None:
    tokens = model.tokenize(["a red circle"])
    expected = Texts(model, tmp_path / "a").embed(tokens).states
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(Texts(model, tmp_path / "b").embed(tokens).states, expected)


def test_another_encoder_or_clip_skip_misses(
    model: StableDiffusion15, fresh_model: StableDiffusion15, tmp_path: Path
) -> None:
    def encoded(by: StableDiffusion15) -> int:
        return Texts(by, tmp_path).fill({"a"}, lambda event: None, Controls())

    assert [encoded(model), encoded(model)] == [1, 0]
    assert encoded(demo_model(clip_skip=2)) == 1
    with torch.no_grad():
        next(fresh_model.text_encoder.parameters()).view(-1)[0] += 1e-3
    assert encoded(fresh_model) == 1


def test_a_stop_ends_the_captions_within_one_batch(model: StableDiffusion15, tmp_path: Path) -> None:
    controls = Controls()
    captions = {f"number {i}" for i in range(Texts.BATCH * 3)}
    with pytest.raises(Stopped):
        Texts(model, tmp_path).fill(captions, lambda event: controls.stop(), controls)
    assert len(list(tmp_path.rglob("*.safetensors"))) == Texts.BATCH
