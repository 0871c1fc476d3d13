"""How sure is a rank? Monte Carlo over every choice, and which choice moves it most (Sobol)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from eutopia.core.diagnose.index.aggregation import aggregate
from eutopia.core.diagnose.index.engine import IndexChoices, compute_index, settled
from eutopia.core.diagnose.index.steps import BOUNDED
from eutopia.core.diagnose.index.structure import IndexTable

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ChoiceSpace:
    """Which choices would also have been reasonable?

    Every combination of the lists is one method; `weight_noise` is the relative half-width of the
    uniform noise on each weight (0.25: from 75 % to 125 %).
    """

    imputations: tuple[str, ...] = ("group_mean", "group_median")
    treatments: tuple[str, ...] = ("winsorise", "none")
    normalisations: tuple[str, ...] = ("minmax", "percentile_rank")
    aggregations: tuple[str, ...] = ("arithmetic", "geometric")
    weight_noise: float = 0.25

    @classmethod
    def around(cls, table: IndexTable, choices: IndexChoices) -> ChoiceSpace:
        """Which choices lie around those made, as far as this table allows them?

        The choices made are always among them. Where nothing is missing, imputation is no choice.
        Means that need values above zero stand only beside normalisations that give them.
        """
        made = settled(table, choices)
        group = "group_" if made.grouping else ""
        whole = not np.isnan(table.values).any()
        means: tuple[str, ...] = ("arithmetic", "geometric")
        if made.normalisation not in BOUNDED or made.filled_scale[0] < 0:
            means = ("arithmetic",)

        def with_own(own: str, others: tuple[str, ...]) -> tuple[str, ...]:
            return (own, *(one for one in others if one != own))

        return cls(
            (made.imputation,)
            if whole or made.imputation == "none"
            else with_own(made.imputation, (f"{group}mean", f"{group}median")),
            with_own(made.treatment, ("winsorise", "none")),
            with_own(made.normalisation, ("minmax", "percentile_rank")),
            with_own(made.aggregation, means),
        )


@dataclass(frozen=True, slots=True)
class RankUncertainty:
    """Between which places does each unit stand, over all reasonable choices?

    `low` and `high` are the 5th and 95th percentile of the rank (1 the best), `median` the middle,
    shape (units,); `nominal` is the rank by the choices that were made. `sensitivity` pairs a
    choice with its first-order and total Sobol index for the mean shift of ranks; empty unless
    asked for.
    """

    units: tuple[str, ...]
    nominal: NDArray[np.int64]
    low: Floats
    median: Floats
    high: Floats
    replicates: int
    sensitivity: tuple[tuple[str, float, float], ...] = ()


def rank_uncertainty(
    table: IndexTable,
    *,
    choices: IndexChoices,
    space: ChoiceSpace | None = None,
    replicates: int,
    rng: np.random.Generator,
    sobol_samples: int = 0,
) -> RankUncertainty:
    """Over all reasonable choices, between which places does each unit stand?

    Parameters
    ----------
    table
        Units, indicators and their tree.
    choices
        The choices made; grouping and screening are kept.
    space
        The choices that would also have been reasonable; None for those around the ones made.
    replicates
        Draws of a method and of weights.
    rng
        Source of chance; the same seed gives the same result.
    sobol_samples
        Base samples of the sensitivity analysis by SALib (a power of two); 0 leaves it out. It
        costs (2 + number of factors) times as many evaluations.

    Raises
    ------
    ValueError
        No replicates, or a choice can't be used with these values.

    Notes
    -----
    Normalised tables are made once for each combination of imputation, treatment and normalisation;
    all draws of weights on one of them are aggregated at once, so 10,000 replicates of 51 units by
    49 indicators take well under a second. Duels are fought draw by draw. What stays missing is
    left out and the others' weights grow; a unit without any score stands last. Memory
    O(units * replicates).

    Source: M. Saisana, A. Saltelli and S. Tarantola, JRSS A 168 (2005); indices by A. Saltelli et
    al., Computer Physics Communications 181 (2010).
    """
    if replicates < 1:
        raise ValueError("at least one replicate is needed")
    choices = settled(table, choices)
    nominal = compute_index(table, choices=choices)
    sampler = _Sampler(table, choices, space or ChoiceSpace.around(table, choices))
    draws = rng.random((replicates, len(sampler.factors)))
    ranks = sampler.ranks(draws)
    low, median, high = np.percentile(ranks, [5, 50, 95], axis=1)
    sensitivity = _sobol(sampler, nominal.ranks, sobol_samples, rng) if sobol_samples else ()
    return RankUncertainty(nominal.units, nominal.ranks, low, median, high, replicates, sensitivity)


class _Sampler:
    """Turns a point of the unit cube into a method with weights, and many points into ranks."""

    def __init__(self, table: IndexTable, choices: IndexChoices, space: ChoiceSpace) -> None:
        self.table, self.choices, self.space = table, choices, space
        self.lists: tuple[Sequence[str], ...] = (
            space.imputations, space.treatments, space.normalisations, space.aggregations
        )  # fmt: skip
        self.nodes = (*table.indicators, *table.aggregates)
        self.factors = (
            ["imputation", "treatment", "normalisation", "aggregation"]
            + [f"weight of {n.code}" for n in self.nodes if n.parent]
        )  # fmt: skip
        self.tables: dict[tuple[str, ...], Floats] = {}

    def normalised(self, names: tuple[str, ...]) -> Floats:
        imputation, treatment, normalisation, aggregation = names
        scale = replace(self.choices, aggregation=aggregation).filled_scale
        key = (imputation, treatment, normalisation, str(scale))
        if key not in self.tables:
            changed = replace(
                self.choices, imputation=imputation, treatment=treatment,
                normalisation=normalisation, aggregation="arithmetic", scale=scale,
            )  # fmt: skip
            self.tables[key] = dict(compute_index(self.table, choices=changed).steps)["normalised"]
        return self.tables[key]

    def ranks(self, draws: Floats) -> Floats:
        """Ranks, shape (units, draws): 1 the best, ties share the better place."""
        picks = np.column_stack(
            [np.minimum((draws[:, k] * len(names)).astype(int), len(names) - 1)
             for k, names in enumerate(self.lists)]
        )  # fmt: skip
        noise = 1 + self.space.weight_noise * (2 * draws[:, 4:] - 1)
        weighed = [n for n in self.nodes if n.parent]
        weights = {
            n.code: self.choices.weights.get(n.code, n.weight) * noise[:, k]
            for k, n in enumerate(weighed)
        }
        scores: Floats | None = None
        for combination in np.unique(picks, axis=0):
            rows = np.flatnonzero((picks == combination).all(axis=1))
            names = tuple(self.lists[k][c] for k, c in enumerate(combination))
            drawn = {code: one[rows] for code, one in weights.items()}
            found = self.index(self.normalised(names), names[3], drawn)
            if scores is None:
                scores = np.empty((len(found), len(draws)))
            scores[:, rows] = found
        assert scores is not None  # noqa: S101 - there is at least one draw
        return _ranks(scores)

    def index(self, normalised: Floats, method: str, weights: Mapping[str, Floats]) -> Floats:
        """Topmost scores, shape (units, draws): each level is a weighted sum of its children."""
        if method in ("copeland", "outranking"):
            return self._duels(normalised, method, weights)
        forward, back = _TRANSFORMS[method]
        if method != "arithmetic" and (normalised <= 0).any():
            raise ValueError(f"a {method} mean needs a scale above zero; leave it out")
        known = {n.code: forward(normalised[:, [j]]) for j, n in enumerate(self.table.indicators)}
        top = ""
        for level in self.table.levels():
            for node in level:
                children = self.table.children(node.code)
                shares = np.array([weights[c.code] for c in children])
                known[node.code] = _weighted([known[c.code] for c in children], shares)
                top = node.code
        result: Floats = back(known[top])
        return result

    def _duels(self, normalised: Floats, method: str, weights: Mapping[str, Floats]) -> Floats:
        top = self.table.levels()[-1][-1].code
        draws = len(next(iter(weights.values())))
        return np.column_stack(
            [
                aggregate(
                    normalised, self.table, method=method,
                    weights={code: float(one[k]) for code, one in weights.items()},
                )[top]
                for k in range(draws)
            ]
        )  # fmt: skip


def _weighted(children: Sequence[Floats], weights: Floats) -> Floats:
    """Weighted means, shape (units, draws); what is missing is left out."""
    shape = (len(children[0]), weights.shape[1])
    if not any(np.isnan(child).any() for child in children):
        shares = weights / weights.sum(axis=0)
        mean = np.zeros(shape)
        for child, share in zip(children, shares, strict=True):
            mean += child * share
        return mean
    total, above = np.zeros(shape), np.zeros(shape)
    for child, weight in zip(children, weights, strict=True):
        known = ~np.isnan(child)
        above += np.where(known, child, 0.0) * weight
        total += known * weight
    result: Floats = np.divide(above, total, out=np.full(shape, np.nan), where=total > 0)
    return result


def _ranks(scores: Floats) -> Floats:
    """Ranks down each column, 1 the best: ties share the better place, the missing stand last."""
    scores = np.where(np.isnan(scores), -np.inf, scores)
    order = np.argsort(-scores, axis=0, kind="stable")
    ordered = np.take_along_axis(scores, order, 0)
    places = np.broadcast_to(np.arange(1.0, len(scores) + 1)[:, None], scores.shape).copy()
    for row in range(1, len(scores)):
        tied = ordered[row] == ordered[row - 1]
        places[row, tied] = places[row - 1, tied]
    ranks = np.empty_like(places)
    np.put_along_axis(ranks, order, places, 0)
    return ranks


# A mean of one kind is an arithmetic mean of transformed values, transformed back at the top.
_TRANSFORMS: dict[str, tuple[Callable[[Floats], Floats], Callable[[Floats], Floats]]] = {
    "arithmetic": (lambda x: x, lambda x: x),
    "geometric": (lambda x: np.log(x), lambda x: np.exp(x)),
    "harmonic": (lambda x: 1 / x, lambda x: 1 / x),
}


def _sobol(
    sampler: _Sampler, nominal: NDArray[np.int64], samples: int, rng: np.random.Generator
) -> tuple[tuple[str, float, float], ...]:
    from SALib.analyze import sobol as analysis
    from SALib.sample import sobol as sampling

    factors = sampler.factors
    problem = {
        "num_vars": len(factors),
        "names": factors,
        "bounds": [[0.0, 1.0]] * len(factors),
    }
    seed = int(rng.integers(2**31))
    draws = sampling.sample(problem, samples, calc_second_order=False, seed=seed)
    shift = np.abs(sampler.ranks(draws) - nominal[:, None]).mean(axis=0)
    found = analysis.analyze(problem, shift, calc_second_order=False, seed=seed)
    return tuple(
        (name, float(first), float(total))
        for name, first, total in zip(factors, found["S1"], found["ST"], strict=True)
    )
