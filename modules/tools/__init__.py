"""Tools for files of weights: each is a function of its settings in `onetrainer_clone.tools`."""

import importlib
from collections.abc import Callable

from onetrainer_clone.session import Controls, Emit
from onetrainer_clone.settings import Invalid
from onetrainer_clone.tool_checks import problems
from onetrainer_clone.tools import TOOLS, ToolSettings


def run_tool(settings: ToolSettings, emit: Emit, controls: Controls) -> None:
    """Do what a tool's settings say, by the function that is called as the tool is, in the file of its name.

    Raises `UserError` for what a person can mend, `Stopped` where it was stopped.
    """
    if found := problems(settings):
        raise Invalid(found)
    [name] = [tool.name for tool in TOOLS if tool.settings is type(settings)]
    work: Callable[[ToolSettings, Emit, Controls], None] = getattr(
        importlib.import_module(f"modules.tools.{name}"), name
    )
    work(settings, emit, controls)
