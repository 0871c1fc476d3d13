"""Decisions teach: what staff confirm moves causes and chances, and nothing else does."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eutopia.core.diagnose.learning import (
    FEATURES,
    LEAST_DECISIONS,
    Verdict,
    certainty,
    learn,
    reweigh_causes,
)
from eutopia.core.records import CAUSES, CauseHypothesis, Inspection
from tests.core.diagnose.test_problems import problems_of, town_reports

(LEAK,) = problems_of(town_reports())


def verdict(number: int, kind: str, cause: str, *, accepted: bool = True) -> Verdict:
    problem = replace(LEAK, id=f"P-{number:04}", problem_type=kind, report_ids=(f"r{number}",))
    return Verdict(problem, accepted, cause)


def test_nothing_decided_nothing_learned() -> None:
    learned = learn(())
    assert learned.causes is None
    assert certainty(LEAK, model=learned.acceptance) is None
    assert reweigh_causes(LEAK.by_signs, "water_leak") == LEAK.causes


def test_what_staff_find_again_and_again_comes_first() -> None:
    """Thirty leaks from works nearby, which the signs alone do not even weigh."""
    told = learn([verdict(k, "water_leak", "works_nearby") for k in range(30)]).causes
    assert reweigh_causes(LEAK.by_signs, "water_leak", model=told)[0].cause == "works_nearby"
    # Another type learns less from it: only what is common to all.
    other = reweigh_causes(LEAK.by_signs, "graffiti", model=told, least=0.0)
    own = reweigh_causes(LEAK.by_signs, "water_leak", model=told, least=0.0)
    share = [{c.cause: c.likelihood for c in one}["works_nearby"] for one in (other, own)]
    assert share[0] < share[1]


def test_learned_on_one_half_helps_on_the_other_half() -> None:
    """Causes drawn 80 : 20 by type; log-loss and Brier on 200 held back, before and after."""
    rng = np.random.default_rng(5)
    usual = {"water_leak": "worn_asset", "no_water": "drainage", "graffiti": "behaviour"}
    rows = []
    for k in range(400):
        kind = str(rng.choice(list(usual)))
        cause = usual[kind] if rng.random() < 0.8 else str(rng.choice(CAUSES))
        rows.append(verdict(k, kind, cause))
    before, after = _scores(rows[200:], None), _scores(rows[200:], learn(rows[:200]).causes)
    assert after[0] < before[0] - 0.3
    assert after[1] < before[1] - 0.3


def _scores(rows: list[Verdict], model) -> tuple[float, float]:
    loss, brier = [], []
    for row in rows:
        told = reweigh_causes(
            row.problem.by_signs, row.problem.problem_type, model=model, least=0.0
        )
        share = {c.cause: c.likelihood for c in told}
        loss.append(-np.log(max(share.get(row.cause, 0.0), 0.005)))
        brier.append(sum((share.get(c, 0.0) - (c == row.cause)) ** 2 for c in CAUSES))
    return float(np.mean(loss)), float(np.mean(brier))


@pytest.mark.filterwarnings("ignore:The design matrix is rank-deficient")
def test_the_fit_is_that_of_an_independent_one() -> None:
    """The chance of confirmation against statsmodels' logistic regression, unpenalised."""
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    from eutopia.core.diagnose.learning import acceptance_features

    rng = np.random.default_rng(3)
    rows = []
    for k in range(400):
        problem = replace(
            LEAK, id=f"P-{k}", events=int(rng.integers(6, 60)), recurrences=int(rng.integers(0, 6))
        )
        chance = 1 / (1 + np.exp(-(np.log(problem.events / 12))))
        rows.append(Verdict(problem, bool(rng.random() < chance)))
    mine = learn(rows, acceptance_ridge=1e-6).acceptance
    assert mine is not None
    features = np.array([acceptance_features(v.problem) for v in rows])
    # The problems of this test differ in two features only; the fit takes the pseudoinverse.
    oracle = GLM([float(v.accepted) for v in rows], features, family=Binomial()).fit()
    told = [certainty(v.problem, model=mine) for v in rows]
    assert told == pytest.approx(oracle.predict(features).tolist(), abs=0.005)


def test_too_few_decisions_tell_no_chance() -> None:
    rows = [verdict(k, "water_leak", "", accepted=k % 2 == 0) for k in range(LEAST_DECISIONS - 1)]
    assert learn(rows).acceptance is None
    model = learn([*rows, verdict(999, "water_leak", "")]).acceptance
    assert model is not None
    assert len(model.coefficients) == len(FEATURES)


def test_an_inspectors_word_moves_the_cause() -> None:
    seen = Inspection("v1", date(2026, 1, 1), True, cause="drainage")
    plain = {c.cause: c.likelihood for c in reweigh_causes(LEAK.by_signs, "water_leak", least=0)}
    told = {
        c.cause: c.likelihood
        for c in reweigh_causes(LEAK.by_signs, "water_leak", seen=(seen,) * 5, least=0)
    }
    assert max(told, key=told.__getitem__) == "drainage"
    assert told["worn_asset"] < plain["worn_asset"]
    unseen = replace(seen, confirmed=False)
    assert reweigh_causes(LEAK.by_signs, "water_leak", seen=(unseen,)) == LEAK.causes


def test_an_unknown_cause_is_refused() -> None:
    with pytest.raises(ValueError, match="none of"):
        learn([verdict(1, "water_leak", "goblins")])


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.sampled_from(CAUSES), st.booleans()), max_size=12), st.randoms())
def test_likelihoods_are_shares_and_order_teaches_nothing(rows, random) -> None:
    verdicts = [verdict(k, "water_leak", c, accepted=ok) for k, (c, ok) in enumerate(rows)]
    shuffled = random.sample(verdicts, len(verdicts))
    model = learn(verdicts)
    assert model == learn(shuffled)
    weighed = reweigh_causes(
        (CauseHypothesis("unknown", 1.0),), "water_leak", model=model.causes, least=0.0
    )
    assert abs(sum(c.likelihood for c in weighed) - 1) < 0.01
