"""Readings of meters and providers' interruptions from tables: each row used or named."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from eutopia.core.listen.cells import Cells, far_off
from eutopia.core.listen.rejections import CellFault, Rejection, Said
from eutopia.core.listen.row_files import Row
from eutopia.core.listen.serving_tables import MEASURED, Numbered
from eutopia.core.records import Reading, Signal

READING_COLUMNS = ("meter", "at", "value")
OUTAGE_COLUMNS = (
    "id", "service", "parameter", "measured", "planned", "started", "ended", "promised",
    "notice_given", "buildings", "asset", "cause", "conditions",
)  # fmt: skip
PARAMETERS = ("continuity", *MEASURED, "composition", "removal")
_AHEAD = timedelta(minutes=10)
_BACK = timedelta(days=3 * 366)
_FAR_AHEAD = timedelta(days=366)
_LONGEST = timedelta(days=366)
_CAUSE = re.compile(r"[a-z][a-z_]{0,47}")
_OFF = {
    "in_the_future": Said("it lies ahead"),
    "too_old": Said("it lies more than three years back"),
}


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that can't be used: why, as a code for people's languages, and as a rejection."""

    code: str
    subject: str
    rejection: Rejection


def _refused(
    file: str, number: int, row: Row, fault: CellFault, *, code: str, subject: str
) -> Refused:
    stands = str(row.get(fault.field) or fault.value)[:200]
    return Refused(code, subject[:160], replace(fault.at(file, number), value=stands))


def read_readings(
    rows: Numbered, *, file: str, meters: frozenset[str], zone: ZoneInfo, now: datetime
) -> tuple[tuple[tuple[str, Reading], ...], tuple[Refused, ...]]:
    """Which readings does a table hold, which rows can't be used and why?

    Parameters
    ----------
    rows
        Numbers and cells; columns are `READING_COLUMNS`.
    meters
        Codes that are known, and that the sender may speak for.
    zone
        Of times without an offset.
    now
        Aware.

    Returns
    -------
    tuple
        Pairs of meter and reading in order, repeats among them kept (they are named where readings
        are judged); refusals with the codes unknown_meter, in_the_future, too_old, not_readable.

    Notes
    -----
    A meter whose clock is more than ten minutes ahead, or three years behind, is not believed.
    """
    found: list[tuple[str, Reading]] = []
    refused: list[Refused] = []
    for number, row in rows:
        code = "not_readable"
        subject = f"{row.get('meter', '')} {row.get('at', '')}"
        try:
            cells = Cells.of(row, READING_COLUMNS)
            meter = cells.code("meter")
            at = cells.moment("at", zone, required=True)
            value = cells.decimal("value", required=True)
            if at is None or value is None:
                raise CellFault("at", "", Said("it is empty"), Said("give meter, at and value"))
            if meter not in meters:
                code = "unknown_meter"
                raise CellFault(
                    "meter", meter, Said("no such meter of yours"), Said("register it first")
                )
            off = far_off(at, now=now, ahead=_AHEAD, back=_BACK)
            if off:
                code = off
                raise CellFault(
                    "at", at.isoformat(), Said("the meter's clock is wrong"), Said("set its clock")
                )
            if abs(value) >= Decimal(10) ** 9 or value != round(value, 4):
                raise CellFault(
                    "value", value, Said("no such value"), Said("at most four decimals")
                )
        except CellFault as fault:
            refused.append(_refused(file, number, row, fault, code=code, subject=subject))
            continue
        found.append((meter, Reading(at, value)))
    return tuple(found), tuple(refused)


