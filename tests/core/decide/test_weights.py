"""Weights: published examples, closed forms, other solvers, and answers that can't be meant."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from eutopia.core.decide.weights import Weights, from_swings, share_out
from eutopia.core.decide.weights_best_worst import (
    consistency_index,
    from_best_and_worst,
    smallest_error,
)
from eutopia.core.decide.weights_groups import agreement, in_common, pool, weigh_side
from eutopia.core.decide.weights_pairs import RANDOM_INDEX, from_pairs

HOUSE = ("size", "transport", "neighbourhood", "age", "yard", "modern", "condition", "financing")
# Saaty (1990), "How to make a decision: the analytic hierarchy process", European Journal of
# Operational Research 48, table 2: the choice of a house, above the diagonal by rows.
HOUSE_PAIRS = (
    "5 3 7 6 6 1/3 1/4", "1/3 5 3 3 1/5 1/7", "6 3 4 6 1/5", "1/3 1/4 1/7 1/8", "1/2 1/5 1/6",
    "1/5 1/6", "1/2",
)  # fmt: skip
HOUSE_WEIGHTS = (0.173, 0.054, 0.188, 0.018, 0.031, 0.036, 0.167, 0.333)


def house_pairs():
    return {
        (HOUSE[i], HOUSE[i + 1 + k]): Fraction(number)
        for i, row in enumerate(HOUSE_PAIRS)
        for k, number in enumerate(row.split())
    }


def test_saatys_house():
    """The eigenvector and consistency ratio that Saaty printed (0.169; he rounds to 0.17)."""
    told = from_pairs(HOUSE, house_pairs(), way="eigenvector")
    assert told.values == pytest.approx(HOUSE_WEIGHTS, abs=0.0006)
    # His largest eigenvalue is 9.669: (9.669 - 8) / 7 over the random index of 8 criteria.
    assert told.inconsistency == pytest.approx(1.669 / 7 / 1.41, abs=0.0002)
    assert not told.acceptable
    assert told.doubt is not None
    assert {told.doubt.first, told.doubt.second} == {"neighbourhood", "condition"}


def consistent_pairs(weights):
    names = [f"c{i}" for i in range(len(weights))]
    pairs = {(names[i], names[j]): Fraction(weights[i], weights[j])
             for i, j in itertools.combinations(range(len(weights)), 2)}  # fmt: skip
    return names, pairs


@given(st.lists(st.integers(1, 9), min_size=2, max_size=10))
@settings(max_examples=25, deadline=None)
def test_consistent_pairs_give_back_the_weights(weights):
    """Either way, exactly what the ratios were made from; the ratio of consistency is nil."""
    names, pairs = consistent_pairs(weights)
    for way in ("geometric_mean", "eigenvector"):
        told = from_pairs(names, pairs, way=way)
        assert told.values == pytest.approx([w / sum(weights) for w in weights], rel=1e-9)
        assert told.inconsistency == 0
        assert told.doubt is None


SCALE = [Fraction(1, n) for n in range(9, 1, -1)] + [Fraction(n) for n in range(1, 10)]


@given(st.lists(st.sampled_from(SCALE), min_size=6, max_size=6))
@settings(max_examples=25, deadline=None)
def test_turning_every_pair_round_turns_the_order_round(numbers):
    """The geometric mean: weights become proportional to their inverses (right-left symmetry)."""
    pairs = dict(zip(itertools.combinations("abcd", 2), numbers, strict=True))
    one = np.array(from_pairs("abcd", pairs).values)
    turned = from_pairs("abcd", {pair: 1 / number for pair, number in pairs.items()})
    assert np.array(turned.values) == pytest.approx(1 / one / (1 / one).sum(), rel=1e-9)
    # Power iteration, another way to the principal eigenvector.
    told = from_pairs("abcd", pairs, way="eigenvector")
    matrix = np.ones((4, 4))
    for (i, j), number in zip(itertools.combinations(range(4), 2), numbers, strict=True):
        matrix[i, j], matrix[j, i] = float(number), float(1 / number)
    vector = np.full(4, 0.25)
    for _ in range(2_000):
        vector = matrix @ vector
        vector /= vector.sum()
    assert told.values == pytest.approx(vector, rel=1e-6)
    largest = (matrix @ vector / vector).mean()
    assert told.inconsistency == pytest.approx((largest - 4) / 3 / RANDOM_INDEX[4], abs=1e-6)


def test_three_pairs_have_a_closed_form():
    """Of three criteria λ = 1 + z + 1/z, z the cube root of a·b/c (Saaty 1980)."""
    told = from_pairs("abc", {("a", "b"): 3, ("b", "c"): 4, ("a", "c"): 2})
    z = (3 * 4 / 2) ** (1 / 3)
    assert told.inconsistency == pytest.approx((z + 1 / z - 2) / 2 / 0.58)
    assert told.values == pytest.approx(
        from_pairs("abc", {("a", "b"): 3, ("b", "c"): 4, ("a", "c"): 2}, way="eigenvector").values
    )


def test_rezaeis_transport_mode():
    """Rezaei (2015), example 1: ξ* = 0.26 and ξ*/CI = 0.058; the closed form is 4 - √14."""
    told = from_best_and_worst(
        ("load", "access", "cost"), best="cost", worst="load",
        best_to_others={"load": 8, "access": 2}, others_to_worst={"access": 5},
    )  # fmt: skip
    assert smallest_error(8, [(2, 5)]) == pytest.approx(4 - 14**0.5)
    assert told.inconsistency == pytest.approx(0.058, abs=0.0003)
    assert told.doubt is not None
    # The linear model of 2016 by hand: w3 - 2 w2 = -x, w2 - 5 w1 = -x, w3 - 8 w1 = x.
    assert told.values == pytest.approx(
        scipy_linear(["load", "access", "cost"], "cost", "load", [8, 2, 1], [1, 5, 8])[0], abs=1e-6
    )


def scipy_linear(names, best, worst, down, up):
    """The linear model by scipy's own interior point, and the error reached."""
    n = len(names)
    b, w = names.index(best), names.index(worst)
    rows = []
    for j in range(n):
        for left, right, times in ((b, j, down[j]), (j, w, up[j])):
            if left == right:
                continue
            row = np.zeros(n + 1)
            row[left] += 1
            row[right] -= times
            rows += [np.append(row[:n], -1), np.append(-row[:n], -1)]
    cost = np.append(np.zeros(n), 1)
    equal = np.append(np.ones(n), 0)[None, :]
    found = linprog(
        cost, A_ub=rows, b_ub=np.zeros(len(rows)), A_eq=equal, b_eq=[1], method="highs-ipm"
    )
    return found.x[:n], found.fun


