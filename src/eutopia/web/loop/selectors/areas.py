"""What is known of one district: everything the nouns tell of it."""

from __future__ import annotations

from dataclasses import dataclass

from eutopia.web.problems.selectors import (
    ProblemFilter,
    ProblemLine,
    SystemicView,
    problems,
    systemic,
)
from eutopia.web.programmes.selectors import CandidateFilter, CandidateLine, candidates
from eutopia.web.quality.selectors import StandingView, standings
from eutopia.web.territory.selectors import (
    DistrictView,
    Page,
    TerritoryView,
    building_codes,
    districts,
)
from eutopia.web.utilities.selectors import InterruptionView, interruptions
from eutopia.web.works.selectors import WorkView, works

_FEW = 6


@dataclass(frozen=True, slots=True)
class AreaView:
    """A district: its few costliest problems and so on, each with how many there are in all."""

    district: DistrictView
    others: tuple[DistrictView, ...]
    problems: Page[ProblemLine]
    programme: Page[CandidateLine]
    works: Page[WorkView]
    outages: Page[InterruptionView]
    systemic: SystemicView | None
    standings: tuple[StandingView, ...]


def area(territory: TerritoryView, code: str) -> AreaView | None:
    """What is known of a district? None where there is no such."""
    all_ = districts(territory.id)
    mine = next((one for one in all_ if one.code == code), None)
    if mine is None:
        return None
    id_ = territory.id
    return AreaView(
        district=mine,
        others=tuple(one for one in all_ if one.code != code),
        problems=problems(id_, ProblemFilter(district=code), size=_FEW),
        programme=candidates(id_, CandidateFilter(district=code, chosen=True), size=_FEW),
        works=works(id_, district=code, size=_FEW),
        outages=interruptions(id_, buildings=building_codes(id_, code), size=_FEW),
        systemic=systemic(id_, district=code),
        standings=standings(id_, code),
    )
