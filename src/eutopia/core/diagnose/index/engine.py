"""The whole index: choices in, every step and the result out, replayable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from eutopia.core.diagnose.index.aggregation import aggregate, ranks_of
from eutopia.core.diagnose.index.steps import (
    TREATMENTS,
    Treatment,
    denominate,
    impute,
    normalise,
    screen,
    treat,
)
from eutopia.core.diagnose.index.structure import IndexTable

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class IndexChoices:
    """Which choices were made on the way from values to ranks?

    `imputation` peers: the mean of the grouping with the fewest groups, of all where the table has
    no grouping. `grouping` names the grouping for `group_` imputation. `scale` is what bounded
    normalisations fill; None means 0 to 100, and 1 to 100 before geometric and harmonic means, so
    that a worst value does not make the whole score 0.
    """

    imputation: str = "none"
    grouping: str = ""
    least_share: float = 0.0
    treatment: str = "winsorise"
    normalisation: str = "minmax"
    aggregation: str = "arithmetic"
    weights: Mapping[str, float] = field(default_factory=dict)
    scale: tuple[float, float] | None = None

    @property
    def filled_scale(self) -> tuple[float, float]:
        """From where to where does a bounded normalisation run?"""
        low = 1.0 if self.aggregation in ("geometric", "harmonic") else 0.0
        return self.scale or (low, 100.0)


@dataclass(frozen=True, slots=True)
class IndexResult:
    """Which score and place has each unit, by which steps?

    `steps` pairs the name of a step with its table, shape (units kept, indicators). `scores` holds
    every aggregate; `index` is the code of the topmost one; `ranks` its places, 1 the best.
    `left_out` are units with too few values. `choices` are those really made.
    """

    units: tuple[str, ...]
    names: tuple[str, ...]
    left_out: tuple[str, ...]
    steps: tuple[tuple[str, Floats], ...]
    treatments: tuple[Treatment, ...]
    scores: Mapping[str, Floats]
    index: str
    ranks: NDArray[np.int64]
    choices: IndexChoices


def settled(table: IndexTable, choices: IndexChoices) -> IndexChoices:
    """Which imputation do the choices mean for this table? `peers` is put in plain words.

    Raises
    ------
    ValueError
        A grouping or a weight for what the table does not have.
    """
    groups = dict(table.groups)
    if choices.grouping and choices.grouping not in groups:
        raise ValueError(
            f"no grouping {choices.grouping!r}; there are {', '.join(groups) or 'none'}"
        )
    known = {n.code for n in (*table.indicators, *table.aggregates)}
    for code in choices.weights:
        if code not in known:
            raise ValueError(
                f"a weight for {code!r}, which is no indicator or aggregate of the table; take it "
                "out, or write a code as the metadata have it"
            )
    if choices.imputation != "peers":
        return choices
    fewest = min(groups, key=lambda name: len(set(groups[name])), default="")
    grouping = choices.grouping or fewest
    return replace(choices, imputation="group_mean" if grouping else "mean", grouping=grouping)


def compute_index(table: IndexTable, *, choices: IndexChoices = IndexChoices()) -> IndexResult:
    """How do the units compare, by these choices?

    Parameters
    ----------
    table
        Units, indicators and their tree.
    choices
        Imputation, screening, treatment, normalisation, weights, aggregation.

    Raises
    ------
    ValueError
        A choice is unknown or can't be used with these values.

    Notes
    -----
    Steps in order: denominate, impute, screen (on values before imputation), treat, normalise,
    aggregate. Deterministic. O(units * indicators), duels O(units^2 * indicators).

    Source: OECD and JRC, Handbook on Constructing Composite Indicators, 2008. Equal to COINr 1.x on
    its ASEM example to 1e-9 at every step.
    """
    choices = settled(table, choices)
    per = denominate(table)
    kept = screen(per, least_share=choices.least_share)
    if not kept.any():
        raise ValueError("no unit has enough values; ask for a smaller share")
    groups = dict(table.groups).get(choices.grouping, ())
    filled = impute(per, method=choices.imputation, groups=groups)
    screened = filled[kept]
    treated, records = _treated(screened, table, choices.treatment)
    normalised = normalise(
        treated,
        method=choices.normalisation,
        directions=[n.direction for n in table.indicators],
        targets=[n.target for n in table.indicators],
        scale=choices.filled_scale,
    )
    scores = aggregate(normalised, table, method=choices.aggregation, weights=choices.weights)
    top = table.levels()[-1][-1].code
    return IndexResult(
        units=tuple(u for u, keep in zip(table.units, kept, strict=True) if keep),
        names=tuple(u for u, keep in zip(table.names, kept, strict=True) if keep),
        left_out=tuple(u for u, keep in zip(table.units, kept, strict=True) if not keep),
        steps=(
            ("raw", table.values[kept]),
            ("denominated", per[kept]),
            ("imputed", screened),
            ("screened", screened),
            ("treated", treated),
            ("normalised", normalised),
        ),
        treatments=records,
        scores=scores,
        index=top,
        ranks=ranks_of(scores[top]),
        choices=choices,
    )


def _treated(
    values: Floats, table: IndexTable, treatment: str
) -> tuple[Floats, tuple[Treatment, ...]]:
    if treatment not in TREATMENTS:
        raise ValueError(f"treatment {treatment!r} is none of {', '.join(TREATMENTS)}")
    if treatment == "none":
        return values.copy(), ()
    return treat(values, [n.code for n in table.indicators])
