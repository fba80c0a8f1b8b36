"""The optimizers, a table: name -> from parameter groups to a torch optimizer."""

import contextlib
import io
from collections.abc import Callable
from typing import Any

import torch
from torch.optim import Optimizer

from modules.optim.rounding import exact_step
from onetrainer_clone.settings import Invalid, Problem
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.optimizer import AdamW, OptimizerSettings
from onetrainer_clone.state.optimizer import Optimizer as Name

Groups = list[dict[str, Any]]


def make_optimizer(state: TrainingState, groups: Groups) -> Optimizer:
    """The state's optimizer. Each group has 'params', 'lr' (the peak rate) and 'name' (as charts show it)."""
    coarse = any(parameter.dtype is torch.bfloat16 for group in groups for parameter in group["params"])
    return _MAKERS[state.optimizer.optimizer](groups, state.optimizer, coarse)


def require_optimizer(state: TrainingState) -> None:
    """Raises `Invalid` where the optimizer's library cannot run here: said before anything is loaded and encoded."""
    if state.optimizer.optimizer is Name.ADAMW_8BIT:
        _bitsandbytes()


def _bitsandbytes() -> Any:
    try:
        import bitsandbytes
    except Exception as error:
        message = f"bitsandbytes cannot run here ({type(error).__name__}: {error}): choose AdamW"
        raise Invalid([Problem("optimizer.optimizer", message)]) from error
    return bitsandbytes


def _adam(settings: AdamW) -> dict[str, Any]:
    return {
        "betas": (settings.beta1, settings.beta2),
        "eps": settings.eps,
        "weight_decay": settings.weight_decay,
    }


def _adamw(groups: Groups, settings: OptimizerSettings, coarse: bool) -> Optimizer:
    kind = _for_weights(torch.optim.AdamW, settings, coarse)
    return kind(groups, **_adam(settings.adamw))


def _adamw_8bit(groups: Groups, settings: OptimizerSettings, coarse: bool) -> Optimizer:
    kind = _for_weights(_bitsandbytes().optim.AdamW8bit, settings, coarse)
    return kind(groups, **_adam(settings.adamw_8bit))


def _prodigy(groups: Groups, settings: OptimizerSettings, coarse: bool) -> Optimizer:
    from modules.optim.prodigy import Prodigy

    chosen = settings.prodigy
    kind = _for_weights(Prodigy, settings, coarse, together=True)
    with contextlib.redirect_stdout(io.StringIO()):  # it prints that it uses decoupled weight decay
        return kind(
            groups,
            betas=(chosen.beta1, chosen.beta2),
            eps=chosen.eps,
            weight_decay=chosen.weight_decay,
            decouple=True,
            d0=chosen.d0,
            d_coef=chosen.d_coef,
            safeguard_warmup=chosen.safeguard_warmup,
            use_bias_correction=chosen.bias_correction,
        )


def _for_weights(
    kind: Any, settings: OptimizerSettings, coarse: bool, together: bool = False
) -> Callable[..., Optimizer]:
    """The optimizer's class; where weights are bfloat16 one that steps in float32 (see `rounding`)."""
    made: type[Optimizer] = exact_step(kind, settings.stochastic_rounding, together) if coarse else kind
    return made


_MAKERS: dict[Name, Callable[[Groups, OptimizerSettings, bool], Optimizer]] = {
    Name.ADAMW: _adamw,
    Name.ADAMW_8BIT: _adamw_8bit,
    Name.PRODIGY: _prodigy,
}


def effective_rates(optimizer: Optimizer) -> dict[str, float]:
    """The rate of each group as it is applied: for Prodigy times d, the step size that it found."""
    return {group["name"]: group["lr"] * group.get("d", 1.0) for group in optimizer.param_groups}
