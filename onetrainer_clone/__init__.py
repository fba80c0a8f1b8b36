"""The core of the trainer: state, dataset, plan, events, session. No torch, no tkinter."""

__version__ = "0.1.0"
