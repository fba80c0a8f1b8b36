"""The plan of a run as the window tells it: one sentence, and the share of the training that each concept gets."""

from onetrainer_clone.result_plan import size_text
from onetrainer_clone.state.concepts import TRAINED
from ui.findings import Findings
from ui.strip import Share
from ui.workbench import Workbench


def sentence(findings: Findings) -> str:
    """'48 images and 12 steps per epoch · 600 steps in 50 epochs in all · a LoRA of 1.2 MiB', or why there is no plan."""
    plan = findings.plan
    if plan is None:
        return findings.plan_problem
    size = f" · a {plan.adapter.kind} of {plan.adapter.file_mib:.3g} MiB" if plan.adapter else ""
    size += f" · a model of {size_text(plan.model.bytes)}" if plan.model else ""
    return (
        f"{_amount(plan.samples_per_epoch)} images and {plan.steps_per_epoch:,} steps per epoch · "
        f"{plan.steps:,} steps in {plan.epochs:,} {'epoch' if plan.epochs == 1 else 'epochs'} in all{size}"
    )


def shares(bench: Workbench) -> tuple[Share, ...]:
    """Of the concepts that are trained and planned, in their order."""
    plan = bench.findings.plan
    by_name = {concept.name: concept for concept in plan.concepts} if plan else {}
    return tuple(
        Share(concept.name, bench.colours[concept.name], found.share_of_samples, found.share_of_loss_weight)
        for concept in bench.store.state.concepts
        if concept.enabled and concept.role in TRAINED and (found := by_name.get(concept.name))
    )


def _amount(samples: float) -> str:
    """'1,250', '12.5'."""
    return f"{samples:,.0f}" if samples == round(samples) or samples >= 1000 else f"{samples:.1f}"