def read_outages(
    rows: Numbered,
    *,
    file: str,
    organisation: str,
    buildings: frozenset[str],
    services: frozenset[str],
    circumstances: Mapping[str, Sequence[str]],
    zone: ZoneInfo,
    now: datetime,
) -> tuple[tuple[Signal, ...], tuple[Refused, ...]]:
    """Which interruptions does a provider tell of, which rows can't be used and why?

    Parameters
    ----------
    rows
        Numbers and cells; columns are `OUTAGE_COLUMNS`: `id`, `service`, `started` and `buildings`
        must be there; `ended` empty means that it goes on.
    organisation
        Who tells: the id becomes `organisation/id`, so that one provider never writes over
        another's.
    services
        Codes of those that the municipality knows; where it knows none yet, any will do.
    circumstances
        What norms ask of an event: names and the values each may have, none for a number.

    Returns
    -------
    tuple
        Signals of source `provider`; refusals with the codes ends_before_it_starts, no_length,
        too_long, in_the_future, too_old, given_twice, not_readable.

    Notes
    -----
    What is not planned cannot lie ahead; what is planned lies at most a year ahead. Notice cannot
    be given in the future.
    """
    found: dict[str, Signal] = {}
    refused: list[Refused] = []
    for number, row in rows:
        try:
            one = _outage(row, organisation, buildings, circumstances, zone)
            if services and one.service not in services:
                known = Said("one of %(known)s", known=", ".join(sorted(services)))
                raise CellFault("service", one.service, Said("not one of those known"), known)
            code, fault = _impossible(one, now)
            if found.get(one.id, one) != one:
                code = "given_twice"
                fault = CellFault(
                    "id", one.id, Said("it stands twice, otherwise"), Said("keep one row")
                )
        except CellFault as error:
            code, fault = "not_readable", error
        if fault is not None:
            subject = f"{organisation}/{row.get('id', '')}"
            refused.append(_refused(file, number, row, fault, code=code, subject=subject))
        else:
            found[one.id] = one
    return tuple(found.values()), tuple(refused)


def _outage(
    row: Row,
    organisation: str,
    buildings: frozenset[str],
    circumstances: Mapping[str, Sequence[str]],
    zone: ZoneInfo,
) -> Signal:
    cells = Cells.of(row, OUTAGE_COLUMNS)
    identity = cells.code("id")
    started = cells.moment("started", zone, required=True)
    if started is None:
        raise CellFault("started", "", Said("it is empty"), Said("give started"))
    if len(identity) + len(organisation) > 90:
        raise CellFault("id", identity, Said("too long"), Said("a shorter id"))
    parameter = cells.one_of("parameter", PARAMETERS) or "continuity"
    cause = cells.words("cause")
    if cause and not _CAUSE.fullmatch(cause):
        raise CellFault(
            "cause", cause, Said("not a code"), Said("a code like worn_pipe: never a person")
        )
    measured = cells.decimal("measured")
    if parameter in MEASURED and measured is None:
        raise CellFault(
            "measured",
            "",
            Said("%(parameter)s without a value", parameter=parameter),
            Said("give what was measured"),
        )
    if parameter not in MEASURED and measured is not None:
        raise CellFault(
            "measured",
            measured,
            Said("%(parameter)s has no value", parameter=parameter),
            Said("leave it empty"),
        )
    return Signal(
        id=f"{organisation}/{identity}",
        source="provider",
        service=cells.service(),
        started=started,
        ended=cells.moment("ended", zone),
        building_ids=cells.codes("buildings", buildings),
        organisation=organisation,
        planned=cells.yes("planned"),
        parameter=parameter,
        measured=measured,
        asset_id=cells.code("asset", required=False) or None,
        cause=cause,
        promised=cells.moment("promised", zone),
        notice_given=cells.moment("notice_given", zone),
        conditions=cells.pairs("conditions", circumstances),
    )


def _impossible(one: Signal, now: datetime) -> tuple[str, CellFault | None]:
    """Can this have happened, or be planned? A code and why not."""
    off = far_off(one.started, now=now, ahead=_FAR_AHEAD if one.planned else _AHEAD, back=_BACK)
    if off:
        return off, CellFault(
            "started", one.started.isoformat(), _OFF[off], Said("mend the time or `planned`")
        )
    if one.ended is not None:
        if one.ended < one.started:
            return "ends_before_it_starts", CellFault(
                "ended",
                one.ended.isoformat(),
                Said("it ends before it starts"),
                Said("mend one of the two"),
            )
        if one.ended == one.started:
            return "no_length", CellFault(
                "ended",
                one.ended.isoformat(),
                Said("it has no length"),
                Said("mend one of the two"),
            )
        if one.ended - one.started > _LONGEST:
            return "too_long", CellFault(
                "ended",
                one.ended.isoformat(),
                Said("longer than a year"),
                Said("mend one of the two"),
            )
        if not one.planned and one.ended > now + _AHEAD:
            return "in_the_future", CellFault(
                "ended",
                one.ended.isoformat(),
                Said("it ends in the future"),
                Said("give `promised` instead"),
            )
    if one.promised is not None and one.promised <= one.started:
        return "ends_before_it_starts", CellFault(
            "promised",
            one.promised.isoformat(),
            Said("promised before it starts"),
            Said("mend one of the two"),
        )
    if one.notice_given is not None and one.notice_given > now + _AHEAD:
        return "in_the_future", CellFault(
            "notice_given",
            one.notice_given.isoformat(),
            Said("notice in the future"),
            Said("mend the time"),
        )
    return "", None
