"""The buttons above the chart. Where it is narrow, what does not fit is in the menu at the right."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import customtkinter as ctk

from ui import colours, theme
from ui.run.curves import VIEWS
from ui.run.smoothing import OVER, words
from ui.tooltip import Tooltip

if TYPE_CHECKING:
    from ui.run.chart import Chart

NARROW = 360  # px at 100 %


class ChartBar(ctk.CTkFrame):
    def __init__(self, parent: Any, chart: "Chart"):
        super().__init__(parent, fg_color="transparent")
        self._chart = chart
        self.choice = ctk.CTkOptionMenu(
            self, values=[view.title for view in VIEWS], command=chart.choose, height=26, width=100,
            font=theme.font(theme.SMALL), dropdown_font=theme.font(theme.SMALL), dynamic_resizing=False,
        )  # fmt: skip
        tooltip = Tooltip(self.winfo_toplevel())
        tooltip.attach(self.choice, lambda: f"What is drawn. {chart.view.hint}")
        self.buttons: dict[str, Any] = {}
        for key, text, width, command, tip in (
            ("menu", "⋯", 28, self._open_menu, "Write the chart as a picture or as a table; zoom."),
            ("reset", "All", 34, lambda: chart.zoom(0), "Show all steps again (double click in the chart)."),
            ("out", "−", 26, lambda: chart.zoom(1 / 1.6), "More steps (mouse wheel)."),
            ("in", "+", 26, lambda: chart.zoom(1.6), "Fewer steps, larger. The mouse wheel does the same; dragging a "
             "rectangle zooms into it, dragging with Shift moves what is in view."),
            ("log", "log", 36, chart.toggle_log, "Logarithmic scale."),
            ("second", "2", 26, None, "A second chart below, over the same steps; or one again."),
        ):  # fmt: skip
            made = theme.button(self, text, command, width=width, height=26, font=theme.font(theme.SMALL))
            made.pack(side="right", padx=(4, 0))
            tooltip.attach(made, partial(str, tip))
            self.buttons[key] = made
        self.choice.pack(side="left", fill="x", expand=True)
        self.buttons["second"].pack_forget()  # until there is one who makes a second chart
        self._narrow = False
        self.bind("<Configure>", self._on_size)

    def on_second(self, call: Callable[[], object], closes: bool = False) -> None:
        """What the button for a second chart does; in the second one it `closes`."""
        self.buttons["second"].configure(text="×" if closes else "2", command=call)
        self.buttons["second"].pack(side="right", padx=(4, 0))

    def mark_second(self, there: bool) -> None:
        self.buttons["second"].configure(fg_color=colours.SELECTED if there else colours.HOVER)

    def refresh(self) -> None:
        if self.choice.get() != self._chart.view.title:
            self.choice.set(self._chart.view.title)
        self.buttons["log"].configure(fg_color=colours.SELECTED if self._chart.log else colours.HOVER)

    def _on_size(self, event: Any) -> None:
        narrow = event.width < NARROW * theme.scaling(self)
        if narrow == self._narrow:
            return
        self._narrow = narrow
        for key in ("reset", "out", "in"):
            if narrow:
                self.buttons[key].pack_forget()
            else:
                self.buttons[key].pack(side="right", padx=(4, 0), before=self.buttons["log"])

    def _open_menu(self) -> None:
        chart = self._chart
        menu = theme.menu(self)
        menu.add_command(label="Save as picture (PNG) …", command=lambda: chart.export("png"))
        menu.add_command(label="Save as table (CSV) …", command=lambda: chart.export("csv"))
        menu.add_separator()
        for label, factor in (("Fewer steps, larger", 1.6), ("More steps", 1 / 1.6), ("All steps", 0.0)):
            menu.add_command(label=label, command=partial(chart.zoom, factor))
        if chart.view.means:
            menu.add_separator()
            for over in (None, *OVER):
                mark = "•  " if over == chart.over else "    "
                menu.add_command(label=f"{mark}Smoothing: {words(over)}", command=partial(chart.smooth, over))
        at = self.buttons["menu"]
        menu.tk_popup(at.winfo_rootx(), at.winfo_rooty() + at.winfo_height())
