"""Problems: a chronic leak on a worn main is found, priced and explained; chance is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from shapely.geometry import LineString, Point, box

from eutopia.core.diagnose.causes import Signs, weigh_causes
from eutopia.core.diagnose.inaction import UnitCosts, cost_of_inaction
from eutopia.core.diagnose.losses import Losses, OutagesAYear
from eutopia.core.diagnose.problems import ProblemSettings, find_problems
from eutopia.core.records import (
    Asset,
    Building,
    District,
    Interruption,
    Money,
    Organisation,
    OutageLosses,
    ProblemType,
    Report,
    Reports,
    Territory,
    Text,
)

START = datetime(2024, 1, 1, tzinfo=UTC)
AS_OF = date(2026, 1, 1)
RUB = "RUB"


def problem_type(code: str, *classes: str) -> ProblemType:
    return ProblemType(
        code=code,
        title=Text.of(en=code),
        group="water",
        owner="resource_supplier",
        response_cost=Money(Decimal(5000), RUB),
        resident_hours=Decimal(2),
        severity=Decimal("0.6"),
        asset_classes=classes,
    )


TYPES = (problem_type("water_leak", "water_main"), problem_type("no_water", "water_main"),
         problem_type("graffiti"))  # fmt: skip


def main(number: int, condition: float | None) -> Asset:
    lon = 37.5 + number * 0.004
    line = LineString([(lon, 55.75), (lon, 55.752)])
    return Asset(
        f"M{number:02}", "water_main", line, "D1", installed=1965 + number, condition=condition
    )


TERRITORY = Territory(
    id="t",
    name=Text.of(en="Town"),
    time_zone="Europe/Moscow",
    currency=RUB,
    synthetic=True,
    districts=(District("D1", Text.of(en="One"), box(37.4, 55.7, 37.8, 55.8), 1000),),
    buildings=(
        Building("B1", Text.of(en="1"), Point(37.5003, 55.751).buffer(1e-5), "D1", "residential",
                 residents=120),
        Building("B2", Text.of(en="2"), Point(37.53, 55.751).buffer(1e-5), "D1", "residential",
                 residents=999),
    ),
    assets=tuple(main(k, 15.0 if k == 0 else 70.0) for k in range(20)),
    organisations=(Organisation("W1", Text.of(en="Water"), "resource_supplier", ("water",)),),
)  # fmt: skip


def town_reports(seed: int = 1) -> list[Report]:
    """Main M00 fails every six weeks along its length; everything else is chance."""
    rng = np.random.default_rng(seed)
    rows = []
    for k in range(16):
        day = START + timedelta(days=45 * k + float(rng.uniform(0, 10)))
        rows.append(
            Report(f"leak{k:02}", day, "water_leak" if k % 3 else "no_water", 37.5001,
                   55.7502 + float(rng.uniform(0, 0.0016)), closed=day + timedelta(days=2),
                   address="Main Street")
        )  # fmt: skip
    for k in range(150):
        day = START + timedelta(days=float(rng.uniform(0, 720)))
        kind = TYPES[int(rng.integers(0, 3))].code
        rows.append(
            Report(f"x{k:03}", day, kind, float(rng.uniform(37.504, 37.6)),
                   float(rng.uniform(55.74, 55.76)), closed=day + timedelta(days=1))
        )  # fmt: skip
    return rows


def problems_of(rows: list[Report], **changes: object):
    arguments = {
        "groups": (),
        "territory": TERRITORY,
        "interruptions": (),
        "problem_types": TYPES,
        "as_of": AS_OF,
        "settings": ProblemSettings(hour_value=Money(Decimal(400), RUB)),
    }
    return find_problems(Reports.from_rows(rows), **{**arguments, **changes})  # type: ignore[arg-type]


def test_the_worn_main_is_the_problem_and_the_only_one() -> None:
    """One problem over two types of report, at the main, with its people, owner and evidence."""
    (problem,) = problems_of(town_reports())
    assert problem.asset_ids == ("M00",)
    assert problem.problem_type == "water_leak"
    assert problem.events == 16
    assert problem.recurrences >= 14
    assert problem.people_affected == 120
    assert problem.owner == "W1"
    assert problem.district == "D1"
    assert problem.place == "Main Street"
    assert {e.kind for e in problem.evidence} == {"reports", "recurrence", "condition"}
    assert problem.causes[0].asset_id == "M00"
    assert sum(c.likelihood for c in problem.causes) <= 1.001
    assert 4 < problem.cost.repeats_per_year < 9
    cost = problem.cost
    assert cost.total == cost.response + cost.residents_time
    assert cost.low < cost.total < cost.high


def test_equal_input_gives_equal_problems_whatever_the_order() -> None:
    rows = town_reports()
    assert problems_of(rows) == problems_of(rows[::-1])


def test_tomorrows_reports_keep_the_number() -> None:
    rows = town_reports()
    assert problems_of(rows[:14] + rows[16:])[0].id == problems_of(rows)[0].id


def test_interruptions_on_the_main_are_evidence() -> None:
    out = Interruption(
        "I1", "cold_water", "W1", START, START + timedelta(hours=5), False, asset_id="M00"
    )
    planned = replace(out, id="I2", planned=True)
    (problem,) = problems_of(town_reports(), interruptions=(out, planned))
    evidence = {e.kind: e for e in problem.evidence}
    assert evidence["interruption"].subject_ids == ("I1",)


def test_what_was_mended_long_ago_is_no_problem() -> None:
    """The same failures, all before mid-2024, and silence since."""
    rows = [
        replace(r, opened=START + (r.opened - START) / 5, closed=None)
        for r in town_reports()
        if r.id.startswith("leak")
    ]
    assert problems_of(rows) == ()


def test_requests_and_the_future_are_no_evidence() -> None:
    rows = town_reports()
    assert problems_of(rows, as_of=date(2023, 12, 31)) == ()
    assert problems_of(rows, problem_types=TYPES[2:]) == ()
    with pytest.raises(ValueError, match="given twice"):
        problems_of(rows, problem_types=(TYPES[0], TYPES[0]))


def test_nothing_reported_no_problem() -> None:
    assert problems_of([]) == ()


def test_chance_alone_makes_hardly_a_problem() -> None:
    """Thirty towns of chance: at most one false problem in ten towns."""
    false = sum(
        len(problems_of([r for r in town_reports(seed) if r.id.startswith("x")]))
        for seed in range(30)
    )
    assert false <= 3


def test_the_cost_interval_is_that_of_simulation() -> None:
    """Gamma rate, Poisson years, discounted: 200,000 futures."""
    unit = UnitCosts(Money(Decimal(1000), RUB), Decimal(1), Money(Decimal(500), RUB))
    cost = cost_of_inaction(9.0, 2.0, unit=unit, horizon_years=5, discount_rate=Decimal("0.08"))
    rng = np.random.default_rng(11)
    rate = rng.gamma(9.0, 1 / 2.0, 200_000)
    factors = 1.08 ** -(np.arange(5) + 0.5)
    total = (rng.poisson(rate[:, None], (200_000, 5)) * factors).sum(axis=1) * 1500
    assert float(cost.total.amount) == pytest.approx(total.mean(), rel=0.01)
    assert float(cost.low.amount) == pytest.approx(np.quantile(total, 0.1), rel=0.03)
    assert float(cost.high.amount) == pytest.approx(np.quantile(total, 0.9), rel=0.03)


def outage(name: str, started: datetime, hours: float, **changes: object) -> Interruption:
    fields = {"service": "cold_water", "organisation": "w", "planned": False, **changes}
    return Interruption(id=name, started=started, ended=started + timedelta(hours=hours), **fields)


def test_what_outages_cost_a_year_is_shared_among_them_and_never_counted_twice() -> None:
    """Golden: 120 given back in two years for a, 60 for a and b together: 75 a year for a, 15 for
    b. a is the event that was reported; two crews went to b, one to c, in four years."""
    t = datetime(2026, 3, 1, 12, tzinfo=UTC)
    a, b, c = (outage(name, t + timedelta(days=30 * k), 5) for k, name in enumerate("abc"))
    told = OutageLosses(
        given_back=((("a",), Money(Decimal(120), RUB)), (("a", "b"), Money(Decimal(60), RUB))),
        months=24,
        call_out=Money(Decimal(1000), RUB),
        call_outs=(("b", 2),),
    )
    reported = np.array([t.timestamp() / 86_400 + 0.5])

    def cost(*outages: Interruption, **changes: object) -> tuple[Decimal | None, ...]:
        found = Losses(replace(told, **changes)).of(
            outages, reported=reported, years=4.0, currency=RUB
        )
        return tuple(None if m is None else m.amount for m in (found.given_back, found.call_outs))

    assert cost(a) == (Decimal(75), Decimal(0))
    assert cost(b) == (Decimal(15), Decimal(500))
    assert cost(a, b, c) == (Decimal(90), Decimal(750))
    assert cost(a, months=3)[0] == Decimal(150), "less than a year is not blown up to a year"
    assert cost(a, months=0, call_out=None) == (None, None)


def test_the_money_of_outages_is_part_of_the_cost_and_of_its_interval() -> None:
    """Golden: two events a year for five years undiscounted; 300 and 100 a year besides."""
    unit = UnitCosts(Money(Decimal(1000), RUB), Decimal(0), Money(Decimal(0), RUB))
    terms = {"horizon_years": 5, "discount_rate": Decimal(0)}
    plain = cost_of_inaction(8.0, 4.0, unit=unit, **terms)
    a_year = OutagesAYear(Money(Decimal(300), RUB), Money(Decimal(100), RUB))
    cost = cost_of_inaction(8.0, 4.0, unit=unit, outages=a_year, **terms)
    assert (plain.given_back, plain.call_outs, plain.outages.amount) == (None, None, 0)
    assert cost.given_back == Money(Decimal("1500.00"), RUB)
    assert cost.call_outs == Money(Decimal("500.00"), RUB)
    assert cost.total == plain.total + cost.outages == Money(Decimal("12000.00"), RUB)
    for told, bare in ((cost.low, plain.low), (cost.high, plain.high)):
        assert float(told.amount) == pytest.approx(1.2 * float(bare.amount), abs=0.02)


def test_a_problem_carries_what_its_outages_cost() -> None:
    """The outages of the main: one is given back for; both had a crew besides the reports."""
    (plain,) = problems_of(town_reports())
    (asset,) = plain.asset_ids
    t = datetime(2019, 1, 1, 12, tzinfo=UTC)
    two = tuple(outage(f"o{k}", t + timedelta(days=k), 5, asset_id=asset) for k in (0, 9))
    losses = OutageLosses(
        given_back=((("o0",), Money(Decimal(24), RUB)), (("z",), Money(Decimal(99), RUB))),
        months=12,
        call_out=Money(Decimal(5), RUB),
    )
    (found,) = problems_of(town_reports(), interruptions=two, losses=losses)
    (bare,) = problems_of(town_reports(), interruptions=two)
    years = sum(1.05 ** -(k + 0.5) for k in range(5))
    assert float(found.cost.given_back.amount) == pytest.approx(24 * years, abs=0.01)
    assert found.cost.call_outs.amount > 0
    assert found.cost.total == bare.cost.total + found.cost.outages
    assert bare.cost.outages.amount == 0


def test_a_cost_needs_a_horizon() -> None:
    unit = UnitCosts(Money(Decimal(1), RUB), Decimal(1), Money(Decimal(1), RUB))
    with pytest.raises(ValueError, match="horizon"):
        cost_of_inaction(1, 1, unit=unit, horizon_years=0, discount_rate=Decimal(0))
    with pytest.raises(ValueError, match="discount"):
        cost_of_inaction(1, 1, unit=unit, horizon_years=1, discount_rate=Decimal(-1))


def test_signs_move_the_causes_the_right_way() -> None:
    plain = {c.cause: c.likelihood for c in weigh_causes(Signs(False))}
    assert max(plain, key=plain.__getitem__) == "behaviour"
    worn = weigh_causes(Signs(True, "A", condition=10, typical_condition=70, age_share=1.0))
    assert worn[0].cause == "worn_asset"
    poor = weigh_causes(Signs(True, quick_returns=0.8, typical_quick_returns=0.1))
    assert poor[0].cause == "poor_repair"
