"""The Adapter tab: the LoRA that is trained."""

from onetrainer_clone.settings import Choice, Settings, setting


class Layers(Choice):
    ATTENTION = "ATTENTION", "Attention", "The attention layers only: a small file."
    TRANSFORMER = (
        "TRANSFORMER",
        "Attention and MLP",
        "All linear layers of the transformer blocks: what most LoRAs adapt.",
    )


class AdapterSettings(Settings):
    rank: int = setting(16, "Rank", "How much the LoRA can hold; the file grows with it.", ge=1, le=1024, basic=True)
    alpha: float = setting(16.0, "Alpha", "Scales the LoRA by alpha / rank.", gt=0, le=4096, basic=True)
    dropout: float = setting(0.0, "Dropout", "Share of the LoRA's inputs that are dropped while training.", ge=0, lt=1)
    layers: Layers = setting(Layers.TRANSFORMER, "Layers", "Which layers get a LoRA.")
