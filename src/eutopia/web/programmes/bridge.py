"""Rows of the programme as the core's records."""

from __future__ import annotations

from eutopia.core.records import Candidate, PortfolioRules
from eutopia.web.programmes import models


def proposed(territory_id: int) -> tuple[Candidate, ...]:
    """Which candidates were brought in (a capital plan, proposals), by code?"""
    rows = models.Candidate.objects.filter(territory_id=territory_id, run=None, current=True)
    return tuple(rows.order_by("code").values_list("record", flat=True))


def derived(run_id: int) -> tuple[Candidate, ...]:
    """Which candidates did a run derive from problems, by code?"""
    rows = models.Candidate.objects.filter(run_id=run_id)
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
