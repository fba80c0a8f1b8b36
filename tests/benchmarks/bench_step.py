"""What the trainer costs around a step: its step against a bare loop over tensors in memory, in one run.

    python -m tests.benchmarks.bench_step [--steps 40] [--full]

The bare loop does the same text encoder and UNet forward, backward and optimizer step, and nothing else. --full adds a
UNet of Stable Diffusion 1.5's full size with random weights, in bf16 at 256 px (needs 8 GB of RAM and some minutes).
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from modules.data.batches import Step, ahead, make_batch, steps
from modules.figures import Figures
from modules.precision import accelerator
from modules.run import Run, prepare
from modules.step import take_step
from onetrainer_clone.session import Controls
from onetrainer_clone.settings import replace
from onetrainer_clone.state import TrainingState
from tests.world.conditions import CONDITIONS, state_of

BLOCK = 10  # steps of one kind before the other kind's turn, so that a drift of the machine's speed meets both


@contextmanager
def prepared(state: TrainingState) -> Iterator[Run]:
    with accelerator(state) as accelerated:
        yield prepare(state, accelerated, lambda event: None, Controls())


def trainer_steps(run: Run, figures: Figures, ready: Iterator[Step], count: int) -> float:
    """Seconds of the trainer's own steps, everything included that it does per step."""
    begun = time.perf_counter()
    for _ in range(count):
        figures.pace.begin()
        step = next(ready)
        figures.stepped(step, take_step(run, step))
    return time.perf_counter() - begun


def bare_steps(run: Run, batch: Any, count: int) -> float:
    """Seconds of the same arithmetic on one batch, over and over."""
    text = None if "text_encoder" in run.trained.parts else run.embed(batch.tokens)
    begun = time.perf_counter()
    for _ in range(count):
        noisy = run.model.schedule.add_noise(batch.latents, batch.noise, batch.timesteps)
        with run.accelerator.autocast():
            read = run.model.encode_text(batch.tokens) if text is None else text
            dtype = next(run.model.unet.parameters()).dtype
            found = run.model.unet(noisy.to(dtype), batch.timesteps, read.states.to(dtype)).sample
        torch.nn.functional.mse_loss(found.float(), batch.noise).backward()
        torch.nn.utils.clip_grad_norm_(run.trained.parameters, 1.0)
        run.optimizer.step()
        run.optimizer.zero_grad(set_to_none=True)
    return time.perf_counter() - begun


def compare(name: str, state: TrainingState, count: int, block: int = BLOCK) -> None:
    with prepared(state) as run:
        figures = Figures(run)

        def make(samples: Any) -> Any:
            return make_batch(state, run.model, run.latents, samples)

        with ahead(steps(state, run.training, run.plan.steps, make)) as ready:
            first = next(ready)
            batch = first.batches[0].to(run.model.device)
            trainer_steps(run, figures, ready, block)
            bare_steps(run, batch, block)
            pairs = [
                (trainer_steps(run, figures, ready, block) / block, bare_steps(run, batch, block) / block)
                for _ in range(max(1, count // block))
            ]
    ratio = statistics.median(ours / bare for ours, bare in pairs)
    ours, bare = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"| {name} | {ours * 1000:.1f} | {bare * 1000:.1f} | {ratio:.3f} |", flush=True)


def full_size(folder: Path) -> Path:
    """A model folder with Stable Diffusion 1.5's own UNet, random, in bf16; text encoder and VAE full size too."""
    from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

    from onetrainer_clone.paths import DEMO

    torch.set_default_dtype(torch.bfloat16)
    try:
        unet = UNet2DConditionModel(sample_size=64, cross_attention_dim=768, attention_head_dim=8)
        text = CLIPTextModel(
            CLIPTextConfig(
                hidden_size=768,
                intermediate_size=3072,
                num_hidden_layers=12,
                num_attention_heads=12,
                projection_dim=768,
            )
        )
    finally:
        torch.set_default_dtype(torch.float32)
    vae = AutoencoderKL(
        block_out_channels=(128, 256, 512, 512),
        down_block_types=["DownEncoderBlock2D"] * 4,
        up_block_types=["UpDecoderBlock2D"] * 4,
        layers_per_block=2,
        latent_channels=4,
        scaling_factor=0.18215,
    )
    StableDiffusionPipeline(
        vae=vae,
        text_encoder=text,
        tokenizer=CLIPTokenizer.from_pretrained(DEMO / "model" / "tokenizer"),
        unet=unet,
        scheduler=DDIMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder)
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--full", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ONETRAINER_HOME"] = folder
        alone = replace(state_of(CONDITIONS["alone"], 7, Path(folder)), "training.batch_size", 4)
        print("| step | trainer ms | bare ms | ratio |\n|---|---|---|---|")
        compare("demo, UNet and text encoder", alone, arguments.steps)
        compare("demo, UNet alone", replace(alone, "training.text_encoder", False), arguments.steps)
        if arguments.full:
            state = alone
            changes: dict[str, object] = {
                "model.source": str(full_size(Path(folder) / "model")),
                "model.unet_dtype": "BF16",
                "model.text_encoder_dtype": "BF16",
                "training.train_dtype": "BF16",
                "training.bucket_step": "64",
                "training.resolution": 256,
                "training.batch_size": 1,
                "training.text_encoder": False,
            }
            for path, value in changes.items():
                state = replace(state, path, value)
            compare("full-size SD 1.5 UNet, bf16, 256 px", state, 3, block=1)


if __name__ == "__main__":
    main()
