"""Everything that a run needs to go on as if it had never stopped: weights, average, optimizer, position, figures.

A backup is a folder, complete or absent: it is made beside its name, flushed, then renamed. Two files: tensors in
safetensors, the rest in JSON. Nothing is ever unpickled.
"""

import json
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import Tensor

from modules.checkpoints.stream import Coming, write_safetensors
from modules.checkpoints.weights import Safetensors, each
from modules.difference import differences, groups, picture_fingerprint, plan_fingerprint
from modules.rot import rotten
from modules.run import Run
from onetrainer_clone.backups import PREFIX, REST, TENSORS, backups
from onetrainer_clone.events import Logged, Warned
from onetrainer_clone.paths import flush_folder, move, put_in_place, write_whole
from onetrainer_clone.safetensors_header import read_header
from onetrainer_clone.settings import UserError, changed

VERSION = 3
LIVE, AVERAGE, OPTIMIZER = "live/", "ema/", "optimizer/"


@dataclass(frozen=True)
class Position:
    """Where a run stood: the steps done, and the figures that run on from step to step."""

    step: int
    figures: dict[str, Any]


def back_up(run: Run, folder: Path, position: Position) -> Path:
    """Write a backup of a run under `folder`; returns its own folder.

    Raises OSError, and then leaves no trace, and `UserError` for weights that are not finite.
    """
    live = {key: parameter for part in run.trained.parts.values() for key, parameter in part.items()}
    if bad := rotten(live):
        message = f"the trained weights '{bad[0]}' have become infinite or NaN at step {position.step}"
        raise UserError(f"{message}: they are not backed up, the backups before stay. Lower the learning rate")
    name = f"{PREFIX}{position.step:07d}"
    beside = folder / f".{name}.{os.getpid()}.part"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    try:
        optimizer_tensors, optimizer_rest = flatten(run.optimizer.state_dict())
        tensors = {f"{OPTIMIZER}{key}": tensor for key, tensor in optimizer_tensors.items()}
        for part in run.trained.parts.values():
            tensors |= {f"{LIVE}{key}": parameter.detach() for key, parameter in part.items()}
        if run.ema is not None:
            tensors |= {f"{AVERAGE}{index}": tensor for index, tensor in enumerate(run.ema.shadow)}
        write_safetensors(beside / TENSORS, {key: _coming(tensor) for key, tensor in tensors.items()}, {})
        rest = {
            "version": VERSION,
            "step": position.step,
            "figures": position.figures,
            "optimizer": optimizer_rest,
            "ema_updates": run.ema.updates if run.ema is not None else None,
            "scaler": run.accelerator.scaler.state_dict() if run.accelerator.scaler is not None else None,
            "pictures": picture_fingerprint(run.folders),
            "plan": plan_fingerprint(run.plan),
            "state": changed(run.state),
        }
        write_whole(beside / REST, json.dumps(rest, ensure_ascii=False))
        read_header(beside / TENSORS)  # a drive may say that it wrote what it did not: then the others stay
        flush_folder(beside)
        put_in_place(beside, folder / name)
        flush_folder(folder)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    return folder / name


def _coming(tensor: Tensor) -> Coming:
    """One at a time comes over from the device: beside a model and its optimizer there is no room for another of both."""
    return Coming(tensor.dtype, tensor.shape, lambda: tensor.detach().cpu())


def _read_tensors(path: Path) -> dict[str, Tensor]:
    """Copies: the optimizer keeps what it is given, and on Windows nobody can remove a file that is mapped into memory."""
    weights = Safetensors(path)
    return {name: tensor.clone() for name, tensor in each(weights, weights.shapes)}


def rotate(folder: Path, keep: int) -> None:
    """Remove the oldest backups beyond `keep`, and what a killed process left half-made. The newest always stays.

    What another program holds (Windows) stays whole until the next time.
    """
    for old in backups(folder)[: -max(1, keep)]:
        with suppress(OSError):
            move(old, folder / f".{old.name}.{os.getpid()}.part")
    for left in folder.glob(".*.part"):
        shutil.rmtree(left, ignore_errors=True)


class Damaged(UserError):
    """A backup that cannot be read; an earlier one may do."""


