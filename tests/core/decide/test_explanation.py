"""What is said to have been enough is enough, and one less is not: counted again."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from eutopia.core.decide.equal_shares import equal_shares
from eutopia.core.decide.explanation import explain, satisfaction_of, what_rules_choose
from eutopia.core.decide.greedy import greedy
from eutopia.core.decide.proportionality import neglected_groups, verify_neglected
from eutopia.core.records import Ballot, BallotBox, BallotProject, Election
from tests.core.decide.elections import elections

SATISFACTION = st.sampled_from(["cost", "cardinality"])


def with_cost(election, project, cost):
    """The same election with one project at another cost."""
    projects = list(election.projects)
    projects[project] = replace(projects[project], cost=cost)
    return replace(election, projects=tuple(projects))


def with_supporters(election, project, number):
    """More voters who mark this project alone, and their shares with them."""
    voters = sum(b.count for b in election.ballots)
    ballots = [*election.ballots, Ballot((project,), count=number)] if number else election.ballots
    budget = election.budget * (voters + number) / voters
    return replace(election, ballots=BallotBox.of(ballots), budget=budget)


@given(elections(), SATISFACTION)
@settings(max_examples=250, deadline=None)
def test_equal_shares_buys_at_the_said_cost_and_not_above(election, satisfaction):
    tally = equal_shares(election, satisfaction=satisfaction)
    for entry in explain(election, tally):
        if entry.code != "short" or entry.shortfall.cost == 0:
            continue
        limit = entry.shortfall.cost
        assert limit <= election.projects[entry.project].cost
        less = with_cost(election, entry.project, limit * Fraction(999_999, 1_000_000))
        more = with_cost(election, entry.project, limit * Fraction(1_000_001, 1_000_000))
        assert entry.project in equal_shares(less, satisfaction=satisfaction).selected
        assert entry.project not in equal_shares(more, satisfaction=satisfaction).selected


@given(elections(), SATISFACTION)
@settings(max_examples=250, deadline=None)
def test_equal_shares_buys_with_the_said_supporters_and_not_with_one_less(election, satisfaction):
    tally = equal_shares(election, satisfaction=satisfaction)
    for entry in explain(election, tally):
        if entry.code != "short":
            continue
        number = entry.shortfall.supporters
        assert number >= 1
        enough = with_supporters(election, entry.project, number)
        assert entry.project in equal_shares(enough, satisfaction=satisfaction).selected
        fewer = with_supporters(election, entry.project, number - 1)
        assert entry.project not in equal_shares(fewer, satisfaction=satisfaction).selected


@given(elections(), SATISFACTION)
@settings(max_examples=250, deadline=None)
def test_greedy_takes_with_the_said_supporters_and_at_the_said_cost(election, satisfaction):
    tally = greedy(election, satisfaction=satisfaction)
    for entry in explain(election, tally):
        if entry.code != "no-room" or entry.shortfall is None:
            continue
        p, limit, number = entry.project, entry.shortfall.cost, entry.shortfall.supporters
        if limit > 0:
            cheaper = with_cost(election, p, limit * Fraction(999_999, 1_000_000))
            assert p in greedy(cheaper, satisfaction=satisfaction).selected
        dearer = with_cost(election, p, limit * Fraction(1_000_001, 1_000_000) + Fraction(1, 10**6))
        assert p not in greedy(dearer, satisfaction=satisfaction).selected
        if number is not None:
            for k in (number, number - 1):
                more = [*election.ballots, *([Ballot((p,), count=k)] if k > 0 else [])]
                again = replace(election, ballots=BallotBox.of(more))
                assert (p in greedy(again, satisfaction=satisfaction).selected) == (k == number)


@given(elections(("approval", "choose-1")))
@settings(max_examples=150, deadline=None)
def test_payments_add_up_to_the_cost(election):
    tally = equal_shares(election)
    for entry in explain(election, tally):
        if entry.code == "bought":
            full = entry.payers - entry.emptied
            cost = election.projects[entry.project].cost
            assert full * entry.payment <= cost <= entry.payers * entry.payment


@given(elections())
@settings(max_examples=150, deadline=None)
def test_equal_shares_neglects_no_group_and_others_are_verified(election):
    """EJR+ up to one holds for equal shares by theorem; groups found for greedy are real."""
    assert neglected_groups(election, equal_shares(election).selected) == ()
    selected = greedy(election).selected
    for group in neglected_groups(election, selected):
        assert verify_neglected(election, selected, group)


def test_greedy_neglects_the_minority():
    """Forty of a hundred voters agree on one project within their share and get nothing."""
    projects = tuple(BallotProject(i, Fraction(50)) for i in "abc")
    box = BallotBox.of([Ballot((0, 1), count=55), Ballot((2,), count=45)])
    election = Election(projects, box, Fraction(120))
    assert greedy(election).selected == (0, 1)
    (group,) = neglected_groups(election, (0, 1))
    assert (group.project, group.voters, group.entitlement) == (2, 45, 54)
    assert not verify_neglected(election, (0, 2), group)


def test_rules_are_compared_and_satisfaction_is_counted():
    """Equal shares serves both groups, greedy one."""
    projects = tuple(BallotProject(i, Fraction(50)) for i in "abc")
    box = BallotBox.of([Ballot((0, 1), count=55), Ballot((2,), count=45)])
    election = Election(projects, box, Fraction(120))
    outcomes = what_rules_choose(election)
    assert outcomes["greedy", "none"].selected == (0, 1)
    assert set(outcomes["equal-shares", "none"].selected) == {0, 2}
    (row,) = satisfaction_of(election, (0, 1))
    assert (row.with_nothing, row.projects, row.cost) == (45, Fraction(11, 10), Fraction(55))
