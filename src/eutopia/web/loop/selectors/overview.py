"""The start page and the public account."""

from __future__ import annotations

from decimal import Decimal

from eutopia.web.dialogue.selectors import ElectionLine, elections, winners
from eutopia.web.ledger.selectors import promise_figures, promises
from eutopia.web.loop.selectors.views import AccountView, StageFigure, StartView
from eutopia.web.problems.selectors import ProblemFigures, ProblemFilter, problems
from eutopia.web.problems.selectors import figures as problem_figures
from eutopia.web.programmes.selectors import ProgrammeView, programme
from eutopia.web.reports.selectors import ReportFigures
from eutopia.web.reports.selectors import figures as report_figures
from eutopia.web.territory.selectors import StockView, TerritoryView, stock
from eutopia.web.upkeep.selectors import UpkeepBalance, worn_out
from eutopia.web.works.selectors import measure_outcomes, verdict_counts, work_figures, work_money

_FEW = 5
_NOTHING = Decimal(0)


def start(territory: TerritoryView) -> StartView:
    """What does the start page show?"""
    id_ = territory.id
    told, found = report_figures(id_), problem_figures(id_)
    chosen, votes, things = programme(id_), elections(id_), stock(id_)
    return StartView(
        territory=territory,
        stock=things,
        stages=_stages(id_, told, found, chosen, votes, things),
        reports=told,
        problems=found,
        programme=chosen,
        elections=votes,
        promises=promise_figures(id_),
        latest_promises=promises(id_, size=_FEW).items,
        outcomes=measure_outcomes(id_),
        costliest=problems(id_, ProblemFilter(), size=_FEW).items,
    )


def _stages(
    territory_id: int,
    told: ReportFigures,
    found: ProblemFigures,
    chosen: ProgrammeView | None,
    votes: tuple[ElectionLine, ...],
    things: StockView,
) -> tuple[StageFigure, ...]:
    works, under_warranty = work_figures(territory_id)
    verdicts = verdict_counts(territory_id)
    figures: dict[str, dict[str, Decimal | int]] = {
        "listen": {"reports": told.total, "open": told.open},
        "diagnose": {"problems": found.total, "cost": found.cost_total},
        "plan": {
            "candidates": 0 if chosen is None else chosen.chosen + chosen.refused,
            "chosen": 0 if chosen is None else chosen.chosen,
        },
        "decide": {
            "voters": sum(one.voters for one in votes),
            "won": winners(territory_id),
        },
        "deliver": {"works": works, "under_warranty": under_warranty},
        "maintain": {"assets": things.assets, "worn_out": worn_out(territory_id)},
        "evaluate": {"measured": sum(verdicts.values()), "better": verdicts["better"]},
    }
    return tuple(
        StageFigure(stage, tuple((name, Decimal(value)) for name, value in pair.items()))
        for stage, pair in figures.items()
    )


def account(territory: TerritoryView) -> AccountView:
    """What was promised, kept and spent?"""
    id_ = territory.id
    chosen = programme(id_)
    return AccountView(
        promises=promise_figures(id_),
        planned=_NOTHING if chosen is None else chosen.cost,
        spent_on_works=work_money(id_),
        currency=territory.currency,
        programme=chosen,
        upkeep=_upkeep(chosen),
        outcomes=measure_outcomes(id_),
        verdicts=verdict_counts(id_),
        reports=report_figures(id_),
    )


def _upkeep(chosen: ProgrammeView | None) -> tuple[UpkeepBalance, ...]:
    if chosen is None:
        return ()
    return tuple(
        UpkeepBalance(
            year=one.year,
            added=one.upkeep_added,
            limit=one.upkeep_limit,
            unfunded=(
                _NOTHING
                if one.upkeep_limit is None
                else max(_NOTHING, one.upkeep_added - one.upkeep_limit)
            ),
        )
        for one in chosen.years
    )
