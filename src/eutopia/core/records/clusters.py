"""A cluster in space and time: more cases than chance would have it, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where, since when, how many against how many expected, and how likely by chance?

    `model`: space_time_permutation, poisson, bernoulli. `problem_type` is the code of what was
    scanned. `location_ids`: nearest to the centre first; (`lon`, `lat`) is the centre, `radius_m`
    reaches the farthest of them. `start` to `end` are whole days, both inside; with `prospective`
    only spans that last to the last day were looked at: the cluster is alive. `report_ids` are the
    cases inside. `p` is the chance that a town without clusters shows one as strong anywhere in the
    same scan; None where there were no replications. `p_gumbel` goes beyond their number.
    """

    model: str
    problem_type: str
    location_ids: tuple[str, ...]
    lon: float
    lat: float
    radius_m: float
    start: date
    end: date
    cases: int
    expected: float
    llr: float
    p: float | None
    p_gumbel: float | None
    prospective: bool
    report_ids: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Names the cluster within a scan: type, place, first day."""
        return f"{self.problem_type}-{self.lat:.5f}-{self.lon:.5f}-{self.start:%Y%m%d}"

    @property
    def ratio(self) -> float:
        """How many times more than expected?"""
        return self.cases / self.expected if self.expected > 0 else float("inf")


@dataclass(frozen=True, slots=True)
class PastScan:
    """What a scan of past weeks found. `asked` is a digest of all that it looked at: as long as the
    same is asked, the same is found."""

    asked: str
    clusters: tuple[Cluster, ...]


@dataclass(frozen=True, slots=True)
class PastScans:
    """Scans of past weeks, kept from one day to the next."""

    scans: tuple[PastScan, ...] = ()
