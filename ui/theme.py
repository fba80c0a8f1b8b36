"""Our colours on customtkinter's widgets, and what plain Tk canvases need to follow theme and scaling."""

import tkinter
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import customtkinter as ctk

from ui import colours
from ui.colours import Pair

Kind = Literal["main", "plain", "danger"]
BORDER = 1.25  # px at 100 %: 1 px of the screen at 80 %, too, where 1 would be rounded to none
FIELD_HEIGHT = 30  # px at 100 %: customtkinter rounds, and its own 28 loses the lower edge of a field at 80 %
BODY, SMALL, HEADING, TITLE = 13, 12, 15, 20  # font sizes in px at 100 %


def apply() -> None:
    """Lay our colours over customtkinter's theme; before the first widget is made."""
    ctk.DrawEngine.preferred_drawing_method = "polygon_shapes"  # twice as fast as its letters of a shapes font
    theme = ctk.ThemeManager.theme
    field = {"fg_color": colours.FIELD, "border_color": colours.LINE, "border_width": BORDER, "text_color": colours.TEXT}
    over: dict[str, dict[str, Any]] = {
        "CTk": {"fg_color": colours.PAGE},
        "CTkToplevel": {"fg_color": colours.PAGE},
        "CTkFrame": {"fg_color": colours.CARD, "top_fg_color": colours.CARD, "border_color": colours.LINE},
        "CTkLabel": {"text_color": colours.TEXT},
        "CTkEntry": {**field, "placeholder_text_color": colours.FAINT},
        "CTkTextbox": {**field},
        "CTkButton": {
            "fg_color": colours.ACCENT, "hover_color": colours.ACCENT_HOVER, "text_color": colours.ON_ACCENT,
            "text_color_disabled": colours.FAINT,
        },
        "CTkSwitch": {"corner_radius": 4, "button_length": 8, "progress_color": colours.ACCENT,
                      "button_color": ("#3c424a", "#e6e9ed"), "button_hover_color": ("#1b1f24", "#ffffff"),
                      "fg_color": ("#b9bfc7", "#50565e")},
        "CTkOptionMenu": {
            "fg_color": colours.HOVER, "button_color": colours.HOVER, "button_hover_color": colours.LINE,
            "text_color": colours.TEXT, "text_color_disabled": colours.FAINT,
        },
        "CTkSegmentedButton": {
            "fg_color": colours.HOVER, "unselected_color": colours.HOVER, "unselected_hover_color": colours.LINE,
            "selected_color": colours.CHOSEN, "selected_hover_color": colours.CHOSEN, "text_color": colours.TEXT,
            "text_color_disabled": colours.DIM,
        },
        "CTkProgressBar": {"corner_radius": 3, "fg_color": colours.LINE, "progress_color": colours.ACCENT},
        "CTkScrollableFrame": {"label_fg_color": colours.CARD},
        "DropdownMenu": {"fg_color": colours.CARD, "hover_color": colours.SELECTED, "text_color": colours.TEXT},
    }  # fmt: skip
    for widget, values in over.items():
        theme[widget].update({key: list(value) if isinstance(value, tuple) else value for key, value in values.items()})


def now(pair: Pair) -> str:
    """The colour of a pair in the present theme."""
    return pair[1] if ctk.get_appearance_mode() == "Dark" else pair[0]


def font(size: int = BODY, bold: bool = False) -> Any:
    return ctk.CTkFont(size=size, weight="bold" if bold else "normal")


def fitting(text: str, width: float, font: Any) -> str:
    """The text, or as much of it as has room in one line of this width (px at 100 %), with an ellipsis."""
    if font.measure(text) <= width:
        return text
    while text and font.measure(f"{text}…") > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def face(scale: float, size: int = BODY, bold: bool = False) -> tuple[str, int, str]:
    """The font for what customtkinter does not scale."""
    return ctk.ThemeManager.theme["CTkFont"]["family"], -round(size * scale), "bold" if bold else "normal"


