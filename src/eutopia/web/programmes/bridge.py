"""Rows of the programme as the core's records."""

from __future__ import annotations

from collections.abc import Sequence

from eutopia.core.records import Candidate, PortfolioRules
from eutopia.web.programmes import models


def proposed(territory_id: int) -> tuple[Candidate, ...]:
    """Which candidates were brought in (a capital plan, proposals), by code?"""
    rows = models.Candidate.objects.filter(
        territory_id=territory_id, run=None, current=True, withdrawn=False
    )
    return tuple(rows.order_by("code").values_list("record", flat=True))


def derived(run_id: int) -> tuple[Candidate, ...]:
    """Which candidates did a run derive from problems, by code?"""
    rows = models.Candidate.objects.filter(run_id=run_id, withdrawn=False)
    return tuple(rows.order_by("code").values_list("record", flat=True))


def withdrawn(territory_id: int) -> frozenset[str]:
    """Which candidates did staff take back? Their codes."""
    rows = models.Candidate.objects.filter(territory_id=territory_id, withdrawn=True)
    return frozenset(rows.values_list("code", flat=True))


def answering(territory_id: int, problems: Sequence[str]) -> tuple[Candidate, ...]:
    """Which candidates that compete answer one of these problems (ids of records)?"""
    rows = models.Candidate.objects.filter(
        territory_id=territory_id,
        current=True,
        withdrawn=False,
        problem_links__problem__code__in=problems,
    )
    return tuple(rows.distinct().order_by("code").values_list("record", flat=True))


def current(territory_id: int) -> tuple[Candidate, ...]:
    """Which candidates compete now, by code: those derived last and those brought in?"""
    rows = models.Candidate.objects.filter(territory_id=territory_id, current=True, withdrawn=False)
    return tuple(rows.order_by("code").values_list("record", flat=True))


def candidates_of(programme_id: int) -> tuple[Candidate, ...]:
    """Which candidates did a programme choose among, by code?"""
    rows = models.Verdict.objects.filter(programme_id=programme_id)
    return tuple(rows.order_by("candidate__code").values_list("candidate__record", flat=True))


def rules(territory_id: int) -> PortfolioRules | None:
    """Under which rules is the programme chosen? None where nobody has set them."""
    row = models.Rules.objects.filter(territory_id=territory_id).first()
    found: PortfolioRules | None = None if row is None else row.record
    return found
