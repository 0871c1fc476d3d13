"""What pages read about indices: the matrix, the ranking, one indicator, figures entered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from eutopia.web.quality.models import Assessment, Statistic
from eutopia.web.territory.selectors import district_names, districts, wording


@dataclass(frozen=True, slots=True)
class ValueView:
    """An indicator in a district (code empty: the whole). `origin`: measured, entered, missing."""

    unit: str
    name: str
    value: float | None
    origin: str
    as_of: date | None
    points: float | None
    share: float | None
    """Of the points possible, 0 to 1."""


@dataclass(frozen=True, slots=True)
class CellView:
    """One indicator, as a cell of the matrix or a line of a list. `known` of `units` districts."""

    code: str
    number: str
    title: str
    unit: str
    column: str
    shown: ValueView
    known: int
    units: int


@dataclass(frozen=True, slots=True)
class RowView:
    """A row of the index with its cells, in the order of the columns."""

    title: str
    cells: tuple[CellView, ...]


@dataclass(frozen=True, slots=True)
class PlaceView:
    """A district in the ranking, with its interval; shares are from 0 to 1."""

    code: str
    name: str
    known: int
    of: int
    points: float | None
    possible: float
    share: float | None
    rank: int
    low: float | None
    median: float | None
    high: float | None
    favourable: bool | None


@dataclass(frozen=True, slots=True)
class SourceView:
    """Which act, read where, how well verified (A, B, C)?"""

    act: str
    article: str
    url: str
    verification: str


@dataclass(frozen=True, slots=True)
class IndexLine:
    """An index in a list. `known` counts indicators with a figure for the whole or a district."""

    code: str
    title: str
    description: str
    indicators: int
    known: int
    scored: bool
    run_id: int
    best: PlaceView | None


@dataclass(frozen=True, slots=True)
class IndexView:
    """An index on its page. `columns` are empty where it is no matrix."""

    line: IndexLine
    scoring: str
    points: int
    columns: tuple[str, ...]
    rows: tuple[RowView, ...]
    places: tuple[PlaceView, ...]
    """The best first; those without a place last."""
    district: str
    alpha: float | None
    replicates: int
    favourable_share: Decimal | None
    groups: tuple[tuple[str, str], ...]
    """Pairs of title and grade."""
    source: SourceView


@dataclass(frozen=True, slots=True)
class IndicatorView:
    """One indicator on its page."""

    line: IndexLine
    cell: CellView
    row: str
    direction: str
    formula: str
    note: str
    measure: str
    parameters: tuple[tuple[str, str], ...]
    values: tuple[ValueView, ...]
    figures: tuple[FigureView, ...]
    source: SourceView


@dataclass(frozen=True, slots=True)
class FigureView:
    """A figure that was entered."""

    indicator: str
    title: str
    unit: str
    name: str
    as_of: date
    value: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class StandingView:
    """How a district stands in one index."""

    line: IndexLine
    place: PlaceView
    ranked: int


def _words(text: Any) -> str:
    return wording(text.forms) if text is not None else ""


def _source(source: Any) -> SourceView:
    return SourceView(source.act, source.article, source.url, source.verification)


def _rows(territory_id: int) -> list[Assessment]:
    return list(Assessment.objects.filter(territory_id=territory_id))


def _places(told: Any, names: dict[str, str]) -> tuple[PlaceView, ...]:
    """Points of the districts; nobody has a place where everywhere most indicators are missing.

    An interval says how much the ways to compute disagree: of one indicator out of six it would
    say that the place is certain.
    """
    mark = told.index.favourable_share
    placed = any(2 * s.known >= s.of for s in told.assessment.scores if s.unit)
    found = [
        PlaceView(
            code=s.unit,
            name=names.get(s.unit, s.unit),
            known=s.known,
            of=s.of,
            points=s.points,
            possible=s.possible,
            share=s.share,
            rank=s.rank if placed else 0,
            low=s.low if placed else None,
            median=s.median if placed else None,
            high=s.high if placed else None,
            favourable=None if mark is None or s.share is None else s.share > mark,
        )
        for s in told.assessment.scores
        if s.unit
    ]
    return tuple(sorted(found, key=lambda p: (p.rank or 10**9, p.name.casefold())))


def _line(row: Assessment, names: dict[str, str]) -> IndexLine:
    told: Any = row.record
    known = {v.indicator for v in told.assessment.values if v.value is not None}
    places = _places(told, names)
    return IndexLine(
        code=row.index,
        title=_words(told.index.title),
        description=_words(told.index.description),
        indicators=len(told.indicators),
        known=len(known),
        scored=told.index.scoring != "none",
        run_id=row.run_id,
        best=places[0] if places and places[0].rank else None,
    )


def indices(territory_id: int) -> tuple[IndexLine, ...]:
    """Which indices were assessed here, in the packs' order?"""
    names = district_names(territory_id)
    return tuple(_line(row, names) for row in _rows(territory_id))


def index(territory_id: int, code: str, *, district: str = "") -> IndexView | None:
    """What does an index say, everywhere or (its cells) in one district? None: no such index."""
    row = Assessment.objects.filter(territory_id=territory_id, index=code).first()
    if row is None:
        return None
    told: Any = row.record
    names = district_names(territory_id)
    district = district if district in names else ""
    by_cell = _by_cell(told)
    rows = tuple(
        RowView(
            _words(heading.title),
            tuple(
                _cell(told, one, by_cell[one.code], names, district)
                for one in told.indicators
                if one.row == heading.code
            ),
        )
        for heading in told.index.rows
    )
    return IndexView(
        line=_line(row, names),
        scoring=told.index.scoring,
        points=told.index.points,
        columns=tuple(_words(one.title) for one in told.index.columns),
        rows=tuple(one for one in rows if one.cells),
        places=_places(told, names),
        district=district,
        alpha=told.assessment.alpha,
        replicates=told.assessment.replicates,
        favourable_share=told.index.favourable_share,
        groups=tuple((_words(g.title), g.source.verification) for g in told.index.groups),
        source=_source(told.index.source),
    )


