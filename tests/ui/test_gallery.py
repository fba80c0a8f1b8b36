"""The list of a concept's pictures while a worker reads it: what is done meanwhile counts."""

from pathlib import Path
from typing import Any

import pytest

from onetrainer_clone.state.concepts import Concept
from tests.onetrainer_clone.making import make_pictures
from ui.background import Background
from ui.pictures.gallery import Gallery


class ByHand(Background):
    """Does its jobs when it is told to."""

    def __init__(self) -> None:
        super().__init__("by hand")
        self.jobs: dict[str, Any] = {}

    def submit(self, key: str, work: Any, then: Any, failed: Any = None) -> None:
        self.jobs.pop(key, None)
        self.jobs[key] = (work, then)

    def work(self) -> tuple[Any, Any]:
        """The next job's result, and who is to be told."""
        work, then = self.jobs.pop(next(iter(self.jobs)))
        return then, work()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_pictures(tmp_path, "a.png", "b.png", caption="old")
    return tmp_path


def keys(gallery: Gallery) -> list[str]:
    return [gallery.entries[place].key for place in gallery.shown]


def test_what_is_written_while_captions_are_read_is_not_forgotten(folder: Path) -> None:
    worker = ByHand()
    gallery = Gallery(worker)
    gallery.load(Concept(path=str(folder)))
    then, found = worker.work()
    then(found)
    then, found = worker.work()
    gallery.wrote(folder / "a.txt", "new")
    then(found)
    assert {path.name: text for path, text in gallery.texts.items()} == {"a.txt": "new", "b.txt": "old"}
    gallery.load(Concept(path=str(folder)))
    for _ in range(2):
        then, found = worker.work()
        then(found)
    assert gallery.texts[folder / "a.txt"] == "old", "what the file holds when it is read again"


def test_what_is_deleted_while_the_folder_is_listed_does_not_come_back(folder: Path) -> None:
    worker = ByHand()
    gallery = Gallery(worker)
    gallery.load(Concept(path=str(folder)))
    then, found = worker.work()
    then(found)
    gallery.load(Concept(path=str(folder)))
    listed = worker.jobs["list"][0]()
    (folder / "a.png").unlink()
    gallery.drop({"a.png"})
    assert keys(gallery) == ["b.png"]
    assert len(listed) == 2, "the list that had begun has it"
    while worker.jobs:
        then, found = worker.work()
        then(found)
    assert keys(gallery) == ["b.png"]
