"""Rates learned from real towns, read from the pack and turned into arrays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from eutopia.core.norms import load_norms
from eutopia.core.town.kinds import CODES

Floats = NDArray[np.float64]
PACK = "training-town"
EXPOSURE = {"signal_fault": 0.29}
"""What the town has fewer of, a kilometre of street, than the real one: signals, 0.9 for 3.1."""


@dataclass(frozen=True, slots=True)
class Rates:
    """What the generator takes from real towns; arrays by kind follow `kinds.CODES`."""

    share: Floats
    """Reports per 1,000 residents and year, as relative weights."""
    median_hours: Floats
    p90_hours: Floats
    open_share: Floats
    weekdays: Floats
    hours: Floats
    default_share: float
    """Reports at the most-used coordinate."""
    lag_quantiles: Floats
    """(2, m): probability and logarithm of days between reports of one event."""

    @property
    def spread(self) -> Floats:
        """Standard deviation of the logarithm of the hours to close."""
        found: Floats = np.log(self.p90_hours / self.median_hours) / 1.2816
        return found


def read_rates(as_of: date) -> Rates:
    """Read the pack's calibrated rates in force on a day."""
    norms = load_norms([PACK]).at(as_of)

    def mapping(path: str) -> dict[str, float]:
        return {key: float(value) for key, value in norms.value(path).value}

    def numbers(path: str) -> Floats:
        return np.array([float(v) for v in norms.value(path).value])

    rows = [mapping(f"types.{code}") for code in CODES]
    lags = mapping("duplicates.lag")
    known = [(int(key[1:]) / 100.0, np.log(days)) for key, days in lags.items()]
    ends = [(0.0, np.log(20.0 / 86_400.0)), *sorted(known), (1.0, np.log(180.0))]
    share = norms.value("reporting.default_coordinate").value
    return Rates(
        share=np.array(
            [r["per_1000"] * EXPOSURE.get(c, 1.0) for c, r in zip(CODES, rows, strict=True)]
        ),
        median_hours=np.array([r["median_hours"] for r in rows]),
        p90_hours=np.array([r["p90_hours"] for r in rows]),
        open_share=np.array([r["open_share"] for r in rows]),
        weekdays=numbers("reporting.weekday"),
        hours=numbers("reporting.hour"),
        default_share=float(Decimal(share)),
        lag_quantiles=np.array(ends).T,
    )


def draw_lags(rates: Rates, n: int, rng: Generator) -> Floats:
    """Draw days between two reports of one event, from the quantiles of real duplicates."""
    found: Floats = np.exp(np.interp(rng.random(n), *rates.lag_quantiles))
    return found
