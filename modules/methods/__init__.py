"""How a model is trained: each method turns (model, state) into the parameters to train and the frozen base behind them."""

from collections.abc import Callable

from modules.methods.fine_tune import fine_tune
from modules.methods.lora import lora
from modules.methods.trained import Group, Trained
from modules.models.base import Model
from onetrainer_clone.state import TrainingState

__all__ = ["METHODS", "Group", "Trained"]

METHODS: dict[str, Callable[[Model, TrainingState], Trained]] = {"LORA": lora, "FINE_TUNE": fine_tune}
