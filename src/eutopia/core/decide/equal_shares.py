"""The method of equal shares, with the ways to spend what it leaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from eutopia.core.decide.greedy import greedy_order
from eutopia.core.decide.limits import Limits, Spending, no_limits
from eutopia.core.decide.perturbation import buy_rest
from eutopia.core.decide.purchases import Entry, buy_all, first_entries, repeats
from eutopia.core.decide.sharing import Backing, Sharing, first_backing
from eutopia.core.decide.votes import Votes, next_clones, prepare, rank_ties
from eutopia.core.records import Election, Tally, TallyStep

COMPLETIONS = ("none", "utilitarian", "add1", "add1u", "exhaustion", "perturbation")


def equal_shares(
    election: Election,
    *,
    satisfaction: str = "cost",
    completion: str = "none",
    ties: str = "id",
    seed: str = "",
    increment: Fraction | int = 1,
    until: str = "exhaustive",
    limits: Limits | None = None,
) -> Tally:
    """Which projects do the voters buy when each gets an equal share of the budget?

    Each voter gets `budget / voters`. Again and again the project is bought whose supporters can
    pay its cost at the least price `rho` for a unit of satisfaction: each pays `rho` times the
    satisfaction it gives them, or all they have left.

    Parameters
    ----------
    election : Election
    satisfaction : {"cost", "cardinality", "score"}
        What a funded project gives a voter who marked it (see `votes.prepare`).
    completion : {"none", "utilitarian", "add1", "add1u", "exhaustion", "perturbation"}
        What is done with money left over. "utilitarian": greedily, by satisfaction a unit of cost.
        "add1": purses are raised by `increment` a voter until nothing more fits (that outcome) or
        the budget is exceeded (the outcome before). "add1u": the one, then the other. "exhaustion":
        as add1, but the budget shared out is raised by a hundredth of itself. "perturbation":
        voters count a vanishing satisfaction from what they did not mark.
    ties, seed : str
        Who goes first where prices are exactly equal (see `votes.rank_ties`).
    increment : Fraction or int
        Money units added to each purse in a step of add1.
    until : {"exhaustive", "overspent"}
        Whether raising the purses also ends once nothing more fits, or only with the budget.
    limits : Limits, optional
        At most and at least so much for groups of projects. A project that does not fit is passed
        over, whatever its supporters have.

    Returns
    -------
    Tally
        Each step has the exact `rho`, the paying voters and the exactly tied projects.

    Notes
    -----
    Nothing is decided by floats: they rule out by proven bounds, fractions decide. Projects that
    cost nothing and give satisfaction are taken first. Memory is linear in the number of marks.

    Source
    ------
    Peters, Pierczyński, Skowron, *Proportional Participatory Budgeting with Additive Utilities*
    (NeurIPS 2021); completions as in Faliszewski et al., *Participatory Budgeting: Data, Tools,
    and Analysis* (IJCAI 2023).

    Examples
    --------
    >>> from eutopia.core.records import Ballot, BallotProject
    >>> projects = tuple(BallotProject(i, Fraction(c)) for i, c in [("a", 60), ("b", 40)])
    >>> ballots = (Ballot((0,), count=6), Ballot((1,), count=4))
    >>> equal_shares(Election(projects, ballots, Fraction(100))).selected
    (0, 1)
    """
    if completion not in COMPLETIONS:
        raise ValueError(f"completion {completion!r}: give one of {', '.join(COMPLETIONS)}")
    if increment <= 0:
        raise ValueError("increment must be positive")
    if until not in ("exhaustive", "overspent"):
        raise ValueError(f"until {until!r}: give exhaustive or overspent")
    if limits is not None and until == "overspent":
        raise ValueError("until overspent: with limits nothing overspends, give exhaustive")
    votes = prepare(election, satisfaction=satisfaction)
    ranks = rank_ties(election, ties=ties, seed=seed)
    run = _counted(votes, ranks, completion, Fraction(increment), until, limits)
    steps = list(run.steps(votes, ranks))
    if completion in ("utilitarian", "add1u"):
        steps += _rest_greedily(votes, ranks, [s.project for s in steps], limits)
    selected = tuple(s.project for s in steps)
    parameters = {"satisfaction": satisfaction, "completion": completion, "ties": ties}
    if ties == "lot":
        parameters["seed"] = seed
    if completion in ("add1", "add1u"):
        parameters["increment"] = str(Fraction(increment))
    if completion in ("add1", "add1u", "exhaustion"):
        parameters["until"] = until
    if run.sharing is not None:
        unit = run.sharing.votes.money_unit
        parameters["purse"] = str(Fraction(run.sharing.purse, unit * votes.voters))
    return Tally(
        rule="equal-shares",
        parameters=tuple(parameters.items()),
        selected=selected,
        cost=sum((election.projects[p].cost for p in selected), Fraction(0)),
        budget=election.budget,
        steps=tuple(steps),
    )


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run and the projects that cost nothing, taken before it."""

    free: tuple[int, ...]
    sharing: Sharing | None

    def selected(self) -> list[int]:
        """Which projects were taken, in order?"""
        bought = [] if self.sharing is None else [b.project for b in self.sharing.purchases]
        return [*self.free, *bought]

    def steps(self, votes: Votes, ranks: Sequence[int]) -> list[TallyStep]:
        """When was each taken, at which exact price?"""
        steps = [TallyStep(p, votes.support(p), Fraction(0)) for p in self.free]
        if self.sharing is None:
            return steps
        votes = self.sharing.votes
        scale = votes.money_unit * votes.voters
        for bought in self.sharing.purchases:
            value = votes.value[bought.project]
            price = None
            if not bought.by_all:
                price = self.sharing.chain.value(bought.payment) / (value * scale)
            tied = tuple(sorted(bought.tied, key=ranks.__getitem__))
            steps.append(TallyStep(bought.project, bought.voters, price, tied))
        return steps