@st.composite
def best_worst(draw):
    n = draw(st.integers(2, 6))
    top = draw(st.integers(2, 9))
    middle = [(draw(st.integers(1, top)), draw(st.integers(1, top))) for _ in range(n - 2)]
    return top, middle


@given(best_worst())
@settings(max_examples=25, deadline=None)
def test_the_linear_model_is_as_good_as_scipys(told):
    """The weights reach the least largest error that another solver proves."""
    top, middle = told
    names = [f"c{i}" for i in range(len(middle) + 2)]
    down = [1, top, *(a for a, _ in middle)]
    up = [top, 1, *(b for _, b in middle)]
    found = from_best_and_worst(
        names, best="c0", worst="c1",
        best_to_others=dict(zip(names[1:], down[1:], strict=True)),
        others_to_worst=dict(zip([names[0], *names[2:]], [up[0], *up[2:]], strict=True)),
    )  # fmt: skip
    w = np.array(found.values)
    errors = [abs(w[0] - down[j] * w[j]) for j in range(1, len(w))]
    errors += [abs(w[j] - up[j] * w[1]) for j in range(len(w)) if j != 1]
    assert max(errors) == pytest.approx(scipy_linear(names, "c0", "c1", down, up)[1], abs=1e-7)
    assert sum(found.values) == pytest.approx(1)
    # The error of ratios: at a fixed ξ the nonlinear model is linear, so scipy can say if it fits.
    error = smallest_error(top, middle)
    assert ratios_fit(down, up, error + 1e-6)
    assert error < 1e-6 or not ratios_fit(down, up, error - 1e-4)
    assert error <= consistency_index(top) + 1e-9 or found.inconsistency > 1


def ratios_fit(down, up, error):
    """Whether some weights keep w_best/w_j and w_j/w_worst within the error of what was said."""
    n = len(down)
    rows = []
    for j in range(n):
        for left, right, times in ((0, j, down[j]), (j, 1, up[j])):
            if left == right:
                continue
            high, low = np.zeros(n), np.zeros(n)
            high[left] += 1
            high[right] -= times + error
            low[left] -= 1
            low[right] += times - error
            rows += [high, low]
    found = linprog(
        np.zeros(n),
        A_ub=rows,
        b_ub=np.full(len(rows), 1e-12),
        A_eq=[np.ones(n)],
        b_eq=[1],
        bounds=(1e-6, 1),
    )
    return found.status == 0


