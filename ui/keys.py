"""The keys of the window, declared once: bound to what they do, and listed on the page of the first steps."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ui.app import App

TAB_KEYS = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "minus")  # with Alt, in the order of the navigation
SHIFT, CONTROL, ALT_OF_WINDOWS = 0x1, 0x4, 0x20000  # in the state of an event
RIGHT, MIDDLE = (2, 3) if sys.platform == "darwin" else (3, 2)  # buttons of the mouse


@dataclass(frozen=True)
class Key:
    """`shown` and `words` are what a person reads, `events` Tk's names of the keys."""

    shown: str
    words: str
    do: "Callable[[App], object]"
    events: tuple[str, ...] = ()
    virtual: str = ""  # the name under which it arrives, where fields of text have a say in it first


KEYS = (
    Key("Ctrl+S", "saves the preset", lambda app: app.presets.save(), virtual="<<Save>>"),
    Key("Ctrl+Z", "takes back", lambda app: app.topbar.step_back(), virtual="<<Undo>>"),
    Key("Ctrl+Shift+Z, Ctrl+Y", "does again", lambda app: app.topbar.step_forth(), virtual="<<Redo>>"),
    Key("Ctrl+F", "finds a setting", lambda app: app.topbar.find(), virtual="<<Find>>"),
    Key("F5", "starts the run", lambda app: app.actions.start(), ("F5",)),
    Key("Shift+F5", "stops it", lambda app: app.actions.stop(), ("Shift-F5",)),
    Key("F6", "pauses it, or goes on", lambda app: app.actions.pause_or_resume(), ("F6",)),
    Key("F7", "draws samples now", lambda app: app.actions.sample_now(), ("F7",)),
    Key("F8", "saves the result so far", lambda app: app.actions.save_now(), ("F8",)),
    Key("Ctrl +, Ctrl =", "everything larger", lambda app: app.topbar.larger(1),
        ("Control-plus", "Control-equal", "Control-KP_Add")),
    Key("Ctrl -", "everything smaller", lambda app: app.topbar.larger(-1), ("Control-minus", "Control-KP_Subtract")),
    Key("Ctrl+0", "the usual size", lambda app: app.topbar.usual_size(), ("Control-Key-0", "Control-KP_0")),
    Key("F1", "this page", lambda app: app.go("welcome"), ("F1",)),
)  # fmt: skip
IN_VIEWS = (
    ("Alt+1 … Alt+0, Alt+-", "the tabs, in their order"),
    ("Tab, Space", "from field to field; switches and chooses"),
    ("← →", "through the samples of a run, through a concept's pictures"),
    ("Ctrl, Shift, Ctrl+A", "with a click or the arrows: several of a concept's pictures, all of them"),
    ("V B E F", "in a concept's picture: look, paint what is trained, what is left out, fill"),
    ("Wheel, + -, 0, 1", "there: enlarge and shrink, all of it, pixel for pixel; Space and mouse shift it"),
    ("[ ], Ctrl+Wheel", "there: a smaller and a larger brush"),
    ("Wheel, + and -", "a sample, or two that are compared, larger or smaller"),
    ("↑ ↓", "in the prompt box of a run: what was asked for before"),
    ("Return, double click", "opens the run, or the entry of the queue, that is selected"),
    ("Delete", "takes away what is selected in a list"),
    ("Esc", "closes a dialog, a list, a search"),
)

# What arrives when a letter is pressed with Control. Tk compares what the key writes: with Caps Lock that is another
# letter, and with a Cyrillic or Greek layout none of these at all.
LETTERS = {
    "<<Save>>": "s", "<<Undo>>": "z", "<<Find>>": "f", "<<Copy>>": "c", "<<Cut>>": "x", "<<Paste>>": "v",
    "<<SelectAll>>": "a",
}  # fmt: skip
AGAIN = ("<Control-Z>", "<Control-Lock-z>", "<Control-y>", "<Control-Lock-Y>")
# Where letters lie that are pressed with Control: by X11's numbers of keys, as PCs have them. Windows' are the letters'.
X11_PLACES = {39: "s", 52: "z", 29: "y", 41: "f", 54: "c", 53: "x", 55: "v", 38: "a"}
ALPHABETS = (  # as X11 names their letters: 'Cyrillic_ya', 'Greek_zeta', 'hebrew_zain'
    "cyrillic", "greek", "hebrew", "arabic", "ukrainian", "byelorussian", "serbian", "macedonia", "armenian", "georgian",
    "thai", "hangul",
)  # fmt: skip