@dataclass(frozen=True, slots=True)
class Contest:
    """What all runs of one election share: votes, tie ranks, free projects, first prices."""

    votes: Votes
    ranks: tuple[int, ...]
    free: tuple[int, ...]
    entries: tuple[Entry, ...]
    after: Mapping[int, int]
    backings: tuple[Backing, ...]
    limits: Limits | None = None

    @classmethod
    def of(cls, votes: Votes, ranks: tuple[int, ...], limits: Limits | None = None) -> Contest:
        """Lay out the contest; projects that cost nothing and satisfy someone are free."""
        free = [
            p
            for p, cost in enumerate(votes.cost)
            if cost == 0 and votes.heads[p + 1] > votes.heads[p]
        ]
        free.sort(key=ranks.__getitem__)
        first, after = next_clones(votes, ranks, None if limits is None else limits.group)
        entries = tuple(first_entries(votes, ranks, first))
        return cls(votes, ranks, tuple(free), entries, after, first_backing(votes), limits)

    def run(self, purse: int, *, name_ties: bool = True) -> Run:
        """What is bought when each voter has `purse` (scaled by money unit and voters)?"""
        if self.votes.voters == 0:
            return Run(self.free, None)
        sharing = self._start(purse)
        buy_all(sharing, self.entries, name_ties=name_ties)
        return Run(self.free, sharing)

    def _start(self, purse: int) -> Sharing:
        sharing = Sharing.start(self.votes, purse, self.limits, self.backings)
        sharing.ranks, sharing.after = self.ranks, self.after
        return sharing

    def leap(self, run: Run, purse: int) -> Run | None:
        """The run at a larger `purse`, if all purses up to it surely buy the same."""
        if run.sharing is None:
            return None
        sharing = self._start(purse)
        return Run(self.free, sharing) if repeats(sharing, run.sharing, self.entries) else None


def _counted(
    votes: Votes,
    ranks: tuple[int, ...],
    completion: str,
    increment: Fraction,
    until: str,
    limits: Limits | None,
) -> Run:
    step = increment * votes.money_unit * votes.voters
    if completion == "exhaustion":
        step = Fraction(votes.budget, 100)
    if step.denominator != 1:
        votes = votes.finer(step.denominator)
        step *= step.denominator
    contest = Contest.of(votes, ranks, limits)
    raised = completion.startswith(("add1", "exhaustion")) and step > 0
    run = contest.run(votes.budget, name_ties=not raised)
    if raised:
        run = _raised(contest, run, int(step), completion == "exhaustion", until)
        return run if run.sharing is None else contest.run(run.sharing.purse)
    if completion == "perturbation" and run.sharing is not None:
        buy_rest(run.sharing, ranks)
    return run


def _raised(contest: Contest, run: Run, step: int, everyone: bool, until: str) -> Run:
    """Raise the purses step by step until the outcome is exhaustive or the next overspends.

    Steps that surely change nothing are leapt over: twice as far after each leap, half as far
    after each failure.
    """
    votes = contest.votes
    reach = 1
    while run.sharing is not None and not _all_bought(votes, run):
        purse = run.sharing.purse
        if until == "exhaustive" and _exhaustive(votes, run, everyone, contest.limits):
            break
        if reach > 1:
            leapt = contest.leap(run, purse + reach * step)
            if leapt is not None:
                run, reach = leapt, reach * 2
            else:
                reach //= 2
            continue
        following = contest.run(purse + step, name_ties=False)
        if sum(votes.cost[p] for p in following.selected()) > votes.budget:
            break
        # Where this step changed nothing, a longer one may not either.
        reach = 2 if following.selected() == run.selected() else 1
        run = following
    return run


def _all_bought(votes: Votes, run: Run) -> bool:
    """Is every project that somebody supports bought?"""
    taken = set(run.selected())
    return all(p in taken or votes.heads[p + 1] == votes.heads[p] for p in range(len(votes.cost)))


def _exhaustive(votes: Votes, run: Run, everyone: bool, limits: Limits | None) -> bool:
    """Does nothing more fit? Projects without support count only where `everyone`."""
    taken = set(run.selected())
    spending = Spending(limits or no_limits(votes), votes.cost, votes.budget, votes.money_unit)
    for p in taken:
        spending.take(p)
    return not any(
        p not in taken and spending.fits(p)
        for p in range(len(votes.cost))
        if everyone or votes.heads[p + 1] > votes.heads[p]
    )


def _rest_greedily(
    votes: Votes, ranks: Sequence[int], taken: Iterable[int], limits: Limits | None
) -> list[TallyStep]:
    taken = set(taken)
    spending = Spending(limits or no_limits(votes), votes.cost, votes.budget, votes.money_unit)
    for p in taken:
        spending.take(p)
    steps = []
    for p in greedy_order(votes, ranks):
        if p not in taken and spending.fits(p):
            spending.take(p)
            steps.append(TallyStep(p, votes.support(p), None))
    return steps
