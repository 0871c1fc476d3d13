"""A hamlet with a programme of two works, and the people who work in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from django.utils import timezone
from shapely.geometry import Point

from eutopia.core.records import Candidate as CandidateRecord
from eutopia.core.records import Fund, GateDecision, Money, PortfolioRules, Text
from eutopia.web.foundation.access import Actor, Grant
from eutopia.web.ledger.models import Run
from eutopia.web.loop.services import load_town, operator_for
from eutopia.web.programmes.models import Candidate, Programme, Verdict
from eutopia.web.programmes.services import load_candidates
from eutopia.web.territory.models import Territory
from tests.web.towns import AS_OF, hamlet


@dataclass(frozen=True)
class Hamlet:
    """The town, who runs it, its programme."""

    territory: Territory
    operator: Actor
    programme: Programme
    candidates: dict[str, Candidate]


def actor(role: str, town: str = "hamlet") -> Actor:
    """Somebody with one role."""
    return Actor(None, role, (Grant("resident"), Grant(role, municipality=town)))


def work(code: str, measure: str, benefit: str, sides: dict[str, str]) -> CandidateRecord:
    """A work for 100 that only one of fits the money."""
    money = Money(Decimal(100), "RUB")
    return CandidateRecord(
        id=code,
        measure=measure,
        title=Text.of(en=code, ru=code),
        district="west",
        geometry=Point(40.005, 55.005),
        quantity=Decimal(1),
        unit="m2",
        cost=money,
        upkeep=Money.zero("RUB"),
        life_years=10,
        benefit=Decimal(benefit),
        benefit_low=Decimal(benefit),
        benefit_high=Decimal(benefit),
        sides=tuple((side, Decimal(share)) for side, share in sides.items()),
        problem_ids=(),
        people_reached=10,
        gate=GateDecision("allow", (), (), (), (), (), (), ""),
        origin="capital_plan",
    )


RULES = PortfolioRules(
    first_year=2027,
    years=1,
    funds=(Fund("town", Text.of(en="Town"), (Money(Decimal(200), "RUB"),)),),
    upkeep_limit=(Money(Decimal(100), "RUB"),),
    discount_rate=Decimal(0),
)
"""Two of three works fit."""


def found_hamlet() -> Hamlet:
    """Roads for business, lamps for residents, drains for the municipality; two works fit."""
    town = replace(hamlet(), packs=("training-town", "measures-base", "calendar-ru"))
    territory, _ = load_town(town)
    operator = operator_for("hamlet")
    works = (
        work("roads", "resurface_road", "40", {"business": "0.8", "residents": "0.2"}),
        work("lamps", "replace_lamps", "40", {"residents": "0.8", "business": "0.2"}),
        work("drains", "build_storm_drain", "40", {"municipality": "0.9", "residents": "0.1"}),
    )
    load_candidates(operator, territory, works)
    run = Run.objects.create(
        territory=territory, method="test:test", input_digest="", output_digest="",
        as_of=AS_OF, started=timezone.now(), seconds=0.0, software="test",
    )  # fmt: skip
    programme = Programme.objects.create(
        territory=territory, number=1, run=run, state="published", created=timezone.now(),
        first_year=2027, years=1, rules=RULES, objective=0.0, bound=0.0, gap=0.0, seconds=0.0,
    )  # fmt: skip
    rows = {row.code: row for row in Candidate.objects.filter(territory=territory)}
    for code, row in rows.items():
        chosen = code in ("roads", "lamps")
        Verdict.objects.create(
            programme=programme, candidate=row, chosen=chosen, year=2027 if chosen else None,
            value=0, cost=100, main_reason="chosen" if chosen else "budget",
        )  # fmt: skip
    return Hamlet(territory, operator, programme, rows)
