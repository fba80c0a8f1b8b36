"""Make the demo model and its concept folders from nothing.

    python -m tests.world.make_model --out DIR STAGE

Stages, each reading what the one before left in DIR: tokenizer, vae (7 minutes on one core), unet (an hour), assemble,
concepts, report; all runs them in this order. The embedded model is one run of each with the defaults, the unet stage
with --threads 2. Everything is seeded: the same kind of CPU and number of threads give the same weights.
"""

import argparse
import logging
import shutil
import sys
from pathlib import Path

import torch
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTokenizer

from tests.world.make_concepts import make_concepts
from tests.world.make_tokenizer import make_tokenizer
from tests.world.make_unet import NOISE_SCHEDULE, train_unet
from tests.world.make_vae import train_vae
from tests.world.report import make_report

log = logging.getLogger(__name__)

STAGES = ("tokenizer", "vae", "unet", "assemble", "concepts", "report")


def assemble(out: Path) -> None:
    """`out`/tokenizer and `out`/fp32 -> `out`/model: the standard pipeline folder, in fp16 safetensors."""
    parts = out / "fp32"
    pipeline = StableDiffusionPipeline(
        vae=AutoencoderKL.from_pretrained(parts / "vae"),
        text_encoder=CLIPTextModel.from_pretrained(parts / "text_encoder"),
        tokenizer=CLIPTokenizer.from_pretrained(out / "tokenizer"),
        unet=UNet2DConditionModel.from_pretrained(parts / "unet"),
        scheduler=DDIMScheduler(**NOISE_SCHEDULE, clip_sample=False, set_alpha_to_one=False),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.to(torch.float16)
    model = out / "model"
    shutil.rmtree(model, ignore_errors=True)
    pipeline.save_pretrained(model, safe_serialization=True)
    for name in ("vocab.json", "merges.txt", "special_tokens_map.json"):  # for readers older than transformers 5
        shutil.copy(out / "tokenizer" / name, model / "tokenizer" / name)
    size_mib = sum(file.stat().st_size for file in model.rglob("*") if file.is_file()) / 2**20
    log.info("model: %.1f MiB", size_mib)


def run_stage(stage: str, chosen: argparse.Namespace) -> None:
    out: Path = chosen.out
    match stage:
        case "tokenizer":
            make_tokenizer(out)
        case "vae":
            train_vae(out, chosen.vae_steps, chosen.vae_pictures)
        case "unet":
            train_unet(
                out,
                chosen.unet_steps,
                chosen.unet_scenes,
                learning_rate=chosen.unet_learning_rate,
                seed=chosen.unet_seed,
                resume=chosen.resume,
            )
        case "assemble":
            assemble(out)
        case "concepts":
            make_concepts(out, chosen.pictures)
        case "report":
            make_report(out, chosen.report_prompts)


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", choices=(*STAGES, "all"))
    parser.add_argument("--out", type=Path, required=True, help="folder to work in")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--vae-steps", type=int, default=3400)
    parser.add_argument("--vae-pictures", type=int, default=6000, help="drawn to train on")
    parser.add_argument("--unet-steps", type=int, default=7000)
    parser.add_argument("--unet-scenes", type=int, default=10_000, help="drawn to train on")
    parser.add_argument("--unet-learning-rate", type=float, default=1e-3)
    parser.add_argument("--unet-seed", type=int, default=2)
    parser.add_argument("--resume", action="store_true", help="unet: go on from the weights in fp32/")
    parser.add_argument("--pictures", type=int, default=100, help="concepts: in each regularization folder")
    parser.add_argument("--report-prompts", type=int, default=96, help="report: pictures to draw")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    chosen = parse_arguments(sys.argv[1:] if arguments is None else arguments)
    torch.set_num_threads(chosen.threads)
    for stage in STAGES if chosen.stage == "all" else (chosen.stage,):
        run_stage(stage, chosen)


if __name__ == "__main__":
    main()
