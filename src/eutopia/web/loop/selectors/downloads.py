"""Tables for anybody to take away, as CSV that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from eutopia.web.consultations.selectors import (
    comment_rows,
    option_rows,
    pledge_rows,
    weighing_rows,
)
from eutopia.web.foundation.spreadsheet import inert
from eutopia.web.ledger.selectors import promises
from eutopia.web.problems.selectors import (
    ProblemFilter,
    clusters,
    problems,
    recurrence,
    systemic_rows,
)
from eutopia.web.programmes.selectors import CandidateFilter, candidates
from eutopia.web.providers.selectors import comparisons, supplies
from eutopia.web.quality.selectors import index_rows, place_rows
from eutopia.web.reports.selectors import public_rows
from eutopia.web.territory.selectors import Page
from eutopia.web.utilities.selectors import interruptions, periods
from eutopia.web.works.selectors import works

_SIZE = 2_000

Rows = Iterator[tuple[Any, ...]]


def rows_csv(territory_id: int, table: str) -> Iterator[str]:
    """What does a table hold, as lines of CSV safe to open in a spreadsheet?

    Parameters
    ----------
    table
        One of `DOWNLOADS`.

    Raises
    ------
    KeyError
        No such table.

    Notes
    -----
    A cell that a spreadsheet would take for a formula (it begins with = + - @, tab or return and
    is no number) gets an apostrophe before it. Public columns only; places of reports are rounded
    to three decimals. Read page by page: memory does not grow with the table.
    """
    header, rows = _TABLES[table]
    return _lines(header, rows(territory_id))


def _lines(header: str, rows: Iterable[tuple[Any, ...]]) -> Iterator[str]:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(header.split())
    for row in rows:
        writer.writerow([inert(cell) for cell in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def _pages(read: Callable[[int], Page[Any]]) -> Iterator[Any]:
    number = 1
    while True:
        page = read(number)
        yield from page.items
        if not page.has_next:
            return
        number += 1


def _problems(territory_id: int) -> Rows:
    for p in _pages(lambda n: problems(territory_id, ProblemFilter(), page=n, size=_SIZE)):
        yield (
            p.label, p.problem_type, p.place, p.district, p.lon, p.lat, p.reports, p.events,
            p.recurrences, p.first_seen, p.last_seen, p.people_affected, round(p.severity, 4),
            round(p.trend, 4), p.cost_total, p.owner, p.state,
        )  # fmt: skip


def _clusters(territory_id: int) -> Rows:
    for c in clusters(territory_id):
        yield (
            c.number, c.problem_type, "growing" if c.alive else "past", round(c.lon, 6),
            round(c.lat, 6), round(c.radius_m, 1), c.start, c.end, c.cases, round(c.expected, 3),
            round(c.llr, 6), c.p,
        )  # fmt: skip


def _systemic(territory_id: int) -> Rows:
    for m in systemic_rows(territory_id):
        yield (
            m.district, m.month, m.reports, m.explained, m.events, m.repeats, m.repeat_cost,
            m.problems, m.funded, m.median_age_days,
        )  # fmt: skip


def _recurrence(territory_id: int) -> Rows:
    for by in ("all", "problem_type", "organisation", "place"):
        for r in recurrence(territory_id, by):
            yield (
                r.by, r.code, r.problem_type, r.events, r.repeats, r.closures, r.returned,
                round(r.share, 4), round(r.low, 4), round(r.high, 4), r.median_days,
            )  # fmt: skip


def _programme(territory_id: int) -> Rows:
    for c in _pages(lambda n: candidates(territory_id, CandidateFilter(), page=n, size=_SIZE)):
        yield (
            c.code, c.title, c.measure, c.district, c.cost, c.upkeep, c.benefit, c.value,
            c.people_reached, c.chosen, c.year, c.main_reason.code if c.main_reason else "",
            c.gate, c.origin,
        )  # fmt: skip


def _works(territory_id: int) -> Rows:
    for w in _pages(lambda n: works(territory_id, page=n, size=_SIZE)):
        told = w.outcome
        outcome = (None,) * 4 if told is None else (told.ratio, told.low, told.high, told.verdict)
        yield (
            w.code, w.measure, w.district, w.started, w.finished, w.cost, w.currency,
            w.contractor, w.warranty_until, w.lon, w.lat, *outcome,
        )  # fmt: skip


def _promises(territory_id: int) -> Rows:
    for p in _pages(lambda n: promises(territory_id, page=n, size=_SIZE)):
        yield p.kind, p.title, p.district, p.made, p.due, p.amount, p.state, p.since


def _interruptions(territory_id: int) -> Rows:
    for i in _pages(lambda n: interruptions(territory_id, page=n, size=_SIZE)):
        yield (
            i.code, i.service, i.organisation, i.started, i.ended, i.planned, i.parameter,
            i.measured, i.cause, i.where.buildings, i.customers,
        )  # fmt: skip


def _providers(territory_id: int) -> Rows:
    for told in comparisons(territory_id):
        for s in told.standings:
            yield (
                told.kind, told.measure, told.first, told.last, s.organisation, s.name, s.events,
                round(s.exposure, 4), round(s.expected, 4), round(s.ratio, 4), round(s.shrunk, 4),
                round(s.low, 4), round(s.high, 4), s.verdict, s.rank, s.rank_low, s.rank_high,
            )  # fmt: skip


def _reliability(territory_id: int) -> Rows:
    for s in supplies(territory_id):
        yield (
            s.service, s.organisation, s.first, s.last, s.customers, round(s.saidi, 4),
            round(s.saifi, 6), None if s.caidi is None else round(s.caidi, 4), round(s.maifi, 6),
            round(s.asai, 8), s.sustained, s.momentary, round(s.normal_saidi, 4),
            round(s.normal_saifi, 6), round(s.planned_saidi, 4), len(s.major_days), s.set_aside,
        )  # fmt: skip


def _owed(territory_id: int) -> Rows:
    for p in periods(territory_id):
        yield (
            p.period, p.service, p.charges, p.recalculated, p.reduced, p.fees, p.owed, p.currency,
        )  # fmt: skip


_TABLES: dict[str, tuple[str, Callable[[int], Rows]]] = {
    "reports": (
        "number source problem_type opened closed due status district address lon lat text",
        public_rows,
    ),
    "problems": (
        "problem problem_type place district lon lat reports events recurrences first_seen "
        "last_seen people_affected severity trend cost_of_inaction owner state",
        _problems,
    ),
    "clusters": (
        "number problem_type state lon lat radius_m start end reports expected llr p",
        _clusters,
    ),
    "systemic": (
        "district month reports explained events repeats cost_of_repetition problems funded "
        "median_age_days",
        _systemic,
    ),
    "recurrence": (
        "by code problem_type events repeats closures returned share low high median_days",
        _recurrence,
    ),
    "programme": (
        "candidate title measure district cost upkeep benefit value people_reached chosen year "
        "reason heritage_gate origin",
        _programme,
    ),
    "works": (
        "work measure district started finished cost currency contractor warranty_until lon lat "
        "ratio low high verdict",
        _works,
    ),
    "promises": ("kind title district made due amount state since", _promises),
    "interruptions": (
        "interruption service organisation started ended planned parameter measured cause "
        "buildings customers",
        _interruptions,
    ),
    "providers": (
        "kind measure first last organisation name events exposure expected ratio shrunk low high "
        "verdict rank rank_low rank_high",
        _providers,
    ),
    "reliability": (
        "service organisation first last customers saidi_minutes saifi caidi_minutes maifi asai "
        "sustained momentary saidi_without_major_days saifi_without_major_days saidi_planned "
        "major_event_days set_aside",
        _reliability,
    ),
    "comments": (
        "consultation title comment at text says_the_same_as answers",
        comment_rows,
    ),
    "weighings": (
        "mediation side day method common_position inconsistency criterion weight",
        weighing_rows,
    ),
    "compromises": (
        "mediation programme compromise on_frontier works cost side utility",
        option_rows,
    ),
    "pledges": (
        "pledge who by_residents kind what value hours rate valued_by made due state received open "
        "lost project agreement",
        pledge_rows,
    ),
    "owed": ("period service charges recalculated reduced fees owed currency", _owed),
    "indicators": (
        "index number indicator title district value unit origin as_of points",
        index_rows,
    ),
    "places": (
        "index district name rank rank_low rank_median rank_high points possible share known of",
        place_rows,
    ),
}
DOWNLOADS = tuple(_TABLES)
"""Tables that `rows_csv` writes."""
