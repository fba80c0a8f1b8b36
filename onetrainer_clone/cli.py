"""Every command and every setting from a terminal. Stands beside the window, above presets and the core."""

import argparse
import io
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import Any, TextIO

from onetrainer_clone import tool_arguments
from onetrainer_clone.drawing import Drawing, problems
from onetrainer_clone.events import Ended, Event, Inspected
from onetrainer_clone.grid_form import numbers
from onetrainer_clone.inspection import Report, inspect_header
from onetrainer_clone.inspection import as_json as report_json
from onetrainer_clone.inspection import as_text as as_report
from onetrainer_clone.paths import resolve
from onetrainer_clone.plan import Plan, make_plan
from onetrainer_clone.plan import require as require_plan
from onetrainer_clone.reference import as_text, every_setting
from onetrainer_clone.session import Controls, Emit, Session, Train
from onetrainer_clone.settings import Invalid, Problem, Settings, UserError, declaration_at, load, replace
from onetrainer_clone.state import TrainingState, check, errors
from onetrainer_clone.terminal import Json, Terminal, complain, plan_text
from onetrainer_clone.tool_arguments import embedding_from, lora_from
from onetrainer_clone.tool_checks import problems as tool_problems
from onetrainer_clone.tools import TOOLS, Inspect, ToolSettings
from onetrainer_clone.typed import parse
from presets import store
from presets.importers import import_preset
from presets.runs import begin, resume

DONE, FAULT, WRONG, STOPPED = 0, 1, 2, 130
EXIT_CODES = {"done": DONE, "failed": FAULT, "refused": WRONG, "stopped": STOPPED}

Sample = Callable[[Drawing, Emit, Controls], None]
RunTool = Callable[[ToolSettings, Emit, Controls], None]
Window = Callable[[str | None, bool], int]


def main(arguments: argparse.Namespace, train: Train, sample: Sample, window: Window, run_tool: RunTool) -> int:
    """Run a command; returns its exit code."""
    commands: dict[str, Callable[[], int]] = {
        "window": lambda: window(arguments.preset, False),
        "demo": lambda: _demo(arguments, train, window),
        "train": lambda: _train(arguments, train),
        "resume": lambda: _resume(arguments, train),
        "plan": lambda: _plan(arguments),
        "settings": lambda: _settings(arguments),
        "import": lambda: _import(arguments),
        "sample": lambda: _sample(arguments, train, sample),
        **{tool.name: lambda: _tool(arguments, train, run_tool) for tool in TOOLS},
    }
    for stream in (sys.stdout, sys.stderr):
        _never_fail(stream)
    try:
        return commands[arguments.command]()
    except UserError as error:
        complain(str(error))
        return WRONG
    except KeyboardInterrupt:
        return STOPPED
    except BrokenPipeError:  # the reader of our output (head, less) has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE


