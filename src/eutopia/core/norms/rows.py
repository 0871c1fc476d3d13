"""Rows of a pack's tables read into the records of `core.records.norms`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from eutopia.core.norms import fields
from eutopia.core.norms.calendars import read_calendar
from eutopia.core.norms.documents import Entry
from eutopia.core.norms.indices import read_index, read_indicator
from eutopia.core.norms.service_norms import norm_values, read_service_norm
from eutopia.core.records.norms import (
    QUALITIES,
    HeritageRule,
    Measure,
    NormValue,
    ProblemType,
    ServiceLevel,
    Source,
)

Acts = Mapping[str, Source]
CLOCKS = (
    "register",
    "redirect",
    "respond",
    "call_back",
    "inform",
    "inspect",
    "fence_off",
    "temporary_fix",
    "resolve",
)
COUNTINGS = (
    "calendar_minutes",
    "calendar_hours",
    "working_hours",
    "calendar_days",
    "working_days",
)
STARTS = ("registration", "detection", "end_of_snowfall", "end_of_carriageway_work")
OUTCOMES = ("allow", "allow_with_conditions", "needs_approval", "forbid")


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a pack: which table, under which key, since when and until when?

    `valid_to` is the last day in force; None on either side means no bound known.
    """

    table: str
    key: str
    record: Any
    valid_from: date | None
    valid_to: date | None
    origin: str

    def in_force(self, as_of: date) -> bool:
        """Is it in force on a day?"""
        since, until = self.valid_from, self.valid_to
        return (since is None or since <= as_of) and (until is None or as_of <= until)


def validity(found: Mapping[str, Entry]) -> tuple[date | None, date | None]:
    """Since when and until when (both days included) is a row in force?"""
    since = fields.day(found["from"]) if "from" in found else None
    until = fields.day(found["to"]) if "to" in found else None
    if since and until and until < since:
        raise found["to"].fault(f"ends {until}, before it starts {since}", "swap or mend the dates")
    return since, until


def read_params(entry: Entry, acts: Acts) -> list[Row]:
    """Which values over time does one parameter have?"""
    found = entry.fields(
        ("path", "unit", "description"), ("values", "value", "from", "to", "source")
    )
    path, unit = fields.code(found["path"]), fields.words(found["unit"])
    description = fields.text(found["description"])
    if ("value" in found) == ("values" in found):
        raise entry.fault("give either 'value' or 'values'", "use 'values:' for several editions")
    versions = [entry]
    if "values" in found:
        for key in ("from", "to", "source"):
            if key in found:
                raise found[key].fault(f"'{key}' belongs to each of 'values'", "move it there")
        versions = list(found["values"].items())
    rows = []
    for version in versions:
        part = found if version is entry else version.fields(("value",), ("from", "to", "source"))
        if "source" not in part:
            raise version.fault("'source' is missing", "add act, article, url and verification")
        since, until = validity(part)
        record = NormValue(
            path=path,
            value=fields.value(part["value"]),
            unit=unit,
            description=description,
            valid_from=since,
            valid_to=until,
            source=fields.source(part["source"], acts),
        )
        rows.append(Row("params", path, record, since, until, version.origin))
    return rows


def _problem_type(found: Mapping[str, Entry], acts: Acts) -> ProblemType:
    return ProblemType(
        code=fields.code(found["code"]),
        title=fields.text(found["title"]),
        group=fields.code(found["group"]),
        owner=fields.words(found["owner"]),
        response_cost=fields.money(found["response_cost"]),
        resident_hours=fields.decimal(found["resident_hours"]),
        severity=_share(found["severity"]),
        asset_classes=fields.codes(found["asset_classes"]) if "asset_classes" in found else (),
        service_level=fields.code(found["service_level"]) if "service_level" in found else "",
        source=fields.source(found["source"], acts),
        service=fields.code(found["service"]) if "service" in found else "",
        parameter=fields.code(found["parameter"]) if "parameter" in found else "continuity",
    )


