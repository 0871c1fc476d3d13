"""What is scanned, and how."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MODELS = ("space_time_permutation", "poisson", "bernoulli")
KINDS = ("retrospective", "prospective", "spatial")
OVERLAPS = (
    "no_shared_location",
    "no_centre_in_other",
    "no_centre_in_more_likely",
    "no_centre_in_less_likely",
    "no_pair_of_centres",
    "any",
)


@dataclass(frozen=True, slots=True)
class ScanInput:
    """What is scanned.

    `location_ids` in the order that decides ties; `points` : shape (locations, 2) on a plane or
    (locations, 3) on the sphere. `case_location` : shape (cases,), `case_period` likewise, 0 to
    `periods` - 1. `population` : shape (locations,): people at risk (Poisson: expected cases up to
    a factor) or cases and controls (Bernoulli); None for the permutation model. A population that
    moves has one row a part, and `population_time` : shape (parts, periods) how much of each part
    counts when. `stratum` by case (weekday, season, age group): the permutation model then expects
    and permutes within strata. `centres` are the points circles grow around (None: the locations).
    `circle_weight` by location replaces the population where the share a circle may hold is meant.
    """

    location_ids: tuple[str, ...]
    points: Floats
    case_location: Ints
    case_period: Ints
    periods: int
    population: Floats | None = None
    population_time: Floats | None = None
    stratum: Ints | None = None
    centres: Floats | None = None
    circle_weight: Floats | None = None


@dataclass(frozen=True, slots=True)
class ScanSettings:
    """By which model, over which windows, with how many replications?

    `most_share` of the population (of the cases in the permutation model) that a circle may hold;
    `radius` in km or plane units; spans have `shortest` to `longest` periods. `by_period`: the
    Poisson model takes the number of cases in each period as given (season and trend are then no
    cluster). `overlap` says which less likely clusters are told. Replications end early once
    `early_stop` of them reached the observed ratio (None: never). `seed` makes the run repeatable;
    the result does not depend on `workers`.
    """

    model: str = "space_time_permutation"
    kind: str = "retrospective"
    most_share: float = 0.5
    radius: float | None = None
    longest: int = 1
    shortest: int = 1
    least_cases: int = 2
    by_period: bool = False
    overlap: str = "no_shared_location"
    replications: int = 999
    early_stop: int | None = 50
    seed: int = 1
    workers: int = 1

    def __post_init__(self) -> None:
        for name, value, known in (
            ("model", self.model, MODELS),
            ("kind", self.kind, KINDS),
            ("overlap", self.overlap, OVERLAPS),
        ):
            if value not in known:
                raise ValueError(f"{name} {value!r} is none of {', '.join(known)}")
        if self.model == "bernoulli" and self.kind != "spatial":
            raise ValueError("the Bernoulli model is purely spatial here")
        if self.model == "space_time_permutation" and self.kind == "spatial":
            raise ValueError("the permutation model needs time: retrospective or prospective")
        if self.by_period and (self.model != "poisson" or self.kind == "spatial"):
            raise ValueError("by period: the Poisson model over time only")
