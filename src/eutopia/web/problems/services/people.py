"""What people set right, and what the engine may learn from their decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from eutopia.core.diagnose.learning import Verdict
from eutopia.core.diagnose.retyping import Prices, retype
from eutopia.core.norms import NormsInForce
from eutopia.core.records import CauseHypothesis, Money
from eutopia.core.records import Problem as ProblemRecord
from eutopia.web.problems.services.history import Known, track


def staff_verdicts(known: Sequence[Known], found: Sequence[ProblemRecord]) -> tuple[Verdict, ...]:
    """What did staff say of the problems: is it one, from which cause?

    Each is taken as it is found now, or as it was last found, so that the same decisions on the
    same reports teach the same.
    """
    now = dict(zip(track(known, found).numbers, found, strict=True))
    told = [(now.get(k.number, k.record), k) for k in known if k.decided]
    return tuple(
        Verdict(record, k.state == "confirmed", str(k.corrected.get("cause", "")))
        for record, k in told
        # Records of an older edition hold no likelihoods by signs to learn from.
        if record.by_signs
    )


_HOUR = "resident_hour.value"
"""Path of what an hour of a resident's time is worth, in the territory's currency."""


def hour_value(norms: NormsInForce, currency: str) -> Money | None:
    """What is an hour of a resident's time worth, by the packs in force? None where none says."""
    prices = norms.values(_HOUR)
    return Money(Decimal(prices[0].value), currency) if prices else None


_CALL_OUT = "call_out.cost"
"""Path of what sending a crew out once costs, in the territory's currency."""


def call_out_cost(norms: NormsInForce) -> Decimal | None:
    """What does sending a crew out once cost, by the packs in force? None where none says."""
    prices = norms.values(_CALL_OUT)
    return Decimal(prices[0].value) if prices else None


def prices_of(norms: NormsInForce, hour_value: Money | None) -> Prices:
    """What does one event of each type in force take?"""
    return Prices({one.code: one for one in norms.problem_types()}, hour_value)


def set_right(
    record: ProblemRecord, corrected: Mapping[str, Any], *, prices: Prices
) -> ProblemRecord:
    """How does a problem found read with people's corrections laid over it?

    Another type brings its own price of an event and its own severity.
    """
    if told := corrected.get("problem_type"):
        record = retype(record, told, prices=prices)
    changes = {
        name: corrected[name] for name in ("place", "owner", "radius_m") if name in corrected
    }
    if cause := corrected.get("cause"):
        asset = {c.cause: c.asset_id for c in record.by_signs or record.causes}
        changes["causes"] = (CauseHypothesis(cause, 1.0, asset.get(cause)),)
    return replace(record, **changes) if changes else record


_AS_TOLD = (
    "problem_type", "radius_m", "district", "place", "events", "recurrences", "first_seen",
    "last_seen", "people_affected", "severity", "trend", "owner",
)  # fmt: skip


def columns_of(record: ProblemRecord) -> dict[str, Any]:
    """What of a problem do lists filter, order and sum by? Kept beside the record, equal to it."""
    cost = record.cost
    return {
        **{name: getattr(record, name) for name in _AS_TOLD},
        "repeats_per_year": cost.repeats_per_year,
        "horizon_years": cost.horizon_years,
        "discount_rate": cost.discount_rate,
        "cost_response": cost.response.amount,
        "cost_residents": cost.residents_time.amount,
        "cost_total": cost.total.amount,
        "cost_low": cost.low.amount,
        "cost_high": cost.high.amount,
        "certainty": record.certainty,
        "record": record,
    }
