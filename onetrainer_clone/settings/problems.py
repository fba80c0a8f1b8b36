"""What is wrong, for a person: one problem with its place, and the errors that carry them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Problem:
    """Something wrong with a state: where, what, and how bad. Only an error keeps a run from starting."""

    path: str
    message: str
    severity: Severity = "error"

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class UserError(Exception):
    """Something that the person can mend. Its text is the whole message: the value, the rule and the way out."""


class Invalid(UserError):
    """Values that are no valid state; carries every problem at once."""

    def __init__(self, problems: Sequence[Problem]):
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)

    def __reduce__(self) -> tuple[type["Invalid"], tuple[tuple[Problem, ...]]]:
        """Problems, not the text, cross to another process."""
        return type(self), (self.problems,)
