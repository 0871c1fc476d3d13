"""Bargaining: the axioms as properties, brute force, closed forms, and other solvers."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from eutopia.core.decide.bargaining import RULES, Option, bargain, proof_gap, undominated

SIDES = ("residents", "business", "municipality")
NOTHING = dict.fromkeys(SIDES, 0)

points = st.lists(
    st.tuples(*[st.integers(0, 12)] * 3), min_size=1, max_size=7, unique=True
)  # fmt: skip


def told(rows, *, base=(0, 0, 0), mixed=False):
    options = [Option(f"p{i}", tuple(map(float, row))) for i, row in enumerate(rows)]
    return bargain(
        options, sides=SIDES, disagreement=dict(zip(SIDES, base, strict=True)), mixed=mixed
    )


def chosen(found, rule="nash"):
    (part,) = found.deal(rule).parts
    return int(part[0][1:])


@given(points)
@settings(max_examples=100, deadline=None)
def test_nash_has_the_largest_product(rows):
    """By brute force over all options: most sides gain, then their product is the largest."""
    assume(any(max(row) for row in rows))
    found = told(rows)

    def worth(row):
        ideal = [max(r[s] for r in rows) for s in range(3)]
        gaining = [v / ideal[s] for s, v in enumerate(row) if v > 0]
        return len(gaining), math.prod(gaining)

    best = max(worth(row) for row in rows)
    taken = worth(rows[chosen(found)])
    assert taken[0] == best[0]
    assert taken[1] == pytest.approx(best[1])


@given(points, st.booleans())
@settings(max_examples=60, deadline=None)
def test_every_deal_is_acceptable_and_efficient(rows, mixed):
    """Nobody is worse off than without; no option is better for one and worse for none."""
    found = told(rows, base=(1, 1, 1), mixed=mixed)
    able = [row for row in rows if min(row) >= 1]
    if not able or not any(max(row) > 1 for row in able):
        assert all(deal.utilities == (1, 1, 1) for deal in found.deals)
        return
    for deal in found.deals:
        assert min(deal.gains) >= -1e-9
        got = np.array(deal.utilities)
        better = [r for r in able if (np.array(r) >= got - 1e-7).all() and (r > got + 1e-5).any()]
        assert not better, (deal, better)
        assert sum(share for _, share in deal.parts) == pytest.approx(1)


@given(points, st.tuples(*[st.integers(-3, 3)] * 3), st.tuples(*[st.integers(-50, 50)] * 3))
@settings(max_examples=60, deadline=None)
def test_nash_and_kalai_smorodinsky_know_no_units(rows, power, shift):
    """Other units and another zero for a side change nothing (powers of two: no rounding)."""
    other = [
        tuple(v * 2.0 ** power[s] + shift[s] for s, v in enumerate(row)) for row in rows
    ]  # fmt: skip
    one, two = told(rows), told(other, base=shift)
    for rule in ("nash", "kalai_smorodinsky"):
        assert one.deal(rule).parts == two.deal(rule).parts
    assert (one.frontier, one.refused) == (two.frontier, two.refused)


@given(points, st.permutations(range(3)))
@settings(max_examples=60, deadline=None)
def test_sides_are_treated_alike(rows, order):
    """Names of sides mean nothing: turned about, the same options are taken."""
    turned = told([tuple(row[s] for s in order) for row in rows])
    one = told(rows)
    for rule in RULES:
        assert one.deal(rule).parts == turned.deal(rule).parts


@given(points, st.data())
@settings(max_examples=60, deadline=None)
def test_nash_ignores_what_is_not_taken(rows, data):
    """Without options that were not taken, the same is taken; ideals stay, so units stay."""
    assume(any(min(row) > 0 for row in rows))
    taken = chosen(told(rows))
    products = sorted((math.prod(row) for row in rows), reverse=True)
    assume(len(products) == 1 or products[0] > products[1])
    others = [i for i in range(len(rows)) if i != taken]
    kept = data.draw(st.lists(st.sampled_from(others), unique=True)) if others else []
    fewer = [rows[taken], *(rows[i] for i in kept)]
    assert chosen(told(fewer)) == 0


@given(points, st.tuples(*[st.integers(0, 12)] * 3))
@settings(max_examples=60, deadline=None)
def test_a_further_option_never_lowers_the_least_gain(rows, more):
    """The egalitarian rule is monotone."""
    before, after = told(rows), told([*rows, more])
    able = [s for s in range(3) if max(row[s] for row in rows) > 0]
    assume(len(able) == 3)
    assert min(after.deal("egalitarian").gains) >= min(before.deal("egalitarian").gains)


def brute_mixed_nash(gains):
    """The best mean log gain over every support of at most three options, in closed form.

    At an optimum of three sides three options suffice. With an invertible support G the gains x
    are such that c·x = 1, where c = G⁻¹ 1, so the product is largest at x = 1 / (3 c).
    """
    best = (
        max(np.log(row).mean() for row in gains if row.min() > 0)
        if any(row.min() > 0 for row in gains)
        else -math.inf
    )
    for i, j in itertools.combinations(range(len(gains)), 2):
        t = np.linspace(0, 1, 501)[1:-1, None]
        x = t * gains[i] + (1 - t) * gains[j]
        x = x[x.min(axis=1) > 0]
        if len(x):
            best = max(best, np.log(x).mean(axis=1).max())
    for support in itertools.combinations(range(len(gains)), 3):
        part = gains[list(support)].T
        if abs(np.linalg.det(part)) < 1e-9:
            continue
        c = np.linalg.solve(part.T, np.ones(3))
        if (c > 0).all():
            x = 1 / (3 * c)
            if (np.linalg.solve(part, x) >= -1e-12).all():
                best = max(best, np.log(x).mean())
    return best


@given(points)
@settings(max_examples=25, deadline=None)
def test_mixed_nash_is_proved_best(rows):
    """No mixture does better: by the tangent's proof, and by brute force over supports."""
    assume(all(max(row[s] for row in rows) > 0 for s in range(3)))
    found = told(rows, mixed=True)
    gains = np.array(rows, dtype=float)
    shares = np.zeros(len(rows))
    for name, share in found.deal("nash").parts:
        shares[int(name[1:])] = share
    assert proof_gap(gains, shares) < 1e-5
    got = np.log(found.deal("nash").gains).mean()
    assert got >= brute_mixed_nash(gains) - 1e-6


