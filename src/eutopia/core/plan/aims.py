"""What does each aim cost: the same candidates and rules, another objective."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from eutopia.core.plan.fairness import Terms, gains_by_group
from eutopia.core.plan.model import PortfolioModel, build_model
from eutopia.core.plan.portfolio import choose_programme
from eutopia.core.plan.scenarios import summarise
from eutopia.core.records.programme import Candidate, PortfolioRules, Programme


@dataclass(frozen=True, slots=True)
class AimOutcome:
    """What comes of one aim?

    `value` is the benefit over the whole life, in currency. `districts` and `sides` are what the
    worst-off of them gets, as a share (0 to 1) of all it could get were there no limits.
    """

    objective: str
    value: float
    districts: float
    sides: float


def cost_of_aims(
    candidates: Sequence[Candidate],
    *,
    rules: PortfolioRules,
    objectives: Sequence[str],
    gap: float = 0.005,
    time_limit_s: float = 10.0,
) -> tuple[AimOutcome, ...]:
    """What would the programme bring, and whom, if it aimed at something else?

    Parameters
    ----------
    candidates, rules
        As in `choose_programme`; the rules' own objective is set aside.
    objectives
        Aims as in `PortfolioRules.objective`; `lexicographic` needs the rules' priorities.
    gap, time_limit_s
        For each aim: differences below the gap cannot be told from nothing.

    Returns
    -------
    tuple of AimOutcome
        In the order asked; an aim for which no programme was found is left out.

    Raises
    ------
    ValueError
        As in `choose_programme`.

    Notes
    -----
    What an aim costs is the `value` of `benefit` less its own: the price of fairness.
    Source: Bertsimas, Farias and Trichakis, "The price of fairness", Operations Research 59 (2011).
    """
    model = build_model(candidates, rules=replace(rules, objective="benefit"))
    by_district = gains_by_group(model, by="district")
    by_side = gains_by_group(model, by="side")
    found = []
    for objective in objectives:
        mine = replace(rules, objective=objective)
        programme = choose_programme(candidates, rules=mine, time_limit_s=time_limit_s, gap=gap)
        if programme.choices:
            columns = _columns(model, programme)
            value = float(summarise(programme, candidates, rules=mine).value)
            worst = (_worst(groups, columns) for groups in (by_district, by_side))
            found.append(AimOutcome(objective, value, *worst))
    return tuple(found)


def _columns(model: PortfolioModel, programme: Programme) -> frozenset[int]:
    """Columns of the model that a programme sets to one."""
    years = {choice.candidate_id: choice.year for choice in programme.choices}
    return frozenset(
        start.column
        for start in model.starts
        if years.get(model.candidates[start.candidate].id) == start.year
    )


def _worst(groups: dict[str, Terms], columns: frozenset[int]) -> float:
    gains = [
        sum(share for column, share in terms.items() if column in columns)
        for terms in groups.values()
    ]
    return float(np.min(gains)) if gains else 0.0
