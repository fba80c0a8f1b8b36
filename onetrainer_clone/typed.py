"""What a person types for a setting, in the window or on a command line -> a value that `settings.replace` checks."""

import math
import re
from typing import Any

from onetrainer_clone.complaints import TWO_WAYS
from onetrainer_clone.settings import Declaration

_GROUPS = r"[1-9]\d{0,2}"  # what stands before the first thousands' sign: '0,500' has none
_WHOLE = re.compile(_GROUPS + r"([.,' ]\d{3})+")
_THOUSANDS = re.compile(_GROUPS + r"(([' ]\d{3})+([.,]\d+)?|(,\d{3})+\.\d+|(\.\d{3})+,\d+|(,\d{3}){2,}|(\.\d{3}){2,})")
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")
_WHOLE_POWER = re.compile(r"\d+(\.\d+)?[eE]\+?\d+")


def parse(declaration: Declaration, text: str) -> Any:
    """'3e-4', '0,5', '1e3' for a whole number, '1,000.5', names of choices. What is none of these stays as it is, so that
    the check says what is wrong with it; so does '1,000' for a decimal number, which people read in two ways."""
    text = text.strip() if declaration.kind != "text" else text
    if declaration.optional and text.lower() in ("", "none", "auto"):
        return None
    if declaration.choices:
        by_label = {_name(choice.label): choice for choice in declaration.choices}
        return by_label.get(_name(text), _name(text))
    if declaration.type is int:
        return whole(text)
    return decimal(text) if declaration.type is float else text


def whole(text: str) -> str:
    """'1,000', '1 000', '1e3' -> '1000'; what is no whole number stays as it is."""
    if _WHOLE.fullmatch(text):  # 1,000 and 1.000 are thousands
        return re.sub(r"\D", "", text)
    number = decimal(text)
    if _WHOLE_POWER.fullmatch(number) and math.isfinite(float(number)):
        number = f"{float(number):g}" if float(number) % 1 else str(int(float(number)))
    return number


def decimal(text: str) -> str:
    """With a point for decimals and nothing for thousands."""
    sign, plain = (text[:1], text[1:]) if text[:1] in ("+", "-") else ("", text)
    if _THOUSANDS.fullmatch(plain):
        point = max(plain.rfind("."), plain.rfind(","))
        fraction = plain[point + 1 :] if plain.count(plain[point]) == 1 and point > 0 else ""
        whole = plain[:point] if fraction else plain
        return sign + re.sub(r"\D", "", whole) + (f".{fraction}" if fraction else "")
    is_decimal = _DECIMAL_COMMA.fullmatch(text) and not TWO_WAYS.fullmatch(text)
    return text.replace(",", ".") if is_decimal else text


def _name(text: str) -> str:
    """'AdamW 8-bit' -> 'ADAMW_8_BIT'."""
    return re.sub(r"[\s\-]+", "_", text.strip().upper())