@given(points)
@settings(max_examples=25, deadline=None)
def test_mixed_least_gains_are_scipys(rows):
    """Egalitarian and Kalai-Smorodinsky levels agree with scipy's linear programme."""
    assume(all(max(row[s] for row in rows) > 0 for s in range(3)))
    found = told(rows, mixed=True)
    gains = np.array(rows, dtype=float)
    for rule, scale in (("egalitarian", np.ones(3)), ("kalai_smorodinsky", gains.max(axis=0))):
        table = gains / scale
        k = len(rows)
        best = linprog(
            np.append(np.zeros(k), -1), A_ub=np.hstack([-table.T, np.ones((3, 1))]),
            b_ub=np.zeros(3), A_eq=[np.append(np.ones(k), 0)], b_eq=[1],
        )  # fmt: skip
        level = (np.array(found.deal(rule).gains) / scale).min()
        assert level == pytest.approx(-best.fun, abs=1e-6)


def test_splitting_a_sum_in_two():
    """Nash's own: with linear utilities and mixtures, each gets half of the surplus."""
    found = bargain(
        [Option("all mine", (10, 2)), Option("all yours", (4, 14))],
        sides=("one", "two"), disagreement={"one": 4, "two": 2}, mixed=True,
    )  # fmt: skip
    assert found.deal("nash").utilities == pytest.approx((7, 8))
    assert found.deal("kalai_smorodinsky").achieved == pytest.approx((0.5, 0.5))
    assert found.deal("egalitarian").gains == pytest.approx((4, 4), abs=1e-6)
    assert found.deal("utilitarian").parts == (("all yours", 1.0),)


def test_what_each_gives_and_gets():
    """From the compromise to a side's favourite: it gains, the others lose more of what they have."""  # noqa: E501
    found = told([(9, 1, 4), (6, 6, 5), (1, 9, 4), (5, 5, 5), (9, 0, 9)], base=(0, 0.5, 0))
    assert found.refused == ("p4",)
    assert found.dominated == ("p3",)
    assert found.frontier == ("p0", "p1", "p2")
    assert found.ideal == (9, 9, 5)
    assert found.deal("nash").parts == (("p1", 1.0),)
    first = found.steps[0]
    assert (first.favours, first.option) == ("residents", "p0")
    assert first.changes == pytest.approx((0.5, 0.5 / 5.5 - 1, 4 / 5 - 1))


def test_a_side_that_cannot_gain_does_not_stop_the_others():
    found = told([(4, 0, 2), (2, 0, 5), (0, 0, 9)])
    assert found.deal("nash").parts == (("p1", 1.0),)
    assert found.deal("nash").achieved[1] == 1
    assert found.steps[0].changes[1] is None


def test_where_nobody_gains_nothing_is_agreed():
    found = told([(1, 2, 0), (0, 5, 5)], base=(1, 2, 1))
    assert found.refused == ("p0", "p1")
    assert all(deal.parts == () and deal.utilities == (1, 2, 1) for deal in found.deals)
    assert found.steps == ()


def test_ties_go_to_the_more_even_deal_then_to_the_first():
    """Two products of 64; the third option, which leaves two sides nothing, sets an ideal of 16."""
    assert chosen(told([(4, 4, 4), (8, 2, 4), (16, 0, 0)])) == 1
    assert chosen(told([(2, 4, 4), (4, 2, 4)])) == 0


@given(points)
@settings(max_examples=100, deadline=None)
def test_the_frontier_is_what_nothing_beats(rows):
    kept = undominated(np.array(rows, dtype=float))
    for row, keep in zip(rows, kept, strict=True):
        beaten = any(
            all(o >= v for o, v in zip(other, row, strict=True)) and other != row for other in rows
        )
        assert keep == (not beaten)


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({"options": []}, "one option or more"),
        ({"options": [Option("a", (1, 2)), Option("a", (1, 2))]}, "an id of its own"),
        ({"options": [Option("a", (1,))]}, "option 'a': give a number for each"),
        ({"options": [Option("a", (1, math.nan))]}, "option 'a'"),
        ({"sides": ("x",)}, "two or more sides"),
        ({"disagreement": {"x": 0}}, "what 'y' has if nothing is agreed"),
    ],
)
def test_what_cannot_be_meant_is_refused(given_, words):
    asked = {
        "options": [Option("a", (1, 2))], "sides": ("x", "y"), "disagreement": {"x": 0, "y": 0},
    } | given_  # fmt: skip
    with pytest.raises(ValueError, match=words):
        bargain(asked.pop("options"), **asked)
