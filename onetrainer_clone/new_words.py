"""New words in a tokenizer: a placeholder in a text becomes its own token ids, wherever the tokenizer is used."""

import re
from collections.abc import Mapping

from tokenizers import AddedToken, Regex, Tokenizer, normalizers

FIRST_LETTER = 0xF0000  # private use, plane 15: no caption holds them


def teach(tokenizer: Tokenizer, words: Mapping[str, int]) -> dict[str, list[int]]:
    """Placeholder -> how many vectors it has; returns placeholder -> its token ids, which follow the known ones.

    Texts are lower-cased first, as CLIP does, so capitals do not count; a placeholder inside another word is not meant.
    Each vector is a letter from Unicode's private area that the normalizer puts in place of the placeholder.
    """
    letter, first = FIRST_LETTER, tokenizer.get_vocab_size(with_added_tokens=True)
    spelled: dict[str, str] = {}
    for placeholder, count in words.items():
        spelled[placeholder] = "".join(chr(letter + number) for number in range(count))
        letter += count
    replacing = [
        normalizers.Replace(Regex(pattern(placeholder)), letters)
        for placeholder, letters in sorted(spelled.items(), key=lambda item: -len(item[0]))
    ]
    before = [tokenizer.normalizer] if tokenizer.normalizer is not None else []
    tokenizer.normalizer = normalizers.Sequence([*before, normalizers.Lowercase(), *replacing])
    tokenizer.add_tokens([AddedToken(chr(code), normalized=True) for code in range(FIRST_LETTER, letter)])
    ids = {placeholder: [_id(tokenizer, one) for one in letters] for placeholder, letters in spelled.items()}
    assert sorted(number for found in ids.values() for number in found) == list(
        range(first, first + letter - FIRST_LETTER)
    )
    return ids


def _id(tokenizer: Tokenizer, letter: str) -> int:
    found = tokenizer.token_to_id(letter)
    assert found is not None
    return int(found)


def pattern(placeholder: str) -> str:
    """A regular expression that finds a placeholder as a word of its own, in lower case."""
    text = placeholder.lower()
    start = r"(?<!\w)" if re.match(r"\w", text) else ""
    end = r"(?!\w)" if re.search(r"\w$", text) else ""
    return start + re.sub(r"([^\w\s])", r"\\\1", text) + end


def occurs(placeholder: str, text: str) -> bool:
    """Whether a text means the new word."""
    return re.search(pattern(placeholder), text.lower()) is not None
