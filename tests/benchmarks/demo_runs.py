"""The table and contact sheet of the README: every condition trained by this program, with two seeds.

    python -m tests.benchmarks.demo_runs --out DIR [--only demo alone ...] [--seeds 7 8]

Takes about two minutes per run on one core. Runs whose result lies in DIR are not trained again.
"""

import argparse
import dataclasses
import json
import time
from pathlib import Path

import numpy as np

from onetrainer_clone.events import Stepped
from tests.world.conditions import CONDITIONS, state_of, train
from tests.world.evaluate import sheet
from tests.world.pipeline import load_pipeline
from tests.world.scores import SampledPictures, Scores, base_pictures, measure, pictures

COLUMNS = {
    "subject": "subject",
    "leak": "leak",
    "drift_class": "drift 'a circle'",
    "drift_other": "drift other shapes",
    "accuracy_named": "accuracy named circles",
    "accuracy_other": "accuracy other shapes",
}


def run(name: str, seed: int, out: Path) -> None:
    """Train a condition with a seed, and keep its scores, figures and pictures."""
    file = out / f"{name}-{seed}.json"
    if file.exists():
        return
    begun = time.monotonic()
    lora, events = train(state_of(CONDITIONS[name], seed, out / "workspace"))
    seconds = time.monotonic() - begun
    pipeline = load_pipeline()
    pipeline.load_lora_weights(str(lora))
    drawn = pictures(pipeline)
    stepped = [event for event in events if isinstance(event, Stepped)]
    result = {
        "scores": dataclasses.asdict(measure(drawn, base_pictures())),
        "seconds": seconds,
        "first_loss": stepped[49].smoothed_concept_loss,
        "last_loss": stepped[-1].smoothed_concept_loss,
        "weight_change": [event.weight_change for event in stepped if event.weight_change][-1],
    }
    np.savez_compressed(out / f"{name}-{seed}.npz", row=row_of(drawn))
    file.write_text(json.dumps(result, indent=1))
    print(name, seed, f"{seconds:.0f} s", {k: round(v, 3) for k, v in result["scores"].items()}, flush=True)  # type: ignore[attr-defined]


def row_of(drawn: SampledPictures) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    """A row of the sheet: 6 x 'a sks circle ...', 6 x 'a circle', 3 named circles, 3 other shapes."""
    chosen = (
        drawn.subject[[0, 1, 2, 12, 16, 18]],
        drawn.class_[:6],
        drawn.named[[0, 4, 8]],
        drawn.other[[0, 6, 13]],
    )
    return np.concatenate(chosen)


def table(out: Path) -> str:
    """The markdown table of all results that are there."""
    lines = [f"| run (seeds 7 / 8) | {' | '.join(COLUMNS.values())} | seconds |", f"|{'---|' * (len(COLUMNS) + 2)}"]
    base = measure(base_pictures(), base_pictures())
    lines.append(f"| base model | {' | '.join(f'{getattr(base, c):.3f}' for c in COLUMNS)} | |")
    for name, condition in CONDITIONS.items():
        found = [json.loads(file.read_text()) for file in sorted(out.glob(f"{name}-[0-9]*.json"))]
        if found:
            scores = [Scores(**result["scores"]) for result in found]
            cells = [" / ".join(f"{getattr(score, column):.3f}" for score in scores) for column in COLUMNS]
            cells.append(" / ".join(f"{result['seconds']:.0f}" for result in found))
            lines.append(f"| {condition.title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def contact_sheet(out: Path, path: Path) -> None:
    """One row per condition, seed 7, the base model first."""
    rows = [row_of(base_pictures())]
    for name in CONDITIONS:
        file = out / f"{name}-7.npz"
        if file.exists():
            with np.load(file) as found:
                rows.append(found["row"])
    sheet(np.concatenate(rows), 18).save(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", nargs="*", default=list(CONDITIONS))
    parser.add_argument("--seeds", nargs="*", type=int, default=[7, 8])
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for seed in arguments.seeds:
        for name in arguments.only:
            run(name, seed, arguments.out)
    print(table(arguments.out))
    contact_sheet(arguments.out, arguments.out / "sheet.png")


if __name__ == "__main__":
    main()
