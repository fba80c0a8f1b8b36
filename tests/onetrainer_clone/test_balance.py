"""Which concept is winning, told from a run's events."""

from onetrainer_clone.balance import Balance
from onetrainer_clone.events import Share, Started, Stepped
from onetrainer_clone.watch import ENOUGH


def started(subject: float, first_step: int = 0) -> Started:
    shares = (Share("cat", "SUBJECT", 0.5, subject), Share("class", "REGULARIZATION", 0.5, 1 - subject))
    return Started("run", "/x", 1000, 1, ("cat", "class"), first_step, shares)


def fed(subject: float, last_loss: float, steps: int = 250) -> Balance:
    """The subject's loss goes in a straight line from 1 to the last one."""
    balance = Balance()
    balance.on(started(subject))
    for step in range(1, steps + 1):
        loss = 1.0 if step <= 30 else last_loss
        losses = {"cat": loss, "class": 0.001 * step}
        balance.on(Stepped(step, 1, loss, loss, losses, losses, {}, 0.1))
    return balance


def test_a_subject_that_is_learned() -> None:
    balance = fed(0.33, 0.4)
    assert balance.verdict == ("'cat' is being learned: its loss has fallen by 60%.", None)
    cat, other = balance.standings
    assert (cat.name, cat.samples, cat.loss_weight, cat.loss) == ("cat", 0.5, 0.33, 0.4)
    assert other.change is None, "what is kept begins at nearly nothing, so that a share of it says nothing"


def test_a_run_that_is_over_is_not_early() -> None:
    balance = fed(0.5, 0.97, ENOUGH - 1)
    balance.on(Stepped(1000, 1, 1.0, 1.0, {}, {"cat": 1.0}, {}, 0.1))
    assert balance.verdict == ("Too few steps to tell what is learned.", None)


def test_a_small_share_is_told_also_where_the_loss_falls() -> None:
    assert fed(0.09, 0.8).verdict == (
        "'cat' is being learned: its loss has fallen by 20%. 'cat' has only 9% of the loss weight: the others may win.",
        None,
    )


def test_a_subject_that_is_swamped_and_one_that_stands_still_for_another_reason() -> None:
    sentence, severity = fed(0.05, 0.97).verdict
    assert sentence.startswith(
        "The other concepts are winning: the loss of 'cat' has fallen by only 3%, and it has only 5%"
    )
    assert severity == "warning"
    sentence, severity = fed(0.8, 1.1).verdict
    assert (sentence, severity) == ("'cat' is hardly learned so far: its loss has risen by 10%.", "warning")


def test_too_early_and_nothing_known() -> None:
    assert fed(0.5, 0.2, ENOUGH - 1).verdict == ("Too early to tell what is learned.", None)
    assert fed(0.5, 0.97, 249).verdict == ("Too early to tell what is learned.", None), "a quarter of the run is early"
    assert fed(0.05, 0.97, 249).verdict == (
        "Too early to tell what is learned. 'cat' has only 5% of the loss weight: the others may win.",
        None,
    )
    assert fed(0.05, 0.4, 249).verdict[0].startswith("'cat' is being learned"), "what is seen already is said"
    assert Balance().verdict == ("", None)
    assert Balance().standings == []


def test_a_resumed_run_keeps_its_beginning_and_a_new_one_does_not() -> None:
    balance = fed(0.33, 0.4)
    balance.on(started(0.33, first_step=ENOUGH))
    assert balance.standings[0].change is not None
    balance.on(started(0.33))
    assert balance.standings[0].change is None
