"""The pages of the window: how each is made, and what it is called in the navigation."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ui.tabs.page import Page
from ui.tabs.settings import TABS, SettingsPage

if TYPE_CHECKING:
    from ui.app import App


def pages(app: "App") -> dict[str, tuple[str, Callable[[Any], Page]]]:
    """In the order of the navigation; those without a title are not in it. Imports wait until a page is shown."""

    def concepts(parent: Any) -> Page:
        from ui.tabs.concepts import ConceptsPage

        return ConceptsPage(parent, app.bench)

    def embedding(parent: Any) -> Page:
        from ui.tabs.embedding import EmbeddingPage

        return EmbeddingPage(parent, app.bench)

    def sampling(parent: Any) -> Page:
        from ui.tabs.sampling import SamplingPage

        return SamplingPage(parent, app.bench)

    def changes(parent: Any) -> Page:
        from ui.tabs.changes import ChangesPage

        return ChangesPage(parent, app.bench)

    def run(parent: Any) -> Page:
        from ui.tabs.run import RunPage

        return RunPage(parent, app.bench, app.runner, app.actions, app.importer)

    def concept(parent: Any) -> Page:
        from ui.concept.page import ConceptPage

        return ConceptPage(parent, app.bench, app.writer)

    def welcome(parent: Any) -> Page:
        from ui.tabs.welcome import WelcomePage

        return WelcomePage(parent, app.bench, app.try_demo, app.presets.open)

    settings = {tab.key: (tab.title, lambda parent, tab=tab: SettingsPage(parent, app.bench, tab)) for tab in TABS}
    return {
        "welcome": ("", welcome),
        "model": settings["model"],
        "concepts": ("Concepts", concepts),
        "concept": ("", concept),
        "changes": ("", changes),
        "training": settings["training"],
        "adapter": settings["adapter"],
        "embedding": ("Embedding", embedding),
        "sampling": ("Sampling", sampling),
        "saving": settings["saving"],
        "run": ("Run", run),
        **app.desk.pages(),
    }