class Button(ctk.CTkButton):
    """One that the Tab key comes to, with a ring while it is there; Space and Return press it."""

    def __init__(self, parent: Any, **options: Any):
        super().__init__(parent, **options)
        canvas = self._canvas
        canvas.configure(takefocus=self.cget("state") != "disabled")
        for key in ("<space>", "<Return>"):
            canvas.bind(key, self._on_key)
        canvas.bind("<FocusIn>", lambda _event: super(Button, self).configure(border_width=2, border_color=colours.TEXT))
        canvas.bind("<FocusOut>", lambda _event: super(Button, self).configure(border_width=0))

    def configure(self, require_redraw: bool = False, **options: Any) -> None:
        if "state" in options:
            self._canvas.configure(takefocus=options["state"] != "disabled")
        super().configure(require_redraw, **options)

    def _on_key(self, _event: Any) -> str:
        self.invoke()
        return "break"  # Return would choose the last button of a dialog, too


class MainButton(Button):
    """Our blue one; pale while it cannot be pressed, where customtkinter fades the text alone."""

    def configure(self, require_redraw: bool = False, **options: Any) -> None:
        if "state" in options:
            options["fg_color"] = colours.IDLE if options["state"] == "disabled" else colours.ACCENT
        super().configure(require_redraw, **options)


class ProgressBar(ctk.CTkProgressBar):
    """Empty at first and at 0, where customtkinter draws the round end of what is done."""

    def __init__(self, parent: Any, **options: Any):
        super().__init__(parent, **options)
        self.set(0)

    def _draw(self, no_color_updates: bool = False) -> None:
        super()._draw(no_color_updates)
        self._canvas.itemconfigure("progress_parts", state="normal" if self.get() > 0 else "hidden")


class Entry(ctk.CTkEntry):
    """A field of one line. customtkinter writes the placeholder into the field, also under the cursor: what is typed then
    is not the field's content. Here there is one only while the cursor is elsewhere, however it came to be asked for."""

    def _activate_placeholder(self) -> None:
        if str(self.tk.call("focus")) != str(self._entry):
            super()._activate_placeholder()

    def delete(self, first_index: Any, last_index: Any = None) -> None:
        super().delete(first_index, last_index)
        self._activate_placeholder()  # customtkinter's own forgets it in a field that never had the cursor

    def insert(self, index: Any, string: str) -> None:
        """Nothing leaves the placeholder where it is."""
        if string:
            super().insert(index, string)


def button(
    parent: Any, text: str, command: Callable[[], object] | None, kind: Kind = "plain", width: int = 0, **more: Any
) -> Any:
    """A button in one of our three looks."""
    looks: dict[Kind, dict[str, Any]] = {
        "main": {"text_color_disabled": colours.ON_IDLE},
        "plain": {
            "fg_color": colours.HOVER, "hover_color": colours.LINE, "text_color": colours.TEXT,
        },
        "danger": {"fg_color": colours.HOVER, "hover_color": colours.LINE, "text_color": colours.ERROR},
    }  # fmt: skip
    width = width or 24 + 8 * len(text)
    made = MainButton if kind == "main" else Button
    return made(parent, text=text, command=command, width=width, **{"height": 30, **looks[kind], **more})


def menu(parent: Any) -> tkinter.Menu:
    """A Tk menu in our colours."""
    scale = scaling(parent)
    return tkinter.Menu(
        parent, tearoff=False, relief="flat", borderwidth=1, activeborderwidth=0, bg=now(colours.CARD),
        fg=now(colours.TEXT), activebackground=now(colours.SELECTED), activeforeground=now(colours.TEXT),
        disabledforeground=now(colours.FAINT), font=font().create_scaled_tuple(scale),
    )  # fmt: skip


def scaling(widget: Any) -> float:
    """How much larger than at 100 % things are drawn."""
    return float(ctk.ScalingTracker.get_widget_scaling(widget))


def put_away(widget: Any) -> None:
    """Hide what lies in a grid; `grid()` brings it back to its place.

    customtkinter lays everything out anew when the scaling changes, also what `grid_remove` has hidden.
    """
    widget.grid_remove()
    widget._last_geometry_manager_call = None


