"""Why was a project chosen or not: who paid, and what would have been enough?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from eutopia.core.decide.comparison import funded_marks
from eutopia.core.decide.equal_shares import Contest
from eutopia.core.decide.greedy import densities, greedy_order
from eutopia.core.decide.limits import Limits
from eutopia.core.decide.rules import count_ballots
from eutopia.core.decide.shortfall import Shortfall, shortfalls
from eutopia.core.decide.votes import Votes, prepare, rank_ties
from eutopia.core.records import Election, Tally

COMPARED_RULES: tuple[tuple[str, str], ...] = (
    ("greedy", "none"),
    ("equal-shares", "none"),
    ("equal-shares", "add1u"),
    ("phragmen", "none"),
)


@dataclass(frozen=True, slots=True)
class ProjectExplanation:
    """Why is the project in the outcome or not?

    `code` is "bought" (its supporters paid), "free" (it costs nothing), "completed" (taken with
    the money left over), "in-order" (its turn came and it fitted), "short" (its supporters had
    too little when its turn could have come), "limit" (its group had no room for it), "no-room" (it
    did not fit any more) or "no-supporters".
    """

    project: int
    code: str
    supporters: int
    step: int | None = None
    """Place in the order chosen, from 1."""
    payers: int | None = None
    emptied: int | None = None
    """How many of the payers gave all they had left."""
    payment: Fraction | None = None
    """What each other payer gave: a project, or a point where ballots give points."""
    shortfall: Shortfall | None = None


@dataclass(frozen=True, slots=True)
class SatisfactionRow:
    """How well is a group of voters served?"""

    group: str
    voters: int
    with_nothing: int
    """Voters none of whose projects is funded."""
    projects: Fraction
    """Funded projects of their ballots, the mean over the voters."""
    cost: Fraction
    """Cost of the funded projects of their ballots, the mean over the voters."""


def explain(
    election: Election, tally: Tally, *, limits: Limits | None = None
) -> tuple[ProjectExplanation, ...]:
    """Why is each project in the outcome or not, in the order of the file?

    Parameters
    ----------
    election : Election
    tally : Tally
        An outcome of this election by equal shares, greedy, Phragmén's rules or maximin support.
    limits : Limits, optional
        Those the outcome was counted with.

    Returns
    -------
    tuple of ProjectExplanation
        For equal shares and greedy, what was missing is exact: see `Shortfall`.

    Notes
    -----
    Equal shares is replayed at the final purse; the time is that of some tens of runs.
    """
    parameters = dict(tally.parameters)
    votes = prepare(election, satisfaction=parameters.get("satisfaction", "cardinality"))
    if tally.rule == "equal-shares" and "purse" in parameters and "prefer_greedy" in parameters:
        shares = int(parameters["prefer_equal_shares"]) >= int(parameters["prefer_greedy"])
        if not shares:
            return _explain_greedy(election, tally, votes)
    if tally.rule == "equal-shares" and "purse" in parameters:
        return _explain_shares(election, tally, votes, limits)
    if tally.rule == "greedy":
        return _explain_greedy(election, tally, votes)
    return _explain_plainly(tally, votes)


def _explain_shares(
    election: Election, tally: Tally, votes: Votes, limits: Limits | None
) -> tuple[ProjectExplanation, ...]:
    parameters = dict(tally.parameters)
    ranks = rank_ties(election, ties=parameters["ties"], seed=parameters.get("seed", ""))
    purse = Fraction(parameters["purse"]) * votes.money_unit * votes.voters
    votes = votes.finer(purse.denominator)
    run = Contest.of(votes, ranks, limits).run(int(purse * purse.denominator))
    assert run.sharing is not None  # noqa: S101 - there are voters, for there is a purse
    scale = votes.money_unit * votes.voters
    place = {p: i for i, p in enumerate(tally.selected, start=1)}
    bought = {b.project: b for b in run.sharing.purchases}
    missing = shortfalls(run.sharing, ranks)
    result = []
    for p in range(len(votes.cost)):
        support = votes.support(p)
        step = place.get(p)
        if p in bought and step is not None:
            paid = run.sharing.chain.value(bought[p].payment) / scale
            result.append(
                ProjectExplanation(
                    p, "bought", support, step, bought[p].voters, bought[p].emptied, paid
                )
            )
        elif step is not None:
            code = "free" if votes.cost[p] == 0 else "completed"
            result.append(ProjectExplanation(p, code, support, step, shortfall=missing.get(p)))
        elif not run.sharing.allows(p):
            result.append(ProjectExplanation(p, "limit", support))
        else:
            code = "short" if support else "no-supporters"
            result.append(ProjectExplanation(p, code, support, shortfall=missing.get(p)))
    return tuple(result)


def _explain_greedy(
    election: Election, tally: Tally, votes: Votes
) -> tuple[ProjectExplanation, ...]:
    parameters = dict(tally.parameters)
    ranks = rank_ties(election, ties=parameters["ties"], seed=parameters.get("seed", ""))
    place = {p: i for i, p in enumerate(tally.selected, start=1)}
    order = greedy_order(votes, ranks)
    result: dict[int, ProjectExplanation] = {}
    room = votes.budget
    rooms: list[int] = []
    for p in order:
        rooms.append(room)
        if p in place:
            room -= votes.cost[p]
            result[p] = ProjectExplanation(p, "in-order", votes.support(p), place[p])
    for p in order:
        if p not in place:
            missing = _greedy_shortfall(votes, ranks, order, rooms, p)
            result[p] = ProjectExplanation(p, "no-room", votes.support(p), shortfall=missing)
    return tuple(result[p] for p in range(len(votes.cost)))


def _greedy_shortfall(
    votes: Votes, ranks: Sequence[int], order: Sequence[int], rooms: Sequence[int], p: int
) -> Shortfall:
    """How much satisfaction would have brought it forward to where it fitted, at which cost?"""
    keys = densities(votes)
    own = order.index(p)
    cost = votes.cost[p]
    last = max((j for j in range(own + 1) if rooms[j] >= cost), default=None)
    more = None
    value = votes.value[p]
    if last is not None and value > 0 and votes.weights is None:
        # To come before the project at that place, with the rank deciding if equal.
        rival = order[last]
        target = keys[rival][1] * cost
        short = (target - votes.totals[p]) / value
        more = max(0, -(-short.numerator // short.denominator))
        if votes.totals[p] + more * value == target and ranks[p] > ranks[rival]:
            more += 1
    limits = [Fraction(rooms[own])]
    if votes.satisfaction != "cost":
        # A lower cost brings it forward, where satisfaction is not the cost itself.
        limits += [
            min(Fraction(rooms[j]), votes.totals[p] / keys[order[j]][1])
            for j in range(own)
            if keys[order[j]][1] > 0
        ]
    return Shortfall(more, max(limits) / votes.money_unit)


def _explain_plainly(tally: Tally, votes: Votes) -> tuple[ProjectExplanation, ...]:
    place = {p: i for i, p in enumerate(tally.selected, start=1)}
    prices = {s.project: s.price for s in tally.steps}
    result = []
    for p in range(len(votes.cost)):
        support = votes.support(p)
        code = "bought" if p in place else "no-room" if support else "no-supporters"
        result.append(ProjectExplanation(p, code, support, place.get(p), payment=prices.get(p)))
    return tuple(result)


def what_rules_choose(
    election: Election,
    *,
    satisfaction: str = "cost",
    rules: Sequence[tuple[str, str]] = COMPARED_RULES,
    ties: str = "id",
) -> Mapping[tuple[str, str], Tally]:
    """What would each rule (with its completion) have chosen from the same ballots?"""
    return {
        (rule, completion): count_ballots(
            election, rule=rule, satisfaction=satisfaction, completion=completion, ties=ties
        )
        for rule, completion in rules
    }


_BANDS = (18, 25, 35, 45, 55, 65)


def age_band(age: str) -> str:
    """Into which band of ages does this one fall? Empty where it is no age.

    Examples
    --------
    >>> age_band("17"), age_band("34"), age_band("70"), age_band("?")
    ('<18', '25-34', '65+', '')
    """
    if not age.isdecimal() or len(age) > 3:
        return ""
    years = int(age)
    if years < _BANDS[0]:
        return f"<{_BANDS[0]}"
    for first, following in pairwise(_BANDS):
        if years < following:
            return f"{first}-{following - 1}"
    return f"{_BANDS[-1]}+"


def satisfaction_of(
    election: Election,
    selected: Sequence[int],
    *,
    column: str | None = None,
    band: Callable[[str], str] = str,
) -> tuple[SatisfactionRow, ...]:
    """How well is everyone served, or each group of voters by a column of the file?

    Parameters
    ----------
    election : Election
    selected : sequence of int
    column : str, optional
        A field of voters (district, age), where the file lawfully has one. Without it one row
        with group "" for all.
    band : callable
        Into which group a value of that field falls (`age_band`); each is its own by default.

    Raises
    ------
    KeyError
        Where the election has no such column.

    Examples
    --------
    >>> from eutopia.core.records import Ballot, BallotProject
    >>> projects = tuple(BallotProject(i, Fraction(10)) for i in "ab")
    >>> ballots = (Ballot((0,), count=3), Ballot((1,), count=1))
    >>> satisfaction_of(Election(projects, ballots, Fraction(10)), [0])[0].with_nothing
    1
    """
    votes = prepare(election, satisfaction="cardinality")
    projects = funded_marks(votes, selected).tolist()
    chosen = set(selected)
    spent = [
        sum(votes.cost[p] for p in votes.marks[a:b].tolist() if p in chosen)
        for a, b in zip(votes.starts[:-1].tolist(), votes.starts[1:].tolist(), strict=True)
    ]
    if column is None:
        groups = {"": dict(enumerate(votes.counts.tolist()))}
    else:
        if election.voters is None:
            raise KeyError(column)
        groups = {}
        said = election.voters.column(column)
        for group, ballot in zip(said, election.voters.ballot.tolist(), strict=True):
            counts = groups.setdefault(band(group), {})
            counts[ballot] = counts.get(ballot, 0) + 1
    rows = []
    for group, counts in sorted(groups.items()):
        n = sum(counts.values())
        nothing = sum(c for b, c in counts.items() if projects[b] == 0)
        mean = Fraction(sum(projects[b] * c for b, c in counts.items()), max(n, 1))
        cost = Fraction(sum(spent[b] * c for b, c in counts.items()), max(n, 1) * votes.money_unit)
        rows.append(SatisfactionRow(group, n, nothing, mean, cost))
    return tuple(rows)
