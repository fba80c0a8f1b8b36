"""Inpainting models and masked training: what the model sees, what counts, and whole runs."""

import io
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler, StableDiffusionInpaintPipeline
from PIL import Image

from modules.data.batches import make_batch
from modules.data.cache import Latents, View, views_of
from modules.data.images import cut
from modules.data.masks import mask_of, to_latents
from modules.models.base import Model
from modules.objective import losses
from modules.sampling import draw
from onetrainer_clone import dataset, epoch, plan
from onetrainer_clone.families import Family
from onetrainer_clone.pixels import open_rgb
from onetrainer_clone.session import Controls
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.sampling import Prompt, Sampler
from tests.modules.checkpoints.tiny import tiny_model
from tests.modules.small import class_folder, run, same, stepped
from tests.modules.tiny_runs import tiny_source, tiny_state

FAMILIES = [Family.SD15_INPAINTING, Family.SDXL_INPAINTING]


@pytest.fixture(scope="module", params=FAMILIES, ids=[family.name for family in FAMILIES])
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Family, Path]:
    return request.param, tiny_source(request.param, tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def model() -> Model:
    return tiny_model(Family.SD15_INPAINTING)


def half_white(size: tuple[int, int]) -> Image.Image:
    mask = Image.new("L", size, 0)
    mask.paste(255, (0, 0, size[0] // 2, size[1]))
    return mask


def concept(folder: Path, masked: bool = False) -> dict[str, object]:
    """Two pictures of the demo's class, the first of them with a mask if asked."""
    pictures = class_folder(folder / "pictures", 2)
    if masked:
        with Image.open(pictures / "000.png") as opened:
            half_white(opened.size).save(pictures / "000-masklabel.png")
    return {"name": "class", "path": str(pictures), "balance": "SAMPLES", "samples": 4}


def state_of(folder: Path, masked: bool = False, **changes: object) -> TrainingState:
    return tiny_state(Family.SD15_INPAINTING, folder / "none", folder, concepts=[concept(folder, masked)], **changes)


def test_the_model_sees_a_mask_and_the_picture_without_what_is_masked(model: Model, tmp_path: Path) -> None:
    state = state_of(tmp_path, masked=True)
    [folder] = plan.find(state)
    latents = Latents(model, tmp_path / "cache", "#ffffff")
    samples = epoch.samples(state, folder, 0)
    batch = make_batch(state, model, latents, samples)
    assert batch.inpainting is not None
    assert batch.inpainting.shape == (4, 5, 8, 8)
    for row, sample in enumerate(batch.samples):
        own = sample.picture.key == "000.png"
        name = "own" if own else f"random {sample.repeat % 8}"
        mask = mask_of(sample.picture, name, sample.crop, sample.flip)
        pixels = cut(open_rgb(io.BytesIO(sample.picture.path.read_bytes()), "#ffffff"), sample.crop, sample.flip)
        expected, _ = model.encode_images((pixels * (mask < 0.5))[None])
        assert torch.equal(batch.inpainting[row, :1], to_latents(mask, 8, 8))
        assert torch.equal(batch.inpainting[row, 1:], expected[0])
        if own:
            assert batch.inpainting[row, 0].mean() == 0.5
    random = [row for row, sample in enumerate(batch.samples) if sample.picture.key == "001.png"]
    assert len({batch.inpainting[row].numpy().tobytes() for row in random}) == 2  # another mask at each repeat


def test_everything_that_a_run_sees_is_in_the_cache_beforehand(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = state_of(tmp_path, masked=True)
    [folder] = plan.find(state)
    latents = Latents(model, tmp_path / "cache", "#ffffff")
    views = views_of(state, folder, 3, inpaints=True)
    encoded, broken = latents.fill(views, lambda event: None, Controls())
    assert (encoded, broken) == (2 + 1 + 6, [])  # two pictures, one of them without its mask's area, random masks
    monkeypatch.setattr(model, "encode_images", None)
    for number in range(3):
        make_batch(state, model, latents, epoch.samples(state, folder, number))


def test_a_changed_mask_is_encoded_anew(model: Model, tmp_path: Path) -> None:
    [folder] = plan.find(state_of(tmp_path, masked=True))
    sample = epoch.samples(state_of(tmp_path, masked=True), folder, 0)[0]
    view = View(folder.pictures[0], sample.crop, False, "own")
    plain = replace(view, mask="")
    first = Latents(model, tmp_path / "cache", "#ffffff")
    path = folder.pictures[0].path.with_name("000-masklabel.png")
    Image.new("L", (64, 64), 255).save(path)
    second = Latents(model, tmp_path / "cache", "#ffffff")
    keys = {first.key(plain), first.key(view), second.key(view), second.key(replace(view, mask="random 1"))}
    Image.new("L", (64, 64), 0).save(path)
    third = Latents(model, tmp_path / "cache", "#ffffff")
    assert len(keys) == 3
    assert third.key(view) not in keys
    assert third.key(plain) == first.key(plain)


def test_prior_rows_are_predicted_for_the_same_mask(model: Model, tmp_path: Path) -> None:
    state = state_of(tmp_path)
    [folder] = plan.find(state)
    batch = make_batch(state, model, Latents(model, tmp_path / "c", "#ffffff"), epoch.samples(state, folder, 0))
    from contextlib import nullcontext

    with torch.no_grad():
        prior = replace(batch, prior=torch.tensor([True, False, True, False]))
        found = losses(model, prior, model.encode_text, nullcontext)
    assert found[[0, 2]].max() < 1e-9
    assert found[[1, 3]].min() > 1e-3


def test_drawing_is_the_inpainting_pipeline_with_a_mask_over_all() -> None:
    model = tiny_model(Family.SD15_INPAINTING)
    dict(model.vae.named_parameters())["quant_conv.bias"].data[4:] = -30  # diffusers draws the masked picture's latents
    prompt = Prompt(text="a cat", negative="a dog", seed=4, steps=3, width=64, height=64, sampler=Sampler.DDIM)
    pipeline = model.pipeline(DDIMScheduler.from_config(model.scheduler_config))
    assert isinstance(pipeline, StableDiffusionInpaintPipeline)
    text = model.encode_text(model.tokenize([prompt.text, prompt.negative])).states.detach()
    expected = pipeline(
        prompt_embeds=text[:1],
        negative_prompt_embeds=text[1:],
        image=Image.new("RGB", (64, 64), (128, 128, 128)),
        mask_image=Image.new("L", (64, 64), 255),
        strength=1.0,
        width=64,
        height=64,
        num_inference_steps=3,
        guidance_scale=7.0,
        generator=torch.Generator().manual_seed(4),
        output_type="np",
    ).images[0]
    found = np.asarray(draw(model, prompt, 64, Controls())).astype(float)
    assert found.max() - found.min() > 20
    assert np.abs(found - (expected * 255).round()).mean() < 1


def test_a_run_of_an_inpainting_model(source: tuple[Family, Path], tmp_path: Path) -> None:
    family, path = source
    prompt = {"text": "a cat", "steps": 2, "seed": 1}
    validation = {"name": "check", "path": str(class_folder(tmp_path / "check", 1)), "role": "VALIDATION"}
    regular = {**concept(tmp_path), "role": "REGULARIZATION", "mode": "PRIOR_PREDICTION", "name": "prior"}
    concepts = [concept(tmp_path, masked=True), regular, validation]
    changes = {"concepts": concepts, "sampling.prompts": [prompt], "saving.cache": str(tmp_path / "cache")}
    first, events = run(tiny_state(family, path, tmp_path / "a", **changes))
    second, _ = run(tiny_state(family, path, tmp_path / "b", **changes))
    assert same(first, second)
    assert len(stepped(events)) == 2
    assert (tmp_path / "a" / "workspace" / "run" / "samples").is_dir()


@pytest.mark.parametrize("least", [0.0, 0.25])
def test_masked_training_weighs_each_latent_pixel(tmp_path: Path, least: float) -> None:
    plain = tiny_model(Family.SD15)
    changes = {"noise.masked": True, "noise.unmasked_weight": least}
    state = state_of(tmp_path, masked=True, **changes)
    [folder] = plan.find(state)
    latents = Latents(plain, tmp_path / "cache", "#ffffff")
    make = partial(make_batch, model=plain, latents=latents, samples=epoch.samples(state, folder, 0))
    batch, whole = make(state), make(state_of(tmp_path, masked=True))
    assert whole.pixel_weight is None
    assert batch.inpainting is None
    assert batch.pixel_weight is not None
    for row, sample in enumerate(batch.samples):
        if sample.picture.mask:
            assert batch.pixel_weight[row, 0].mean(0).tolist() == [1.0] * 4 + [least] * 4
        else:
            assert batch.pixel_weight[row].eq(1).all()
    from contextlib import nullcontext

    with torch.no_grad():
        found = losses(plain, batch, plain.encode_text, nullcontext)
        alike = losses(plain, whole, plain.encode_text, nullcontext)
    for row, sample in enumerate(batch.samples):
        assert (found[row] < alike[row]) if sample.picture.mask else torch.equal(found[row], alike[row])
    evened = make(state_of(tmp_path, masked=True, **changes, **{"noise.normalize_area": True})).pixel_weight
    assert evened is not None
    torch.testing.assert_close(evened.mean((1, 2, 3)), torch.ones(len(evened)))  # so the same error costs the same
    for now, before in zip(evened, batch.pixel_weight, strict=True):
        torch.testing.assert_close(now / now.max(), before / before.max())


def test_a_share_of_the_samples_is_learned_whole_and_nothing_else_of_them_changes(tmp_path: Path) -> None:
    plain, shares = tiny_model(Family.SD15), (0.0, 0.5, 0.5, 1.0)
    latents, found = Latents(plain, tmp_path / "cache", "#ffffff"), []
    for share in shares:
        state = state_of(tmp_path, masked=True, **{"noise.masked": True, "noise.unmasked_share": share})
        [folder] = plan.find(state)
        seen = [one for number in range(20) for one in epoch.samples(state, folder, number) if one.picture.mask]
        found.append(make_batch(state, plain, latents, seen))
    weights = [batch.pixel_weight for batch in found]
    whole = [0 if w is None else int(w.flatten(1).eq(1).all(1).sum()) for w in weights]
    assert whole[0] == 0
    assert whole[3] == len(found[0]) == 40
    assert 10 < whole[1] < 30
    assert weights[1] is not None
    assert weights[2] is not None
    assert torch.equal(weights[1], weights[2])
    assert all(torch.equal(batch.noise, found[0].noise) for batch in found)


def test_masks_that_are_not_used_and_a_setting_without_masks_are_said(
    source: tuple[Family, Path], tmp_path: Path
) -> None:
    def said(state: TrainingState) -> list[str]:
        return [str(problem) for problem in plan.make_plan(state, plan.find(state)).problems]

    family, inpainting = source
    masked, bare = [concept(tmp_path / "a", masked=True)], [concept(tmp_path / "b")]
    unused, useless = "1 picture with a mask that is not used", "noise.masked: has no effect: no picture has a mask"
    plain = state_of(tmp_path).model_copy(update={})
    for concepts, on, expected in (
        (masked, False, unused),
        (bare, True, useless),
        (masked, True, ""),
        (bare, False, ""),
    ):
        state = tiny_state(Family.SD15, Path("demo:model"), tmp_path, concepts=concepts, **{"noise.masked": on})
        found = [line for line in said(state) if "mask" in line]
        assert (expected in found[0]) if expected else found == []
    state = tiny_state(family, inpainting, tmp_path, concepts=masked)
    assert not [line for line in said(state) if "mask" in line]
    assert dataset.find(plain.concepts[0]).pictures
