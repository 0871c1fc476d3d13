"""`eutopia plan-case`: planning cases from towns, with an example of every rule if asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from eutopia.core.plan.cases import PlanCase
    from eutopia.core.records import (
        Bundle,
        Candidate,
        CrewCalendar,
        Floor,
        Fund,
        Money,
        PortfolioRules,
    )


@click.command("plan-case")
@click.argument("town", type=click.Choice(["training", "boston"]))
@click.argument("out", metavar="CASE.yaml", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of the training town.")
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with the real town's files (docs/howto/real-data.md).",
)
@click.option("--most", type=int, default=300, show_default=True, help="Candidates kept.")
@click.option(
    "--every-rule",
    type=click.Choice(["lexicographic", "nash_sides"]),
    help="Add an example of every rule (assumed figures), under this objective.",
)
def plan_case(
    town: str, out: Path, seed: int, data: Path | None, most: int, every_rule: str | None
) -> None:
    """Write a planning case from the training town, or from Boston's capital projects.

    Of more candidates than --most the best of each measure by value for cost are kept; budgets and
    limits shrink to half of what those cost.
    """
    from eutopia.core.plan.case_writing import write_case
    from eutopia.sources.published import MissingFileError

    if town == "boston" and data is None:
        raise click.ClickException("--data is missing; docs/howto/real-data.md tells what to get")
    try:
        case = _boston_case(data) if data is not None and town == "boston" else _training_case(seed)
    except MissingFileError as error:
        raise click.ClickException(str(error)) from error
    case = _thinned(case, most)
    if every_rule is not None:
        case = with_every_rule(case, objective=every_rule)
    write_case(case, out)
    click.echo(f"{out}: {len(case.candidates)} candidates, {case.rules.years} years")


def _training_case(seed: int) -> PlanCase:
    from eutopia.core.diagnose.problems import find_problems
    from eutopia.core.listen.duplicates import group_duplicates
    from eutopia.core.norms import load_norms
    from eutopia.core.plan.candidates import derive_candidates
    from eutopia.core.plan.cases import PlanCase
    from eutopia.core.records import Reports
    from eutopia.core.town import generate_town

    town = generate_town(seed=seed).town
    norms = load_norms(town.packs).at(town.as_of)
    reports = Reports.from_rows(town.reports)
    problems = find_problems(
        reports,
        groups=group_duplicates(reports),
        territory=town.territory,
        interruptions=town.interruptions,
        problem_types=norms.problem_types(),
        as_of=town.as_of,
    )
    if town.rules is None:
        raise click.ClickException("the training town has no rules")
    candidates = derive_candidates(
        problems,
        measures=norms.measures(),
        territory=town.territory,
        heritage_rules=norms.heritage_rules(),
        rules=town.rules,
        as_of=town.as_of,
    )
    note = f"Synthetic: the training town, seed {seed}. Nothing in it is real."
    return PlanCase(f"Training town, seed {seed}", candidates, town.rules, note=note)


def _boston_case(data: Path) -> PlanCase:
    from eutopia.core.plan.cases import PlanCase
    from eutopia.sources.boston import read_capital_plan

    candidates, rules = read_capital_plan(data)
    note = (
        "Costs and money by source are the City of Boston's capital plan (budget.boston.gov, "
        "PDDL 1.0); benefits are assumed (docs/methods/portfolio.md)."
    )
    return PlanCase("Boston, capital projects", candidates, rules, note=note)


def _thinned(case: PlanCase, most: int) -> PlanCase:
    """The candidates with the best value for cost, with money and limits for as many."""
    if len(case.candidates) <= most:
        return case
    ordered = sorted(
        case.candidates, key=lambda c: (-(c.benefit / max(c.cost.amount, Decimal(1))), c.id)
    )
    seen: dict[str, int] = defaultdict(int)
    ranked = []
    for candidate in ordered:
        # The best of every measure first: a case of tree care alone would teach nothing.
        ranked.append((seen[candidate.measure], candidate.id))
        seen[candidate.measure] += 1
    kept = {id_ for _, id_ in sorted(ranked)[:most]}
    candidates = tuple(
        replace(
            c,
            after=tuple(id_ for id_ in c.after if id_ in kept),
            requires=tuple(id_ for id_ in c.requires if id_ in kept),
            excludes=tuple(id_ for id_ in c.excludes if id_ in kept),
            overlaps=tuple((id_, b) for id_, b in c.overlaps if id_ in kept),
        )
        for c in case.candidates
        if c.id in kept
    )
    total = sum((c.cost.amount for c in candidates), Decimal(0))
    budget = sum((m.amount for f in case.rules.funds for m in f.by_year), Decimal(1))
    share = min(Decimal(1), total / 2 / budget)

    def less(amounts: Sequence[Money]) -> tuple[Money, ...]:
        return tuple((money * share).rounded(places=0) for money in amounts)

    rules = replace(
        case.rules,
        funds=tuple(replace(f, by_year=less(f.by_year)) for f in case.rules.funds),
        upkeep_limit=less(case.rules.upkeep_limit),
    )
    return replace(case, candidates=candidates, rules=rules)


GROUPS = {
    "children": ("renew_playground", "yard_minimal", "yard_additional", "build_sports_ground"),
    "disabled": ("build_ramps", "rebuild_footway"),
}
GIFT = Decimal("0.15")
"""Share of the cost that residents give in labour, and businesses in kind, where they give."""
SUMMER = (3, 10)
"""First and last month of a full crew; half of it in the other months."""


READY = 14
"""Months of the programme before an approval is there."""


def with_every_rule(case: PlanCase, *, objective: str) -> PlanCase:
    """Which case shows every rule of planning at least once? Figures are assumed.

    Gifts in labour and in kind, groups of people, crews by month, streets closed once, one dig,
    rules of funds, floors by group and by part of the period, pins, mandates, priced qualities;
    and the objective: criteria in their order, or Nash between the sides.
    """
    from eutopia.core.plan.links import derive_bundles
    from eutopia.core.records import Closure, Priority

    candidates = _with_gifts(case.candidates)
    ids = [candidate.id for candidate in sorted(candidates, key=lambda c: (c.cost.amount, c.id))]
    order = (("people", "0.05"), ("safety", "0.05"), ("fair_districts", "0.05"))
    streets: dict[str, int] = defaultdict(int)
    for candidate in candidates:
        for street in candidate.closes:
            streets[street] += 1
    busiest = sorted(streets, key=lambda street: (-streets[street], street))[:3]
    rules = replace(
        case.rules,
        objective=objective,
        priorities=tuple(Priority(name, Decimal(give)) for name, give in order)
        if objective == "lexicographic"
        else (),
        funds=_with_fund_rules(case.rules, candidates),
        floors=(),
        floor_rules=_floors(case.rules, candidates),
        crew_calendars=_calendars(candidates, case.rules.years),
        closures=tuple(Closure(street) for street in busiest),
        bundles=derive_bundles(candidates) or _one_mobilisation(candidates),
        quality_values=(("access", Decimal(2)), ("safety", Decimal(3)), ("greenery", Decimal(1))),
        must=(ids[0],),
        must_not=(ids[-1],),
        must_in=((ids[1], case.rules.years - 1),),
    )
    note = f"{case.note} Gifts, crews by month, closings, pins and mandates are assumed."
    return replace(case, name=f"{case.name}, every rule", note=note, candidates=candidates,
                   rules=rules)  # fmt: skip


def _with_gifts(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Every third has a donor; a vote decided the second, one on the third only weighs; the
    fifth waits for its approval, nobody would keep up the sixth."""
    found = []
    for k, candidate in enumerate(candidates):
        given = k % 3 == 0
        gift = (candidate.cost * GIFT).rounded(places=0)
        donor, kind = (("residents", "labour"), ("business", "in_kind"))[k // 3 % 2]
        found.append(
            replace(
                candidate,
                co_funding=((donor, gift),) if given else (),
                gift_kinds=((donor, kind),) if given else (),
                groups=tuple(g for g, codes in GROUPS.items() if candidate.measure in codes),
                mandate=k == 1,
                soft_mandate=k == 2,
                ready_month=READY if k == 4 else candidate.ready_month,
                upkeep_funded=k != 5,
            )
        )
    return tuple(found)


def _with_fund_rules(rules: PortfolioRules, candidates: Sequence[Candidate]) -> tuple[Fund, ...]:
    """Each fund of the town gets a rule of its own."""
    districts = tuple(sorted({c.district for c in candidates if c.district}))
    first, second, third, *rest = rules.funds
    year = [fund.by_year[0] for fund in rules.funds]
    return (
        replace(first, side="municipality"),
        replace(second, side="state", max_share=Decimal("0.8")),
        replace(
            third,
            districts=districts[: max(1, len(districts) - 2)],
            most_each=(year[2] * Decimal("0.5")).rounded(places=0),
        ),
        *(
            replace(
                fund,
                side="residents",
                kind="labour",
                carry_over=True,
                carry_limit=year[3].rounded(places=0),
                needs_gift=Decimal("0.1"),
                gifts_counted=("cash", "labour"),
            )
            for fund in rest
        ),
    )


def _one_mobilisation(candidates: Sequence[Candidate]) -> tuple[Bundle, ...]:
    """The first two of one measure in one district: done in one year they save a little."""
    from eutopia.core.records import Bundle

    seen: dict[tuple[str, str], Candidate] = {}
    for candidate in candidates:
        other = seen.setdefault((candidate.measure, candidate.district), candidate)
        if other is not candidate:
            saving = min(other.cost, candidate.cost) * Decimal("0.08")
            ids = (other.id, candidate.id)
            return (Bundle("one-mobilisation", ids, saving.rounded(places=0)),)
    return ()


def _floors(rules: PortfolioRules, candidates: Sequence[Candidate]) -> tuple[Floor, ...]:
    """Of what is spent: by district; of the budget: for a group, a measure, the first half."""
    from eutopia.core.plan.rules import all_floors
    from eutopia.core.records import Floor

    spent = all_floors(rules)
    # Of a measure in the middle of the prices, so that every town can keep it.
    by_cost = sorted(candidates, key=lambda c: (c.cost.amount, c.id))
    measure = by_cost[len(by_cost) // 2].measure
    half = (0, rules.years // 2 - 1)
    return (
        *spent,
        Floor("group", "children", Decimal("0.02"), of="budget"),
        Floor("measure", measure, Decimal("0.01")),
        Floor("district", spent[0].key, Decimal("0.005"), of="budget", years=half),
    )


def _calendars(candidates: Sequence[Candidate], years: int) -> tuple[CrewCalendar, ...]:
    """Crews for two thirds of all work in the years there are, half as many out of season."""
    from eutopia.core.records import CrewCalendar

    work: dict[str, Decimal] = defaultdict(Decimal)
    for candidate in candidates:
        for group, months in candidate.crew_months:
            work[group] += months
    found = []
    for group, months in sorted(work.items()):
        full = max((months / years / 15).quantize(Decimal("0.01")), Decimal("0.02"))
        by_month = tuple(
            full if SUMMER[0] <= month <= SUMMER[1] else full / 2 for month in range(1, 13)
        )
        found.append(CrewCalendar(group, by_month))
    return tuple(found)
