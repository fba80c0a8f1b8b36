"""What is not as it was when a backup was made: settings, plan, pictures, groups of weights; and what that means."""

from collections.abc import Mapping, Sequence
from typing import Any

from modules.run import Run
from onetrainer_clone.dataset import Folder
from onetrainer_clone.epoch import seed_of
from onetrainer_clone.plan import Plan
from onetrainer_clone.settings import walk
from onetrainer_clone.state import TrainingState


def picture_fingerprint(folders: Sequence[Folder]) -> dict[str, int]:
    """Per concept a hash of its pictures' names, sizes and captions."""
    return {
        folder.concept.name: seed_of(*((p.key, p.width, p.height, p.captions) for p in folder.pictures))
        for folder in folders
    }


def plan_fingerprint(plan: Plan) -> dict[str, dict[str, float]]:
    """The length of a run in figures, and per concept a hash of what it brings: samples, sizes, what is left out."""
    length = {
        "steps": plan.steps,
        "epochs": plan.epochs,
        "steps of the first epoch": plan.steps_per_epoch,
        "samples per epoch": plan.samples_per_epoch,
    }
    return {"length": length, "concepts": {concept.name: seed_of(concept) for concept in plan.concepts}}


def groups(state: Mapping[str, Any]) -> list[tuple[str, int]]:
    """The name and size of each group of an optimizer's state_dict."""
    return [(group["name"], len(group["params"])) for group in state["param_groups"]]


def differences(run: Run, rest: Mapping[str, Any]) -> list[str]:
    """What is different from the run that left the `rest` of a backup, in sentences."""
    found = [*_of_settings(run, rest), *_of_plan(rest["plan"], plan_fingerprint(run.plan))]
    if groups(rest["optimizer"]) != groups(run.optimizer.state_dict()):
        found.append("The learning rates are of other groups of layers than before: the optimizer starts afresh.")
    if other := _changed(rest["pictures"], picture_fingerprint(run.folders)):
        found.append(
            f"The pictures or captions of {', '.join(other)} are not the same as before: other samples follow."
        )
    return found


def _of_settings(run: Run, rest: Mapping[str, Any]) -> list[str]:
    old = {s.path: s.value for s in walk(TrainingState.model_validate(rest["state"]))}
    new = {s.path: s.value for s in walk(run.state)}
    ignored = ("preset", "resume", "saving.", "sampling.")
    said = [
        f"{path} was {old.get(path)} and is {new.get(path)}"
        for path in _changed(old, new)
        if not path.startswith(ignored)
    ]
    found = [f"Resumed with other settings than before: {'; '.join(said)}."] if said else []
    if any(line.startswith(("training.epochs", "training.steps", "training.length", "learning_rate")) for line in said):
        found.append(
            f"The learning rate goes on from step {rest['step']:,} on the schedule of the new length, "
            f"{run.plan.steps:,} steps."
        )
    return found


def _of_plan(was: Mapping[str, Mapping[str, float]], now: Mapping[str, Mapping[str, float]]) -> list[str]:
    old, new = was["length"], now["length"]
    said = [f"{old[name]:,.10g} {name} are now {new[name]:,.10g}" for name in _changed(old, new)]
    if concepts := _changed(was["concepts"], now["concepts"]):
        said.append(f"{', '.join(concepts)}: other samples, sizes or files left out")
    return [f"The plan is not the same as before: {'; '.join(said)}."] if said else []


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """The keys whose values differ, or that only one of the two has."""
    return [key for key in dict.fromkeys([*old, *new]) if old.get(key) != new.get(key)]
