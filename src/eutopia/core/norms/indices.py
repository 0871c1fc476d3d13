"""Composite indices and their indicators as packs write them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from eutopia.core.norms import fields
from eutopia.core.norms.documents import Entry, Fault
from eutopia.core.records.indices import (
    AGGREGATIONS,
    DIRECTIONS,
    MEASURES,
    SCORINGS,
    CompositeIndex,
    Heading,
    IndexIndicator,
    SettlementGroup,
)
from eutopia.core.records.norms import Source

if TYPE_CHECKING:
    from eutopia.core.norms.rows import Row

Acts = Mapping[str, Source]


def _headings(entry: Entry) -> tuple[Heading, ...]:
    found = []
    for item in entry.items():
        part = item.fields(("code", "title"))
        found.append(Heading(fields.code(part["code"]), fields.text(part["title"])))
    if not found:
        raise entry.fault("no heading given", "write at least one {code: …, title: …}")
    if len({one.code for one in found}) < len(found):
        raise entry.fault("a code stands twice", "give each its own")
    return tuple(found)


def _group(entry: Entry, acts: Acts) -> SettlementGroup:
    part = entry.fields(("code", "title", "residents_from", "climate", "source"), ("residents_to",))
    low = fields.integer(part["residents_from"])
    high = fields.integer(part["residents_to"]) if "residents_to" in part else None
    if low < 0 or (high is not None and high <= low):
        raise entry.fault("the band of residents is empty", "let residents_to be above from")
    return SettlementGroup(
        code=fields.code(part["code"]),
        title=fields.text(part["title"]),
        residents_from=low,
        residents_to=high,
        climate=fields.code(part["climate"]),
        source=fields.source(part["source"], acts),
    )


def read_index(found: Mapping[str, Entry], acts: Acts) -> CompositeIndex:
    """Which composite index does a row describe?"""
    points = fields.integer(found["points"]) if "points" in found else 100
    if points < 1:
        raise found["points"].fault(f"{points} points are too few", "write 1 or more")
    share = None
    if "favourable_share" in found:
        share = fields.decimal(found["favourable_share"])
        if not 0 < share < 1:
            raise found["favourable_share"].fault("no share", 'write one like "0.5"')
    groups = found["groups"].items() if "groups" in found else ()
    return CompositeIndex(
        code=fields.code(found["code"]),
        title=fields.text(found["title"]),
        description=fields.text(found["description"]),
        rows=_headings(found["rows"]),
        columns=_headings(found["columns"]) if "columns" in found else (),
        scoring=fields.choice(found["scoring"], SCORINGS),
        points=points,
        aggregation=fields.choice(found["aggregation"], AGGREGATIONS)
        if "aggregation" in found
        else AGGREGATIONS[0],
        through=fields.choice(found["through"], ("rows",)) if "through" in found else "",
        favourable_share=share,
        groups=tuple(_group(one, acts) for one in groups),
        source=fields.source(found["source"], acts),
    )


def _bands(entry: Entry) -> tuple[tuple[Decimal, Decimal], ...]:
    bands = []
    for item in entry.items():
        part = item.fields(("from", "points"))
        bands.append((fields.decimal(part["from"]), fields.decimal(part["points"])))
    if not bands or any(a[0] >= b[0] for a, b in pairwise(bands)):
        raise entry.fault("bands must rise", "order them by 'from', each once")
    return tuple(bands)


def _parameters(found: Mapping[str, Entry], measure: str) -> tuple[tuple[str, Any], ...]:
    given = dict(found["parameters"].pairs()) if "parameters" in found else {}
    wanted = MEASURES.get(measure, ())
    for name, entry in given.items():
        if name not in wanted:
            known = ", ".join(wanted) or "none"
            raise entry.fault(
                f"unknown parameter '{name}' of {measure or 'no measure'}", f"known: {known}"
            )
    for name in wanted:
        if name not in given:
            raise found["measure"].fault(f"'{name}' is missing", "write it under 'parameters:'")
    return tuple((name, fields.value(given[name])) for name in wanted)


def read_indicator(found: Mapping[str, Entry], acts: Acts) -> IndexIndicator:
    """Which indicator does a row describe?"""
    measure = fields.choice(found["measure"], tuple(MEASURES)) if "measure" in found else ""
    parameters = _parameters(found, measure)
    weight = fields.decimal(found["weight"]) if "weight" in found else Decimal(1)
    if weight <= 0:
        raise found["weight"].fault(f"{weight} is no weight", "write one above zero")
    return IndexIndicator(
        code=fields.code(found["code"]),
        index=fields.code(found["index"]),
        number=fields.words(found["number"]),
        row=fields.code(found["row"]),
        column=fields.code(found["column"]) if "column" in found else "",
        title=fields.text(found["title"]),
        unit=fields.text(found["unit"]),
        direction=fields.choice(found["direction"], DIRECTIONS),
        formula=fields.text(found["formula"]),
        measure=measure,
        parameters=parameters,
        bands=_bands(found["bands"]) if "bands" in found else (),
        weight=weight,
        source=fields.source(found["source"], acts),
        note=fields.text(found["note"]) if "note" in found else None,
    )


def index_faults(rows: Iterable[Row]) -> Iterator[Fault]:
    """What does not fit between a pack's indices and its indicators?"""
    rows = tuple(rows)
    indices = {row.key: row.record for row in rows if row.table == "indices"}
    filled: dict[tuple[str, str, str], str] = {}
    for row in rows:
        if row.table == "indicators":
            what, mend = _misfit(row.record, indices.get(row.record.index), filled)
            if what:
                file, _, line = row.origin.rpartition(":")
                yield Fault(file, int(line), row.key, what, mend)
    asked = {row.record.index for row in rows if row.table == "indicators"}
    for row in rows:
        if row.table == "indices" and row.key not in asked:
            file, _, line = row.origin.rpartition(":")
            yield Fault(file, int(line), row.key, "the index has no indicator", "write some")


def _misfit(
    told: IndexIndicator,
    index: CompositeIndex | None,
    filled: dict[tuple[str, str, str], str],
) -> tuple[str, str]:
    if index is None:
        return f"no index '{told.index}' in this pack", "name one of indices.yaml"
    if told.row not in {one.code for one in index.rows}:
        return f"'{told.row}' is no row of {index.code}", "name one of its rows"
    if index.columns:
        if told.column not in {one.code for one in index.columns}:
            return f"'{told.column}' is no column of {index.code}", "name one of its columns"
        cell = (told.index, told.row, told.column)
        if cell in filled:
            return f"the cell holds {filled[cell]} already", "one indicator a cell"
        filled[cell] = told.code
    elif told.column:
        return f"{index.code} has no columns", "leave 'column' out"
    if (index.scoring == "fixed_bands") != bool(told.bands):
        return "'bands' go with scoring: fixed_bands", "give both or neither"
    if index.scoring in ("minmax", "quantile_bins") and told.direction == "none":
        return f"{index.scoring} needs a direction", "write higher or lower"
    return "", ""
