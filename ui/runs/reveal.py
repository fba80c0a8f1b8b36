"""Shows a folder in the system's file manager."""

import os
import subprocess
import sys
from pathlib import Path

from onetrainer_clone.settings import UserError


def reveal(path: Path) -> None:
    """Open a folder, or the folder of a file. Raises `UserError` where it is gone or nothing can open it."""
    folder = path if os.path.isdir(path) else path.parent
    if not os.path.isdir(folder):
        raise UserError(f"the folder '{folder}' is gone")
    try:
        if sys.platform == "win32":
            os.startfile(folder)
        else:
            opener = "open" if sys.platform == "darwin" else "xdg-open"
            quiet = subprocess.DEVNULL
            subprocess.Popen([opener, str(folder)], stdout=quiet, stderr=quiet, start_new_session=True)
    except OSError:
        raise UserError(f"no file manager could be started; the folder is {folder}") from None
