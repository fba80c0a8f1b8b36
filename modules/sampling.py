"""Pictures from a model: previews during a run, and pictures without training."""

import inspect
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import diffusers
import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from torch import Tensor, nn

from modules.models.base import Model, Text
from onetrainer_clone import __version__
from onetrainer_clone.events import Progressed, Warned
from onetrainer_clone.families import BASES, NATIVE_PIXELS
from onetrainer_clone.paths import write_file
from onetrainer_clone.session import Controls, Emit, Stopped
from onetrainer_clone.settings import changed
from onetrainer_clone.state.sampling import Prompt, Sampler

SCHEDULERS: dict[Sampler, tuple[str, dict[str, Any]]] = {
    Sampler.EULER_A: ("EulerAncestralDiscreteScheduler", {}),
    Sampler.EULER: ("EulerDiscreteScheduler", {}),
    Sampler.DDIM: ("DDIMScheduler", {}),
    Sampler.DPMPP_2M: ("DPMSolverMultistepScheduler", {"algorithm_type": "dpmsolver++"}),
    Sampler.DPMPP_2M_KARRAS: (
        "DPMSolverMultistepScheduler",
        {"algorithm_type": "dpmsolver++", "use_karras_sigmas": True},
    ),
    Sampler.UNIPC: ("UniPCMultistepScheduler", {}),
}
DROPPED_CONFIG = ("_class_name", "_diffusers_version", "algorithm_type", "use_karras_sigmas")


def scheduler(config: dict[str, Any], sampler: Sampler) -> Any:
    """The sampler over the model's own noise schedule."""
    name, options = SCHEDULERS[sampler]
    own = {key: value for key, value in config.items() if key not in DROPPED_CONFIG}
    return getattr(diffusers, name).from_config(own, **options)


@contextmanager
def evaluating(*modules: nn.Module) -> Iterator[None]:
    """Inside, the modules are in eval mode and no gradients are kept; afterwards every one is as it was, also on error."""
    before = [(inner, inner.training) for module in modules for inner in module.modules()]
    for module in modules:
        module.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for inner, training in before:
            inner.training = training


def draw(
    model: Model, prompt: Prompt, resolution: int, controls: Controls, watch: Callable[[int], None] | None = None
) -> Image.Image:
    """One picture. The same weights, prompt and seed give the same picture. Raises `Stopped` within one denoising step.

    resolution: the side in pixels where the prompt names none. watch hears the number of each finished denoising step.
    """

    def after_step(_pipeline: Any, step: int, _timestep: Any, values: dict[str, Any]) -> dict[str, Any]:
        if controls.stopping:
            raise Stopped
        if watch:
            watch(step + 1)
        return values

    with evaluating(*model.parts.values(), model.vae):
        pipeline = model.pipeline(scheduler(model.scheduler_config, prompt.sampler))
        both = model.encode_text(model.tokenize([prompt.text, prompt.negative]))
        text = both.to(next(model.unet.parameters()).dtype)
        sides = (prompt.width or resolution, prompt.height or resolution)
        width, height = (_side(side, model.vae_factor) for side in sides)
        latents = pipeline(
            **_embeddings(text),
            **(_everything_anew(model, width, height) if model.inpaints else {}),
            width=width,
            height=height,
            num_inference_steps=prompt.steps,
            guidance_scale=prompt.cfg_scale,
            **_rescaling(pipeline, prompt),
            generator=torch.Generator().manual_seed(prompt.seed),
            output_type="latent",
            callback_on_step_end=after_step,
        ).images
        pixels = model.decode_images(latents)[0]
    return Image.fromarray(((pixels.nan_to_num(-1).clamp(-1, 1) + 1) * 127.5).round().byte().permute(1, 2, 0).cpu().numpy())


def _rescaling(pipeline: Any, prompt: Prompt) -> dict[str, float]:
    """Guidance rescale (Lin et al. 2024, 'Common Diffusion Noise Schedules and Sample Steps are Flawed', 3.4), where the
    pipeline knows it: that of SD 1.5's inpainting does not."""
    known = "guidance_rescale" in inspect.signature(pipeline.__call__).parameters
    return {"guidance_rescale": prompt.cfg_rescale} if known else {}


def _embeddings(text: Text) -> dict[str, Tensor]:
    """What was read of a prompt and a negative prompt, by the names of a pipeline's arguments."""
    found = {"prompt_embeds": text.states[:1], "negative_prompt_embeds": text.states[1:]}
    if text.pooled is not None:
        found |= {"pooled_prompt_embeds": text.pooled[:1], "negative_pooled_prompt_embeds": text.pooled[1:]}
    return found


def _everything_anew(model: Model, width: int, height: int) -> dict[str, Any]:
    """What makes an inpainting pipeline draw a whole picture: a mask over all of a grey one, as A1111's text to image."""
    grey = torch.zeros(1, 3, height, width)
    mask = torch.ones(1, 1, height, width)
    return {"image": grey, "mask_image": mask, "masked_image_latents": model.encode_images(grey)[0], "strength": 1.0}


def _side(pixels: int, factor: int) -> int:
    """The pipeline wants multiples of 8, and the VAE multiples of its factor."""
    unit = max(8, factor)
    return max(unit, pixels // unit * unit)


def usual_size(model: Model) -> int:
    """Pixels of a side, for prompts that name no size and belong to no run: what the model's config says it is made for."""
    config: Any = model.unet.config
    latents = config.sample_size
    return latents * model.vae_factor if isinstance(latents, int) else NATIVE_PIXELS[BASES[model.family]]


def save_picture(image: Image.Image, path: Path, prompt: Prompt, **also: str | int) -> None:
    """A PNG that tells how it was made: A1111's 'parameters' text, and the prompt with everything else as JSON."""
    about = PngInfo()
    about.add_itxt("parameters", _parameters(image, prompt))
    about.add_itxt("onetrainer-clone", json.dumps({**changed(prompt), **also}, ensure_ascii=False))
    about.add_text("Software", f"onetrainer-clone {__version__}")
    for name, value in {"prompt": prompt.text, "seed": prompt.seed, **also}.items():
        about.add_itxt(name, str(value))
    write_file(path, lambda file: image.save(file, format="PNG", pnginfo=about))


def _parameters(image: Image.Image, prompt: Prompt) -> str:
    """The text that A1111 writes and that picture browsers read."""
    negative = f"\nNegative prompt: {prompt.negative}" if prompt.negative else ""
    return (
        f"{prompt.text}{negative}\nSteps: {prompt.steps}, Sampler: {prompt.sampler.label}, "
        f"CFG scale: {prompt.cfg_scale:g}, Seed: {prompt.seed}, Size: {image.width}x{image.height}"
    )


def draw_all(
    model: Model,
    prompts: Sequence[tuple[int, Prompt]],
    resolution: int,
    emit: Emit,
    controls: Controls,
    keep: Callable[[int, Prompt, Image.Image], None],
) -> None:
    """Draw prompts (with their places in the state) one after the other; `keep` gets each picture."""
    total = sum(prompt.steps for _, prompt in prompts)
    done = 0
    for picture, (index, prompt) in enumerate(prompts, 1):
        begun = Progressed("sampling", done, total, prompt.text[:60], picture, len(prompts))
        emit(begun)

        def watch(step: int, begun: Progressed = begun) -> None:
            emit(replace(begun, done=begun.done + step))

        tiled = model.decodes_in_tiles
        keep(index, prompt, draw(model, prompt, resolution, controls, watch))
        if model.decodes_in_tiles and not tiled:
            emit(Warned("The memory is too small for a whole picture: from now on samples are decoded in tiles"))
        done += prompt.steps