def _never_fail(stream: TextIO) -> None:
    """What a console's encoding lacks (a name in Japanese, a name that is no text) is shown as \\uXXXX."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")


def _demo(arguments: argparse.Namespace, train: Train, window: Window) -> int:
    arguments.preset = "demo"
    customized = arguments.set or arguments.workspace or arguments.name or arguments.json
    if not arguments.terminal and not customized and _has_display():
        return window("demo", True)
    if not arguments.terminal and not _has_display():
        complain("There is no display for a window here: training the demo in the terminal.")
    return _train(arguments, train)


def _has_display() -> bool:
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY"))


def state_from(preset: str, assignments: list[str]) -> TrainingState:
    """A preset with settings changed. Raises `UserError` where one of them is not there or wrong."""
    return assign_all(store.find(preset).load(), assignments)


def assign_all(state: TrainingState, assignments: list[str]) -> TrainingState:
    """A state with 'path=value' applied. Raises `UserError` with every problem at once."""
    found: list[Problem] = []
    for assignment in assignments:
        path, equals, text = assignment.partition("=")
        if not equals:
            raise UserError(f"--set {assignment}: write it as path=value, e.g. training.steps=500")
        try:
            state = _assign(state, path.strip(), text)
        except Invalid as error:
            found += error.problems
    if found:
        raise Invalid(found)
    return state


def _assign(state: TrainingState, path: str, text: str) -> TrainingState:
    declaration = declaration_at(state, path)
    if declaration.item or declaration.group:
        try:
            return replace(state, path, json.loads(text))
        except (json.JSONDecodeError, RecursionError):
            single = (
                f"{path}[0].{_first(declaration.item)}" if declaration.item else f"{path}.{_first(declaration.group)}"
            )
            message = f"--set {path}: a whole group is given as JSON; to set one value, name it, as in {single}"
            raise UserError(message) from None
    return replace(state, path, parse(declaration, text))


def _first(settings: type[Settings] | None) -> str:
    """'epochs=...', as an example."""
    return f"{next(iter(settings.model_fields), '') if settings else ''}=..."


def _train(arguments: argparse.Namespace, train: Train) -> int:
    state = state_from(arguments.preset, arguments.set)
    if arguments.workspace:
        state = replace(state, "saving.workspace", arguments.workspace)
    if arguments.name:
        state = replace(state, "saving.name", arguments.name)
    plan = _checked_plan(state)
    session = Session(train)
    with stopping(session):
        claimed = begin(session, state)
        if not arguments.json:
            print(f"{plan_text(plan)}\nThe run's folder is {claimed.run_folder}", flush=True)
        return follow(session, arguments.json)


def _checked_plan(state: TrainingState) -> Plan:
    """The plan of a state that can be trained, before a folder is made for it. Raises `Invalid` with every error."""
    found = check(state)
    if wrong := errors(found):
        raise Invalid(wrong)
    for problem in found:
        complain(f"{problem.severity}: {problem}")
    plan = make_plan(state)
    require_plan(plan)
    return plan


def _resume(arguments: argparse.Namespace, train: Train) -> int:
    session = Session(train)
    with stopping(session):
        resume(session, resolve(arguments.folder), lambda state: assign_all(state, arguments.set))
        return follow(session, arguments.json)


@contextmanager
def stopping(session: Session) -> Iterator[None]:
    """Ctrl-C stops the run cleanly, with a save. No exception: one might come between an event and its showing."""

    def stop(number: int, frame: FrameType | None) -> None:
        if not session.running:
            raise KeyboardInterrupt
        session.controls.stop(save=True)
        os.write(2, b"\nStopping after this step, then saving ...\n")  # print may be what was interrupted

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    except BaseException:
        session.controls.stop(save=True)  # nobody would hear of the run any more, so it must not go on
        raise
    finally:
        signal.signal(signal.SIGINT, before)


def follow(session: Session, as_json: bool) -> int:
    """Show a run until it has ended. Returns the exit code."""
    show: Terminal | Json = Json() if as_json else Terminal()
    while True:
        for event in session.events(timeout=0.2):
            show.on(event)
            if isinstance(event, Ended):
                session.join()
                return EXIT_CODES[event.outcome]


def _plan(arguments: argparse.Namespace) -> int:
    state = state_from(arguments.preset, arguments.set)
    found = check(state)
    if errors([problem for problem in found if problem.path.startswith(("concepts", "training"))]):
        raise Invalid(errors(found))
    plan = make_plan(state)
    if arguments.json:
        print(json.dumps({**plan.to_json(), "problems": [vars(p) for p in (*found, *plan.problems)]}))
    else:
        print(plan_text(plan))
        for problem in (*found, *plan.problems):
            print(f"{problem.severity}: {problem}")
    if wrong := errors(found):
        raise Invalid(wrong)
    require_plan(plan)
    return DONE


def _import(arguments: argparse.Namespace) -> int:
    found = import_preset(resolve(arguments.path))
    preset = store.save(arguments.name, found.state, f"Imported from {found.source}.", overwrite=False)
    if arguments.json:
        print(json.dumps({"preset": str(preset.path), "source": found.source, "lines": found.lines}))
        return DONE
    print(f"The preset '{preset.name}' was made from {found.source}: {preset.path}")
    print("\n".join(found.lines) or "Everything was taken over.")
    return DONE


def _settings(arguments: argparse.Namespace) -> int:
    found = list(every_setting(arguments.word or ""))
    print(json.dumps(found, indent=1) if arguments.json else as_text(found))
    return DONE if found else WRONG


def _sample(arguments: argparse.Namespace, train: Train, sample: Sample) -> int:
    drawing = drawing_from(arguments)
    if found := problems(drawing):
        raise Invalid(found)
    session = Session(train)
    with stopping(session):
        session.run(partial(sample, drawing))
        return follow(session, arguments.json)


def drawing_from(arguments: argparse.Namespace) -> Drawing:
    """What is to be drawn. Raises `UserError` for values that make no sense."""
    width, by, height = arguments.size.lower().partition("x")
    if arguments.size and not (by and width.isdecimal() and height.isdecimal()):
        raise UserError(f"--size {arguments.size}: write it as width x height in pixels, e.g. 512x768")
    for_grids = {"--column": arguments.column, "--checkpoint": arguments.checkpoint, "--strengths": arguments.strengths}
    if not arguments.grid and (lonely := [option for option, value in for_grids.items() if value]):
        raise UserError(f"{' and '.join(lonely)}: only a grid has columns; add --grid FILE.png")
    if arguments.count < 1:
        raise UserError(f"--count must be at least 1 (was {arguments.count})")
    prompts = [
        {
            "text": text,
            "negative": arguments.negative,
            "seed": arguments.seed + number,
            "width": int(width) if width else None,
            "height": int(height) if height else None,
            "steps": arguments.steps,
            "cfg_scale": arguments.cfg_scale,
            "cfg_rescale": arguments.cfg_rescale,
            "sampler": arguments.sampler.upper(),
        }
        for text in arguments.prompt
        for number in range(arguments.count)
    ]
    dtype = arguments.dtype.upper()
    parts = ("unet", "text_encoder", "text_encoder_2")
    model = {
        "source": arguments.model,
        "vae": arguments.vae,
        "clip_skip": arguments.clip_skip,
        "prediction": arguments.prediction.upper(),
        "zero_terminal_snr": arguments.zero_terminal_snr.upper(),
    }
    data: dict[str, Any] = {
        "model": {**model, **{f"{part}_dtype": dtype for part in parts}},
        "loras": [lora_from(text).model_dump() for text in arguments.lora],
        "embeddings": [embedding_from(text).model_dump() for text in arguments.embedding],
        "prompts": prompts,
        "folder": arguments.out,
    }
    if arguments.grid:
        data |= grid_from(arguments, data["loras"])
    try:
        return load(Drawing, data)
    except Invalid as error:  # in the words of the command line, and once, not once per picture
        named = {Problem(_option(problem.path), problem.message): None for problem in error.problems}
        raise Invalid(list(named)) from None


def in_column(text: str) -> dict[str, Any]:
    """'cat.safetensors:0.8' is drawn at that strength, whatever the grid's are; 'cat.safetensors' at the grid's."""
    file = lora_from(text)
    return {"path": file.path, "strengths": [file.strength] if file.path != text else []}


def grid_from(arguments: argparse.Namespace, loras: list[dict[str, Any]]) -> dict[str, Any]:
    """What `--grid` makes of the drawing: LoRA files become columns; the single pictures go beside the grid's file."""
    try:
        strengths = numbers(arguments.strengths, float)
    except UserError as error:
        raise UserError(f"--strengths: {error}") from None
    checkpoints = [*loras, *({"path": path} for path in arguments.checkpoint)]
    for files in arguments.column:
        checkpoints += [{**in_column(text), "beside": number > 0} for number, text in enumerate(files)]
    return {
        "loras": [],
        "folder": str(resolve(arguments.grid).with_suffix("")) if arguments.out == "." else arguments.out,
        "grid": {"file": arguments.grid, "checkpoints": checkpoints, "strengths": strengths},
    }


