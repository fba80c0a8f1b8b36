"""How well a model of the demo world follows captions, beside the ceilings that the evaluator and the VAE set."""

import logging
import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tests.world.captions import full_caption, named_captions, placed_captions
from tests.world.evaluate import Accuracy, caption_accuracy, drift, sheet
from tests.world.make_vae import to_tensor
from tests.world.pipeline import generate, load_pipeline
from tests.world.scenes import random_scene, render

log = logging.getLogger(__name__)


def make_report(out: Path, n_prompts: int = 96) -> None:
    """Log the figures of `out`/model and draw its pictures to `out`/base_model.png."""
    rng = random.Random(77)
    scenes = [random_scene(rng) for _ in range(200)]
    real, captions = np.stack([render(scene) for scene in scenes]), [full_caption(scene) for scene in scenes]
    pipeline = load_pipeline(out / "model")
    decoded = _through_vae(pipeline.vae, real)
    prompts = [*named_captions(), *placed_captions()][:n_prompts]
    drawn = generate(pipeline, prompts, range(len(prompts)))
    n_named = min(len(prompts), len(named_captions()))
    _log("real pictures", caption_accuracy(real, captions))
    _log("through the VAE", caption_accuracy(decoded, captions))
    log.info("VAE: PSNR %.2f dB", -10 * math.log10(drift(decoded, real)))
    _log("model", caption_accuracy(drawn, prompts))
    _log("model, no place named", caption_accuracy(drawn[:n_named], prompts[:n_named]))
    shuffled = random.Random(1).sample(prompts, len(prompts))
    _log("model, captions shuffled", caption_accuracy(drawn, shuffled))
    sheet(drawn, columns=12).save(out / "base_model.png")


@torch.no_grad()
def _through_vae(vae: Any, pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    parts = [vae.decode(vae.encode(part).latent_dist.mode()).sample for part in to_tensor(pictures).split(32)]
    values = torch.cat(parts).clamp(-1, 1).permute(0, 2, 3, 1).numpy()
    decoded: NDArray[np.uint8] = ((values + 1) * 127.5).round().astype(np.uint8)
    return decoded


def _log(what: str, accuracy: Accuracy) -> None:
    kinds = ", ".join(f"{kind} {share:.3f}" for kind, share in accuracy.by_kind.items())
    log.info("%s: all facts %.3f; %s", what, accuracy.all_facts, kinds)
