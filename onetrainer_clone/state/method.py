"""What is trained: the methods, and the parts of a model that a method can train."""

from onetrainer_clone.settings import Choice


class Method(Choice):
    LORA = "LORA", "LoRA", "A small file that is added to the model."
    FINE_TUNE = "FINE_TUNE", "Fine-tune", "Trains the model's own weights: the result is a whole model."
    EMBEDDING = "EMBEDDING", "Embedding", "Teaches the text encoder a new word; the model stays as it is."


OF_MODEL = (Method.LORA, Method.FINE_TUNE)  # these train parts of the model, an embedding none
NEW_WORDS = "embedding"  # the name of the embeddings among the parts that have a learning rate
PARTS = {"unet": "UNet", "text_encoder": "text encoder", "text_encoder_2": "text encoder 2", NEW_WORDS: "embeddings"}
"""Part -> how a sentence calls it."""
