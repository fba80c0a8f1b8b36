"""What a model predicts and how its noise schedule ends: as its files say, or as the settings say against them."""

from typing import Any

import pytest
import torch
from diffusers import DDIMScheduler, DDPMScheduler
from diffusers.schedulers.scheduling_ddim import rescale_zero_terminal_snr

from modules.checkpoints.assemble import scheduled
from modules.diffusion import NoiseSchedule
from modules.models.base import Conditions
from modules.sampling import draw, scheduler
from onetrainer_clone.families import Family
from onetrainer_clone.session import Controls
from onetrainer_clone.settings import Invalid
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.model import ModelSettings, problems
from onetrainer_clone.state.sampling import Prompt, Sampler
from tests.modules.checkpoints.tiny import CONFIGS, tiny_model

PLAIN: dict[str, Any] = dict(DDPMScheduler.load_config(CONFIGS / "sdxl" / "scheduler"))
NOOB = {**PLAIN, "prediction_type": "v_prediction", "rescale_betas_zero_snr": True}
ZERO_SNR = {"prediction": "V_PREDICTION", "zero_terminal_snr": "ON"}


def config_of(config: dict[str, Any], **settings: Any) -> dict[str, Any]:
    return scheduled(config, ModelSettings(source="x", **settings))


def test_without_a_word_against_them_the_files_count() -> None:
    assert config_of(PLAIN) == PLAIN
    assert config_of(NOOB) == {**NOOB, "timestep_spacing": "trailing"}


@pytest.mark.parametrize(
    ("config", "settings", "prediction", "zero"),
    [
        (PLAIN, {"prediction": "V_PREDICTION"}, "v_prediction", None),
        (PLAIN, ZERO_SNR, "v_prediction", True),
        (NOOB, {"zero_terminal_snr": "OFF"}, "v_prediction", False),
        (NOOB, {"prediction": "EPSILON", "zero_terminal_snr": "OFF"}, "epsilon", False),
    ],
)
def test_the_settings_win(config: dict[str, Any], settings: dict[str, Any], prediction: str, zero: bool | None) -> None:
    found = config_of(config, **settings)
    assert (found["prediction_type"], found.get("rescale_betas_zero_snr")) == (prediction, zero)
    assert found["timestep_spacing"] == ("trailing" if zero else PLAIN["timestep_spacing"])


@pytest.mark.parametrize(
    ("config", "settings"), [(PLAIN, {"zero_terminal_snr": "ON"}), (NOOB, {"prediction": "EPSILON"})]
)
def test_to_predict_the_noise_from_noise_alone_is_refused(config: dict[str, Any], settings: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match=r"model\.zero_terminal_snr: a model that predicts the noise cannot learn from"):
        config_of(config, **settings)


def test_it_is_refused_before_anything_is_loaded_where_it_is_known() -> None:
    def said(**settings: Any) -> list[str]:
        state = TrainingState(model=ModelSettings(source="demo:model", **settings))
        return [problem.path for problem in problems(state)]

    assert (
        said(zero_terminal_snr="ON")
        == said(prediction="EPSILON", zero_terminal_snr="ON")
        == ["model.zero_terminal_snr"]
    )
    assert said(**ZERO_SNR) == said(prediction="V_PREDICTION") == said(zero_terminal_snr="OFF") == []


def test_the_schedule_is_diffusers_and_ends_in_pure_noise() -> None:
    schedule = NoiseSchedule.from_config(config_of(PLAIN, **ZERO_SNR))
    betas = rescale_zero_terminal_snr(DDPMScheduler.from_config(PLAIN).betas)
    expected = torch.cumprod(1 - betas, dim=0)
    torch.testing.assert_close(schedule.alphas_cumprod, expected)
    assert float(schedule.alphas_cumprod[-1]) < 1e-10
    latents, noise, last = torch.randn(1, 4, 2, 2), torch.randn(1, 4, 2, 2), torch.tensor([999])
    torch.testing.assert_close(schedule.add_noise(latents, noise, last), noise)
    torch.testing.assert_close(schedule.target(latents, noise, last), -latents)
    assert schedule.min_snr_weight(torch.arange(1000), 5.0).isfinite().all()


@pytest.mark.parametrize("sampler", list(Sampler))
def test_samples_begin_at_pure_noise_with_every_sampler(sampler: Sampler) -> None:
    model = tiny_model(Family.SDXL, **ZERO_SNR)
    made = scheduler(model.scheduler_config, sampler)
    made.set_timesteps(4)
    assert float(made.timesteps[0]) == 999
    assert made.config.prediction_type == "v_prediction"
    picture = draw(model, Prompt(text="a cat", steps=4, sampler=sampler), 32, Controls())
    assert max(high - low for low, high in picture.getextrema()) > 20  # type: ignore[misc]


def test_drawing_takes_the_velocity_and_the_last_timestep_as_diffusers_does() -> None:
    """One DDIM step from pure noise at the last timestep: what the model makes of v is the picture."""
    model = tiny_model(Family.SD15, **ZERO_SNR)
    made = scheduler(model.scheduler_config, Sampler.DDIM)
    assert isinstance(made, DDIMScheduler)
    made.set_timesteps(1)
    noise = torch.randn(1, 4, 8, 8)
    with torch.no_grad():
        text = model.encode_text(model.tokenize(["a cat"]))
        velocity = model.predict(noise, made.timesteps, Conditions(text))
        found = made.step(velocity, made.timesteps[0], noise).pred_original_sample
    torch.testing.assert_close(found, -velocity, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("family", [Family.SDXL, Family.SD15, Family.SD15_INPAINTING])
def test_guidance_is_rescaled_where_diffusers_can(family: Family) -> None:
    model = tiny_model(family, **ZERO_SNR)
    pictures = [
        draw(model, Prompt(text="a cat", steps=2, cfg_scale=20, cfg_rescale=rescale, sampler="DDIM"), 32, Controls())
        for rescale in (0.0, 1.0)
    ]
    assert (pictures[0].tobytes() == pictures[1].tobytes()) == (family is Family.SD15_INPAINTING)