def _share(entry: Entry) -> Any:
    share = fields.decimal(entry)
    if not 0 <= share <= 1:
        raise entry.fault(f"{share} is not between 0 and 1", 'write a share like "0.4"')
    return share


def _optional_codes(found: Mapping[str, Entry], name: str) -> tuple[str, ...]:
    return fields.codes(found[name]) if name in found else ()


def _effect(entry: Entry) -> tuple[Any, Any, Any]:
    shares = [_share(item) for item in entry.items()]
    if len(shares) != 3 or shares != sorted(shares):
        raise entry.fault("low, likely and high are expected", 'write ["0.3", "0.5", "0.7"]')
    return shares[0], shares[1], shares[2]


def _season(entry: Entry) -> tuple[int, int]:
    months = [fields.integer(item) for item in entry.items()]
    if len(months) != 2 or not all(1 <= month <= 12 for month in months):
        raise entry.fault("first and last month are expected", "write it like [4, 10]")
    return months[0], months[1]


def _qualities(entry: Entry) -> tuple[str, ...]:
    return tuple(fields.choice(item, QUALITIES) for item in entry.items())


def _crew_months(entry: Entry, groups: Entry) -> tuple[tuple[str, Decimal], ...]:
    known = fields.codes(groups)
    found = []
    for group, amount in entry.pairs():
        months = fields.decimal(amount)
        if group not in known:
            raise amount.fault(f"'{group}' is not among its work_groups", "add it there")
        if months <= 0:
            raise amount.fault(f"{months} is no time of a crew", 'write months a unit like "0.02"')
        found.append((group, months))
    return tuple(found)


def _measure(found: Mapping[str, Entry], acts: Acts) -> Measure:
    costs = [fields.money(found[name]) for name in ("cost_low", "cost", "cost_high")]
    if not costs[0] <= costs[1] <= costs[2]:
        raise found["cost"].fault("cost_low <= cost <= cost_high does not hold", "mend the costs")
    return Measure(
        code=fields.code(found["code"]),
        title=fields.text(found["title"]),
        unit=fields.words(found["unit"]),
        cost_low=costs[0],
        cost=costs[1],
        cost_high=costs[2],
        price_date=fields.day(found["price_date"]),
        life_years=fields.integer(found["life_years"]),
        upkeep_share=fields.decimal(found["upkeep_share"]),
        effect=_effect(found["effect"]),
        answers=fields.codes(found["answers"]),
        asset_classes=fields.codes(found["asset_classes"]),
        work_groups=fields.codes(found["work_groups"]),
        precedes=_optional_codes(found, "precedes"),
        requires=_optional_codes(found, "requires"),
        excludes=_optional_codes(found, "excludes"),
        lead_years=fields.integer(found["lead_years"]) if "lead_years" in found else 0,
        season=_season(found["season"]) if "season" in found else (1, 12),
        benefits=tuple((side, _share(share)) for side, share in found["benefits"].pairs())
        if "benefits" in found
        else (),
        improves=_qualities(found["improves"]) if "improves" in found else (),
        lifts=_optional_codes(found, "lifts"),
        crew_months=_crew_months(found["crew_months"], found["work_groups"])
        if "crew_months" in found
        else (),
        source=fields.source(found["source"], acts),
    )


def _heritage_rule(found: Mapping[str, Entry], acts: Acts) -> HeritageRule:
    return HeritageRule(
        id=fields.code(found["id"]),
        jurisdiction=fields.code(found["jurisdiction"]),
        zone_kinds=_optional_codes(found, "zone_kinds"),
        asset_statuses=_optional_codes(found, "asset_statuses"),
        significances=_optional_codes(found, "significances"),
        work_groups=_optional_codes(found, "work_groups"),
        outcome=fields.choice(found["outcome"], OUTCOMES),
        legal_basis=fields.words(found["legal_basis"]),
        source=fields.source(found["source"], acts),
        authority_role=fields.code(found["authority_role"]) if "authority_role" in found else "",
        documents=_optional_codes(found, "documents"),
        statutory_days=fields.integer(found["statutory_days"])
        if "statutory_days" in found
        else None,
        conditions=tuple(fields.text(item) for item in found["conditions"].items())
        if "conditions" in found
        else (),
    )


