"""The public account: what was promised, kept, spent, and what it changed."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from eutopia.web.ledger import selectors as ledger
from eutopia.web.loop import selectors as loop
from eutopia.web.portal import graphs
from eutopia.web.portal.kept import kept
from eutopia.web.portal.request import choice_given, need_town, page_number

STATES = ("", "made", "kept", "late", "broken", "withdrawn")
KINDS = ("", "work", "vote", "deadline", "warranty")


@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """Show the account."""
    town = need_town(request)
    view = kept("account", town, lambda: loop.account(town))
    state = choice_given(request, "state", STATES)
    kind = choice_given(request, "kind", KINDS)
    context = {
        "trail": [("", _("Account"))],
        "view": view,
        "state": state,
        "kind": kind,
        "states": STATES[1:],
        "kinds": KINDS[1:],
        "page": ledger.promises(town.id, kind=kind, state=state, page=page_number(request)),
        "promises": graphs.promises_by_state(view),
        "money": graphs.money_by_year(view.programme) if view.programme else None,
        "outcomes": graphs.outcome_rows(view.outcomes),
    }
    return render(request, "portal/account.html", context)
