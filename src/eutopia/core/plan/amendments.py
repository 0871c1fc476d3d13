"""What does an amendment of a published programme change, and which promises does it break?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from eutopia.core.plan.scenarios import Difference, compare
from eutopia.core.records.money import Money
from eutopia.core.records.programme import (
    Candidate,
    Choice,
    PortfolioRules,
    Programme,
    Reason,
)


@dataclass(frozen=True, slots=True)
class Line:
    """One candidate before and after: calendar year and money by payer, None and empty where out.

    `change`: entered, left, earlier, later, repaid (other payers or sums, same year).
    """

    candidate_id: str
    change: str
    year_before: int | None
    year_after: int | None
    paid_before: tuple[tuple[str, Money], ...]
    paid_after: tuple[tuple[str, Money], ...]


@dataclass(frozen=True, slots=True)
class BrokenPromise:
    """Which published promise is broken, to whom, and why?

    `change`: left or later. `mandate`: a ballot decided it. `gifts` are what donors had offered
    for it. `reasons` are those of the new programme where it is out of it.
    """

    candidate_id: str
    change: str
    year_before: int
    year_after: int | None
    district: str
    people: int
    mandate: bool
    gifts: tuple[tuple[str, Money], ...]
    problem_ids: tuple[str, ...]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Amendment:
    """A programme's amendment as a diff; lines are ordered by candidate."""

    lines: tuple[Line, ...]
    broken: tuple[BrokenPromise, ...]
    difference: Difference


def amend(
    before: Programme,
    after: Programme,
    candidates: Sequence[Candidate],
    *,
    rules: PortfolioRules,
    first_year_before: int | None = None,
    candidates_before: Sequence[Candidate] = (),
) -> Amendment:
    """What does an amendment change, line by line, and which promises does it break?

    Parameters
    ----------
    before
        The programme as published.
    after
        The programme that is to take its place.
    candidates, rules
        What `after` was chosen from and by.
    first_year_before
        First year of `before` where it is another; years are compared as calendar years.
    candidates_before
        Candidates of `before` that are no longer there.

    Notes
    -----
    A promise is broken where a candidate is out or comes in a later calendar year. One that comes
    earlier, or that others pay for, is a change and no broken promise. Linear in both programmes.

    Examples
    --------
    See `docs/methods/portfolio.md`.
    """
    then = rules.first_year if first_year_before is None else first_year_before
    known = {c.id: c for c in (*candidates_before, *candidates)}
    old = {choice.candidate_id: choice for choice in before.choices}
    new = {choice.candidate_id: choice for choice in after.choices}
    lines = [
        line
        for id_ in sorted({*old, *new})
        for line in [_line(id_, old.get(id_), new.get(id_), then, rules.first_year)]
        if line is not None
    ]
    why = {e.candidate_id: e.reasons for e in after.explanations if not e.chosen}
    broken = tuple(
        _broken(line, known[line.candidate_id], why.get(line.candidate_id, ()))
        for line in lines
        if line.change in ("left", "later")
    )
    everyone = tuple(known[id_] for id_ in sorted(known))
    return Amendment(tuple(lines), broken, compare(before, after, everyone, rules=rules))


def _line(id_: str, old: Choice | None, new: Choice | None, then: int, now: int) -> Line | None:
    before = None if old is None else then + old.year
    after = None if new is None else now + new.year
    paid_before = () if old is None else tuple(sorted(old.paid))
    paid_after = () if new is None else tuple(sorted(new.paid))
    if before is None:
        change = "entered"
    elif after is None:
        change = "left"
    elif before != after:
        change = "later" if after > before else "earlier"
    elif paid_before != paid_after:
        change = "repaid"
    else:
        return None
    return Line(id_, change, before, after, paid_before, paid_after)


def _broken(line: Line, candidate: Candidate, reasons: tuple[Reason, ...]) -> BrokenPromise:
    if line.year_before is None:
        raise ValueError(f"{line.candidate_id} was not in the programme: nothing was promised")
    nothing = Decimal(0)
    return BrokenPromise(
        candidate_id=line.candidate_id,
        change=line.change,
        year_before=line.year_before,
        year_after=line.year_after,
        district=candidate.district,
        people=candidate.people_reached,
        mandate=candidate.mandate,
        gifts=tuple((donor, gift) for donor, gift in candidate.co_funding if gift.amount > nothing),
        problem_ids=candidate.problem_ids,
        reasons=reasons,
    )
