"""What `cli.main` is given in tests."""

from collections.abc import Callable

from onetrainer_clone import cli
from onetrainer_clone.arguments import parse
from onetrainer_clone.drawing import Drawing
from onetrainer_clone.events import Saved
from onetrainer_clone.session import Controls, Emit
from onetrainer_clone.state import TrainingState
from onetrainer_clone.tools import ToolSettings


class Front:
    """What `cli.main` is given: a trainer, a drawer and a window that only remember what they were asked for."""

    def __init__(self) -> None:
        self.trained: list[TrainingState] = []
        self.drawn: list[Drawing] = []
        self.tools: list[ToolSettings] = []
        self.opened: list[tuple[str | None, bool]] = []
        self.training: Callable[[Emit, Controls], None] = lambda emit, controls: None

    def train(self, state: TrainingState, emit: Emit, controls: Controls) -> None:
        self.trained.append(state)
        self.training(emit, controls)

    def sample(self, drawing: Drawing, emit: Emit, controls: Controls) -> None:
        self.drawn.append(drawing)

    def run_tool(self, settings: ToolSettings, emit: Emit, controls: Controls) -> None:
        self.tools.append(settings)
        emit(Saved(0, "made", final=True))

    def window(self, preset: str | None, start: bool) -> int:
        self.opened.append((preset, start))
        return 0

    def run(self, *arguments: str) -> int:
        return cli.main(parse(arguments), self.train, self.sample, self.window, self.run_tool)