def test_points_and_swings():
    assert share_out({"a": 60, "b": 40, "c": 0}, total=100).values == (0.6, 0.4, 0.0)
    assert from_swings({"a": 100, "b": 50, "c": 50}).values == (0.5, 0.25, 0.25)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: share_out({"a": 60, "b": 41}, total=100), "add up to 101, not to 100"),
        (lambda: share_out({"a": -1, "b": 41}), "a: -1 is less than 0"),
        (lambda: share_out({"a": 0, "b": 0}), "0 points"),
        (lambda: share_out({"a": 1}), "1 criteria"),
        (lambda: from_swings({"a": 90, "b": 40}), "rate the most welcome step 100"),
        (lambda: from_pairs("abc", {("a", "b"): 2, ("b", "c"): 2}), "'a' and 'c' were not"),
        (lambda: from_pairs("ab", {("a", "b"): 2, ("b", "a"): 2}), "compared twice"),
        (lambda: from_pairs("ab", {("a", "b"): 0}), "0 is not positive"),
        (lambda: from_pairs("ab", {("a", "d"): 1}), "no two of the criteria"),
        (lambda: from_pairs("ab", {("a", "b"): 1}, way="guess"), "no way to weigh"),
        (lambda: from_pairs("abcdefghijk", {}), "too many to compare"),
        (lambda: pool([]), "nobody has answered"),
        (lambda: agreement([]), "two or more sides"),
    ],
)  # fmt: skip
def test_answers_that_cannot_be_meant_are_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"best": "c"}, "must be two of the criteria"),
        ({"best_to_others": {"b": 2}, "others_to_worst": {"b": 3}}, "'c' was not compared with"),
        ({"others_to_worst": {}}, "'b' was not compared with 'c'"),
        ({"best_to_others": {"b": 12, "c": 8}}, "12 is no whole number of 1 to 9"),
        ({"others_to_worst": {"b": 4, "a": 7}}, "otherwise each time"),
        ({"best_to_others": {"b": 2, "c": 8, "z": 2}}, "'z' is no criterion"),
    ],
)
def test_best_and_worst_that_cannot_be_meant_are_refused(changed, words):
    given = {
        "best": "a", "worst": "c",
        "best_to_others": {"b": 2, "c": 8}, "others_to_worst": {"b": 4},
    } | changed  # fmt: skip
    with pytest.raises(ValueError, match=words):
        from_best_and_worst("abc", **given)


answers = st.lists(st.integers(1, 100), min_size=3, max_size=3).map(
    lambda points: share_out(dict(zip("abc", points, strict=True)))
)


@given(st.lists(answers, min_size=1, max_size=8), st.integers(0, 7))
@settings(max_examples=25, deadline=None)
def test_pooling_keeps_ratios_and_treats_all_alike(given_, turn):
    """The ratio of two pooled weights is the geometric mean of the ratios; order is nothing."""
    together = pool(given_, floor=0)
    ratio = np.prod([one.values[0] / one.values[1] for one in given_]) ** (1 / len(given_))
    assert together.values[0] / together.values[1] == pytest.approx(ratio)
    turned = given_[turn % len(given_) :] + given_[: turn % len(given_)]
    assert pool(turned, floor=0).values == pytest.approx(together.values)
    assert sum(together.values) == pytest.approx(1)


def test_one_nothing_does_not_outvote_everybody():
    """Ninety-nine give a half, one gives nothing: with the floor the pool stays near a half."""
    people = [share_out({"a": 1, "b": 1})] * 99 + [share_out({"a": 0, "b": 1})]
    assert pool(people).of("a") == pytest.approx(0.487, abs=0.001)


def test_bounds_hold_the_truth_as_often_as_they_say():
    """Log-normal tastes about known weights: 95 % bounds hold the truth in 90 to 99 % of towns."""
    rng = np.random.default_rng(7)
    truth = np.array([0.5, 0.3, 0.2])
    held = 0
    for _ in range(200):
        taste = np.exp(np.log(truth) + rng.normal(0, 0.5, (40, 3)))
        people = [
            Weights(("a", "b", "c"), tuple((row / row.sum()).tolist()), "swing") for row in taste
        ]
        told = weigh_side("residents", people, rng=rng, draws=400)
        held += told.low[0] <= truth[0] <= told.high[0]
    assert 180 <= held <= 198


def test_where_sides_agree_and_differ():
    """Two crowds far apart on one criterion, alike on another; a council with one voice."""
    rng = np.random.default_rng(3)

    def crowd(side, points):
        people = [
            share_out({k: max(1, v + int(rng.integers(-3, 4))) for k, v in points.items()})
            for _ in range(60)
        ]
        return weigh_side(side, people, rng=rng)

    residents = crowd("residents", {"roads": 20, "trees": 60, "light": 20})
    business = crowd("business", {"roads": 60, "trees": 20, "light": 20})
    council = weigh_side(
        "municipality", [share_out({"roads": 40, "trees": 40, "light": 20})], rng=rng,
        speaks_as_one=True,
    )  # fmt: skip
    told = {one.criterion: one for one in agreement([residents, business, council])}
    assert (told["roads"].verdict, told["roads"].highest) == ("differ", "business")
    assert told["trees"].lowest == "business"
    assert told["light"].verdict == "no_difference_shown"
    assert in_common(residents, business) == pytest.approx(0.6, abs=0.03)
    few = weigh_side("business", [share_out({"roads": 1, "trees": 1, "light": 1})] * 4, rng=rng)
    assert few.low is None
    assert all(one.verdict == "unknown" for one in agreement([residents, few]))
