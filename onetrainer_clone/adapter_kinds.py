"""The kinds of adapters, and which layers they adapt.

OFT is not among them: peft's rotates what a layer reads, while the `oft_blocks` that ComfyUI and A1111 read rotate what it
puts out, so no program could use the file.
"""

from onetrainer_clone.settings import Choice


class Variant(Choice):
    LORA = "LORA", "LoRA", "The change of a weight is a product of two thin matrices. Every program reads it."
    DORA = (
        "DORA",
        "DoRA",
        "A LoRA with a length of its own for every input: learns a little more, slightly slower. Read by ComfyUI, A1111 "
        "and Forge; diffusers takes it for a plain LoRA.",
    )
    LOHA = (
        "LOHA",
        "LoHa",
        "Multiplies two LoRAs element by element: holds more for its size, slower. Read by ComfyUI, A1111 and Forge.",
    )
    LOKR = (
        "LOKR",
        "LoKr",
        "A product of small blocks (Kronecker): the smallest files. Read by ComfyUI, A1111 and Forge.",
    )


class Layers(Choice):
    ATTENTION = "ATTENTION", "Attention", "The attention layers only: a small file."
    ATTENTION_MLP = "ATTENTION_MLP", "Attention and MLP", "Also the layers between one attention and the next."
    TRANSFORMER = (
        "TRANSFORMER",
        "All linear",
        "All layers of the transformer blocks: what most LoRAs adapt.",
    )
    ALL = "ALL", "All", "Also the convolutions: learns textures and shapes better; a larger file."
