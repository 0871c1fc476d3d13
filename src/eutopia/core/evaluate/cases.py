"""Worked cases of recalculation as YAML: written by a lawyer, run as tests and by `eutopia recalc`.

The format is in `docs/reference/recalculation-cases.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from eutopia.core.evaluate.recalculation import recalculate
from eutopia.core.evaluate.spells import billing_period
from eutopia.core.norms import Norms, fields
from eutopia.core.norms.circumstances import circumstances_asked
from eutopia.core.norms.documents import Entry, read_document
from eutopia.core.records.money import Money
from eutopia.core.records.utilities import Charge, Interruption, Recalculation


@dataclass(frozen=True, slots=True)
class Expected:
    """What does the case's author expect? None is not asked."""

    amount: Money | None
    percent: Decimal | None
    excess: Decimal | None
    capped: bool | None
    set_aside: tuple[tuple[str, str], ...] | None
    advisory: tuple[Money, Money] | None


@dataclass(frozen=True, slots=True)
class Case:
    """One case: what was charged, what happened, what is known, what is expected."""

    name: str
    time_zone: str
    charge: Charge
    events: tuple[Interruption, ...]
    circumstances: tuple[tuple[str, str], ...]
    tariffs: tuple[tuple[str, Money], ...]
    options: tuple[tuple[str, str], ...]
    as_of: datetime | None
    expected: Expected | None
    origin: str


def run_case(case: Case, *, norms: Norms) -> Recalculation:
    """What does a case come to under these norms?

    Events that do not touch the month charged, and count in no line, are named as set aside.

    Raises
    ------
    ValueError
        A circumstance is told that no norm of these packs asks for: told in vain, it would be
        missed.
    """
    asked = circumstances_asked(norms.at(case.charge.period).service_norms())
    for pairs in (case.circumstances, *(event.conditions for event in case.events)):
        for name, _ in pairs:
            if name not in asked:
                known = ", ".join(asked)
                raise ValueError(f"{case.origin}: no norm asks for '{name}'; known: {known}")
    found = recalculate(
        case.charge,
        case.events,
        norms=norms,
        time_zone=case.time_zone,
        circumstances=dict(case.circumstances),
        tariffs=dict(case.tariffs),
        options=dict(case.options),
        as_of=case.as_of,
    )
    period = billing_period(case.charge.period, case.time_zone)
    used = {name for line in found.lines for name in line.interruption_ids}
    outside = tuple(
        (one.id, "outside_period")
        for one in case.events
        if one.id not in used
        and (
            one.started.timestamp() >= period.end
            or (one.ended is not None and max(one.ended, one.started).timestamp() <= period.start)
        )
    )
    return replace(found, set_aside=tuple(dict.fromkeys((*found.set_aside, *outside))))


def differences(case: Case, found: Recalculation) -> tuple[str, ...]:
    """Where does what was found differ from what the case's author expects?"""
    wanted = case.expected
    if wanted is None:
        return ()
    zero = Decimal(0)
    reductions = [line for line in found.lines if line.percent]
    given = [
        ("amount", wanted.amount, found.amount),
        ("percent", wanted.percent, sum((line.percent for line in reductions), zero)),
        ("excess", wanted.excess, sum((line.excess for line in found.lines), zero)),
        ("capped", wanted.capped, found.capped),
        ("set_aside", wanted.set_aside, found.set_aside),
        (
            "advisory",
            wanted.advisory,
            (found.advisory[0].amount_low, found.advisory[0].amount_high)
            if found.advisory
            else None,
        ),
    ]
    return tuple(
        f"{case.origin}: {name}: expected {_said(expected)}, found {_said(actual)}"
        for name, expected, actual in given
        if expected is not None and expected != actual
    )


def _said(value: object) -> str:
    if isinstance(value, Money):
        return f"{value.amount} {value.currency}"
    if isinstance(value, tuple):
        return ", ".join(_said(one) for one in value)
    return str(value)


def read_cases(path: Path, *, name: str = "") -> tuple[Case, ...]:
    """Which cases does a file hold: one, or a list under `cases`?

    Raises
    ------
    PackError
        Naming file, line, field and mend of the first fault.
    """
    document = read_document(path, name=name)
    keys = {key for key, _ in document.pairs()}
    if "cases" not in keys:
        return (_case(document, {}),)
    found = document.fields(("cases",), ("time_zone",))
    return tuple(_case(entry, found) for entry in found["cases"].items())


