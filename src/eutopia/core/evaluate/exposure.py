"""What was supplied against what was permitted: the share of the charge that is not owed.

An exposure does not know the fee: every dwelling of a building with the same circumstances shares
it. Shares are exact fractions; rounding happens once, when a fee is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from eutopia.core.evaluate.fixed_sums import fixed_sums
from eutopia.core.evaluate.judging import (
    COMBINATIONS,
    DAYS_COUNTED,
    Case,
    applying,
    by_norm,
    governing,
    norm_versions,
    option,
    services_of,
)
from eutopia.core.evaluate.ledger import FIXED, Ledger, Share, local_spans, shown
from eutopia.core.evaluate.spells import (
    Event,
    Spell,
    band_edges,
    billing_period,
    join_spells,
    pieces,
    vet,
)
from eutopia.core.norms import Norms, NormsInForce
from eutopia.core.norms.conditions import circumstance
from eutopia.core.records.money import Money
from eutopia.core.records.utilities import Interruption


@dataclass(frozen=True, slots=True)
class Exposure:
    """What follows from a month's events for a charge, before any fee is known?"""

    shares: tuple[Share, ...]
    set_aside: tuple[tuple[str, str], ...]
    notes: tuple[tuple[str, str], ...]
    assumed: tuple[tuple[str, str], ...]
    edition: str


def measure_exposure(
    charge: str,
    month: date,
    interruptions: Iterable[Interruption],
    *,
    norms: Norms | NormsInForce,
    time_zone: str,
    circumstances: Mapping[str, Decimal | str | bool] | None = None,
    tariffs: Mapping[str, Money] | None = None,
    options: Mapping[str, str] | None = None,
    as_of: datetime | None = None,
) -> Exposure:
    """Which share of a month's charge is not owed, and by which article?

    Parameters
    ----------
    charge
        Code of the charge: a service, or what the norm reduces in its place (rent).
    month
        First day of the billing month.
    interruptions
        Events that hit the dwelling, in any order; those of other services, and those that do not
        touch the month, take no part. Where a norm counts by the year, events of earlier months
        are needed.
    norms
        `Norms` follows changes within the month; `NormsInForce` is taken for the whole month.
    time_zone
        IANA name: local midnight bounds months and days.
    circumstances
        What is known of the dwelling and that norms ask for (room, cold_region, customer_class).
    tariffs
        Tariff of each service, for norms that substitute one.
    options
        `combination` (period_total_only, larger_of_both, both) and `days_counted` (touched, full);
        else the pack's `recalculation.*` values, else period_total_only and touched.
    as_of
        Up to when an event still going on is counted; the end of the month when not given.

    Raises
    ------
    ValueError
        For an unknown option or zone, or a month that is not a first day.

    Notes
    -----
    * Events of one parameter that touch or overlap are one spell: no hour counts twice. Where
      measured values overlap, the one furthest off counts.
    * A single limit runs from the spell's start, in an earlier month too; the period's total runs
      from the month's start. Where a norm changes, each hour is judged by the norm of its day, and
      what was used up before stays used up.
    * Deviation is counted beyond the tolerance. `deviation_percent` is relative to the bound of
      the target.
    * Nothing is dropped silently: unusable events are in `set_aside` with a code.
    """
    period = billing_period(month, time_zone)
    in_force = norms if isinstance(norms, NormsInForce) else norms.at(month)
    until = period.end if as_of is None else min(int(as_of.timestamp()), period.end)
    case = Case(
        charge=charge,
        period=period,
        versions=norm_versions(norms, period, charge),
        facts={name: circumstance(value) for name, value in (circumstances or {}).items()},
        tariffs=tariffs or {},
        combination=option("combination", options, in_force, COMBINATIONS),
        days_counted=option("days_counted", options, in_force, DAYS_COUNTED),
    )
    services = services_of(case)
    events, aside, notes = vet((o for o in interruptions if o.service in services), until=until)
    case.aside += aside
    shares: list[Share] = []
    for path, judged in by_norm(events, case).items():
        shares += _of_the_charge(path, join_spells(applying(path, judged, case)), case)
        shares += _fixed(path, join_spells(judged), case, norms)
        notes += _overlaps(judged)
    return Exposure(
        shares=tuple(shares),
        set_aside=case.named(),
        notes=tuple(notes),
        assumed=tuple(sorted(case.assumed.items())),
        edition=in_force.edition,
    )


def services_judged(
    charge: str, month: date, *, norms: Norms | NormsInForce, time_zone: str
) -> frozenset[str]:
    """Events of which services can count for a month's charge? Its own among them.

    Raises
    ------
    ValueError
        As `measure_exposure`.
    """
    versions = norm_versions(norms, billing_period(month, time_zone), charge)
    return frozenset((charge, *(norm.service for _, held in versions for norm in held.values())))


def _of_the_charge(path: str, spells: list[Spell], case: Case) -> list[Share]:
    """Which shares of the charge does one norm take off?"""
    ledger = Ledger(case)
    bands = next((held[path].bands for _, held in case.versions if path in held), ())
    cuts = [since for since, _ in case.versions]
    if bands:
        cuts += band_edges(bands, case.period)
    for start, end, spell, here in pieces(spells, cuts=cuts, period=case.period):
        norm = case.norm(path, start)
        if norm is None:
            for event in here:
                case.set_aside(event, "norm_not_in_force")
            continue
        if all(remedy.kind in FIXED for remedy in norm.remedies):
            continue
        piece = governing(norm, start, end, start - spell.start, here, case)
        if piece is not None:
            ledger.enter(norm, piece)
    return ledger.shares()


def _fixed(path: str, spells: list[Spell], case: Case, norms: Norms | NormsInForce) -> list[Share]:
    """Which fixed sums does one norm award?"""
    return [
        Share(
            norm_path=f"{path}.remedies.{due.remedy.name}",
            article=due.remedy.source.article,
            verification=due.remedy.source.verification,
            kind=due.remedy.kind,
            interruption_ids=due.interruption_ids,
            supplied=local_spans(due.spans, case.period),
            permitted=due.permitted,
            excess=shown(Fraction(due.seconds, 3600)),
            unit="h",
            share=Fraction(0),
            fixed=due.amount,
        )
        for due in fixed_sums(path, spells, case=case, norms=norms)
    ]


def _overlaps(events: list[Event]) -> list[tuple[str, str]]:
    """Which events overlap an earlier one?"""
    notes = []
    last: Event | None = None
    for event in events:
        if last is not None and event.start < last.end:
            notes.append((event.interruption.id, f"overlaps:{last.interruption.id}"))
        if last is None or event.end > last.end:
            last = event
    return notes
