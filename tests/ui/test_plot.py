"""How the charts are painted."""

import pytest

from ui.run.curves import Curve
from ui.run.picture import Frame, Wish
from ui.run.plot import Painter
from ui.run.series import Series
from ui.run.zoom import Zoom


def painted(values: list[float], height: int, log: bool = False) -> Frame:
    series = Series()
    for step, value in enumerate(values, start=1):
        series.add(step, value)
    curve = Curve("a", series, ("#000000", "#ffffff"))
    return Painter().paint(Wish((curve,), 400, height, 1.0, 0, log, True, Zoom())).frame


@pytest.mark.parametrize(
    ("values", "log", "room"), [([1e-5, 1e-4], False, 16), ([0.1, 0.9], False, 8), ([1e-5, 1e-4], True, 8)]
)
def test_a_low_chart_has_room_for_the_power_of_ten_above_its_axis(values: list[float], log: bool, room: int) -> None:
    """A learning rate's '1e-5' was cut in half."""
    assert painted(values, 120, log).top == pytest.approx(room, abs=1)
