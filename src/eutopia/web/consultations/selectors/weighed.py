"""What pages read about weights and compromise."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from eutopia.web.consultations.models import Mediation, Settlement, Weighing
from eutopia.web.programmes.models import Candidate
from eutopia.web.territory.selectors import wording


@dataclass(frozen=True, slots=True)
class MediationLine:
    """A mediation in a list. `state`: planned, open, closed."""

    id: int
    number: int
    title: str
    opens: datetime
    closes: datetime
    state: str
    programme: int
    answers: int
    settled: bool


@dataclass(frozen=True, slots=True)
class SideView:
    """How a side weighs: weights in the order of criteria, with bounds where there are any."""

    side: str
    values: tuple[float, ...]
    low: tuple[float, ...] | None
    high: tuple[float, ...] | None
    answers: int
    speaks_as_one: bool


@dataclass(frozen=True, slots=True)
class AgreementOn:
    """Where sides stand on a criterion: differ, no_difference_shown, unknown."""

    criterion: str
    verdict: str
    apart: float
    highest: str
    lowest: str


@dataclass(frozen=True, slots=True)
class OptionView:
    """A programme at hand. `kind`: programme, favourite, between; `key` says which."""

    id: str
    kind: str
    key: str
    utilities: tuple[float, ...]
    chosen: int
    cost: Decimal
    on_frontier: bool


@dataclass(frozen=True, slots=True)
class DealView:
    """What a rule settles on: shares of options (one, unless mixed) and what each side gets."""

    rule: str
    parts: tuple[tuple[OptionView, float], ...]
    utilities: tuple[float, ...]
    achieved: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class StepView:
    """What would change for each side if all went over to one side's favourite."""

    favours: str
    option: OptionView
    changes: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class SettlementView:
    """A compromise with its reasons."""

    run_id: int
    made: datetime
    sides: tuple[SideView, ...]
    agreement: tuple[AgreementOn, ...]
    in_common: tuple[tuple[str, str, float], ...]
    options: tuple[OptionView, ...]
    nash: DealView
    deals: tuple[DealView, ...]
    mixed: DealView
    steps: tuple[StepView, ...]
    scores: tuple[tuple[str, tuple[float, ...]], ...]
    """Of the compromise: criterion, and how much of the best at hand each side gets there."""
    works: tuple[int, ...]
    """Keys of the candidates of the compromise."""


@dataclass(frozen=True, slots=True)
class MediationView:
    """A mediation, on its page."""

    line: MediationLine
    criteria: tuple[str, ...]
    counts: tuple[tuple[str, int], ...]
    """Answers by side."""
    mean_inconsistency: tuple[tuple[str, float, int], ...]
    """Of pairs, and of best and worst: the way, mean ratio and answers."""
    codes: int
    codes_used: int
    settlement: SettlementView | None


def mediations(territory_id: int) -> tuple[MediationLine, ...]:
    """Which mediations were held, the latest first?"""
    rows = Mediation.objects.filter(territory_id=territory_id).select_related("programme")
    return tuple(_line(row) for row in rows.order_by("-number"))


def _line(row: Mediation) -> MediationLine:
    now = timezone.now()
    state = "planned" if now < row.opens else "open" if now < row.closes else "closed"
    return MediationLine(
        id=row.pk,
        number=row.number,
        title=wording(row.title),
        opens=row.opens,
        closes=row.closes,
        state=state,
        programme=row.programme.number,
        answers=row.weighings.count(),
        settled=row.settlements.exists(),
    )


def mediation(territory_id: int, number: int) -> MediationView | None:
    """What is weighed, by whom, and what came of it? None where there is no such mediation."""
    row = (
        Mediation.objects.filter(territory_id=territory_id, number=number)
        .select_related("programme")
        .first()
    )
    if row is None:
        return None
    told = list(row.weighings.values_list("side", "method", "inconsistency"))
    latest = row.settlements.select_related("run").first()
    return MediationView(
        line=_line(row),
        criteria=tuple(row.criteria),
        counts=tuple(sorted(Counter(side for side, _, _ in told).items())),
        mean_inconsistency=_consistency(told),
        codes=row.codes.count(),
        codes_used=row.codes.filter(used=True).count(),
        settlement=None if latest is None else _settlement(row, latest),
    )


