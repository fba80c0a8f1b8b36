"""Noise and loss: what is put on the pictures, and how errors are weighed."""

from onetrainer_clone.settings import Settings, setting, when


class NoiseSettings(Settings):
    offset: float = setting(
        0.0, "Offset noise", "Shifts the noise of a whole channel, so that very dark and bright pictures are learned.",
        ge=0, le=1,
    )  # fmt: skip
    min_snr_gamma: float = setting(
        0.0, "Min-SNR gamma", "Weighs down the nearly noise-free timesteps; 5 is usual, 0 turns it off.", ge=0, le=100
    )
    masked: bool = setting(
        False, "Masked training",
        "Where a picture has a mask, only its white part is learned; pictures without a mask are learned whole.",
    )  # fmt: skip
    unmasked_weight: float = setting(
        0.1, "Weight of the rest", "How much the black part of a mask counts; above 0 keeps the rest of the picture sane.",
        ge=0, le=1, when=when("masked"),
    )  # fmt: skip
    unmasked_share: float = setting(
        0.0, "Samples without mask", "This share of the samples is learned whole, whatever their mask.", ge=0, le=1,
        when=when("masked"),
    )  # fmt: skip
    normalize_area: bool = setting(
        False, "Small masks count alike", "Divides a sample's loss by its mask's mean, so that a small white part is "
        "learned as much as a large one.", when=when("masked"),
    )  # fmt: skip
