"""Variants side by side, links to them, and how the adopted programme was amended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core import signing
from django.db.models import Count, Exists, OuterRef, Sum

from eutopia.web.problems.models import Problem
from eutopia.web.programmes.models import CandidateProblem, Programme, Share
from eutopia.web.programmes.selectors.programmes import compare
from eutopia.web.programmes.selectors.views import Difference
from eutopia.web.territory.selectors import TerritoryView, district_names, wording
from eutopia.web.territory.selectors import territory as territory_view

MOST = 4
"""Variants that can be read side by side."""
_SALT = "eutopia.programme.share"
_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Scenario:
    """What a variant comes to, to be read beside others. Money in the territory's currency.

    `by_year`, `by_fund`, `by_district` and `by_side` map a key to money; for sides it is value.
    `problems_left` counts problems that no chosen work answers, `left_cost` what going on as
    before with them costs; `unbuilt` is the cost of the candidates not chosen.
    """

    number: int
    title: str
    state: str
    objective: str
    first_year: int
    years: int
    cost: Decimal
    value: Decimal
    upkeep: Decimal
    people: int
    chosen: int
    gap: float
    sound: bool
    by_year: dict[str, Decimal]
    by_fund: dict[str, Decimal]
    by_district: dict[str, Decimal]
    by_side: dict[str, Decimal]
    weights: dict[str, Decimal]
    problems_left: int
    left_cost: Decimal
    unbuilt: Decimal
    run_id: int


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Variants of one municipality, with the names of what they are compared by."""

    town: TerritoryView
    scenarios: tuple[Scenario, ...]
    districts: tuple[tuple[str, str], ...]
    funds: tuple[tuple[str, str], ...]
    years: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ShareView:
    """A link to variants: the token that opens it, who made it, which variants."""

    token: str
    by: str
    at: datetime
    numbers: tuple[int, ...]
    id: int


@dataclass(frozen=True, slots=True)
class Amendment:
    """How an adopted programme differs from the one whose place it took."""

    number: int
    title: str
    published: datetime
    reason: str
    before: int | None
    differences: tuple[Difference, ...]

    @property
    def entered(self) -> tuple[Difference, ...]:
        """What is new."""
        return tuple(d for d in self.differences if d.before is None)

    @property
    def broken(self) -> tuple[Difference, ...]:
        """Promises it breaks: what was promised and is out, or comes later."""
        return tuple(d for d in self.differences if d.broken)

    @property
    def earlier(self) -> tuple[Difference, ...]:
        """What comes earlier than promised."""
        return tuple(d for d in self.differences if d.before and not d.broken)


def side_by_side(town: TerritoryView, numbers: Sequence[int]) -> SideBySide:
    """What do these variants come to, in the order given? Unknown numbers are left out.

    Six queries a variant at most; at most `MOST` variants.
    """
    wanted = list(dict.fromkeys(numbers))[:MOST]
    rows = {
        row.number: row for row in Programme.objects.filter(territory_id=town.id, number__in=wanted)
    }
    found = [rows[number] for number in wanted if number in rows]
    names = district_names(town.id)
    funds: dict[str, str] = {}
    for row in found:
        for fund in row.rules.funds:
            funds.setdefault(fund.id, wording(fund.title.forms))
        for payer in _sums(row, "by_fund"):
            funds.setdefault(payer, payer)
    scenarios = tuple(_scenario(row) for row in found)
    used = {code for one in scenarios for code in one.by_district}
    years = sorted({s.first_year + k for s in scenarios for k in range(s.years)})
    return SideBySide(
        town=town,
        scenarios=scenarios,
        districts=tuple(sorted(((c, names.get(c, c)) for c in used), key=lambda d: d[1])),
        funds=tuple(funds.items()),
        years=tuple(years),
    )


def _sums(row: Programme, name: str) -> dict[str, Decimal]:
    return {key: Decimal(amount) for key, amount in row.summary.get(name, ())}


def _scenario(row: Programme) -> Scenario:
    answered = CandidateProblem.objects.filter(
        problem=OuterRef("pk"),
        candidate__verdicts__programme=row,
        candidate__verdicts__chosen=True,
    )
    problems = Problem.objects.filter(
        territory_id=row.territory_id, current=True, state__in=("found", "confirmed")
    )
    left = problems.filter(~Exists(answered)).aggregate(n=Count("pk"), cost=Sum("cost_total"))
    told: dict[str, Any] = row.summary
    return Scenario(
        number=row.number,
        title=wording(row.title),
        state=row.state,
        objective=row.rules.objective,
        first_year=row.first_year,
        years=row.years,
        cost=Decimal(told.get("cost", 0)),
        value=Decimal(told.get("value", 0)),
        upkeep=Decimal(told.get("upkeep", 0)),
        people=told.get("people", 0),
        chosen=told.get("chosen", 0),
        gap=row.gap,
        sound=not row.violations and row.status != "infeasible",
        by_year=_sums(row, "by_year"),
        by_fund=_sums(row, "by_fund"),
        by_district=_sums(row, "by_district"),
        by_side=_sums(row, "by_side"),
        weights=dict(row.rules.weights),
        problems_left=left["n"],
        left_cost=left["cost"] or _NOTHING,
        unbuilt=Decimal(told.get("left", 0)),
        run_id=row.run_id,
    )


def share_token(share_id: int) -> str:
    """Which token opens a link? Nobody can guess it: it is signed with the site's secret."""
    return signing.Signer(salt=_SALT).sign(str(share_id)).replace(":", "~")


def shared(token: str) -> SideBySide | None:
    """What does a link show? None where the token is none of ours, or the link was ended."""
    try:
        number = signing.Signer(salt=_SALT).unsign(token.replace("~", ":"))
    except signing.BadSignature:
        return None
    row = Share.objects.filter(pk=int(number), ended=None).select_related("territory").first()
    town = None if row is None else territory_view(row.territory.code)
    if row is None or town is None:
        return None
    return side_by_side(town, list(_numbers(row)))


def _numbers(row: Share) -> tuple[int, ...]:
    return tuple(row.programmes.order_by("number").values_list("number", flat=True))


def shares(territory_id: int) -> tuple[ShareView, ...]:
    """Which links to variants of this municipality work, the latest first?"""
    rows = Share.objects.filter(territory_id=territory_id, ended=None).order_by("-pk")
    return tuple(
        ShareView(share_token(row.pk), row.by, row.at, _numbers(row), row.pk) for row in rows
    )


def amendments(territory_id: int) -> tuple[Amendment, ...]:
    """How was the adopted programme amended, the latest first? The first adoption comes last."""
    rows = Programme.objects.filter(territory_id=territory_id, published__isnull=False)
    found = rows.select_related("amends").defer("rules", "summary").order_by("-published")
    return tuple(
        Amendment(
            number=row.number,
            title=wording(row.title),
            published=row.published,
            reason=row.reason,
            before=None if row.amends is None else row.amends.number,
            differences=()
            if row.amends is None
            else compare(territory_id, row.amends.number, row.number),
        )
        for row in found
        if row.published is not None
    )


def amendment_asked(territory_id: int, number: int) -> tuple[int | None, tuple[Difference, ...]]:
    """What would adopting a variant change in the adopted programme? Its number and the changes.

    Raises
    ------
    LookupError
        There is no such variant.
    """
    published = Programme.objects.filter(territory_id=territory_id, state="published").first()
    if published is None or published.number == number:
        return None, ()
    return published.number, compare(territory_id, published.number, number)
