"""No widget of ours hides a name that Tk itself needs: an error in a handler would then end the window."""

import ast
import importlib
import inspect
import pkgutil
import textwrap
import tkinter
from collections.abc import Iterator

import pytest

import ui


def classes() -> Iterator[type]:
    for module in pkgutil.walk_packages(ui.__path__, "ui."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, type) and issubclass(value, tkinter.Misc) and value.__module__ == module.name:
                yield value


def set_on_self(cls: type) -> set[str]:
    """What the methods of a class assign to `self`."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)]
    return {node.attr for node in found if isinstance(node.value, ast.Name) and node.value.id == "self"}


@pytest.mark.parametrize("cls", list(classes()), ids=lambda cls: cls.__name__)
def test_no_name_of_tk_is_hidden(cls: type) -> None:
    theirs = [base for base in cls.__mro__ if base.__module__.split(".")[0] in ("tkinter", "customtkinter")]
    private = {name for base in theirs for name in vars(base) if name.startswith("_")}
    assert not set_on_self(cls) & private
