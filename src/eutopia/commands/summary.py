"""What the loop did, in one screen: read from the site's own selectors, so both say the same."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from rich.console import Console
from rich.table import Table

from eutopia.web.dialogue import selectors as votes
from eutopia.web.loop import selectors as loop
from eutopia.web.portal import figures, words
from eutopia.web.programmes.selectors import CandidateFilter, ProgrammeView, candidates
from eutopia.web.territory.selectors import TerritoryView, territory
from eutopia.web.utilities import selectors as utilities

_SHOWN = 5


def print_summary(codes: list[str], *, seconds: float, console: Console | None = None) -> None:
    """What came of each town, and how long did it take?"""
    out = console or Console(highlight=False)
    for code in codes:
        view = territory(code)
        if view is not None:
            out.print()
            label = _("synthetic training town") if view.synthetic else _("real town")
            out.rule(f"[bold]{view.name}[/bold] ({label})", align="left")
            _print_loop(out, loop.start(view))
            _print_ballots(out, view)
            _print_owed(out, view)
    out.print()
    out.print(_("Done in {seconds} s.").format(seconds=round(seconds)))


def _rows(out: Console, rows: list[tuple[str, str]]) -> None:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column(min_width=30)
    table.add_column(justify="right")
    for row in rows:
        table.add_row(*row)
    out.print(table)


def _print_loop(out: Console, view: loop.StartView) -> None:
    currency = view.territory.currency
    r, p = view.reports, view.problems
    rows = [(_("Assets in the register"), figures.count(view.stock.assets))]
    if r.total:
        rows += [
            (_("Reports in"), figures.count(r.total)),
            (_("of them duplicates, grouped"), figures.count(r.duplicates)),
            (_("Problems found"), figures.count(p.total)),
            (_("Cost of going on as before"), figures.money(p.cost_total, currency)),
        ]
    _rows(out, rows)
    if view.programme is not None:
        _print_programme(out, view.territory, view.programme)
    better = sum(o.outcome.verdict == "better" for o in view.outcomes)
    if view.outcomes:
        out.print(
            _("Past works: {better} of {all} measures clearly made things better.").format(
                better=better, all=len(view.outcomes)
            )
        )


def _print_programme(out: Console, town: TerritoryView, view: ProgrammeView) -> None:
    out.print()
    out.print(
        _(
            "Programme {number}, {first}–{last}: {chosen} of {all} candidates for {cost}, at most "
            "{gap} below the best possible; independent check: {verdict}."
        ).format(
            number=view.number,
            first=view.first_year,
            last=view.last_year,
            chosen=figures.count(view.chosen),
            all=figures.count(view.chosen + view.refused),
            cost=figures.money(view.cost, view.currency),
            gap=figures.percent(view.gap, 2),
            verdict=_("sound") if not view.violations else "; ".join(view.violations),
        )
    )
    table = Table(box=None, padding=(0, 2, 0, 0), title_justify="left")
    table.add_column(_("Fund"))
    years = [year.year for year in view.years]
    for year in years:
        table.add_column(str(year), justify="right")
    spent = {(bar.fund, bar.year): bar.spent for bar in view.funds}
    for fund, title in {bar.fund: bar.title for bar in view.funds}.items():
        table.add_row(title, *(_millions(spent.get((fund, y), Decimal(0))) for y in years))
    out.print(table)
    if not view.refusals:
        return
    out.print(_("Refused, and why (each with what would change it, on its page):"))
    for code, number, cost in view.refusals[:_SHOWN]:
        example = next(
            iter(candidates(town.id, CandidateFilter(chosen=False, reason=code), size=1).items),
            None,
        )
        sentence = words.word("reason", code)
        tail = f": {example.title}" if example is not None else ""
        out.print(
            f"  {figures.count(number):>6}  {sentence} ({figures.money(cost, view.currency)}){tail}"
        )


def _millions(amount: Decimal) -> str:
    return _("{amount} M").format(amount=figures.number(amount / 1_000_000, 1)) if amount else "–"


def _print_ballots(out: Console, town: TerritoryView) -> None:
    for line in votes.elections(town.id):
        view = votes.election(town.id, line.code)
        if view is None or view.binding is None:
            continue
        tally = view.binding
        out.print()
        out.print(
            ngettext(
                "Ballot “{title}”: {voters} voter, {won} of {all} projects won by {rule}:",
                "Ballot “{title}”: {voters} voters, {won} of {all} projects won by {rule}:",
                line.voters,
            ).format(
                title=line.title,
                voters=figures.count(line.voters),
                won=tally.selected,
                all=line.projects,
                rule=words.word("rule", tally.rule),
            )
        )
        for step in tally.steps[:_SHOWN]:
            out.print(
                f"  + {step.project.name} ({figures.money(step.project.cost, town.currency)})"
            )
        if tally.selected > _SHOWN:
            out.print("  …")


def _print_owed(out: Console, town: TerritoryView) -> None:
    periods = utilities.periods(town.id)
    if not periods:
        return
    owed = sum((p.owed for p in periods), Decimal(0))
    reduced = sum(p.reduced for p in periods)
    out.print()
    out.print(
        _("Communal services: {owed} owed back in {charges} charges, each line with its article.")
        .format(owed=figures.money(owed, town.currency), charges=figures.count(reduced))
    )  # fmt: skip
