"""What only Windows needs. Standard library only."""

import os
import sys

SHORT_PATHS, LONG_PATHS = 259, 32_000  # characters
LONG_PATHS_ADVICE = "https://learn.microsoft.com/windows/win32/fileio/maximum-file-path-limitation"


def longest_path() -> int:
    """How long a path may be; Windows takes long ones where the person has switched them on."""
    if sys.platform == "win32":
        import ctypes

        asked = getattr(ctypes.WinDLL("ntdll"), "RtlAreLongPathsEnabled", None)  # since Windows 10 1607
        if asked is None or not asked() & 0xFF:
            return SHORT_PATHS
    return LONG_PATHS


def is_without_console() -> bool:
    """Whether this is pythonw.exe: what is printed goes nowhere."""
    return os.path.splitext(os.path.basename(sys.executable or ""))[0].lower() == "pythonw"


def show_message(sentence: str) -> None:
    """A box with a sentence, where there is no console to print it to."""
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.user32.MessageBoxW(None, sentence, "OneTrainer Clone", 0)


def leave_console() -> None:
    """From now on this process outlives the console that it was started from.

    A console that is closed ends its processes at once, with no time to save a model.
    """
    if sys.platform == "win32":
        import ctypes

        for name in ("stdout", "stderr"):
            stream = getattr(sys, name)
            if stream is None or stream.isatty():  # pythonw has none
                setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - as long as the process
        ctypes.windll.kernel32.FreeConsole()


def colour_title_bar(window: int, dark: bool) -> None:
    """`window` is Tk's number of it, once it has been shown."""
    if sys.platform == "win32":
        import ctypes

        frame, wanted = ctypes.windll.user32.GetParent(window), ctypes.c_int(dark)
        for attribute in (20, 19):  # DWMWA_USE_IMMERSIVE_DARK_MODE; it had another number before Windows 10 20H1
            if not ctypes.windll.dwmapi.DwmSetWindowAttribute(frame, attribute, ctypes.byref(wanted), 4):
                return
