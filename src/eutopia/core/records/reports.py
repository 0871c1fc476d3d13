"""What people reported, one by one and by the hundred thousand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Report:
    """What was reported, where, when, and what was answered?

    Times are aware and in UTC. No field holds who reported: contact data live elsewhere.
    `problem_type` is a code of the territory's problem-types pack. `lon`, `lat` are degrees, both
    None where no place was given.
    """

    id: str
    """Number at the source; with `source` it makes imports idempotent."""
    opened: datetime
    problem_type: str
    lon: float | None = None
    lat: float | None = None
    closed: datetime | None = None
    due: datetime | None = None
    """The deadline the source itself set, where it set one."""
    text: str = ""
    language: str = ""
    address: str = ""
    district: str = ""
    organisation: str = ""
    channel: str = ""
    closing_note: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Reports:
    """The same as columns, a row a report: what the methods work on.

    All arrays have length n. Times are `datetime64[s]` in UTC, NaT where missing; coordinates
    are float64 degrees, NaN where missing; `problem_type`, `district` and `organisation` are int32
    positions in the tuples of codes beside them, -1 where missing. Rows are in any order.
    """

    id: NDArray[np.object_]
    opened: NDArray[np.datetime64]
    closed: NDArray[np.datetime64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    problem_type: NDArray[np.int32]
    problem_types: tuple[str, ...]
    district: NDArray[np.int32]
    districts: tuple[str, ...]
    organisation: NDArray[np.int32]
    organisations: tuple[str, ...]
    text: NDArray[np.object_]
    address: NDArray[np.object_]

    def __post_init__(self) -> None:
        n = len(self.id)
        for name in (
            "opened",
            "closed",
            "lon",
            "lat",
            "problem_type",
            "district",
            "organisation",
            "text",
            "address",
        ):
            if len(getattr(self, name)) != n:
                raise ValueError(f"column {name} has not {n} rows")

    def __len__(self) -> int:
        return len(self.id)

    @classmethod
    def from_rows(cls, rows: list[Report] | tuple[Report, ...]) -> Reports:
        """Turn single reports into columns; codes are sorted, so equal input gives equal output.

        Complexity O(n log k) for k distinct codes.
        """
        types, kinds = _coded([r.problem_type for r in rows])
        district, districts = _coded([r.district for r in rows])
        organisation, organisations = _coded([r.organisation for r in rows])
        return cls(
            id=_objects([r.id for r in rows]),
            opened=_times([r.opened for r in rows]),
            closed=_times([r.closed for r in rows]),
            lon=np.array([np.nan if r.lon is None else r.lon for r in rows], dtype=np.float64),
            lat=np.array([np.nan if r.lat is None else r.lat for r in rows], dtype=np.float64),
            problem_type=types,
            problem_types=kinds,
            district=district,
            districts=districts,
            organisation=organisation,
            organisations=organisations,
            text=_objects([r.text for r in rows]),
            address=_objects([r.address for r in rows]),
        )

    def in_time_order(self) -> NDArray[np.intp]:
        """Which row comes first, second …? By opening, then id; those without a time last."""
        opened = np.where(np.isnat(self.opened), 2**62, self.opened.astype(np.int64))
        order = np.argsort(opened, kind="stable")
        # Ids as text are slow to compare: only those opened in the same second are.
        same = np.diff(opened[order]) == 0
        tied = np.flatnonzero(np.append(same, False) | np.insert(same, 0, False))
        rows = order[tied]
        order[tied] = rows[np.lexsort((self.id[rows].astype(str), opened[rows]))]
        return order

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Reports:
        """Return the chosen rows (positions or a mask), code tables unchanged."""
        cut: dict[str, Any] = {
            name: getattr(self, name)[rows]
            for name in (
                "id",
                "opened",
                "closed",
                "lon",
                "lat",
                "problem_type",
                "district",
                "organisation",
                "text",
                "address",
            )
        }
        return Reports(
            problem_types=self.problem_types,
            districts=self.districts,
            organisations=self.organisations,
            **cut,
        )


def _objects(values: list[str]) -> NDArray[np.object_]:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _times(values: list[datetime] | list[datetime | None]) -> NDArray[np.datetime64]:
    seconds = [np.iinfo(np.int64).min if v is None else int(v.timestamp()) for v in values]
    return np.array(seconds, dtype=np.int64).view("datetime64[s]")


def _coded(values: list[str]) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    codes = tuple(sorted({v for v in values if v}))
    position = {code: i for i, code in enumerate(codes)}
    return np.array([position.get(v, -1) for v in values], dtype=np.int32), codes
