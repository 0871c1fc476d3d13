"""Votes that were counted: what each rule chose, step by step, and how anybody counts again."""

from __future__ import annotations

import csv
import io
from fractions import Fraction

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from eutopia.web.dialogue import selectors, services
from eutopia.web.dialogue.selectors import ElectionView, ProjectView, TallyView
from eutopia.web.foundation.spreadsheet import inert
from eutopia.web.portal import graphs, maps
from eutopia.web.portal.request import need_town, word_given
from eutopia.web.territory import selectors as territories
from eutopia.web.territory.selectors import TerritoryView

_COMMANDS = {
    "equal_shares": "--rule equal-shares --completion add1u",
    "equal_shares_add1": "--rule equal-shares --completion add1",
    "equal_shares_compared": "--rule equal-shares --completion add1-comparison",
    "greedy": "--rule greedy",
    "phragmen": "--rule phragmen-budgeted",
}
"""What is written to count by a rule at the command line."""


@require_safe
def votes(request: HttpRequest) -> HttpResponse:
    """List the votes that go on and those that were held; where there is one alone, show it."""
    town = need_town(request)
    held, going = selectors.elections(town.id), selectors.rounds(town.id)
    if len(held) == 1 and not going:
        return redirect("portal:vote", held[0].code)
    context = {
        "trail": [("", _("Vote"))],
        "held": held,
        "going": [one for one in going if not one.counted],
    }
    return render(request, "portal/votes.html", context)


def _need_vote(town: TerritoryView, code: str) -> ElectionView:
    view = selectors.election(town.id, code)
    if view is None:
        raise Http404
    return view


@require_safe
def vote(request: HttpRequest, code: str) -> HttpResponse:
    """Show one vote and its result."""
    town = need_town(request)
    view = _need_vote(town, code)
    shown = view.binding or (view.tallies[0] if view.tallies else None)
    names = territories.district_names(town.id)
    currency = _currency(view, town)
    context = {
        "trail": [(reverse("portal:votes"), _("Vote")), ("", view.line.title)],
        "view": view,
        "shown": shown,
        "projects": _best_first(view, shown),
        "currency": currency,
        "ladder": graphs.tally_steps(shown, currency),
        "groups": [] if shown is None else graphs.served(shown, names),
        "ages": [] if shown is None else graphs.served_by_age(shown),
        "refused": [] if shown is None else graphs.nearly(shown),
        "round": selectors.round_of(town.id, code),
        "command": "" if shown is None else f"eutopia tally {code}.pb {_COMMANDS[shown.rule]}",
        "map": _map(town, view),
    }
    return render(request, "portal/vote.html", context)


def _best_first(view: ElectionView, shown: TallyView | None) -> list[ProjectView]:
    """All projects, those that the rule chose before the others and each by their votes."""
    rule = "" if shown is None else shown.rule
    return sorted(view.projects, key=lambda p: (rule not in p.chosen_by, -p.votes, p.position))


def _currency(view: ElectionView, town: TerritoryView) -> str:
    """In which currency is the vote: its file's (another town's, perhaps), else the town's?"""
    said = dict(view.attributes).get("currency", "")
    return said if len(said) == 3 and said.isascii() and said.isupper() else town.currency


def _map(town: TerritoryView, view: ElectionView) -> maps.TownMap | None:
    if not any(p.lon is not None for p in view.projects):
        return None
    url = reverse("portal:layer", args=["vote"])
    code = view.line.code
    return maps.point_map(
        town,
        selectors.layer(town.id, code),
        title=_("Map: projects put to the vote"),
        url=f"{url}?vote={code}",
        key="code",
        page="",
        size="cost",
        top=max((float(p.cost) for p in view.projects), default=0.0),
        tones=("won", {"true": "lead"}),
        words=lambda p: str(p["name"]),
        legend=(
            maps.LegendItem(_("Chosen"), kind="lead"),
            maps.LegendItem(_("Not chosen"), kind="soft"),
        ),
        list_href="#projects",
    )


@require_safe
def vote_receipt(request: HttpRequest, code: str) -> HttpResponse:
    """Say whether a receipt is on the published list; nothing tells which vote it belongs to."""
    town = need_town(request)
    view = _need_vote(town, code)
    given = "".join(ch for ch in word_given(request, "receipt").lower() if ch.isalnum())
    listed = selectors.receipt_proof(view.line.id, given) if given else None
    context = {
        "trail": [
            (reverse("portal:votes"), _("Vote")),
            (reverse("portal:vote", args=[code]), view.line.title),
            ("", _("Receipts")),
        ],
        "view": view,
        "given": given,
        "found": listed is not None,
    }
    return render(request, "portal/vote_receipt.html", context)


@require_safe
def vote_file(request: HttpRequest, code: str) -> HttpResponse:
    """Give the ballot box as a Pabulib file."""
    text = services.election_file(need_town(request).id, code)
    if text is None:
        raise Http404
    return _file(text, f"{code}.pb", "text/plain; charset=utf-8")


@require_safe
def vote_receipts(request: HttpRequest, code: str) -> HttpResponse:
    """Give the list of receipts, one a line."""
    view = _need_vote(need_town(request), code)
    listed = selectors.receipts(view.line.id)
    return _file("".join(f"{one}\n" for one in listed), f"{code}-receipts.txt", "text/plain")


@require_safe
def vote_program(_request: HttpRequest) -> HttpResponse:
    """Give the program that counts a box by itself, in one file."""
    return _file(services.standalone_program(), "standalone_tally.py", "text/x-python")


@require_safe
def vote_table(request: HttpRequest, code: str) -> HttpResponse:
    """Give every project with what each rule made of it, as CSV."""
    town = need_town(request)
    view = _need_vote(town, code)
    shown = view.binding or (view.tallies[0] if view.tallies else None)
    reasons = {} if shown is None else {r.project.position: r for r in shown.reasons}
    rules = [t.rule for t in view.tallies]
    out = io.StringIO(newline="")
    table = csv.writer(out)
    told = ("reason", "paid_by", "each_paid", "more_supporters_needed", "cost_needed")
    table.writerow(["project", "name", "cost", "votes", *rules, *told])
    for one in view.projects:
        chosen = [int(rule in one.chosen_by) for rule in rules]
        cells = [one.code, one.name, _plain(one.cost), one.votes, *chosen]
        why = reasons.get(one.position)
        if why is not None:
            cells += [why.code, why.payers, _plain(why.payment), why.more, _plain(why.cost)]
        table.writerow([inert(cell) for cell in cells])
    return _file(out.getvalue(), f"{code}.csv", "text/csv; charset=utf-8")


def _plain(value: Fraction | None) -> str:
    return "" if value is None else f"{float(value):.10g}"


def _file(text: str, name: str, kind: str) -> HttpResponse:
    safe = "".join(ch if ch.isalnum() or ch in "-_." else "-" for ch in name)
    response = HttpResponse(text, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{safe}"'
    return response
