"""What a run will write, and whether its drive has room for that: known before the start from the plan alone."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from onetrainer_clone.model_size import BYTES
from onetrainer_clone.result_plan import ModelPlan, size_text
from onetrainer_clone.settings import Problem
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.common import Every, Unit
from onetrainer_clone.state.optimizer import Optimizer

if TYPE_CHECKING:
    from onetrainer_clone.plan import Plan

# Bytes of an optimizer's memory for each weight that is trained.
_HELD = {Optimizer.ADAMW: 8, Optimizer.ADAMW_8BIT: 2, Optimizer.PRODIGY: 16}


def problems(state: TrainingState, plan: "Plan") -> Iterator[Problem]:
    """A warning where the drive has less room than the run will take; more can be made while it goes on."""
    result, backup = result_bytes(plan), backup_bytes(state, plan)
    saves = 1 + _times(state.saving.every, plan)
    backups = min(_times(state.saving.backup_every, plan), state.saving.backups_kept + 1)  # the old goes after the new
    needed, free = saves * result + backups * backup, free_bytes(state.run_folder)
    if free is None or needed <= free:
        return
    parts = [f"{saves:,} saves of {size_text(result)}" if saves > 1 else f"the result of {size_text(result)}"]
    parts += [f"{backups} backups of about {size_text(backup)}"] if backups else []
    message = f"{' and '.join(parts)} take {size_text(needed)}, and the drive of this folder has {size_text(free)} free"
    yield Problem("saving.workspace", f"{message}: make room, choose another drive, or save less often", "warning")


def result_bytes(plan: "Plan") -> int:
    """Of one save, all its files together."""
    sizes = (plan.model.bytes if plan.model else 0, plan.words.bytes if plan.words else 0)
    return sum(sizes) + (round(plan.adapter.file_mib * 2**20) if plan.adapter else 0)


def backup_bytes(state: TrainingState, plan: "Plan") -> int:
    """Of one backup, about: weights as they are trained, the optimizer's memory, and the average."""
    beside = _HELD[state.optimizer.optimizer] + (4 if state.training.ema.enabled else 0)
    trained = (one for one in (plan.adapter, plan.model, plan.words) if one is not None)
    return sum(one.weights * ((_held(state) if isinstance(one, ModelPlan) else 4) + beside) for one in trained)


def _held(state: TrainingState) -> int:
    """Bytes of a weight that a fine-tune trains; where the parts differ, of the widest."""
    return max(BYTES[dtype.value] for dtype in state.model.held_in.values())


def _times(every: Every, plan: "Plan") -> int:
    """How often something happens before the end; minutes cannot be known."""
    match every.unit:
        case Unit.STEPS:
            return max(0, plan.steps - 1) // every.amount
        case Unit.EPOCHS:
            return max(0, plan.epochs - 1) // every.amount
    return 0


def free_bytes(folder: Path) -> int | None:
    """On the drive that a folder is or will be on; None where that cannot be known."""
    place = next((one for one in (folder, *folder.parents) if os.path.isdir(one)), None)
    try:
        return None if place is None else shutil.disk_usage(place).free
    except OSError:
        return None
