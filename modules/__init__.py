"""The modular trainer. torch, diffusers, transformers, peft and accelerate live here and nowhere else."""

import logging
import os

# The libraries' remarks and progress bars are about their own insides; what a person should know, the trainer says.
for _name, _value in {
    "TRANSFORMERS_VERBOSITY": "error",
    "DIFFUSERS_VERBOSITY": "error",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
}.items():
    os.environ.setdefault(_name, _value)
logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