def wrap(label: Any, within: Any, less: int = 0) -> None:
    """Break the label's lines at the width of a widget, less so many px (at 100 %), also when that changes."""

    def fit(event: Any) -> None:
        width = max(round(event.width / scaling(label)) - less, 80)
        if label.winfo_exists() and abs(label.cget("wraplength") - width) > 4:
            label.configure(wraplength=width)

    within.bind("<Configure>", fit, add="+")
    if within.winfo_width() > 1:
        label.configure(wraplength=max(round(within.winfo_width() / scaling(label)) - less, 80))


def scrolls(scrollbar: Any, place: Callable[[], None], remove: Callable[[], None]) -> Callable[[float, float], None]:
    """A scroll command that shows the scrollbar only while there is something to scroll to."""
    shown, waiting, seen = False, False, (0.0, 1.0)
    remove()

    def moved(first: float, last: float) -> None:
        nonlocal waiting, seen
        seen = (float(first), float(last))
        if not waiting:  # not within the layout that calls this: it would be laid out anew while it is being laid out
            waiting = True
            scrollbar.nametowidget(".").after(1, settle)

    def settle() -> None:
        nonlocal shown, waiting
        if not scrollbar.winfo_exists():
            return
        scrollbar.update_idletasks()  # a page that is being laid out is a pixel high at first: the bar would come and go
        now_seen = seen
        needed = seen[0] > 0.0 or seen[1] < 1.0
        if needed != shown:
            shown = needed
            (place if needed else remove)()
        if needed:  # drawing it is slow: customtkinter lays out the whole window for it
            scrollbar.set(*now_seen)
        waiting = False
        if seen != now_seen:
            moved(*seen)

    return moved


def _notch(call: Callable[[int], object], way: int, event: Any) -> Any:
    return call(way or (-1 if event.delta > 0 else 1))


class Canvas(tkinter.Canvas):
    """A canvas that draws itself anew, once per idle moment, when its size, theme, scaling or contents changed."""

    def __init__(self, parent: Any, background: Pair = colours.CARD, **options: Any):
        super().__init__(parent, highlightthickness=0, borderwidth=0, **options)
        self.background = background
        self._waiting = ""
        self._themed: Callable[[str], None] = lambda _mode: self.redraw()
        self._scaled: Callable[[float, float], None] = lambda _widgets, _window: self.redraw()
        ctk.AppearanceModeTracker.add(self._themed, self)
        ctk.ScalingTracker.add_widget(self._scaled, self)
        self.bind("<Configure>", lambda _event: self.redraw())

    def destroy(self) -> None:
        if self._waiting:
            self.after_cancel(self._waiting)
            self._waiting = ""
        ctk.AppearanceModeTracker.remove(self._themed)
        ctk.ScalingTracker.remove_widget(self._scaled, self)
        super().destroy()

    def on_wheel(self, down: Callable[[int], object], across: Callable[[int], object] | None = None) -> None:
        """Call with -1 or 1 for every notch; `across` with the Shift key held. 'break' keeps it from what lies around."""
        for modifier, call in (("", down), ("Shift-", across)):
            if call is not None:
                self.bind(f"<{modifier}Button-4>", partial(_notch, call, -1))
                self.bind(f"<{modifier}Button-5>", partial(_notch, call, 1))
                self.bind(f"<{modifier}MouseWheel>", partial(_notch, call, 0))

    def redraw(self) -> None:
        """Draw when there is time; asking again until then costs nothing."""
        if not self._waiting:
            self._waiting = self.after_idle(self._draw)

    def _draw(self) -> None:
        self._waiting = ""
        self.configure(background=now(self.background))
        self.draw()

    def draw(self) -> None:
        """Draw everything that can be seen."""

    def px(self, value: float) -> int:
        """A length at 100 % in pixels of the screen."""
        return round(value * scaling(self))

    def face(self, size: int = BODY, bold: bool = False) -> tuple[str, int, str]:
        """A font for texts on the canvas."""
        return face(scaling(self), size, bold)
