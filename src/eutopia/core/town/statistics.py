"""Figures that a town's offices would hand in for an index: generated, and said to be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from numpy.random import Generator

from eutopia.core.records import District, Statistic

SOURCE = "training town, generated"
_INDEX = "ru-urban-quality"
# Number of the indicator: middle and half-width of the figure, assumed for training; those without
# a line stay missing, as they would where no office counts them.
_FIGURES: tuple[tuple[int, str, str], ...] = (
    (1, "2.4", "2.2"), (2, "82", "14"), (3, "24", "9"), (5, "38", "22"), (6, "71", "20"),
    (7, "3.1", "2.4"), (10, "0.18", "0.12"), (12, "46", "18"), (13, "41", "20"), (14, "33", "15"),
    (20, "17", "12"), (21, "28", "16"), (24, "55", "22"), (25, "4.2", "2.6"), (26, "1.3", "0.6"),
    (28, "12", "9"), (29, "48", "20"), (30, "6", "5"), (31, "0.0024", "0.0014"), (33, "91", "8"),
    (35, "66", "12"), (36, "14", "9"),
)  # fmt: skip


def hand_in(districts: Sequence[District], *, as_of: date, rng: Generator) -> tuple[Statistic, ...]:
    """Which figures do the offices hand in for the last full year, by district and in the whole?

    The whole's is the districts' mean weighted by residents. Rounded to four decimals.
    """
    day = date(as_of.year - 1, 12, 31)
    people = sum(d.population for d in districts) or 1
    found = []
    for number, middle, width in _FIGURES:
        spread = rng.uniform(-1.0, 1.0, len(districts)).round(3).tolist()
        values = [round(Decimal(middle) + Decimal(width) * Decimal(str(x)), 4) for x in spread]
        mean = (
            sum((v * d.population for v, d in zip(values, districts, strict=True)), Decimal(0))
            / people
        )
        told = [*((d.id, v) for d, v in zip(districts, values, strict=True)), ("", round(mean, 4))]
        found += [Statistic(f"{_INDEX}.{number}", unit, day, v, SOURCE) for unit, v in told]
    return tuple(found)
