"""The window. Fonts come first: what customtkinter does to them when it is imported must not end another window."""

from ui import fonts as fonts
