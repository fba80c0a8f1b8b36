"""The training state: all that a run needs to know, edited by the window, kept in presets, given to the trainer."""

from collections.abc import Iterator
from pathlib import Path

from onetrainer_clone import paths
from onetrainer_clone.settings import Problem, Settings, group, setting, when, without_effect
from onetrainer_clone.state import adapter, concepts, embedding, idle, model, optimizer, sampling, saving, training
from onetrainer_clone.state.adapter import AdapterSettings
from onetrainer_clone.state.concepts import TRAINED, Concept, Mode, Role
from onetrainer_clone.state.embedding import EmbeddingSettings
from onetrainer_clone.state.method import Method
from onetrainer_clone.state.model import ModelSettings
from onetrainer_clone.state.noise import NoiseSettings
from onetrainer_clone.state.optimizer import LearningRate, OptimizerSettings
from onetrainer_clone.state.sampling import SamplingSettings
from onetrainer_clone.state.saving import SavingSettings
from onetrainer_clone.state.training import TrainingSettings

RULES = (
    model.problems,
    concepts.problems,
    training.problems,
    embedding.problems,
    optimizer.problems,
    adapter.problems,
    sampling.problems,
    saving.problems,
    idle.problems,
)


__all__ = ["RULES", "Method", "TrainingState", "check", "errors"]


class TrainingState(Settings):
    preset: str = setting("", "Preset", "The preset that this state was made from.", hidden=True)
    resume: str = setting("", "Resume", "The backup that the run goes on from.", hidden=True)
    model: ModelSettings = group(ModelSettings, "Model")
    method: Method = setting(Method.LORA, "Method", "What is trained, and what the result is.", basic=True)
    concepts: tuple[Concept, ...] = setting((), "Concepts", "Folders of pictures.", basic=True)
    training: TrainingSettings = group(TrainingSettings, "Training")
    optimizer: OptimizerSettings = group(OptimizerSettings, "Optimizer")
    learning_rate: LearningRate = group(LearningRate, "Learning rate")
    noise: NoiseSettings = group(NoiseSettings, "Noise and loss")
    adapter: AdapterSettings = group(AdapterSettings, "Adapter", when=when("method", Method.LORA))
    embedding: EmbeddingSettings = group(
        EmbeddingSettings, "Embedding", "New words, alone or beside what else is trained."
    )
    sampling: SamplingSettings = group(SamplingSettings, "Sampling")
    saving: SavingSettings = group(SavingSettings, "Saving")

    @property
    def active(self) -> tuple[Concept, ...]:
        """The concepts that take part, in order."""
        return tuple(concept for concept in self.concepts if concept.enabled)

    @property
    def trained(self) -> tuple[Concept, ...]:
        return tuple(concept for concept in self.active if concept.role in TRAINED)

    @property
    def keeps_prior(self) -> bool:
        """Whether the frozen base model is needed beside the one that is trained."""
        return any(concept.mode is Mode.PRIOR_PREDICTION for concept in self.trained)

    @property
    def validated(self) -> tuple[Concept, ...]:
        return tuple(concept for concept in self.active if concept.role is Role.VALIDATION)

    @property
    def cache_folder(self) -> Path:
        return paths.resolve(self.saving.cache) if self.saving.cache else paths.default_cache()

    @property
    def run_name(self) -> str:
        return self.saving.name or self.preset or "run"

    @property
    def run_folder(self) -> Path:
        return self.saving.folder / self.run_name

    def resolution_of(self, concept: Concept) -> int:
        return concept.resolution or self.training.resolution


def check(state: TrainingState) -> list[Problem]:
    """Everything that is wrong with a state, at once: errors keep it from starting, warnings and notes do not."""
    return [*_problems(state), *without_effect(state)]


def _problems(state: TrainingState) -> Iterator[Problem]:
    for rule in RULES:
        yield from rule(state)


def errors(problems: list[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.severity == "error"]
