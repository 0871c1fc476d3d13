"""Equal shares and Phragmén against a slow reference of a page, on thousands of small elections."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from eutopia.core.decide.equal_shares import equal_shares
from eutopia.core.decide.maximin import load_with
from eutopia.core.decide.phragmen import phragmen
from eutopia.core.decide.votes import prepare
from tests.core.decide import naive
from tests.core.decide.elections import elections

ALL_TYPES = ("approval", "ordinal", "cumulative", "scoring", "choose-1")
SATISFACTION = st.sampled_from(["cost", "cardinality", "score"])


@given(elections(ALL_TYPES), SATISFACTION)
@settings(max_examples=400, deadline=None)
def test_equal_shares_buys_what_the_paper_buys_in_the_same_order(election, satisfaction):
    tally = equal_shares(election, satisfaction=satisfaction)
    assert list(tally.selected) == naive.equal_shares(election, satisfaction)


@given(elections(ALL_TYPES), SATISFACTION, st.sampled_from([1, Fraction(1, 3), 5]))
@settings(max_examples=150, deadline=None)
def test_add1_leaps_to_where_single_steps_lead(election, satisfaction, increment):
    tally = equal_shares(
        election, satisfaction=satisfaction, completion="add1", increment=increment
    )
    assert list(tally.selected) == stepwise(election, satisfaction, Fraction(increment))


def stepwise(election, satisfaction, increment):
    """Add1 as its definition says: one increment after another."""
    voters = sum(b.count for b in election.ballots)
    rows = naive.utilities(election, satisfaction)
    supported = {p for _, u in rows for p, s in u.items() if s > 0}
    purse = election.budget / voters
    outcome = naive.equal_shares(election, satisfaction, purse)
    while True:
        room = election.budget - sum(election.projects[p].cost for p in outcome)
        if not any(election.projects[p].cost <= room for p in supported - set(outcome)):
            return outcome
        purse += increment
        following = naive.equal_shares(election, satisfaction, purse)
        if sum(election.projects[p].cost for p in following) > election.budget:
            return outcome
        outcome = following


@given(elections())
@settings(max_examples=300, deadline=None)
def test_phragmen_buys_what_the_paper_buys_in_the_same_order(election):
    tally = phragmen(election)
    supported = [s.project for s in tally.steps if s.price is not None]
    assert supported == naive.phragmen(election)


@given(elections())
@settings(max_examples=100, deadline=None)
def test_lightest_load_is_the_densest_set_of_projects(election):
    """Duality by brute force: greatest cost of a set over the voters wanting any of it."""
    votes = prepare(election, satisfaction="cardinality")
    wanted = [p for p in range(len(votes.cost)) if votes.support(p)]
    if not wanted:
        return
    best = Fraction(0)
    for mask in range(1, 2 ** len(wanted)):
        chosen = {p for k, p in enumerate(wanted) if mask >> k & 1}
        n = sum(b.count for b in election.ballots if chosen & set(b.approvals))
        best = max(best, Fraction(sum(votes.cost[p] for p in chosen), n))
    assert load_with(votes, wanted) == best
