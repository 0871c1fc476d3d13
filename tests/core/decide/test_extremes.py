"""Costs of zero, empty boxes, everything tied, vast sums, thousands of projects."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from eutopia.core.decide.equal_shares import COMPLETIONS, equal_shares
from eutopia.core.decide.explanation import explain
from eutopia.core.decide.pabulib import format_election, parse_election
from eutopia.core.decide.rules import RULES, count_ballots
from eutopia.core.decide.votes import prepare, rank_ties
from eutopia.core.kit.exact import ExactChain, parse_decimal
from eutopia.core.records import Ballot, BallotBox, BallotProject, Election


def make(costs, ballots, budget, vote_type="approval"):
    projects = tuple(BallotProject(f"p{i:05d}", Fraction(c)) for i, c in enumerate(costs))
    return Election(projects, BallotBox.of(ballots), Fraction(budget), vote_type)


@pytest.mark.parametrize("rule", RULES)
def test_an_empty_box_is_counted(rule):
    """No ballots at all, ballots with no marks, no money."""
    for ballots, budget in (([], 10), ([Ballot((), count=3)], 10), ([Ballot((0,))], 0)):
        tally = count_ballots(make([4, 20], ballots, budget), rule=rule)
        assert tally.cost <= budget
        assert len(explain(make([4, 20], ballots, budget), tally)) == 2


@pytest.mark.parametrize("completion", COMPLETIONS)
def test_projects_that_cost_nothing_or_too_much(completion):
    """Free projects are taken where they satisfy; a budget below every cost buys nothing else."""
    election = make([0, 0, 50, 60], [Ballot((0, 2)), Ballot((3,))], 40)
    cardinality = equal_shares(election, satisfaction="cardinality", completion=completion)
    assert 0 in cardinality.selected
    assert not {2, 3} & set(cardinality.selected)
    assert not {2, 3} & set(equal_shares(election, completion=completion).selected)


@pytest.mark.parametrize("rule", RULES)
def test_all_tied_goes_by_the_published_rule(rule):
    """Four equal projects, money for two: by id first, by another rule if it is published."""
    election = make([10] * 4, [Ballot((0, 1, 2, 3), count=5)], 20)
    tally = count_ballots(election, rule=rule)
    assert set(tally.selected[:2]) == {0, 1} or (rule == "phragmen" and tally.selected == (0, 1))
    assert any(step.tied_with for step in tally.steps)
    by_lot = count_ballots(election, rule=rule, ties="lot", seed="drawn on 1 June")
    again = count_ballots(election, rule=rule, ties="lot", seed="drawn on 1 June")
    assert by_lot == again


def test_ties_of_each_rule_have_the_rank_they_say():
    election = make([10, 30, 20], [Ballot((1, 2), count=2), Ballot((2,))], 60)
    assert rank_ties(election, ties="min-cost") == (0, 2, 1)
    assert rank_ties(election, ties="max-cost") == (2, 0, 1)
    assert rank_ties(election, ties="approvals") == (2, 1, 0)
    with pytest.raises(ValueError, match="give one of"):
        rank_ties(election, ties="coin")


def test_vast_sums_and_hundredths_stay_exact():
    """A thousand million units in hundredths, where doubles could not tell the two apart."""
    big = Fraction(10**9) + Fraction(1, 100)
    ballots = [Ballot((0,), count=1_000_003), Ballot((1,), count=1_000_003)]
    election = make([big, big], ballots, 2 * big)
    tally = equal_shares(election)
    assert tally.selected == (0, 1)
    assert tally.steps[0].price == Fraction(1, 1_000_003)
    short = make([big, big], ballots, 2 * big - Fraction(1, 10**9))
    assert equal_shares(short).selected == ()


def test_eleven_hundred_projects_of_one_unit_need_no_recursion():
    """Two voters, 1,100 projects: a recursive counter dies here."""
    election = make([1] * 1100, [Ballot(tuple(range(1100)), count=2)], 1100)
    for rule in ("greedy", "equal-shares", "phragmen"):
        assert len(count_ballots(election, rule=rule).selected) == 1100


def test_ten_thousand_projects_are_counted_and_written():
    rng = np.random.default_rng(7)
    ballots = [
        Ballot(tuple(sorted(rng.choice(10_000, 6, replace=False).tolist()))) for _ in range(600)
    ]
    costs = rng.integers(100, 10_000, 10_000).tolist()
    election = make(costs, ballots, 800_000)
    for rule in ("greedy", "equal-shares", "phragmen"):
        tally = count_ballots(election, rule=rule, satisfaction="cardinality")
        assert 0 < tally.cost <= 800_000
    assert parse_election(format_election(election))[0].ballots == prepared_box(election)


def prepared_box(election):
    """Equal ballots once, in the order first seen, as reading makes it."""
    return parse_election(format_election(election))[0].ballots


def test_points_too_fine_to_add_up_are_refused():
    ballots = [Ballot((0,), (Fraction(1, 3**40),)), Ballot((0,), (Fraction(10**9),))]
    with pytest.raises((ValueError, OverflowError)):
        prepare(make([1], ballots, 1, "scoring"), satisfaction="score")


def test_the_chain_knows_its_error_and_its_value():
    """Two hundred numbers each made of the last two: enclosure and fraction agree."""
    chain = ExactChain()
    chain.append(10**12, (), (), 7)
    chain.append(10**12 + 1, (0,), (1,), 3)
    for k in range(2, 200):
        chain.append(10**9, (k - 2, k - 1), (-1, -2), 3)
    exact = chain.value(199)
    assert abs(Fraction(chain.middle[199]) - exact) <= Fraction(chain.radius[199])
    assert exact.denominator > 10**80


@pytest.mark.parametrize(
    "text", ["", "1 000", "1/3", "nan", "inf", "0x10", "1_000", "1e9999", "--1"]
)
def test_only_decimal_digits_are_numbers(text):
    with pytest.raises(ValueError, match="is not a decimal number"):
        parse_decimal(text)
