"""Text augmentation: the captions that the run gives a picture, one after the other, and how many tokens they have."""

from dataclasses import dataclass
from typing import Any

from onetrainer_clone import dataset
from onetrainer_clone.state.concepts import CaptionSource
from ui import colours
from ui.cardlist import CardList, Item
from ui.concept.preview import Preview, Wish

ROW = 66  # px at 100 %: two lines of caption and one for its tokens


@dataclass(frozen=True)
class Variants:
    """The captions of the first samples, and their tokens where they can be counted."""

    captions: tuple[str, ...]
    tokens: tuple[int, ...] | None
    room: int
    variants: int  # lines of the caption file


class Texts(Preview):
    fields = ("caption_source", "caption_text", "caption_file", "trigger_words", "shuffle_tags", "keep_tags",
              "caption_dropout")  # fmt: skip
    unit = "samples of the picture"

    def __init__(self, parent: Any, bench: Any, index: Any):
        super().__init__(parent, bench, index)
        self.list = CardList(self.body, None, ROW, "The captions of the samples are shown here.")
        self.list.pack(fill="both", expand=True)
        self.found: Variants | None = None

    def find(self, wish: Wish) -> Variants:
        return find_texts(wish)

    def display(self, wish: Wish, found: Variants) -> None:
        self.found = found
        self.list.show(len(found.captions), self._item)
        different = len(set(found.captions))
        of = f"{different} different captions" if different > 1 else "The same caption"
        self.say(f"{of} in {len(found.captions)} samples, from {_source(wish, found)}.")

    def clear(self) -> None:
        self.found = None
        self.list.show(0, self._item)

    def _item(self, index: int) -> Item:
        found = self.found
        assert found is not None
        caption = found.captions[index]
        count = found.tokens[index] if found.tokens else None
        words = "tokens unknown: the model is not on this computer yet"
        if count is not None:
            over = f", {count - found.room} cut off" if count > found.room else ""
            words = f"{count} of {found.room} tokens{over}"
        tokens = (words, colours.WARNING if "cut off" in words else colours.DIM)
        return Item(caption or "(empty: dropped out)", (tokens,), badge=f"{index + 1}.")


def _source(wish: Wish, found: Variants) -> str:
    source = wish.concept.caption_source
    if source is CaptionSource.FILE:
        name = f"{wish.entry.path.stem}.txt"
        return f"{name}, {found.variants} variants" if found.variants > 1 else name
    return {
        CaptionSource.TEXT: "the text for all", CaptionSource.TEXT_FILE: "the text file for all",
        CaptionSource.FILE_NAME: "the picture's file name",
    }[source]  # fmt: skip


def find_texts(wish: Wish) -> Variants:
    """The captions of a picture's first samples as the run trains them."""
    from onetrainer_clone import epoch, tokens  # here: they take long to import

    state, concept = wish.state, wish.concept
    picture = dataset.picture(concept, wish.entry.path, wish.entry.key)
    samples = [epoch.sample(state, concept, picture, repeat, state.training.seed) for repeat in range(wish.amount)]
    captions = tuple(sample.caption for sample in samples)
    tokenizer = tokens.counter(state.model.source)
    counts = tuple(tokens.counts(tokenizer, captions)) if tokenizer else None
    return Variants(captions, counts, tokens.room(state.model), len(picture.captions))
