"""Comparing providers, measuring supply, and letting providers answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from eutopia.core.evaluate.provider_cases import (
    Cases,
    Stock,
    complaints,
    late_answers,
    short_lived_closures,
)
from eutopia.core.evaluate.providers import (
    ALARM,
    WARNING,
    ProviderComparison,
    Served,
    compare_providers,
    funnel_limits,
)
from eutopia.core.evaluate.reliability import Outages, Reliability, reliability
from eutopia.core.kit.spatial import LocalPlane
from eutopia.core.listen.redaction import redact
from eutopia.web.foundation.access import Actor, Scope, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.ledger.digests import digest, to_plain
from eutopia.web.ledger.models import Run
from eutopia.web.ledger.services import Computation, Computed, compute, is_of, record_run
from eutopia.web.providers import bridge, selectors
from eutopia.web.providers.models import Comparison, Reply, Standing, SupplyReliability
from eutopia.web.territory.models import Organisation, Territory
from eutopia.web.territory.services import territory_row
from eutopia.web.utilities.models import Interruption

COMPARE = "eutopia.core.evaluate.providers:compare_providers"
MEASURE = "eutopia.core.evaluate.reliability:reliability"
_SEED = 1366
_DAYS = 365
LONGEST_REPLY = 4_000


@dataclass(frozen=True, slots=True)
class Held:
    """What was compared and measured: comparisons and supplies."""

    comparisons: int
    supplies: int


@dataclass(frozen=True, slots=True)
class Supply:
    """One service of one supplier, and to how many dwellings it goes."""

    service: str
    organisation: str
    customers: int


def hold_providers(actor: Actor, territory: Territory) -> Held:
    """How do the providers of a municipality stand, over the last 365 days?

    Notes
    -----
    Compared are organisations of one kind, where two or more have something to compare; supply is
    measured for every service that was ever interrupted. Stored in place of what was; the same
    input is not computed twice.

    Raises
    ------
    AccessDenied
    """
    require(actor, "provider.compare", territory)
    zone = ZoneInfo(territory.time_zone)
    last = territory.as_of + timedelta(days=1)
    ends = tuple(
        datetime.combine(day, time.min, zone) for day in (last - timedelta(days=_DAYS), last)
    )
    compared = 0
    for kind, codes in bridge.comparable(territory.pk, since=ends[0]).items():
        compared += _compare_kind(actor, territory, kind, codes, ends)
    return Held(compared, _measure_supply(actor, territory, ends))


def _compare_kind(
    actor: Actor,
    territory: Territory,
    kind: str,
    codes: tuple[str, ...],
    ends: tuple[datetime, ...],
) -> int:
    plane = LocalPlane.around(
        np.array([territory.west or np.nan, territory.east or np.nan]),
        np.array([territory.south or np.nan, territory.north or np.nan]),
    )
    cases = bridge.cases(territory.pk, codes, plane, since=ends[0])
    stock = bridge.stock(territory.pk, codes, plane, year=territory.as_of.year)
    standing = {
        row.measure: row
        for row in Comparison.objects.filter(territory=territory, kind=kind).select_related("run")
    }
    done = 0
    for measure, served in _served(cases, stock, ends).items():
        if len(served.names) > 1 and int(served.events.sum()):
            _compare(actor, territory, kind, measure, served, ends, standing.get(measure))
            done += 1
    return done


def _served(cases: Cases, stock: Stock, ends: tuple[datetime, ...]) -> dict[str, Served]:
    first, last = (moment.timestamp() for moment in ends)
    return {
        "complaints": complaints(cases, stock, first=first, last=last),
        "late_answers": late_answers(cases, first=first, last=last, now=last),
        "short_lived_closures": short_lived_closures(cases, first=first, last=last),
    }


def _compare(
    actor: Actor,
    territory: Territory,
    kind: str,
    measure: str,
    served: Served,
    ends: tuple[datetime, ...],
    standing: Comparison | None,
) -> None:
    asked = Computation(
        territory.pk,
        COMPARE,
        {"kind": kind, "measure": measure, "first": ends[0].date(), "last": ends[1].date()},
        (),
        digest(
            served.names, served.provider, served.events, served.exposure,
            np.ascontiguousarray(served.covariates), served.covariate_names,
        ),
        territory.as_of,
        seed=_SEED,
    )  # fmt: skip
    if standing is not None and is_of(standing.run, asked):
        return
    rng = np.random.default_rng(_SEED)
    computed = compute(asked, lambda: compare_providers(served, rng=rng))
    with transaction.atomic():
        _store_comparison(territory, kind, measure, computed, ends)
        log_act(
            actor,
            "provider.compare",
            territory,
            after={"kind": kind, "measure": measure, "providers": len(served.names)},
            municipality=territory.code,
        )


def _store_comparison(
    territory: Territory,
    kind: str,
    measure: str,
    computed: Computed[ProviderComparison],
    ends: tuple[datetime, ...],
) -> None:
    told = computed.result
    Comparison.objects.filter(territory=territory, kind=kind, measure=measure).delete()
    row = Comparison.objects.create(
        territory=territory,
        run=record_run(computed),
        kind=kind,
        measure=measure,
        first=ends[0].date(),
        last=ends[1].date() - timedelta(days=1),
        overdispersion=told.overdispersion,
        spread=told.spread,
        effects=to_plain(told.effects),
        limits=_funnel(told),
    )
    Standing.objects.bulk_create(
        Standing(
            comparison=row,
            organisation=one.provider,
            events=one.events,
            exposure=one.exposure,
            expected=one.expected,
            ratio=one.ratio,
            shrunk=one.shrunk,
            low=one.low,
            high=one.high,
            verdict=one.verdict,
            rank=one.rank,
            rank_low=one.rank_low,
            rank_high=one.rank_high,
        )
        for one in told.standings
    )


def _funnel(told: ProviderComparison) -> list[list[float]]:
    """Points of the limits, from a third of the fewest expected to a tenth above the most."""
    expected = [one.expected for one in told.standings]
    across = np.geomspace(max(min(expected) / 3, 0.5), max(expected) * 1.1, 48)
    lines = [
        edge
        for level in (WARNING, ALARM)
        for edge in funnel_limits(across, level=level, overdispersion=told.overdispersion)
    ]
    return [[round(float(v), 4) for v in point] for point in zip(across, *lines, strict=True)]


def _measure_supply(actor: Actor, territory: Territory, ends: tuple[datetime, ...]) -> int:
    """Measure each supplier's service: breaks of supply, not its quality.

    What was planned is told apart: a stop announced for summer is no failure of the network.
    """
    rows: dict[tuple[str, str], list[Interruption]] = defaultdict(list)
    breaks = Interruption.objects.filter(
        territory=territory, parameter="continuity", started__lt=max(ends)
    )
    for row in breaks.defer("buildings").order_by("code"):
        rows[row.service, row.organisation].append(row)
    standing = {
        (row.service, row.organisation): row
        for row in SupplyReliability.objects.filter(territory=territory).select_related("run")
    }
    done = 0
    served = selectors.customers_served(territory.pk, rows)
    for (service, organisation), events in sorted(rows.items()):
        customers = served[service, organisation]
        if customers:
            supply = Supply(service, organisation, customers)
            _measure(actor, territory, supply, events, ends, standing.get((service, organisation)))
            done += 1
    return done


def _measure(
    actor: Actor,
    territory: Territory,
    supply: Supply,
    events: Sequence[Interruption],
    ends: tuple[datetime, ...],
    standing: SupplyReliability | None,
) -> None:
    now = ends[1].astimezone(UTC)
    parts = [
        bridge.outages([row for row in events if row.planned == planned], now=now)
        for planned in (False, True)
    ]
    first, last = ends[0].date(), ends[1].date() - timedelta(days=1)
    asked = Computation(
        territory.pk,
        MEASURE,
        {**asdict(supply), "first": first, "last": last},
        (),
        digest(*(column for o, _aside in parts for column in (o.start, o.end, o.customers))),
        territory.as_of,
    )
    if standing is not None and is_of(standing.run, asked):
        return

    def indices(outages: Outages) -> Reliability:
        return reliability(
            outages,
            customers_served=supply.customers,
            first=first,
            last=last,
            time_zone=territory.time_zone,
        )

    computed = compute(asked, lambda: tuple(indices(outages) for outages, _aside in parts))
    aside = tuple(pair for _outages, named in parts for pair in named)
    with transaction.atomic():
        SupplyReliability.objects.filter(
            territory=territory, service=supply.service, organisation=supply.organisation
        ).delete()
        _supply_row(territory, record_run(computed), supply, computed.result, aside).save()
        log_act(
            actor,
            "provider.compare",
            territory,
            after={"service": supply.service, "organisation": supply.organisation},
            municipality=territory.code,
        )


def _supply_row(
    territory: Territory,
    run: Run,
    supply: Supply,
    told: tuple[Reliability, ...],
    aside: Sequence[tuple[str, str]],
) -> SupplyReliability:
    unplanned, planned = told
    return SupplyReliability(
        territory=territory,
        run=run,
        service=supply.service,
        organisation=supply.organisation,
        first=unplanned.first,
        last=unplanned.last,
        customers=unplanned.customers_served,
        saidi=unplanned.overall.saidi,
        saifi=unplanned.overall.saifi,
        caidi=unplanned.overall.caidi,
        maifi=unplanned.overall.maifi,
        asai=unplanned.overall.asai,
        sustained=unplanned.overall.sustained,
        momentary=unplanned.overall.momentary,
        normal_saidi=unplanned.normal.saidi,
        normal_saifi=unplanned.normal.saifi,
        planned_saidi=planned.overall.saidi,
        threshold_minutes=None if unplanned.threshold is None else unplanned.threshold.minutes,
        threshold_from_period=unplanned.threshold_from_period,
        major_days=to_plain(unplanned.major_event_days),
        set_aside=to_plain(tuple(aside)),
    )


@transaction.atomic
def reply(
    actor: Actor,
    territory: Territory | int,
    organisation: str,
    *,
    text: str,
    language: str,
    measure: str = "",
) -> Reply:
    """What does a provider say to what is told of it? Published at once, never changed.

    Parameters
    ----------
    text
        Up to 4,000 characters; personal data are taken out before it is stored.
    measure
        What it speaks of: a measure it is compared by, a service it supplies, or the whole.

    Raises
    ------
    AccessDenied
        The actor does not speak for this organisation.
    ValidationError
        Nothing is said, too much, or of a measure that is not on show.
    """
    territory = territory_row(territory)
    require(actor, "provider.reply", Scope(territory.code, organisation))
    words = redact(text.strip()).text.replace("\x00", "")
    if not words:
        raise ValidationError(_("Write what you want to be read beside the figures."))
    if len(words) > LONGEST_REPLY:
        raise ValidationError(_("The reply is too long: at most 4,000 characters."))
    if not Organisation.objects.filter(territory=territory, code=organisation).exists():
        raise ValidationError(_("There is no such organisation here."))
    run = _spoken_of(territory, organisation, measure)
    if measure and run is None:
        raise ValidationError(_("That is not on this organisation's page."))
    row = Reply.objects.create(
        territory=territory,
        organisation=organisation,
        measure=measure,
        text=words,
        language=language[:8],
        written=timezone.now(),
        run=run,
    )
    log_act(
        actor,
        "provider.reply",
        row,
        after={"organisation": organisation, "measure": measure, "characters": len(words)},
        municipality=territory.code,
    )
    return row


def _spoken_of(territory: Territory, organisation: str, measure: str) -> Run | None:
    """Which computation shows this of the organisation?"""
    compared = Comparison.objects.filter(
        territory=territory, measure=measure, standings__organisation=organisation
    ).first()
    if compared is not None:
        return compared.run
    supply = SupplyReliability.objects.filter(
        territory=territory, service=measure, organisation=organisation
    ).first()
    return None if supply is None else supply.run
