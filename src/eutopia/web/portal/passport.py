"""A programme's passport, as a project office is handed it: a PDF and a workbook.

Fields are those common to passports of projects (name, aims, indicators, roadmap, checkpoints,
money by source and year, risks, works with reasons, upkeep); who answers for it is left to write
in by hand, since the program does not know it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from eutopia.web.foundation.papers import Cell, Sheet, pdf, workbook
from eutopia.web.portal import figures, words
from eutopia.web.programmes import selectors
from eutopia.web.programmes.selectors import PassportView, ProgrammeView
from eutopia.web.territory.selectors import TerritoryView

MOST_ON_PAPER = 250
"""Works listed on paper; the workbook holds all."""
_MEDIA = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the passport: for paper in words, for the workbook as numbers."""

    name: str
    head: tuple[str, ...]
    rows: tuple[Row, ...]
    numeric: tuple[int, ...] = ()
    wide: tuple[int, ...] = ()
    """Columns with the longest words: on paper more than twice as wide as the others."""
    note: str = ""


def paper(town: TerritoryView, number: int, kind: str) -> HttpResponse | None:
    """Which file is the passport of a programme? None where there is none such, or no such kind.

    Parameters
    ----------
    kind
        pdf or xlsx.
    """
    view = selectors.programme(town.id, number)
    told = selectors.passport(town.id, number)
    if view is None or told is None or kind not in _MEDIA:
        return None
    body = _pdf(town, view, told) if kind == "pdf" else _xlsx(town, view, told)
    response = HttpResponse(body, content_type=_MEDIA[kind])
    name = f"{town.code}-programme-{number}-{get_language()}.{kind}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _title(view: ProgrammeView) -> str:
    told = {"number": view.number, "first": view.first_year, "last": view.last_year}
    return _("Passport of programme %(number)s, %(first)s–%(last)s") % told


def fields(town: TerritoryView, view: ProgrammeView) -> list[tuple[str, str]]:
    """Which names and values stand at the head of a passport?"""
    span = f"{view.first_year}–{view.last_year}"
    rows = [
        (_("Municipality"), town.name),
        (_("Name"), view.title or _("Programme of improvement %(span)s") % {"span": span}),
        (_("State"), words.word("programme", view.state)),
        (_("Begins and ends"), f"{figures.day(date(view.first_year, 1, 1))} – "
         f"{figures.day(date(view.last_year, 12, 31))}"),
        (_("What it aims at"), words.word("objective", view.objective_kind)),
        (_("Weights of the three sides"), _weights(view)),
        (_("Money"), figures.money(view.cost, view.currency)),
        (_("Benefit over the whole life"), figures.money(view.value, view.currency)),
        (_("How near to the best possible"),
         _("no other programme under the same rules is better by more than %(gap)s")
         % {"gap": figures.percent(view.gap, 2)}),
        (_("Independent check"), _("faults found") if view.violations else _("sound")),
    ]  # fmt: skip
    if view.published is not None:
        rows.insert(3, (_("Adopted"), figures.day(view.published)))
    if view.reason:
        rows.insert(4, (_("Why it was adopted"), view.reason))
    if town.synthetic:
        rows.insert(0, (_("Note"), _("Synthetic training town: nothing in it is real.")))
    return rows


def _weights(view: ProgrammeView) -> str:
    told = [f"{words.word('side', side)} {figures.number(w, 2)}" for side, w in view.weights]
    return ", ".join(told) or _("equal")


def tables(view: ProgrammeView, told: PassportView) -> tuple[Table, ...]:
    """Which tables make a passport, in the order of the paper?"""
    return (
        _indicators(view, told),
        _roadmap(view, told),
        _checkpoints(view, told),
        _funds(view),
        _upkeep(view),
        _risks(view, told),
        _works(view, told),
        _refused(view, told),
    )


