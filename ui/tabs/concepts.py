"""The Concepts tab: what the run learns from, and which share of it each concept gets."""

from collections.abc import Sequence, Set
from typing import Any

import customtkinter as ctk

from onetrainer_clone.paths import resolve
from onetrainer_clone.plan import ConceptPlan
from onetrainer_clone.state.concepts import TRAINED, Balance, Concept, Role, free_name
from ui import colours, planned, theme
from ui.cardlist import Item
from ui.concept.entry import add_ways
from ui.concept_filter import Filter
from ui.strip import Strip
from ui.tabs.items import ItemsPage
from ui.words import number, quoted
from ui.workbench import Workbench

ROLE_COLOURS = {Role.SUBJECT: colours.NOTE, Role.REGULARIZATION: colours.GOOD, Role.VALIDATION: colours.DIM}
EMPTY = (
    "No concepts yet.\n\nA concept is a folder of pictures: your subject, or pictures of its class that keep the model "
    "from forgetting. Press 'Add concept' and choose the folder, or drop it here."
)

NO_PLAN = "Here you will see what share of the training each concept gets."


class ConceptsPage(ItemsPage):
    path, noun, owner = "concepts", "concept", Concept
    import_tip = "Adds the concepts of another file: OneTrainer's concepts.json, a preset, a dataset of kohya's."
    stacked_below = 600  # px at 100 %: its rows say more than those of other lists
    add_tip = "Asks for a folder of pictures; folders can also be dropped onto the list."

    def __init__(self, parent: Any, bench: Workbench):
        super().__init__(parent, bench, row_height=86, empty=EMPTY)
        self.strip = Strip(self)
        self.split.put_above(self.strip, padx=(4, 10), below=8)
        self.counts = ctk.CTkLabel(self.editor, text="", anchor="w", justify="left", font=theme.font(theme.SMALL))
        theme.wrap(self.counts, self.editor, less=20)
        add_ways(self)
        self.filter = Filter(self, self.refresh, bench.tooltip)
        self.split.put_foot(self.filter)
        self._ends.append(bench.findings.planned.connect(self.refresh_in_view))
        self._ends.append(bench.findings.checked.connect(self.refresh_in_view))

    def new_item(self) -> Concept | None:
        folder = self.bench.ask.folder("Choose a folder with pictures")
        if not folder:
            return None
        return Concept(name=self._free_name(resolve(folder).name or "concept"), path=folder)

    def copy_of(self, item: Concept, besides: Sequence[Concept]) -> Concept:
        return item.model_copy(update={"name": self._free_name(item.name, {other.name for other in besides})})

    def listed(self) -> Sequence[int] | None:
        """Those that the filter leaves. It is off where it would leave all: then rows can be dragged."""
        words, role = self.filter.text.lower().split(), self.filter.role
        if not words and role is None:
            return None
        return [
            index
            for index, concept in enumerate(self.items)
            if (role is None or concept.role is role)
            and all(word in f"{concept.name} {concept.path} {concept.trigger_words}".lower() for word in words)
        ]

    def name(self, item: Concept) -> str:
        return quoted(item.name)

    def row(self, index: int, item: Concept) -> Item:
        lines = [(_share_in_words(item), colours.DIM)]
        found = [p for p in self.bench.findings.under(f"concepts[{index}]") if p.severity == "error"]
        plan = self.bench.findings.concept(index) if item.enabled else None
        if found:
            lines.append((found[0].message, colours.ERROR))
        elif plan is not None:
            lines.append((_counts_in_words(plan), colours.DIM))
            if trouble := _trouble_in_words(plan):
                lines.append((trouble, colours.WARNING))
        picture = resolve(item.path) if item.path else None
        return Item(
            item.name or "(no name)", tuple(lines), item.role.label, ROLE_COLOURS[item.role],
            self.bench.colours[item.name], picture, item.enabled,
        )  # fmt: skip

    def refresh(self) -> None:
        super().refresh()
        self.strip.show(planned.shares(self.bench), planned.sentence(self.bench.findings) or ("" if self.items else NO_PLAN))

    def above_form(self) -> None:
        plan = self.bench.findings.concept(self.list.selected) if len(self.chosen) == 1 else None
        text = _report(plan) if plan else ""
        if text != self.counts.cget("text"):
            self.counts.configure(text=text)
        if text and not self.counts.grid_info():
            self.counts.grid(row=1, column=0, sticky="ew", padx=(4, 8), pady=(2, 8))
        elif not text:
            self.counts.grid_forget()

    def show_all(self) -> None:
        self.filter.clear()

    def _free_name(self, name: str, besides: Set[str] = frozenset()) -> str:
        return free_name(name, {concept.name for concept in self.items} | besides)


def _share_in_words(item: Concept) -> str:
    """'Prior prediction · weight 1 · 50 samples per epoch'."""
    if item.role not in TRAINED:
        return "measured now and then, never trained"
    times = f"{number(item.repeats)} x per epoch" if item.balance is Balance.REPEATS else f"{item.samples:,} per epoch"
    return f"{item.mode.label} · weight {number(item.loss_weight)} · {times}"


def _counts_in_words(plan: ConceptPlan) -> str:
    if plan.role not in [role.value for role in TRAINED]:
        return f"{plan.pictures:,} pictures"
    return (
        f"{plan.pictures:,} pictures, {number(round(plan.samples_per_epoch, 1))} samples · "
        f"{plan.share_of_samples:.0%}, of loss {plan.share_of_loss_weight:.0%}"
    )


def _trouble_in_words(plan: ConceptPlan) -> str:
    """'1 unreadable · 3 without caption'; the files are named under the folder's field."""
    troubles = {
        "unreadable": plan.unreadable,
        "without caption": plan.without_caption,
        "too small": plan.too_small,
        "captions cut off": plan.long_captions,
    }
    return " · ".join(f"{len(files):,} {what}" for what, files in troubles.items() if files)


def _report(plan: ConceptPlan) -> str:
    """The buckets; what is wrong in the folder stands under its field."""
    buckets = ", ".join(f"{count:,} in {width}x{height}" for width, height, count in plan.buckets[:6])
    more = f" and {len(plan.buckets) - 6} more buckets" if len(plan.buckets) > 6 else ""
    return f"{plan.pictures:,} pictures: {buckets}{more}" if plan.buckets else ""
