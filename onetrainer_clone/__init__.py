"""The core of the trainer: state, dataset, plan, events, session. No torch, no tkinter."""

import os

__version__ = "0.1.0"

# Before pydantic is imported: its search for plugins reads what every installed package says of itself, a tenth of the
# time in which the window opens.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