def _indicators(view: ProgrammeView, told: PassportView) -> Table:
    last = view.last_year
    diagnosis, choice = _("diagnosis of problems"), _("choice of the programme")
    rows: list[Row] = [
        (_("Problems answered by works"), _("problems"), 0, told.answered, last, diagnosis),
        (_("Cost of going on as before of problems without an answer"), view.currency,
         told.problem_cost, told.problem_cost - told.answered_cost, last, diagnosis),
        (_("Saved a year once all is built"), view.currency, 0, told.yearly, last + 1, choice),
        (_("Reach: residents, once for each work"), _("people"), 0, view.people_reached,
         last, choice),
        (_("Works accepted"), _("works"), 0, view.chosen, last, _("acts of acceptance")),
        (_("Promised works kept in time"), "%", None, 100, last, _("the public account")),
    ]  # fmt: skip
    rows += [
        (_("Share of the money: %(name)s") % {"name": name}, "%", None, share * 100, last, choice)
        for _code, name, share in view.floors
    ]
    head = (_("Indicator"), _("Unit"), _("Base"), _("Target"), _("By the end of"), _("Source"))
    return Table(_("Aims and indicators"), head, tuple(rows), (2, 3, 4), (0,))


def _roadmap(view: ProgrammeView, told: PassportView) -> Table:
    rows = []
    for year in view.years:
        mine = [w.line for w in told.works if w.line.year == year.year]
        main = "; ".join(line.title for line in sorted(mine, key=lambda x: -x.cost)[:3])
        rows.append((year.year, year.chosen, year.cost, main))
    head = (_("Year"), _("Works"), _("Money"), _("The largest works"))
    return Table(_("Roadmap"), head, tuple(rows), (0, 1, 2))


def _checkpoints(view: ProgrammeView, told: PassportView) -> Table:
    rows: list[Row] = []
    for year in view.years:
        if told.approvals.get(year.year):
            n = told.approvals[year.year]
            told_n = ngettext(
                "Approval of the heritage authority in hand: %(n)s work",
                "Approval of the heritage authority in hand: %(n)s works", n,
            ) % {"n": n}  # fmt: skip
            rows.append((date(year.year, 1, 1), told_n, _("approvals"), ""))
        if year.chosen:
            told_n = ngettext(
                "Works of the year accepted: %(n)s", "Works of the year accepted: %(n)s",
                year.chosen,
            ) % {"n": year.chosen}  # fmt: skip
            rows.append((date(year.year, 12, 31), told_n, _("acts of acceptance"), ""))
        if year.upkeep_added:
            words_ = _("Upkeep of what was built is in the budget of the year")
            rows.append((date(year.year, 1, 1), words_, _("budget"), ""))
    rows.sort(key=lambda row: str(row[0]))
    head = (_("Day"), _("Checkpoint"), _("Document"), _("Who answers"))
    return Table(_("Checkpoints"), head, tuple(rows), wide=(1,))


def _funds(view: ProgrammeView) -> Table:
    rows: list[Row] = [
        (bar.title, bar.year, bar.available, bar.spent, bar.left) for bar in view.funds
    ]
    head = (_("Fund"), _("Year"), _("Available"), _("Spent"), _("Left"))
    note = _("Where a fund may carry money over, a year may spend what earlier years left.")
    return Table(_("Money by source and year"), head, tuple(rows), (1, 2, 3, 4), note=note)


def _upkeep(view: ProgrammeView) -> Table:
    rows: list[Row] = [(y.year, y.upkeep_added, y.upkeep_limit) for y in view.years]
    head = (_("Year"), _("Upkeep added"), _("What the budget takes on"))
    return Table(_("Upkeep of what is built"), head, tuple(rows), (0, 1, 2))


def _risks(view: ProgrammeView, told: PassportView) -> Table:
    """Risks that the figures themselves show; chance and effect are for people to judge."""
    money = figures.money
    approvals = sum(told.approvals.values())
    tightest = max(
        (y.upkeep_added / y.upkeep_limit for y in view.years if y.upkeep_limit), default=Decimal(0)
    )
    rows: list[Row] = []
    if told.assumed:
        measured = f"{told.assumed}; {money(told.assumed_cost, view.currency, short=True)}"
        rows.append(
            (
                _("Works cost more than planned: their prices are assumed, not tendered"),
                measured,
                _("Tender before the year begins; amend the programme"),
                "",
            )
        )
    if told.borderline or told.outside:
        rows.append(
            (
                _("Works that errors of cost or effect would put out"),
                str((told.borderline or 0) + (told.outside or 0)),
                _("Check their costs and effects first"),
                "",
            )
        )
    if approvals:
        rows.append(
            (
                _("An approval at heritage comes late or is refused"),
                str(approvals),
                _("Apply in the year before; keep the next candidate ready"),
                "",
            )
        )
    if told.gifts:
        rows.append(
            (
                _("Co-funding does not come"),
                money(told.gifts, view.currency, short=True),
                _("Agreements before the contract"),
                "",
            )
        )
    rows.append(
        (
            _("Upkeep outgrows the budget"),
            figures.percent(tightest),
            _("No work is accepted whose upkeep is not in the budget"),
            "",
        )
    )
    if view.violations:
        rows.append((_("The independent check found faults"), str(len(view.violations)),
                     _("Mend what it names before adoption"), ""))  # fmt: skip
    head = (_("Risk"), _("How much of it"), _("Response"), _("Owner"))
    note = _("Taken from the programme's own figures; chance and effect are for its committee.")
    return Table(_("Risks"), head, tuple(rows), wide=(0, 2), note=note)


