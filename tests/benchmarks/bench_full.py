"""Full-size models of random weights in bf16: seconds and peak memory of building, saving, loading and training.

python -m tests.benchmarks.bench_full [--family SD15] [--family SDXL] [--threads 1]

Every phase is a process of its own, so that its peak is its own. A LoRA of the UNet, 512 px, batch size 1, gradient
checkpointing. SDXL takes 7 GB on disk and up to 12 GiB of memory, which is what the last column is held against.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MOST_GIB = {"SD15": 6.0, "SDXL": 12.0}
PHASES = ("build and save", "load", "train")


@contextmanager
def measured(name: str) -> Iterator[None]:
    """Prints seconds and peak RSS of what is inside, as a line of JSON. The peak starts anew (Linux)."""
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    begun = time.perf_counter()
    yield
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    peak = int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 2**20
    print(json.dumps({"phase": name, "seconds": time.perf_counter() - begun, "gib": peak}), flush=True)


def build_and_save(family_name: str, folder: Path) -> None:
    import torch

    from modules.checkpoints.save_single_file import write_original
    from onetrainer_clone.families import Family
    from tests.modules.checkpoints.tiny import full_parts

    family = Family[family_name]
    with measured("build"):
        parts = full_parts(family)
        for module in parts.values():
            module.to(torch.bfloat16).to_empty(device="cpu")
            for name, parameter in module.named_parameters():
                width = parameter[0].numel() ** -0.5 if parameter.ndim > 1 else 0.0
                parameter.data.uniform_(-width, width)
                if parameter.ndim == 1 and name.endswith("weight"):
                    parameter.data.fill_(1)
    with measured("save as one file"):
        write_original(folder / f"{family_name}.safetensors", family, parts, torch.bfloat16, {})


def load(family_name: str, folder: Path) -> None:
    from modules.checkpoints.load import load_model

    state = state_of(family_name, folder)
    with measured("load"):
        load_model(state.model)


def train(family_name: str, folder: Path) -> None:
    from modules.data.batches import make_batch, steps
    from modules.precision import accelerator
    from modules.run import prepare
    from modules.step import take_step
    from onetrainer_clone.session import Controls

    state = state_of(family_name, folder)
    with accelerator(state) as accelerated:
        with measured("load, cache and set up"):
            run = prepare(state, accelerated, lambda event: None, Controls())

        def make(samples: Any) -> Any:
            return make_batch(state, run.model, run.latents, samples)

        for step in steps(state, run.training, 2, make):
            with measured(f"step {step.number}"):
                take_step(run, step)


def state_of(family_name: str, folder: Path) -> Any:
    from PIL import Image

    from onetrainer_clone.settings import load as load_state
    from onetrainer_clone.state import TrainingState

    pictures = folder / "pictures"
    pictures.mkdir(exist_ok=True)
    Image.effect_noise((512, 512), 60).convert("RGB").save(pictures / "a.png")
    parts = ("unet", "vae", "text_encoder", "text_encoder_2")
    model = {"type": family_name, "source": str(folder / f"{family_name}.safetensors")}
    return load_state(
        TrainingState,
        {
            "model": model | {f"{part}_dtype": "BF16" for part in parts},
            "concepts": [{"name": "a", "path": str(pictures), "caption_source": "TEXT", "caption_text": "a cat"}],
            "training": {
                "resolution": 512,
                "length": "STEPS",
                "steps": 2,
                "train_dtype": "BF16",
                "gradient_checkpointing": True,
                "device": "CPU",
                "text_encoder": False,
                "text_encoder_2": False,
            },
            "saving": {"workspace": str(folder), "cache": str(folder / "cache"), "name": family_name},
        },
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--family", action="append", choices=list(MOST_GIB))
    parser.add_argument("--threads", default="1")
    parser.add_argument("--phase", choices=PHASES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    families = arguments.family or list(MOST_GIB)
    if arguments.phase:
        work: dict[str, Callable[[str, Path], None]] = dict(zip(PHASES, (build_and_save, load, train), strict=True))
        work[arguments.phase](families[0], arguments.folder)
        return 0
    print("| model | phase | seconds | peak GiB |\n|---|---|---|---|")
    return max(of_family(family, arguments.threads) for family in families)


def of_family(family: str, threads: str) -> int:
    """The phases of a family, one process each. Returns 1 where training takes more memory than it may."""
    most = 0.0
    with tempfile.TemporaryDirectory() as folder:
        surroundings = {**os.environ, "OMP_NUM_THREADS": threads, "ONETRAINER_HOME": folder}
        for phase in PHASES:
            own = ["--family", family, "--phase", phase, "--folder", folder]
            command = [sys.executable, "-m", "tests.benchmarks.bench_full", *own]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=surroundings)
            for line in done.stdout.splitlines():
                found = json.loads(line)
                most = max(most, found["gib"])
                print(f"| {family} | {found['phase']} | {found['seconds']:.1f} | {found['gib']:.2f} |", flush=True)
    if most > MOST_GIB[family]:
        print(f"{family} takes {most:.2f} GiB, more than {MOST_GIB[family]:.0f}")
    return int(most > MOST_GIB[family])


if __name__ == "__main__":
    sys.exit(main())
