"""Candidates of the core as rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from eutopia.core.records import Candidate as CandidateRecord
from eutopia.web.ledger.models import Run
from eutopia.web.territory.services import forms, place_rows

CANDIDATE_KEY = ("territory_id", "code")


def candidate_rows(
    territory_id: int, candidates: Sequence[CandidateRecord], run: Run | None
) -> Iterable[dict[str, Any]]:
    """Which values do the columns of each candidate take? `run` None: it was brought in."""
    places = place_rows([one.geometry for one in candidates])
    for one, place in zip(candidates, places, strict=True):
        yield {
            "territory_id": territory_id,
            "code": one.id,
            **place,
            "run_id": None if run is None else run.pk,
            "current": True,
            "title": forms(one.title),
            "measure": one.measure,
            "district": one.district,
            "quantity": one.quantity,
            "unit": one.unit,
            "cost": one.cost.amount,
            "upkeep": one.upkeep.amount,
            "life_years": one.life_years,
            "benefit": one.benefit,
            "benefit_low": one.benefit_low,
            "benefit_high": one.benefit_high,
            "people_reached": one.people_reached,
            "gate": one.gate.outcome,
            "origin": one.origin,
            "mandate": one.mandate or one.soft_mandate,
            "upkeep_funded": one.upkeep_funded,
            "record": one,
        }
