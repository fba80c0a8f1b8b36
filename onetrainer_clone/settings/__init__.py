"""How a setting is declared: once, with its default, words, limits and the condition under which it matters.

    decay: float = setting(0.999, "EMA decay", "Averages over about 1/(1-decay) steps.", ge=0.5, lt=1)

That line is the JSON key, the command-line setting, the form row with label, tooltip and limits, the check with its
message and a line of the settings reference. Everything in this package derives from it. Values are immutable: `replace`
gives a new tree, so a run owns the state that it was started with whatever the window does meanwhile.
"""

from onetrainer_clone.settings.declare import (
    Choice,
    Declaration,
    Limits,
    Settings,
    When,
    declarations,
    group,
    setting,
    when,
)
from onetrainer_clone.settings.effect import failing, value_in_words, why_not, without_effect
from onetrainer_clone.settings.problems import Invalid, Problem, Severity, UserError
from onetrainer_clone.settings.tree import (
    Setting,
    changed,
    declaration_at,
    get,
    item_name,
    item_noun,
    join,
    load,
    replace,
    split,
    walk,
)

__all__ = [
    "Choice", "Declaration", "Invalid", "Limits", "Problem", "Setting", "Settings", "Severity", "UserError", "When",
    "changed", "declaration_at", "declarations", "failing", "get", "group", "item_name", "item_noun", "join", "load",
    "replace", "setting", "split", "value_in_words", "walk", "when", "why_not", "without_effect",
]  # fmt: skip