def _case(entry: Entry, shared: Mapping[str, Entry]) -> Case:
    found = entry.fields(
        ("charge", "events"),
        ("name", "time_zone", "circumstances", "tariffs", "options", "as_of", "expect"),
    )
    zone_entry = found.get("time_zone", shared.get("time_zone"))
    if zone_entry is None:
        raise entry.fault("'time_zone' is missing", "write time_zone: Europe/Moscow")
    zone = _zone(zone_entry)
    charge = _charge(found["charge"])
    return Case(
        name=fields.words(found["name"]) if "name" in found else "",
        time_zone=zone.key,
        charge=charge,
        events=tuple(
            _event(item, number, charge.service, zone)
            for number, item in enumerate(found["events"].items(), start=1)
        ),
        circumstances=_pairs(found, "circumstances"),
        tariffs=tuple((code, fields.money(money)) for code, money in found["tariffs"].pairs())
        if "tariffs" in found
        else (),
        options=_pairs(found, "options"),
        as_of=_moment(found["as_of"], zone) if "as_of" in found else None,
        expected=_expected(found["expect"]) if "expect" in found else None,
        origin=entry.origin,
    )


def _pairs(found: Mapping[str, Entry], name: str) -> tuple[tuple[str, str], ...]:
    if name not in found:
        return ()
    return tuple((key, fields.words(value)) for key, value in found[name].pairs())


def _zone(entry: Entry) -> ZoneInfo:
    try:
        return ZoneInfo(entry.text)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise entry.fault(
            f"no time zone '{entry.text}'", "use an IANA name like Europe/Moscow"
        ) from error


def _charge(entry: Entry) -> Charge:
    found = entry.fields(("service", "month", "fee"), ("dwelling", "volume", "tariff"))
    text = found["month"].text
    try:
        month = date.fromisoformat(f"{text}-01" if len(text) == 7 else text).replace(day=1)
    except ValueError as error:
        raise found["month"].fault(f"'{text}' is not a month", "write it like 2026-03") from error
    fee = fields.money(found["fee"])
    if fee.amount < 0:
        raise found["fee"].fault("the fee is negative", "give what was charged for the month")
    return Charge(
        dwelling=fields.words(found["dwelling"]) if "dwelling" in found else "",
        service=fields.code(found["service"]),
        period=month,
        fee=fee,
        volume=fields.decimal(found["volume"]) if "volume" in found else None,
        tariff=fields.money(found["tariff"]) if "tariff" in found else None,
    )


_EVENT_FIELDS = (
    *("to", "id", "service", "parameter", "measured", "planned", "notice", "customers"),
    *("conditions", "cause", "organisation"),
)


def _event(entry: Entry, number: int, service: str, zone: ZoneInfo) -> Interruption:
    found = entry.fields(("from",), _EVENT_FIELDS)

    def word(name: str, default: str) -> str:
        return fields.words(found[name]) if name in found else default

    return Interruption(
        id=word("id", f"event {number}"),
        service=word("service", service),
        organisation=word("organisation", ""),
        started=_moment(found["from"], zone),
        ended=_moment(found["to"], zone) if "to" in found else None,
        planned=fields.boolean(found["planned"]) if "planned" in found else False,
        parameter=word("parameter", "continuity"),
        measured=fields.decimal(found["measured"]) if "measured" in found else None,
        cause=word("cause", ""),
        customers=fields.integer(found["customers"]) if "customers" in found else 0,
        notice_given=_moment(found["notice"], zone) if "notice" in found else None,
        conditions=_pairs(found, "conditions"),
    )


def _moment(entry: Entry, zone: ZoneInfo) -> datetime:
    """A local time, or one with its offset: needed for times that clocks skip or show twice."""
    try:
        moment = datetime.fromisoformat(entry.text)
    except ValueError as error:
        raise entry.fault(
            f"'{entry.text}' is not a time", 'write it like "2026-03-02 06:00"'
        ) from error
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    early, late = (moment.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if early.utcoffset() != late.utcoffset():
        twice = early.utcoffset() or timedelta(0)
        what = "comes twice" if twice > (late.utcoffset() or timedelta(0)) else "is skipped"
        raise entry.fault(
            f"{entry.text} {what} in {zone.key}", 'add the offset: "2026-10-25 02:30+02:00"'
        )
    return early.astimezone(UTC)


def _expected(entry: Entry) -> Expected:
    found = entry.fields((), ("amount", "percent", "excess", "capped", "set_aside", "advisory"))
    advisory = None
    if "advisory" in found:
        sums = [fields.money(item) for item in found["advisory"].items()]
        if len(sums) != 2:
            raise found["advisory"].fault("two sums are expected", 'write ["10 EUR", "20 EUR"]')
        advisory = (sums[0], sums[1])
    return Expected(
        amount=fields.money(found["amount"]) if "amount" in found else None,
        percent=fields.decimal(found["percent"]) if "percent" in found else None,
        excess=fields.decimal(found["excess"]) if "excess" in found else None,
        capped=fields.boolean(found["capped"]) if "capped" in found else None,
        set_aside=_pairs(found, "set_aside") if "set_aside" in found else None,
        advisory=advisory,
    )
