"""Fine-tuning: the model's own weights are trained, in the type in which they are held."""

from modules.methods.distance import Distance
from modules.methods.frozen import Frozen
from modules.methods.trained import Group, Trained
from modules.models.base import Model
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.optimizer import learning_rates


def fine_tune(model: Model, state: TrainingState) -> Trained:
    """Every weight of the parts with a learning rate. A copy of the base is kept only where prior prediction needs it."""
    rates = {part: rate for part, rate in learning_rates(state).items() if part in model.parts}
    parts = {
        part: {f"{part}.{name}": parameter for name, parameter in model.parts[part].named_parameters()}
        for part in rates
    }
    parameters = [parameter for named in parts.values() for parameter in named.values()]
    for parameter in parameters:
        parameter.requires_grad_(True)
    frozen = Frozen(parameters, state.training.prior_copy if state.keeps_prior else None)
    return Trained(
        parts=parts,
        groups=[Group(part, rates[part], list(named.values())) for part, named in parts.items()],
        base=frozen.in_place,
        weight_change=Distance(parameters).relative,
    )
