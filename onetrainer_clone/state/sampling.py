"""The Sampling tab: pictures that the run draws to show what it has learned."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from onetrainer_clone import model_files
from onetrainer_clone.families import Family
from onetrainer_clone.settings import Choice, Problem, Settings, group, setting, when
from onetrainer_clone.state.common import Every

if TYPE_CHECKING:
    from onetrainer_clone.state import TrainingState


class Sampler(Choice):
    EULER_A = "EULER_A", "Euler a"
    EULER = "EULER", "Euler"
    DDIM = "DDIM", "DDIM"
    DPMPP_2M = "DPMPP_2M", "DPM++ 2M"
    DPMPP_2M_KARRAS = "DPMPP_2M_KARRAS", "DPM++ 2M Karras"
    UNIPC = "UNIPC", "UniPC"


class SampleWeights(Choice):
    LIVE = "LIVE", "Live", "The weights as they are trained."
    EMA = "EMA", "EMA", "The running average."
    BOTH = "BOTH", "Both", "One picture with each."


class Prompt(Settings):
    text: str = setting("", "Prompt", "What to draw.", kind="text", basic=True)
    negative: str = setting("", "Negative prompt", "What to avoid.", kind="text", basic=True)
    enabled: bool = setting(True, "Enabled", "Off: this prompt is left out.", basic=True)
    seed: int = setting(
        0, "Seed", "The same seed gives the same picture from the same weights.", ge=0, lt=2**63, basic=True
    )
    width: int | None = setting(None, "Width", "", unit="px", ge=16, le=8192, empty="the training resolution")
    height: int | None = setting(None, "Height", "", unit="px", ge=16, le=8192, empty="the training resolution")
    steps: int = setting(20, "Steps", "Denoising steps.", ge=1, le=1000, basic=True)
    cfg_scale: float = setting(
        7.0, "CFG scale", "How strongly the prompt is followed; 1 turns guidance off.", ge=1, le=100, basic=True
    )
    cfg_rescale: float = setting(
        0.0, "CFG rescale", "Takes back the glaring contrast that guidance gives v-prediction models with zero "
        "terminal SNR; 0.7 is usual for them, 0 turns it off.", ge=0, le=1,
    )  # fmt: skip
    sampler: Sampler = setting(Sampler.EULER_A, "Sampler", "", basic=True)


class SamplingSettings(Settings):
    prompts: tuple[Prompt, ...] = setting(
        (), "Prompts", "Each is drawn at every sampling, with its own seed.", basic=True
    )
    at_start: bool = setting(True, "At the start", "Draws before the first step, to compare with.")
    at_end: bool = setting(True, "At the end", "Draws after the last step.")
    every: Every = group(Every, "Sample every", "How often pictures are drawn during the run.")
    weights: SampleWeights = setting(
        SampleWeights.EMA, "Weights", "Which weights draw the samples.", when=when("/training.ema.enabled")
    )


def problems(state: "TrainingState") -> Iterator[Problem]:
    for index, prompt in enumerate(state.sampling.prompts):
        for side in ("width", "height"):
            if message := size_problem(getattr(prompt, side)):
                yield Problem(f"sampling.prompts[{index}].{side}", message)
        if prompt.cfg_rescale and (why := _not_rescaled(state, prompt)):
            yield Problem(f"sampling.prompts[{index}].cfg_rescale", f"has no effect: {why}", "note")


def _not_rescaled(state: "TrainingState", prompt: Prompt) -> str:
    if prompt.cfg_scale == 1:
        return "a CFG scale of 1 is no guidance"
    return "not for this kind of model" if model_files.family(state.model.source) is Family.SD15_INPAINTING else ""


def size_problem(*sides: int | None) -> str:
    """Why pictures cannot have this width or height; empty where they can."""
    for pixels in sides:
        if pixels is not None and pixels % 8:
            return f"{pixels} is not a multiple of 8: use {pixels // 8 * 8} or {-(-pixels // 8) * 8}"
    return ""
