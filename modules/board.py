"""Figures and samples for TensorBoard, from the same events that everybody else hears."""

from pathlib import Path

import numpy as np
from PIL import Image
from torch.utils.tensorboard.writer import SummaryWriter

from onetrainer_clone.events import Event, Sampled, Stepped, Validated


class Board:
    """Hears a run's events and writes them down."""

    def __init__(self, folder: Path):
        self._writer = SummaryWriter(str(folder))

    def __call__(self, event: Event) -> None:
        match event:
            case Stepped():
                scalars = {
                    "loss/all": event.smoothed_loss,
                    **{f"loss/{name}": loss for name, loss in event.smoothed_concept_loss.items()},
                    **{f"learning_rate/{part}": rate for part, rate in event.learning_rate.items()},
                    "gradient_norm": event.gradient_norm,
                    "samples_per_second": event.samples_per_second,
                    "weight_change": event.weight_change,
                    "ema_distance": event.ema_distance,
                    "rounded_away": event.rounded_away,
                }
                for name, value in scalars.items():
                    if value is not None:
                        self._writer.add_scalar(name, value, event.step)
            case Validated():
                for name, loss in event.concept_loss.items():
                    self._writer.add_scalar(f"validation/{event.weights}/{name}", loss, event.step)
            case Sampled():
                with Image.open(event.path) as image:
                    pixels = np.asarray(image.convert("RGB"))
                self._writer.add_image(f"{event.index} {event.weights}", pixels, event.step, dataformats="HWC")

    def close(self) -> None:
        self._writer.close()
