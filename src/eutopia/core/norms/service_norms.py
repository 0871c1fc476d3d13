"""Quality norms of communal services read from packs: one neutral shape for all laws."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, time
from decimal import Decimal
from typing import Any, TypeVar

from eutopia.core.norms import fields
from eutopia.core.norms.documents import Entry
from eutopia.core.records.norms import NormValue, Source
from eutopia.core.records.service_norms import (
    Condition,
    Permitted,
    Remedy,
    ServiceNorm,
    Target,
    Tolerance,
)

Acts = Mapping[str, Source]
T = TypeVar("T")
_COMPARISON = re.compile(r"(<=|>=|!=|<|>|=)\s*(.+)")
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?")
_PART = re.compile(r"[a-z][a-z0-9_]*")
SCOPES = ("single", "period_total")
COUNTED = ("exact", "whole", "started")
KIND_FIELDS: dict[str, tuple[str, ...]] = {
    "percent_per_hours": ("percent",),
    "percent_per_degree_hour": ("percent",),
    "percent_per_step_hour": ("percent", "step"),
    "zero_per_day": (),
    "percent_of_time": ("percent",),
    "tariff_substitution": ("tariff",),
    "fixed_sum_stepped": ("amount",),
    "fixed_sum_count": ("amount", "events"),
    "range_advisory": ("percent", "percent_high"),
}


def read_service_norm(found: Mapping[str, Entry], acts: Acts) -> ServiceNorm:
    """Which quality norm does a row of `service_norms.yaml` describe?"""
    service = fields.code(found["service"])
    bands = tuple(_bands(found["bands"])) if "bands" in found else ()
    norm = ServiceNorm(
        path=fields.code(found["path"]),
        service=service,
        charge=fields.code(found["charge"]) if "charge" in found else service,
        parameters=fields.codes(found["parameters"]),
        unit=fields.words(found["unit"]),
        description=fields.text(found["description"]),
        source=fields.source(found["source"], acts),
        valid_from=fields.day(found["from"]) if "from" in found else None,
        valid_to=fields.day(found["to"]) if "to" in found else None,
        when=conditions(found["when"]) if "when" in found else (),
        assume=tuple((name, fields.words(entry)) for name, entry in found["assume"].pairs())
        if "assume" in found
        else (),
        bands=bands,
        targets=_parts(found, "targets", lambda name, entry: _target(name, entry, acts)),
        tolerances=_parts(found, "tolerances", lambda name, entry: _tolerance(name, entry, acts)),
        permitted=_parts(found, "permitted", lambda name, entry: _permitted(name, entry, acts)),
        remedies=_parts(found, "remedies", lambda name, entry: _remedy(name, entry, acts)),
    )
    _check_bands(found, norm)
    return norm


def norm_values(norm: ServiceNorm) -> tuple[NormValue, ...]:
    """Which single values does a quality norm set, each under a path of its own?

    `<norm>.permitted.<name>`, `<norm>.targets.<name>`, `<norm>.tolerances.<name>`,
    `<norm>.remedies.<name>`.
    """
    values: list[tuple[str, Any, str, Source]] = []
    for target in norm.targets:
        bounds = _given(low=target.low, high=target.high)
        values.append((f"targets.{target.name}", bounds, norm.unit, target.source))
    for room in norm.tolerances:
        both = _given(below=room.below, above=room.above)
        values.append((f"tolerances.{room.name}", both, norm.unit, room.source))
    for length in norm.permitted:
        hours = length.refers_to if length.hours is None else length.hours
        values.append((f"permitted.{length.name}", hours, "hours", length.source))
    for remedy in norm.remedies:
        value, unit = _remedy_value(remedy)
        values.append((f"remedies.{remedy.name}", value, unit, remedy.source))
    return tuple(
        NormValue(
            f"{norm.path}.{path}",
            value,
            unit,
            norm.description,
            norm.valid_from,
            norm.valid_to,
            source,
        )
        for path, value, unit, source in values
    )


def conditions(entry: Entry) -> tuple[Condition, ...]:
    """Which circumstances are asked for?

    `{sources: 2}`, `{indoor_C: ">= 10, < 12"}`, `{place: [road, bridge]}`.
    """
    found: list[Condition] = []
    for variable, wanted in entry.pairs():
        if wanted.is_list:
            values = tuple(_operand(fields.words(item)) for item in wanted.items())
            found.append(Condition(variable, "in", values))
            continue
        for part in fields.words(wanted).split(","):
            match = _COMPARISON.fullmatch(part.strip())
            op, text = (match[1], match[2]) if match else ("=", part.strip())
            operand = _operand(text)
            if op in ("<", "<=", ">", ">=") and isinstance(operand, str):
                raise wanted.fault(f"'{text}' is no number to compare with", 'write ">= 12"')
            found.append(Condition(variable, op, (operand,)))
    return tuple(found)


def _operand(text: str) -> Decimal | str:
    return Decimal(text) if _NUMBER.fullmatch(text) else text


def _given(**bounds: Decimal | None) -> tuple[tuple[str, Decimal], ...]:
    return tuple((name, value) for name, value in bounds.items() if value is not None)


def _parts(
    found: Mapping[str, Entry], table: str, make: Callable[[str, Entry], T]
) -> tuple[T, ...]:
    if table not in found:
        return ()
    parts = []
    for name, entry in found[table].pairs():
        if not _PART.fullmatch(name):
            raise entry.fault(f"'{name}' is not a name", "use small Latin letters and _")
        parts.append(make(name, entry))
    return tuple(parts)


def _when(found: Mapping[str, Entry]) -> tuple[Condition, ...]:
    return conditions(found["when"]) if "when" in found else ()


def _optional_decimal(found: Mapping[str, Entry], name: str) -> Decimal | None:
    return fields.decimal(found[name]) if name in found else None


def _target(name: str, entry: Entry, acts: Acts) -> Target:
    found = entry.fields(("source",), ("low", "high", "when"))
    low, high = _optional_decimal(found, "low"), _optional_decimal(found, "high")
    if low is None and high is None:
        raise entry.fault("neither 'low' nor 'high'", "give at least one bound")
    if low is not None and high is not None and high < low:
        raise entry.fault(f"high {high} is below low {low}", "swap or mend the bounds")
    return Target(name, low, high, _when(found), fields.source(found["source"], acts))


def _tolerance(name: str, entry: Entry, acts: Acts) -> Tolerance:
    found = entry.fields(("source",), ("below", "above", "when"))
    below, above = _optional_decimal(found, "below"), _optional_decimal(found, "above")
    zero = Decimal(0)
    if (below or zero) < 0 or (above or zero) < 0:
        raise entry.fault(
            "a tolerance is negative", 'write how far the value may go, as 3 or "0.5"'
        )
    return Tolerance(
        name, below or zero, above or zero, _when(found), fields.source(found["source"], acts)
    )


def _permitted(name: str, entry: Entry, acts: Acts) -> Permitted:
    found = entry.fields(("scope", "source"), ("hours", "when", "apart", "refers_to"))
    if ("hours" in found) == ("refers_to" in found):
        raise entry.fault("give 'hours', or 'refers_to' an act", "write hours: 8")
    hours = _optional_decimal(found, "hours")
    if hours is not None and hours < 0:
        raise found["hours"].fault(f"{hours} hours", "write 0 or more")
    return Permitted(
        name=name,
        scope=fields.choice(found["scope"], SCOPES),
        hours=hours,
        when=_when(found),
        source=fields.source(found["source"], acts),
        apart=fields.boolean(found["apart"]) if "apart" in found else False,
        refers_to=fields.words(found["refers_to"]) if "refers_to" in found else "",
    )


_REMEDY_READERS: dict[str, Callable[[Entry], Any]] = {
    "percent": fields.decimal,
    "percent_high": fields.decimal,
    "per_hours": fields.decimal,
    "step": fields.decimal,
    "hours_counted": lambda entry: fields.choice(entry, COUNTED),
    "degrees_counted": lambda entry: fields.choice(entry, COUNTED),
    "tariff": fields.code,
    "amount": fields.money,
    "further": fields.money,
    "cap": fields.money,
    "events": fields.integer,
    "min_hours": fields.decimal,
    "window_days": fields.integer,
    "year_start": lambda entry: _month_day(entry),
    "max_per_year": fields.integer,
    "automatic": fields.boolean,
    "claim_days": fields.integer,
    "note": fields.text,
    "when": conditions,
}


def _remedy(name: str, entry: Entry, acts: Acts) -> Remedy:
    found = entry.fields(("kind", "source"), tuple(_REMEDY_READERS))
    kind = fields.choice(found["kind"], tuple(KIND_FIELDS))
    for needed in KIND_FIELDS[kind]:
        if needed not in found:
            raise entry.fault(f"'{needed}' is missing", f"{kind} needs it")
    read = {key: read(found[key]) for key, read in _REMEDY_READERS.items() if key in found}
    for key in ("percent", "percent_high", "step", "per_hours", "min_hours"):
        if key in read and (read[key] < 0 or (key in ("step", "per_hours") and not read[key])):
            raise found[key].fault(f"{read[key]} makes no sense here", "write a positive number")
    currencies = {read[key].currency for key in ("amount", "further", "cap") if key in read}
    if len(currencies) > 1:
        raise entry.fault("more than one currency", "use one currency in a remedy")
    source = fields.source(found["source"], acts)
    return Remedy(name=name, kind=kind, source=source, when=read.pop("when", ()), **read)


def _remedy_value(remedy: Remedy) -> tuple[Any, str]:
    if remedy.amount is not None:
        return f"{remedy.amount.amount} {remedy.amount.currency}", remedy.kind
    if remedy.kind == "range_advisory":
        return (remedy.percent, remedy.percent_high), "percent of the base, from and to"
    if remedy.kind == "tariff_substitution":
        return remedy.tariff, "tariff that applies"
    if remedy.kind == "zero_per_day":
        return Decimal(100), "percent of the fee of the day"
    if remedy.kind == "percent_of_time":
        return remedy.percent, "percent of the fee for the share of time"
    hours = f"{remedy.per_hours} h" if remedy.per_hours != 1 else "hour"
    step = {
        "percent_per_degree_hour": " and degree",
        "percent_per_step_hour": f" and {remedy.step}",
    }
    return remedy.percent, f"percent per {hours}{step.get(remedy.kind, '')}"


def _month_day(entry: Entry) -> tuple[int, int]:
    match = re.fullmatch(r"(\d\d)-(\d\d)", entry.text)
    try:
        day = date(2001, int(match[1]), int(match[2])) if match else None
    except ValueError:
        day = None
    if day is None:
        raise entry.fault(f"'{entry.text}' is not a day of the year", 'write it like "04-01"')
    return day.month, day.day


def _bands(entry: Entry) -> list[tuple[str, time, time]]:
    bands: list[tuple[str, time, time]] = []
    for name, hours in entry.pairs():
        start, _, end = fields.words(hours).partition("-")
        try:
            opens, closes = _clock(start), _clock(end)
        except ValueError as error:
            raise hours.fault(
                f"'{hours.text}' is not a span of hours", 'write it like "00:00-05:00"'
            ) from error
        bands.append((name, opens, closes))
    ordered = sorted(bands, key=lambda band: band[1])
    ends = [time(0), *(closes for _, _, closes in ordered)]
    if any(ends[k] != band[1] for k, band in enumerate(ordered)) or ends[-1] != time.max:
        raise entry.fault("the bands do not cover the day once", "cover 00:00 to 24:00, no gaps")
    return ordered


def _clock(text: str) -> time:
    hour, _, minute = text.strip().partition(":")
    return time.max if text.strip() == "24:00" else time(int(hour), int(minute))


def _check_bands(found: Mapping[str, Entry], norm: ServiceNorm) -> None:
    names = {name for name, _, _ in norm.bands}
    parts: list[tuple[str, tuple[Condition, ...]]] = [
        *((part.name, part.when) for part in norm.targets),
        *((part.name, part.when) for part in norm.tolerances),
        *((part.name, part.when) for part in norm.permitted),
        *((part.name, part.when) for part in norm.remedies),
    ]
    for name, when in parts:
        for condition in when:
            if condition.variable == "time_of_day" and not set(condition.values) <= names:
                wanted = ", ".join(str(value) for value in condition.values)
                raise found["path"].fault(
                    f"'{name}' asks for the time of day '{wanted}'", "name it under 'bands:'"
                )
