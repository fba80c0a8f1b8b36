"""Captions that were typed and are not yet known to be on the disk. None of them is lost, whatever happens to the file.

A draft goes when its file is written. One that cannot be written stays, with the reason; when the window closes, what
is left is kept in a file of the window, and comes back when the picture is looked at again.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from onetrainer_clone import captions, paths
from onetrainer_clone.captions import Changed
from onetrainer_clone.settings import UserError
from ui import memory
from ui.background import Background
from ui.signals import Signal

CAPTION = "caption "  # begins the keys of the writer's jobs


@dataclass
class Draft:
    text: str
    before: str  # what the file is thought to hold
    problem: str = ""  # why it could not be saved
    foreign: bool = False  # because another program has changed the file


class Drafts:
    """By caption file. `wrote` is emitted on the main thread for every file that was written."""

    def __init__(self, writer: Background):
        self.drafts = _kept()
        self.wrote: Signal[[Path, str]] = Signal()
        self.changed: Signal[[Path]] = Signal()
        self._writer = writer

    @property
    def texts(self) -> dict[Path, str]:
        return {path: draft.text for path, draft in self.drafts.items()}

    @property
    def failed(self) -> list[Path]:
        return [path for path, draft in self.drafts.items() if draft.problem]

    def type(self, path: Path, text: str, before: str) -> None:
        """What stands in the editor now; `before` is what was read from the file."""
        draft = self.drafts.get(path)
        if draft is not None:
            draft.text = text
        elif text != before:
            self.drafts[path] = Draft(text, before)

    def save(self, path: Path, over: bool = False) -> None:
        """Write a draft in the background. `over`: also over what another program has written."""
        if (draft := self.drafts.get(path)) is None:
            return
        text = draft.text
        self._writer.submit(
            f"{CAPTION}{path}",
            lambda: _write(path, text, draft, over),
            lambda _nothing: self._on_written(path, text),
            lambda error: self._on_unwritten(path, error),
        )

    def save_all(self) -> None:
        for path in list(self.drafts):
            self.save(path)

    def forget(self, path: Path) -> None:
        """The person wants what is in the file."""
        self.drafts.pop(path, None)
        self.changed.emit(path)

    def flush(self) -> None:
        """Write everything now; what cannot be written is kept for the next start. Nothing is written later: the files may
        be moved then."""
        self._writer.take_back(lambda key: key.startswith(CAPTION))
        for path, draft in list(self.drafts.items()):
            try:
                captions.write(path, draft.text, draft.before)
            except UserError:
                continue
            self._on_written(path, draft.text)
        _keep(self.drafts)

    def _on_written(self, path: Path, text: str) -> None:
        draft = self.drafts.get(path)
        if draft is not None:
            draft.before, draft.problem, draft.foreign = text, "", False
            if draft.text == text:
                del self.drafts[path]
        self.wrote.emit(path, text)
        self.changed.emit(path)

    def _on_unwritten(self, path: Path, error: Exception) -> None:
        if not isinstance(error, UserError):
            raise error
        if (draft := self.drafts.get(path)) is not None:
            draft.problem, draft.foreign = str(error), isinstance(error, Changed)
            _keep(self.drafts, only=lambda one: bool(one.problem))
            self.changed.emit(path)


def _write(path: Path, text: str, draft: Draft, over: bool) -> None:
    """On the writer. What is typed meanwhile is for a file that holds this, known before the main thread has heard of it."""
    captions.write(path, text, None if over else draft.before)
    draft.before = text


def _file() -> Path:
    return memory.folder() / "captions.json"


def _kept() -> dict[Path, Draft]:
    try:
        kept = json.loads(_file().read_bytes())
        return {
            Path(path): Draft(str(draft["text"]), str(draft["before"]), str(draft["problem"]), bool(draft["foreign"]))
            for path, draft in kept.items()
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _keep(drafts: dict[Path, Draft], only: Callable[[Draft], bool] = lambda _draft: True) -> None:
    """A disk that takes neither the captions nor this must not keep the window from closing."""
    found = {str(path): asdict(draft) for path, draft in drafts.items() if only(draft)}
    try:
        if found or _file().exists():
            paths.write_whole(_file(), json.dumps(found))
    except OSError:
        pass