def bind_keys(root: Any, app: "App") -> None:
    _name_letters(root)
    for key in KEYS:
        for event in (key.virtual, *(f"<{name}>" for name in key.events)):
            if event:
                root.bind(event, partial(_press, app, key))
    root.bind_all("<Control-Key>", partial(_other_layout, root), add="+")
    app.shell.name.configure(cursor="hand2")
    app.shell.name.bind("<Button-1>", lambda _event: app.go("welcome"))
    app.bench.tooltip.attach(app.shell.name, lambda: "First steps and keys (F1)", beside=True)
    root.bind("<Alt-Key>", partial(_other_digit, app))
    for number, (name, tab) in zip(TAB_KEYS, app.shell.tabs.items(), strict=True):
        root.bind(f"<Alt-Key-{number}>", lambda _event, name=name: app.go(name))
        app.bench.tooltip.attach(tab, partial(str, f"Alt+{'-' if number == 'minus' else number}"), beside=True)


def _name_letters(root: Any) -> None:
    """Also with Caps Lock; and what Tk on X11 has from Emacs gives way to what people expect."""
    for virtual, event in (("<<LineStart>>", "a"), ("<<Paste>>", "y")):
        root.event_delete(virtual, f"<Control-{event}>", f"<Control-Lock-{event.upper()}>")
    held = ("Control", "Command") if root.tk.call("tk", "windowingsystem") == "aqua" else ("Control",)
    for virtual, letter in LETTERS.items():
        for key in held:
            root.event_add(virtual, f"<{key}-{letter}>", f"<{key}-Lock-{letter.upper()}>")
    root.event_add("<<Redo>>", *AGAIN)


def _press(app: "App", key: Key, _event: Any) -> None:
    if app.closing.note is None:  # the window is about to close: nothing begins any more
        key.do(app)


def _other_digit(app: "App", event: Any) -> None:
    """On keyboards that write digits with Shift (French, Czech) the key's place counts. AltGr, with which '}' is written on
    others, is Control and Alt on Windows."""
    place = _place_of_digit(event.keycode, str(app.root.tk.call("tk", "windowingsystem")))
    if 0 <= place < len(app.shell.tabs) and not event.state & CONTROL:
        app.go(tuple(app.shell.tabs)[place])


def _place_of_digit(keycode: int, system: str) -> int:
    """0 for the key of the 1, 9 for that of the 0; -1 for any other."""
    if system == "x11":
        return keycode - 10 if 10 <= keycode < 20 else -1
    return "1234567890".find(chr(keycode)) if system == "win32" and 48 <= keycode <= 57 else -1


def _other_layout(root: Any, event: Any) -> None:
    """A letter that is not Latin: what counts is where its key lies."""
    wanted = _meant(event, str(root.tk.call("tk", "windowingsystem")))
    again = wanted == "y" or (wanted == "z" and event.state & SHIFT)
    virtual = "<<Redo>>" if again else next((name for name, letter in LETTERS.items() if letter == wanted), "")
    if virtual and hasattr(event.widget, "event_generate"):
        event.widget.event_generate(virtual)


def _meant(event: Any, system: str) -> str:
    """The Latin letter of the key; empty where the event is one already, or no letter."""
    name = str(event.keysym)
    if name.isascii() and len(name) == 1:
        return ""
    if system == "win32":  # keys have the letters' numbers; letters of other alphabets come with names of Latin-1's signs
        return chr(event.keycode).lower() if 65 <= event.keycode <= 90 and not event.state & ALT_OF_WINDOWS else ""
    other = "_" in name and name.partition("_")[0].lower() in ALPHABETS
    return X11_PLACES.get(event.keycode, "") if other and system == "x11" else ""