def _by_cell(told: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for value in told.assessment.values:
        found.setdefault(value.indicator, []).append(value)
    return found


def _value(told: Any, value: Any, names: dict[str, str]) -> ValueView:
    share = None if value.points is None else value.points / told.index.points
    return ValueView(
        unit=value.unit,
        name=names.get(value.unit, value.unit),
        value=value.value,
        origin=value.origin,
        as_of=value.as_of,
        points=value.points,
        share=share,
    )


def _cell(
    told: Any, one: Any, values: Sequence[Any], names: dict[str, str], district: str
) -> CellView:
    shown = next(v for v in values if v.unit == district)
    return CellView(
        code=one.code,
        number=one.number,
        title=_words(one.title),
        unit=_words(one.unit),
        column=next((_words(c.title) for c in told.index.columns if c.code == one.column), ""),
        shown=_value(told, shown, names),
        known=sum(v.value is not None for v in values if v.unit),
        units=sum(bool(v.unit) for v in values),
    )


def indicator(territory_id: int, index_code: str, code: str) -> IndicatorView | None:
    """What is known of one indicator, how, from where? None where there is no such."""
    row = Assessment.objects.filter(territory_id=territory_id, index=index_code).first()
    told: Any = None if row is None else row.record
    one = None if told is None else next((i for i in told.indicators if i.code == code), None)
    if row is None or one is None:
        return None
    names = district_names(territory_id)
    values = _by_cell(told)[code]
    shown = (_value(told, v, names) for v in values)
    return IndicatorView(
        line=_line(row, names),
        cell=_cell(told, one, values, names, ""),
        row=next(_words(r.title) for r in told.index.rows if r.code == one.row),
        direction=one.direction,
        formula=_words(one.formula),
        note=_words(one.note),
        measure=one.measure,
        parameters=tuple((name, _plain(value)) for name, value in one.parameters),
        values=tuple(sorted(shown, key=lambda v: (bool(v.unit), v.name.casefold()))),
        figures=figures(territory_id, indicator=code),
        source=_source(one.source),
    )


def _plain(value: Any) -> str:
    """How does a parameter read? `a, b` for a list, `a: 1, b: 2` for pairs."""
    if isinstance(value, tuple):
        pairs = all(isinstance(part, tuple) and len(part) == 2 for part in value)
        return ", ".join(f"{p[0]}: {p[1]}" if pairs else str(p) for p in value)
    return str(value)


def figures(territory_id: int, *, indicator: str = "") -> tuple[FigureView, ...]:
    """Which figures were entered, the latest day first?"""
    rows = Statistic.objects.filter(territory_id=territory_id)
    if indicator:
        rows = rows.filter(indicator=indicator)
    titles = {} if indicator else {code: title for code, title, _index in askable(territory_id)}
    names = district_names(territory_id)
    return tuple(
        FigureView(
            indicator=row.indicator,
            title=titles.get(row.indicator, row.indicator),
            unit=row.unit,
            name=names.get(row.unit, row.unit),
            as_of=row.as_of,
            value=row.value,
            source=row.source,
        )
        for row in rows.order_by("-as_of", "indicator", "unit")
    )


def askable(territory_id: int) -> tuple[tuple[str, str, str], ...]:
    """Of which indicators may figures be entered: code, title, title of the index?"""
    return tuple(
        (one.code, f"{one.number}. {_words(one.title)}", _words(row.record.index.title))
        for row in _rows(territory_id)
        for one in row.record.indicators
    )


def indicator_titles(territory_id: int) -> dict[str, tuple[str, str, str]]:
    """In which index is each indicator, and what are its title and unit, by its code?"""
    return {
        one.code: (row.index, _words(one.title), _words(one.unit))
        for row in _rows(territory_id)
        for one in row.record.indicators
    }


def standings(territory_id: int, district: str) -> tuple[StandingView, ...]:
    """How does a district stand in each index that judges?"""
    names = district_names(territory_id)
    found = []
    for row in _rows(territory_id):
        places = _places(row.record, names)
        mine = next((p for p in places if p.code == district), None)
        if mine is not None:
            found.append(StandingView(_line(row, names), mine, sum(p.rank > 0 for p in places)))
    return tuple(found)


def index_rows(territory_id: int) -> Iterator[tuple[Any, ...]]:
    """Every indicator of every index in every district and the whole: for the file."""
    known = {d.code for d in districts(territory_id)}
    for row in _rows(territory_id):
        titles = {one.code: one for one in row.record.indicators}
        for v in row.record.assessment.values:
            one = titles[v.indicator]
            if not v.unit or v.unit in known:
                yield (
                    row.index, one.number, one.code, _words(one.title), v.unit, v.value,
                    _words(one.unit), v.origin, v.as_of, v.points,
                )  # fmt: skip


def place_rows(territory_id: int) -> Iterator[tuple[Any, ...]]:
    """The places of the districts in every index that judges: for the file."""
    names = district_names(territory_id)
    for row in _rows(territory_id):
        for p in _places(row.record, names):
            if p.rank:
                yield (
                    row.index, p.code, p.name, p.rank, p.low, p.median, p.high, p.points,
                    p.possible, p.share, p.known, p.of,
                )  # fmt: skip
