"""What can be typed behind `python3 launch.py`. Standard library only: this answers before anything is installed."""

import argparse
from collections.abc import Sequence

# Their options are made from their declarations (`tools.py`), which need what is installed.
TOOLS = {
    "convert": "convert a model, LoRA or embedding for other programs, or to another type",
    "merge": "merge LoRA files into a model",
    "extract": "make a LoRA from the difference of two models",
    "resize": "give a LoRA another rank",
    "inspect": "say what a file is and holds",
}
EXIT_CODES = "Exit codes: 0 done, 2 wrong input, 130 stopped, 1 a fault of the program."


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command and its arguments; argparse itself answers --help (exit 0) and wrong arguments (exit 2)."""
    parser = make_parser()
    arguments, rest = parser.parse_known_args(argv)
    if arguments.command is None:
        arguments = parser.parse_args(["window"])
    if arguments.command == "test":
        arguments.pytest_arguments = rest
    elif arguments.command in TOOLS:
        arguments.tool_arguments = rest
    elif rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    return arguments


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="launch.py",
        description="Train Stable Diffusion with your own pictures. Without a command the window opens.",
        epilog=EXIT_CODES,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    window = _add(commands, "window", "open the window (the same as no command)")
    window.add_argument("preset", nargs="?", help="a preset to load: its name or file")
    demo = _add(commands, "demo", "watch a small model learn a subject: in the window, or in the terminal")
    demo.add_argument("--terminal", action="store_true", help="train in the terminal even where a window could open")
    _run_options(demo)
    train = _add(commands, "train", "train a preset in the terminal")
    _preset(train)
    _run_options(train)
    resume = _add(commands, "resume", "go on with a run from its newest backup")
    resume.add_argument("folder", metavar="RUN", help="the run's folder")
    _set(resume)
    resume.add_argument("--json", action="store_true", help="print every event as a line of JSON")
    plan = _add(commands, "plan", "say what a run would do, without training")
    _preset(plan)
    plan.add_argument("--json", action="store_true", help="as JSON, for programs")
    importing = _add(commands, "import", "take over settings of OneTrainer, kohya's sd-scripts or lora-scripts as a preset")
    importing.add_argument("path", metavar="FILE", help="a .json, .toml or .yaml file, or a folder of '10_sks cat' folders")
    importing.add_argument("--name", required=True, help="what the preset is to be called")
    importing.add_argument("--json", action="store_true", help="the list as JSON, for programs")
    settings = _add(commands, "settings", "the reference of every setting")
    settings.add_argument("word", nargs="?", help="only settings that have this in their path, label or tip")
    settings.add_argument("--json", action="store_true", help="as JSON, for programs")
    _sample_options(_add(commands, "sample", "draw pictures from a model and LoRA files, without training"))
    for name, words in TOOLS.items():
        commands.add_parser(name, help=words, add_help=False)
    _add(commands, "test", "run the program's own checks; further arguments go to pytest")
    return parser


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, words: str
) -> argparse.ArgumentParser:
    return commands.add_parser(name, help=words, description=f"{words[0].upper()}{words[1:]}.", epilog=EXIT_CODES)


def _preset(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("preset", metavar="PRESET", help="a preset's name ('demo') or a preset file")
    _set(parser)


def _set(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set", action="append", default=[], metavar="PATH=VALUE",
        help="change a setting, e.g. --set training.steps=500 or --set 'concepts[0].path=/pictures/cat'; repeatable",
    )  # fmt: skip


def _run_options(parser: argparse.ArgumentParser) -> None:
    if parser.prog.endswith("demo"):
        _set(parser)
    parser.add_argument("--workspace", metavar="DIR", help="the folder that gets the run's folder")
    parser.add_argument("--name", help="the run's name")
    parser.add_argument("--json", action="store_true", help="print every event as a line of JSON")


def _sample_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--model", required=True, metavar="PATH", help="a model file, diffusers folder, name on the hub, or 'demo:model'")
    add("--vae", default="", metavar="PATH", help="another VAE, file or folder (default: the model's own)")
    add("--lora", action="append", default=[], metavar="FILE[:STRENGTH]", help="a LoRA file, repeatable")
    add("--embedding", action="append", default=[], metavar="FILE[:WORD]", help="an embedding file, repeatable")
    add("--prompt", action="append", required=True, metavar="TEXT", help="what to draw; repeatable")
    add("--negative", default="", metavar="TEXT", help="what to avoid")
    add("--seed", type=int, default=0, help="the first picture's seed; the next ones count up (default: 0)")
    add("--count", type=int, default=1, help="pictures per prompt (default: 1)")
    add("--steps", type=int, default=20, help="denoising steps (default: 20)")
    add("--cfg-scale", type=float, default=7.0, help="guidance (default: 7)")
    add("--cfg-rescale", type=float, default=0.0, help="0 to 1, for v-prediction models (default: 0, off)")
    add("--sampler", default="EULER_A", help="EULER_A, EULER, DDIM, DPMPP_2M, DPMPP_2M_KARRAS or UNIPC")
    add("--size", default="", metavar="WxH", help="in pixels (default: the model's own, mostly 512x512, for SDXL 1024x1024)")
    add("--clip-skip", type=int, help="as A1111 counts (default: as the model was made)")
    add("--prediction", default="AUTO", help="AUTO, EPSILON or V_PREDICTION (default: as the model says)")
    add("--zero-terminal-snr", default="AUTO", help="AUTO, ON or OFF (default: as the model says)")
    add("--dtype", default="FP32", help="FP32, FP16 or BF16 (default: FP32)")
    add("--grid", default="", metavar="FILE", help="also one labelled picture: each --lora a column, each prompt a row")
    add("--strengths", default="", metavar="LIST", help="with --grid: every LoRA at each of these, e.g. 0.5,0.8,1")
    add("--checkpoint", action="append", default=[], metavar="PATH", help="with --grid: model file, folder or embedding")
    together = "with --grid: LoRA files and embeddings (and a model) together in one column; repeatable"
    add("--column", action="append", nargs="+", default=[], metavar="FILE[:STRENGTH]", help=together)
    add("--out", default=".", metavar="DIR", help="the folder that gets the pictures (default: this one)")
    add("--json", action="store_true", help="print every event as a line of JSON")