def _option(path: str) -> str:
    """'prompts[0].cfg_scale' -> '--cfg-scale'."""
    name = path.rpartition(".")[2]
    return {"width": "--size", "height": "--size"}.get(name, "--dtype" if "dtype" in name else f"--{name}").replace(
        "_", "-"
    )


def _tool(arguments: argparse.Namespace, train: Train, run_tool: RunTool) -> int:
    tool = next(tool for tool in TOOLS if tool.name == arguments.command)
    settings, as_json = tool_arguments.read(tool, arguments.tool_arguments)
    if found := tool_problems(settings):
        raise tool_arguments.in_words(tool, found)
    if isinstance(settings, Inspect):
        return _inspect(settings, train, run_tool, as_json)
    session = Session(train)
    with stopping(session):
        session.run(partial(run_tool, settings))
        return follow(session, as_json)


def _inspect(settings: Inspect, train: Train, run_tool: RunTool, as_json: bool) -> int:
    """The report alone, also as JSON. Where the header suffices, torch stays out."""
    path = resolve(settings.source)
    if not settings.norms and path.suffix.lower() == ".safetensors":
        found = inspect_header(path)
        print(json.dumps(report_json(found)) if as_json else as_report(found))
        return DONE
    if not as_json:
        session = Session(train)
        with stopping(session):
            session.run(partial(run_tool, settings))
            return follow(session, False)
    reports: list[Report] = []

    def keep(event: Event) -> None:
        if isinstance(event, Inspected):
            reports.append(event.report)

    run_tool(settings, keep, Controls())
    print(json.dumps(report_json(reports[0])))
    return DONE