def _consistency(told: list[tuple[str, str, float]]) -> tuple[tuple[str, float, int], ...]:
    found = []
    for method in ("pairs", "best_worst"):
        ratios = [ratio for _, used, ratio in told if used == method]
        if ratios:
            found.append((method, sum(ratios) / len(ratios), len(ratios)))
    return tuple(found)


def _settlement(row: Mediation, told: Settlement) -> SettlementView:
    frontier = set(told.bargain["frontier"])
    options = {one["id"]: _option(one, frontier) for one in told.options}
    stored = {one["id"]: one for one in told.options}
    deals = tuple(_deal(one, options) for one in told.bargain["deals"])
    nash = deals[0]
    taken = stored[nash.parts[0][0].id] if nash.parts else {"scores": [], "chosen": []}
    codes = [code for code, _ in taken["chosen"]]
    works = Candidate.objects.filter(territory_id=row.territory_id, code__in=codes)
    return SettlementView(
        run_id=told.run_id,
        made=told.made,
        sides=tuple(_side(one) for one in told.sides["weights"]),
        agreement=tuple(AgreementOn(**one) for one in told.sides["agreement"]),
        in_common=tuple((a, b, share) for a, b, share in told.sides["in_common"]),
        options=tuple(options.values()),
        nash=nash,
        deals=deals,
        mixed=_deal(told.bargain["mixed"], options),
        steps=tuple(
            StepView(one["favours"], options[one["option"]], tuple(one["changes"]))
            for one in told.bargain["steps"]
        ),
        scores=tuple(
            (criterion, tuple(side[place] for side in taken["scores"]))
            for place, criterion in enumerate(row.criteria)
        ),
        works=tuple(works.order_by("code").values_list("pk", flat=True)),
    )


def _side(one: dict[str, Any]) -> SideView:
    return SideView(
        side=one["side"],
        values=tuple(one["values"]),
        low=None if one["low"] is None else tuple(one["low"]),
        high=None if one["high"] is None else tuple(one["high"]),
        answers=one["answers"],
        speaks_as_one=one["speaks_as_one"],
    )


def _option(one: dict[str, Any], frontier: set[str]) -> OptionView:
    kind, _, key = one["id"].partition(":")
    return OptionView(
        id=one["id"],
        kind=kind,
        key=key,
        utilities=tuple(one["utilities"]),
        chosen=len(one["chosen"]),
        cost=Decimal(one["cost"]),
        on_frontier=one["id"] in frontier,
    )


def _deal(one: dict[str, Any], options: dict[str, OptionView]) -> DealView:
    return DealView(
        rule=one["rule"],
        parts=tuple((options[id_], share) for id_, share in one["parts"]),
        utilities=tuple(one["utilities"]),
        achieved=tuple(one["achieved"]),
    )


def weighing_rows(territory_id: int) -> Any:
    """Yield every weighing, without anything that tells who or when but the day."""
    rows = (
        Weighing.objects.filter(mediation__territory_id=territory_id)
        .select_related("mediation")
        # Not in the order they came in: that could be joined with visits.
        .order_by("mediation__number", "side", "day", "method", "weights")
    )
    for row in rows.iterator(chunk_size=500):
        for criterion, weight in zip(row.mediation.criteria, row.weights, strict=True):
            yield (
                row.mediation.number, row.side, row.day, row.method, row.common,
                round(row.inconsistency, 4), criterion, round(weight, 6),
            )  # fmt: skip


def option_rows(territory_id: int) -> Any:
    """Yield every programme that was at hand for a compromise: what it costs and gives a side."""
    for held in Mediation.objects.filter(territory_id=territory_id).order_by("number"):
        latest = held.settlements.select_related("run").first()
        if latest is None:
            continue
        told = _settlement(held, latest)
        taken = {option.id for option, _ in told.nash.parts}
        for option in told.options:
            for side, utility in zip(told.sides, option.utilities, strict=True):
                yield (
                    held.number, option.id, option.id in taken, option.on_frontier,
                    option.chosen, option.cost, side.side, round(utility, 6),
                )  # fmt: skip