def _works(view: ProgrammeView, told: PassportView) -> Table:
    rows: list[Row] = []
    for number, work in enumerate(told.works, start=1):
        line = work.line
        payers = "; ".join(
            f"{who} {figures.money(amount, view.currency, short=True)}" for who, amount in work.paid
        )
        reason = "" if line.main_reason is None else words.reason(line.main_reason, view.currency)
        rows.append((number, line.title, line.district_name, line.year, line.cost, payers, reason))
    head = (_("No."), _("Work"), _("District"), _("Year"), _("Cost"), _("Who pays"), _("Reason"))
    return Table(_("Works"), head, tuple(rows), (0, 3, 4), (1, 5, 6))


def _refused(view: ProgrammeView, told: PassportView) -> Table:
    rows: list[Row] = [
        (
            line.title,
            line.district_name,
            line.cost,
            "" if line.main_reason is None else words.reason(line.main_reason, view.currency),
        )
        for line in told.refused
    ]
    head = (_("Candidate"), _("District"), _("Cost"), _("Reason"))
    return Table(_("Not chosen"), head, tuple(rows), (2,), (0, 3))


def _shown(cell: Cell, head: str) -> str:
    """How does a cell read on paper?"""
    if cell is None:
        return "–"
    if isinstance(cell, date):
        return figures.day(cell, short=True)
    if isinstance(cell, int):
        return str(cell) if head == _("Year") or head == _("By the end of") else figures.count(cell)
    if isinstance(cell, Decimal | float):
        return figures.number(cell, 1 if abs(float(cell)) < 1_000 else 0)
    return str(cell)


def _pdf(town: TerritoryView, view: ProgrammeView, told: PassportView) -> bytes:
    parts = []
    for table in tables(view, told):
        kept: Sequence[Row] = table.rows[:MOST_ON_PAPER]
        left = len(table.rows) - len(kept)
        note = table.note
        if left:
            note = ngettext(
                "%(n)s more is in the workbook.", "%(n)s more are in the workbook.", left
            ) % {"n": figures.count(left)}
        parts.append({
            "name": table.name,
            "head": list(table.head),
            "rows": [
                [_shown(cell, head)
                 for cell, head in zip(row, table.head, strict=True)]
                for row in kept
            ],
            "numeric": list(table.numeric),
            "wide": list(table.wide),
            "note": note,
        })  # fmt: skip
    content: dict[str, Any] = {
        "title": _title(view),
        "language": get_language() or "en",
        "foot": f"{town.name} · {_title(view)}",
        "fields": [list(pair) for pair in fields(town, view)],
        "money": _("Money in %(currency)s.") % {"currency": view.currency},
        "tables": parts,
        "none": _("Nothing."),
        "sign": [_("Curator of the programme"), _("Head of the programme"), _("Project office"),
                 _("Date")],
    }  # fmt: skip
    return pdf("passport", content, as_of=view.published or view.created)


def _xlsx(town: TerritoryView, view: ProgrammeView, told: PassportView) -> bytes:
    head = Sheet(
        name=_("Passport"),
        head=(_("Field"), pgettext("indicator", "Value")),
        rows=[*fields(town, view), (_("Currency"), view.currency)],
        widths=(34, 80),
    )
    sheets = [
        Sheet(name=table.name, head=table.head, rows=table.rows) for table in tables(view, told)
    ]
    return workbook([head, *sheets], as_of=view.published or view.created)
