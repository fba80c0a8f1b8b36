"""Pictures from a model of the demo world, each decided by its prompt, its seed and the weights alone."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import onetrainer_clone
from tests.world.drawing import SIZE_PX

if TYPE_CHECKING:
    from diffusers import StableDiffusionPipeline

DEMO = Path(onetrainer_clone.__file__).parent / "demo"
MODEL = DEMO / "model"

STEPS = 20
GUIDANCE = 4.0
_BATCH = 16


def load_pipeline(folder: Path = MODEL) -> "StableDiffusionPipeline":
    """The pipeline of a model folder, in fp32 on the CPU."""
    import torch
    from diffusers import StableDiffusionPipeline

    pipeline = StableDiffusionPipeline.from_pretrained(folder, dtype=torch.float32, safety_checker=None)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def generate(pipeline: "StableDiffusionPipeline", prompts: Sequence[str], seeds: Sequence[int]) -> NDArray[np.uint8]:
    """One picture per prompt and seed, [n, 64, 64, 3]. Its neighbours in the batch change a pixel by 1 of 255 at most.

    eta=1 (fresh noise at every step) matters: with deterministic DDIM some seeds keep coloured grain or come out blank,
    which the noise washes out (DDIM with eta=1 and Euler a alike). A likely cause, not proved: the UNet ends in a
    GroupNorm, so the norm of its noise estimate cannot follow that of the 1024 random numbers it started from.

    The sampler is the embedded model's own, whichever the pipeline came with; the pipeline has its own back afterwards.
    """
    import torch
    from diffusers import DDIMScheduler

    def batch(first: int) -> Any:
        chosen = slice(first, first + _BATCH)
        return pipeline(
            list(prompts[chosen]),
            generator=[torch.Generator().manual_seed(seed) for seed in seeds[chosen]],
            height=SIZE_PX,
            width=SIZE_PX,
            num_inference_steps=STEPS,
            guidance_scale=GUIDANCE,
            eta=1.0,
            output_type="np",
        ).images

    own_scheduler = pipeline.scheduler
    pipeline.scheduler = DDIMScheduler.from_pretrained(MODEL, subfolder="scheduler")
    try:
        images = np.concatenate([batch(first) for first in range(0, len(prompts), _BATCH)])
    finally:
        pipeline.scheduler = own_scheduler
    return (images * 255).round().astype(np.uint8)
