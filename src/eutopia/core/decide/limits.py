"""Limits beside the budget: at most and at least so much for a category or a district."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np

from eutopia.core.decide.votes import Votes
from eutopia.core.records import Ballot, BallotBox, Election, Tally


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may, and how much must, go to each group of projects?

    `group[p]` is the category or district of project `p`, "" where it has none. `most` caps what a
    group gets. `least` is kept free for a group as long as it has not got it: no other project may
    take it.
    """

    group: tuple[str, ...]
    most: Mapping[str, Fraction] = field(default_factory=dict)
    least: Mapping[str, Fraction] = field(default_factory=dict)

    @classmethod
    def by_category(
        cls,
        election: Election,
        *,
        most: Mapping[str, Fraction] | None = None,
        least: Mapping[str, Fraction] | None = None,
    ) -> Limits:
        """Limits by the first category of each project.

        Raises
        ------
        ValueError
            Where a limit is negative, names a category no project has, or all that is kept free
            exceeds the budget.
        """
        group = tuple(p.categories[0] if p.categories else "" for p in election.projects)
        limits = cls(group, dict(most or {}), dict(least or {}))
        for name, sum_ in (*limits.most.items(), *limits.least.items()):
            if sum_ < 0 or name not in group:
                raise ValueError(f"limit {name!r}: give a category of the projects and 0 or more")
        if sum(limits.least.values()) > election.budget:
            raise ValueError("least: more is kept free than the budget holds")
        return limits


def no_limits(votes: Votes) -> Limits:
    """Limits that leave only the budget."""
    return Limits(("",) * len(votes.cost))


@dataclass(slots=True)
class Spending:
    """What has been spent, in whole units, and what may still be."""

    limits: Limits
    cost: Sequence[int]
    budget: int
    unit: int
    spent: int = 0
    by_group: dict[str, int] = field(default_factory=dict)

    def fits(self, project: int) -> bool:
        """May the project still be taken? Once it may not, it never may again.

        What is spent and what is still kept free together only grow, and what is kept free for the
        project's own group only shrinks.
        """
        name = self.limits.group[project]
        cost = self.cost[project]
        got = self.by_group.get(name, 0)
        if name in self.limits.most and got + cost > self.limits.most[name] * self.unit:
            return False
        kept = sum((self._kept(g) for g in self.limits.least), Fraction(0))
        own = self._kept(name)
        return self.spent + kept - own + max(own, Fraction(cost)) <= self.budget

    def _kept(self, group: str) -> Fraction:
        wanted = self.limits.least.get(group, Fraction(0)) * self.unit
        return max(Fraction(0), wanted - self.by_group.get(group, 0))

    def take(self, project: int) -> None:
        """Spend the project's cost."""
        name = self.limits.group[project]
        self.spent += self.cost[project]
        self.by_group[name] = self.by_group.get(name, 0) + self.cost[project]


def part_of(election: Election, projects: Sequence[int], budget: Fraction) -> Election:
    """Which election remains if only these projects are voted on, with their own budget?

    All voters stay; marks of other projects are left out.

    Examples
    --------
    >>> from eutopia.core.records import BallotProject
    >>> both = tuple(BallotProject(i, Fraction(1)) for i in "ab")
    >>> part = part_of(Election(both, (Ballot((0, 1)),), Fraction(2)), [1], Fraction(1))
    >>> [p.id for p in part.projects], part.ballots[0].approvals
    (['b'], (0,))
    """
    place = {p: i for i, p in enumerate(projects)}
    ballots = []
    for ballot in election.ballots:
        kept = [k for k, p in enumerate(ballot.approvals) if p in place]
        ballots.append(
            Ballot(
                tuple(place[ballot.approvals[k]] for k in kept),
                tuple(ballot.scores[k] for k in kept) if ballot.scores else (),
                ballot.count,
            )
        )
    return replace(
        election,
        projects=tuple(election.projects[p] for p in projects),
        ballots=BallotBox.of(ballots),
        budget=budget,
        voters=None,
    )


def count_parts(
    election: Election,
    *,
    budgets: Mapping[str, Fraction],
    group: Sequence[str],
    count: Callable[[Election], Tally],
) -> dict[str, Tally]:
    """What does each district (or category) choose from its own projects with its own budget?

    Parameters
    ----------
    election : Election
    budgets : mapping of str to Fraction
        Money of each group; groups without budget are not counted.
    group : sequence of str
        The group of each project.
    count : callable
        The rule, for example `count_ballots`. Only voters who marked a project of the group take
        part in it.

    Returns
    -------
    dict of str to Tally
        Selected projects as positions in the whole election.
    """
    tallies = {}
    for name, budget in budgets.items():
        projects = [p for p, g in enumerate(group) if g == name]
        part = part_of(election, projects, budget)
        taking = BallotBox.of([b for b in part.ballots if b.approvals])
        tally = count(replace(part, ballots=taking))
        steps = tuple(
            replace(
                s, project=projects[s.project], tied_with=tuple(projects[q] for q in s.tied_with)
            )
            for s in tally.steps
        )
        selected = tuple(projects[p] for p in tally.selected)
        tallies[name] = replace(tally, selected=selected, steps=steps)
    return tallies


def spent_by_group(
    limits: Limits, election: Election, selected: Sequence[int]
) -> dict[str, Fraction]:
    """How much does each group get?"""
    sums: dict[str, Fraction] = {}
    for p in np.unique(np.array(selected, dtype=np.int64)).tolist():
        name = limits.group[p]
        sums[name] = sums.get(name, Fraction(0)) + election.projects[p].cost
    return sums
