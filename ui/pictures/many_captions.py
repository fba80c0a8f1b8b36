"""A change of many captions while it is written: how far it is, and a note of it on the disk until it is whole.

When the window is closed in the middle of it, or the power goes off, the next start finds the note: see `unfinished`.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path

from onetrainer_clone import caption_changes, paths
from onetrainer_clone.caption_changes import Edit
from onetrainer_clone.settings import UserError
from ui import memory
from ui.background import Background

Results = list[tuple[Edit, str]]  # an edit, and why it was not made; '' where it was


class Writing:
    """Runs on the writer, each file whole or not at all. `done` of its edits have been come to.

    `note`: where the change is noted already; without it a note is made.
    """

    def __init__(self, edits: Sequence[Edit], sentence: str, writer: Background, note: Path | None = None):
        self.edits, self.done = edits, 0
        self._sentence, self._writer, self._note = sentence, writer, note
        self._stopped = False

    def stop(self) -> None:
        """Leave the rest as it is."""
        self._stopped = True

    def __call__(self) -> Results:
        """Raises `UserError` where it cannot be noted; then nothing was changed."""
        note = self._note or _noted(self.edits, self._sentence)
        results: Results = []
        for result in caption_changes.apply(self.edits):
            results.append(result)
            self.done = len(results)
            self._writer.progress = (self.done, len(self.edits))
            if self._stopped or self._writer.closing:
                break
        if self._stopped or self.done == len(self.edits):
            note.unlink(missing_ok=True)
        return results


def in_words(results: Results) -> str:
    """'2 captions changed. 1 was left as it is: ...'"""
    failed = [why for _, why in results if why]
    made = len(results) - len(failed)
    words = f"{made:,} {'caption' if made == 1 else 'captions'} changed."
    if failed:
        words += f" {len(failed):,} {'was left as it is' if len(failed) == 1 else 'were left as they are'}: {failed[0]}."
    return words


def notes() -> list[Path]:
    """Of changes that were cut short: those of processes that are no more."""
    found = sorted(_folder().glob("*.json"))
    if not found:
        return []
    import psutil  # here: most starts do without it

    mine = str(os.getpid())  # a process of the same number was there before
    return [file for file in found if file.stem.isdecimal() and (file.stem == mine or not psutil.pid_exists(int(file.stem)))]


def _folder() -> Path:
    return memory.folder() / "captions"


def _noted(edits: Sequence[Edit], sentence: str) -> Path:
    """One for every process, since several windows may be open."""
    file = _folder() / f"{os.getpid()}.json"
    kept = {"sentence": sentence, "edits": [[str(edit.path), edit.before, edit.after] for edit in edits]}
    try:
        paths.write_whole(file, json.dumps(kept))
    except OSError as error:
        raise UserError(
            f"No caption was changed, since this could not be noted in {file.parent}: {error.strerror or error}"
        ) from None
    return file