def _one_or_any(entry: Entry) -> str:
    """A condition's value; of a list, any will do: kept as a|b."""
    return "|".join(fields.words(item) for item in (entry.items() if entry.is_list else (entry,)))


def _service_level(found: Mapping[str, Entry], acts: Acts) -> ServiceLevel:
    amount = fields.integer(found["amount"])
    if amount < 0:
        raise found["amount"].fault(f"{amount} is negative", "write 0 for 'at once', or more")
    conditions = found["conditions"].pairs() if "conditions" in found else ()
    wanted = tuple((name, _one_or_any(entry)) for name, entry in conditions)
    return ServiceLevel(
        path=fields.code(found["path"]),
        problem_type=fields.code(found["problem_type"]),
        clock=fields.choice(found["clock"], CLOCKS),
        amount=amount,
        counting=fields.choice(found["counting"], COUNTINGS),
        starts=fields.choice(found["starts"], STARTS),
        conditions=wanted,
        source=fields.source(found["source"], acts),
    )


def _names(words: str) -> tuple[str, ...]:
    return tuple(words.split())


@dataclass(frozen=True, slots=True)
class Table:
    """How is one table of a pack read: its files, key, fields and maker of records?"""

    name: str
    pattern: str
    key: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    make: Callable[[Mapping[str, Entry], Acts], Any]

    def rows(self, entry: Entry, acts: Acts) -> list[Row]:
        """Read one row (parameters: one row a version)."""
        if self.name == "params":
            return read_params(entry, acts)
        found = entry.fields(self.required, (*self.optional, "from", "to"))
        since, until = validity(found)
        record = self.make(found, acts)
        rows = [Row(self.name, fields.code(found[self.key]), record, since, until, entry.origin)]
        if self.name == "service_norms":
            # Each number of a quality norm can also be asked for by its path.
            rows += [
                Row("params", value.path, value, since, until, value.source.origin)
                for value in norm_values(record)
            ]
        return rows


TABLES: tuple[Table, ...] = (
    Table("params", "params/*.yaml", "path", (), (), lambda _found, _acts: None),
    Table(
        "problem_types",
        "problem_types.yaml",
        "code",
        _names("code title group owner response_cost resident_hours severity source"),
        _names("asset_classes service_level service parameter"),
        _problem_type,
    ),
    Table(
        "measures",
        "measures.yaml",
        "code",
        _names(
            "code title unit cost_low cost cost_high price_date life_years upkeep_share effect "
            "answers asset_classes work_groups source"
        ),
        _names("precedes requires excludes lead_years season benefits improves lifts crew_months"),
        _measure,
    ),
    Table(
        "heritage",
        "heritage.yaml",
        "id",
        _names("id jurisdiction outcome legal_basis source"),
        _names(
            "zone_kinds asset_statuses significances work_groups authority_role documents "
            "statutory_days conditions"
        ),
        _heritage_rule,
    ),
    Table(
        "calendars",
        "calendars/*.yaml",
        "id",
        _names("id title hours source"),
        _names("yearly exceptions covers"),
        read_calendar,
    ),
    Table(
        "service_levels",
        "service_levels.yaml",
        "path",
        _names("path problem_type clock amount counting starts source"),
        _names("conditions"),
        _service_level,
    ),
    Table(
        "service_norms",
        "service_norms.yaml",
        "path",
        _names("path service parameters unit description remedies source"),
        _names("charge when assume bands targets tolerances permitted"),
        read_service_norm,
    ),
    Table(
        "indices",
        "indices.yaml",
        "code",
        _names("code title description rows scoring source"),
        _names("columns points aggregation through favourable_share groups"),
        read_index,
    ),
    Table(
        "indicators",
        "indicators.yaml",
        "code",
        _names("code index number row title unit direction formula source"),
        _names("column measure parameters bands weight note"),
        read_indicator,
    ),
)
