"""All counting rules by name, the way scripts and pages call them."""

from __future__ import annotations

from fractions import Fraction

from eutopia.core.decide.comparison import compare_outcomes
from eutopia.core.decide.equal_shares import COMPLETIONS, equal_shares
from eutopia.core.decide.greedy import greedy
from eutopia.core.decide.maximin import maximin_support
from eutopia.core.decide.phragmen import phragmen
from eutopia.core.decide.votes import prepare
from eutopia.core.records import Election, Tally

RULES = ("greedy", "equal-shares", "phragmen", "phragmen-budgeted", "maximin-support")
ALL_COMPLETIONS = (*COMPLETIONS, "add1-comparison")


def count_ballots(
    election: Election,
    *,
    rule: str = "equal-shares",
    satisfaction: str = "cost",
    completion: str = "none",
    ties: str = "id",
    seed: str = "",
    increment: Fraction | int = 1,
    until: str | None = None,
) -> Tally:
    """Which projects does a rule choose, by its name?

    Parameters
    ----------
    election : Election
    rule : {"greedy", "equal-shares", "phragmen", "phragmen-budgeted", "maximin-support"}
    satisfaction : {"cost", "cardinality", "score"}
        Not used by Phragmén's rules and maximin support, which count every mark alike.
    completion : str
        Of equal shares (see `equal_shares`); besides "add1-comparison": add1 until the budget is
        exceeded, then the greedy outcome instead if more voters have more projects in it.
    ties, seed, increment, until
        As in `equal_shares`.

    Raises
    ------
    ValueError
        For an unknown rule or option, or a completion with a rule that has none.
    """
    if rule not in RULES:
        raise ValueError(f"rule {rule!r}: give one of {', '.join(RULES)}")
    if completion not in ALL_COMPLETIONS:
        raise ValueError(f"completion {completion!r}: give one of {', '.join(ALL_COMPLETIONS)}")
    if rule != "equal-shares" and completion != "none":
        raise ValueError(f"completion {completion!r} belongs to equal-shares, not to {rule}")
    if rule == "greedy":
        return greedy(election, satisfaction=satisfaction, ties=ties, seed=seed)
    if rule == "phragmen":
        return phragmen(election, ties=ties, seed=seed)
    if rule == "phragmen-budgeted":
        return phragmen(election, overshoot="skip", ties=ties, seed=seed)
    if rule == "maximin-support":
        return maximin_support(election, ties=ties, seed=seed)
    if completion == "add1-comparison":
        return _compared(election, satisfaction, ties, seed, increment, until or "overspent")
    return equal_shares(
        election,
        satisfaction=satisfaction,
        completion=completion,
        ties=ties,
        seed=seed,
        increment=increment,
        until=until or "exhaustive",
    )


def _compared(
    election: Election,
    satisfaction: str,
    ties: str,
    seed: str,
    increment: Fraction | int,
    until: str,
) -> Tally:
    shares = equal_shares(
        election,
        satisfaction=satisfaction,
        completion="add1",
        ties=ties,
        seed=seed,
        increment=increment,
        until=until,
    )
    rival = greedy(election, satisfaction=satisfaction, ties=ties, seed=seed)
    votes = prepare(election, satisfaction="cardinality")
    verdict = compare_outcomes(votes, shares.selected, rival.selected)
    kept = shares if verdict.keeps_first else rival
    parameters = dict(shares.parameters)
    parameters["completion"] = "add1-comparison"
    parameters["prefer_equal_shares"] = str(verdict.first)
    parameters["prefer_greedy"] = str(verdict.second)
    return Tally(
        rule="equal-shares",
        parameters=tuple(parameters.items()),
        selected=kept.selected,
        cost=kept.cost,
        budget=kept.budget,
        steps=kept.steps,
    )