def restore_newest(run: Run, folder: Path) -> Position:
    """Put a run where its newest readable backup was made. Raises `UserError` where there is none."""
    for backup in reversed(backups(folder)):
        try:
            position, said = restore(run, backup)
        except Damaged as error:
            run.emit(Warned(f"{error}; trying the one before"))
            continue
        for sentence in said:
            run.emit(Warned(sentence))
        run.emit(Logged(f"Resumed from {backup}"))
        return position
    raise UserError(f"there is no backup to resume from in {folder}")


def restore(run: Run, backup: Path) -> tuple[Position, list[str]]:
    """Put a run where the backup was made. Returns the position and what is different now, in sentences.

    Raises `UserError` where the backup is damaged or belongs to another kind of run.
    """
    try:
        rest = json.loads((backup / REST).read_text(encoding="utf-8"))
        tensors = _read_tensors(backup / TENSORS)
    except (OSError, ValueError, SafetensorError, UserError) as error:
        raise Damaged(f"the backup {backup} cannot be read ({error})") from None
    if rest.get("version") != VERSION:
        raise UserError(f"the backup {backup} was made by another version of this program, so it cannot be resumed")
    _restore_weights(run, tensors, backup)
    _restore_optimizer(run, tensors, rest)
    if run.ema is not None and rest["ema_updates"] is not None:
        for index, shadow in enumerate(run.ema.shadow):
            shadow.copy_(tensors[f"{AVERAGE}{index}"])
        run.ema.updates = rest["ema_updates"]
    elif run.ema is not None:
        run.ema.restart()
    if run.accelerator.scaler is not None and rest["scaler"] is not None:
        run.accelerator.scaler.load_state_dict(rest["scaler"])
    return Position(rest["step"], rest["figures"]), differences(run, rest)


@torch.no_grad()
def _restore_weights(run: Run, tensors: Mapping[str, Tensor], backup: Path) -> None:
    live = {key: parameter for part in run.trained.parts.values() for key, parameter in part.items()}
    held = {key.removeprefix(LIVE) for key in tensors if key.startswith(LIVE)}
    if held != set(live) or any(tensors[f"{LIVE}{key}"].shape != p.shape for key, p in live.items()):
        raise UserError(
            f"the backup {backup} holds other layers or another rank than this state trains: resume with the settings of "
            "the run, or start a new one"
        )
    for key, parameter in live.items():
        parameter.copy_(tensors[f"{LIVE}{key}"])


def _restore_optimizer(run: Run, tensors: Mapping[str, Tensor], rest: Mapping[str, Any]) -> None:
    before, now = rest["state"].get("optimizer", {}).get("optimizer"), changed(run.state).get("optimizer", {})
    if before != now.get("optimizer"):
        return  # another optimizer starts afresh; `differences` says so
    if groups(rest["optimizer"]) != groups(run.optimizer.state_dict()):
        return  # so does one whose weights are grouped in another way
    own = {key.removeprefix(OPTIMIZER): value for key, value in tensors.items() if key.startswith(OPTIMIZER)}
    run.optimizer.load_state_dict(unflatten(own, rest["optimizer"]))


def flatten(state: Mapping[str, Any]) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """An optimizer's state_dict as tensors by name ('12/exp_avg') and the rest as JSON data.

    bitsandbytes nests its quantization maps one level deeper ('12/__bnb_optimizer_quant_state__/absmax1').
    """
    tensors: dict[str, Tensor] = {}
    scalars: dict[str, Any] = {}

    def visit(prefix: str, values: Mapping[Any, Any]) -> None:
        for name, value in values.items():
            if isinstance(value, Mapping):
                visit(f"{prefix}{name}/", value)
            elif isinstance(value, Tensor):
                tensors[f"{prefix}{name}"] = value
            else:
                scalars[f"{prefix}{name}"] = value

    visit("", state["state"])
    return tensors, {"state": scalars, "param_groups": [dict(group) for group in state["param_groups"]]}


def unflatten(tensors: Mapping[str, Tensor], rest: Mapping[str, Any]) -> dict[str, Any]:
    """The opposite of `flatten`."""
    state: dict[int, dict[str, Any]] = {}
    for key, value in [*tensors.items(), *rest["state"].items()]:
        index, *nested, name = key.split("/")
        place = state.setdefault(int(index), {})
        for level in nested:
            place = place.setdefault(level, {})
        place[name] = value
    groups = [{k: tuple(v) if k == "betas" else v for k, v in group.items()} for group in rest["param_groups"]]
    return {"state": state, "param_groups": groups}
