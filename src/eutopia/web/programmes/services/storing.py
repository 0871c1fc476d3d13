"""Storing a programme that was chosen."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Max
from django.utils import timezone

from eutopia.core.plan.appraisal import appraise
from eutopia.core.plan.scenarios import summarise
from eutopia.core.plan.words import conflict_words
from eutopia.core.records import Candidate as CandidateRecord
from eutopia.core.records import PortfolioRules
from eutopia.core.records import Programme as ProgrammeRecord
from eutopia.web.foundation.bulk import copy_rows
from eutopia.web.ledger.digests import to_plain
from eutopia.web.ledger.models import Run
from eutopia.web.programmes.models import Candidate, FundYear, Payment, Programme, Verdict
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import forms


def store_programme(
    territory: Territory,
    run: Run,
    rules: PortfolioRules,
    told: ProgrammeRecord,
    *,
    candidates: Sequence[CandidateRecord],
    based_on: Programme | None,
    title: Sequence[Sequence[str]] = (),
) -> Programme:
    """Under which number does the programme stand now? A draft, whole: choices, money, reasons.

    Notes
    -----
    Must run in the transaction that records the run.
    """
    last = Programme.objects.filter(territory=territory).aggregate(n=Max("number"))["n"] or 0
    row = Programme.objects.create(
        territory=territory,
        number=last + 1,
        run=run,
        based_on=based_on,
        created=timezone.now(),
        first_year=rules.first_year,
        years=rules.years,
        rules=rules,
        objective=told.objective,
        bound=told.bound,
        gap=told.gap,
        seconds=told.seconds,
        violations=list(told.violations),
        status=told.status,
        conflicts=_conflicts(told, candidates, rules),
        title=[list(pair) for pair in title],
        summary=to_plain(summarise(told, candidates, rules=rules))
        | {"notes": to_plain(told.notes)},
    )
    wanted = [one.candidate_id for one in told.explanations]
    found = Candidate.objects.filter(territory=territory, code__in=wanted)
    rows = {c.code: c for c in found.only("pk", "code", "cost")}
    _store_verdicts(row, told, rows, _appraisals(told, candidates, rules))
    _store_money(row, rules, told, rows)
    return row


def _conflicts(
    told: ProgrammeRecord, candidates: Sequence[CandidateRecord], rules: PortfolioRules
) -> list[dict[str, Any]]:
    """Which rules conflict and how each conflict ends, plain and in words."""
    known = {one.id: one for one in candidates}
    found = []
    for conflict in told.conflicts:
        words, ways = conflict_words(conflict, known, rules=rules)
        plain: dict[str, Any] = to_plain(conflict)
        found.append({**plain, "words": forms(words), "ways": [forms(way) for way in ways]})
    return found


def _appraisals(
    told: ProgrammeRecord, candidates: Sequence[CandidateRecord], rules: PortfolioRules
) -> dict[str, dict[str, Decimal | None]]:
    """What does each bring over its life, less what it costs: in its year, or the first it may?"""
    year_of = {choice.candidate_id: choice.year for choice in told.choices}
    found = {}
    for one in candidates:
        first = min(max(one.not_before, 0), rules.years - 1)
        worth = appraise(one, rules=rules, year=year_of.get(one.id, first))
        found[one.id] = {
            "npv": cents(worth.npv),
            "npv_low": cents(worth.npv_low),
            "npv_high": cents(worth.npv_high),
            "ratio": None if worth.ratio is None else worth.ratio.quantize(Decimal("0.0001")),
        }
    return found


def _store_verdicts(
    row: Programme,
    told: ProgrammeRecord,
    candidates: dict[str, Any],
    appraisals: dict[str, dict[str, Decimal | None]],
) -> None:
    year_of = {choice.candidate_id: row.first_year + choice.year for choice in told.choices}
    copy_rows(
        Verdict,
        (
            {
                "programme_id": row.pk,
                "candidate_id": candidates[one.candidate_id].pk,
                "chosen": one.chosen,
                "year": year_of.get(one.candidate_id),
                "value": one.value,
                "cost": candidates[one.candidate_id].cost,
                "main_reason": one.reasons[0].code if one.reasons else "",
                "reasons": to_plain(one.reasons),
                "enters_at_cost": (
                    None if one.enters_at_cost is None else one.enters_at_cost.amount
                ),
                "enters_at_benefit": one.enters_at_benefit,
                **appraisals[one.candidate_id],
            }
            for one in told.explanations
        ),
        key=("programme_id", "candidate_id"),
    )


def _store_money(
    row: Programme, rules: PortfolioRules, told: ProgrammeRecord, candidates: dict[str, Any]
) -> None:
    Payment.objects.bulk_create(
        [
            Payment(
                programme=row,
                candidate=candidates[choice.candidate_id],
                fund=fund,
                year=row.first_year + choice.year,
                amount=money.amount,
            )
            for choice in told.choices
            for fund, money in choice.paid
        ],
        batch_size=2_000,
    )
    FundYear.objects.bulk_create(
        FundYear(
            programme=row,
            fund=fund.id,
            title=forms(fund.title),
            year=row.first_year + offset,
            available=money.amount,
        )
        for fund in rules.funds
        for offset, money in enumerate(fund.by_year)
    )


def cents(amount: Decimal) -> Decimal:
    """What is an amount to the minor unit, half up?"""
    return amount.quantize(Decimal("0.01"), "ROUND_HALF_UP")
