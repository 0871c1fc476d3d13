"""A town through the whole loop: loaded, recalculated, diagnosed, planned, counted, measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from eutopia.core.diagnose.clusters import EDITION as SCAN_EDITION
from eutopia.core.records import Town
from eutopia.web.consultations.services import (
    BARGAIN,
    compromise_works,
    replay_settlement,
    settle_answers,
)
from eutopia.web.dialogue.services import (
    RULES,
    count_ballot,
    load_election,
    replay_tally,
    settle_vote_promises,
)
from eutopia.web.foundation.access import OPERATOR, Actor, Grant, require
from eutopia.web.foundation.bulk import Copied
from eutopia.web.ledger.models import Run
from eutopia.web.ledger.selectors import promise_figures
from eutopia.web.ledger.services import same_editions
from eutopia.web.loop.ballots import COMPARED, mandate_winners
from eutopia.web.loop.training_desk import let_providers_answer, work_training_desk
from eutopia.web.loop.training_offers import make_offers
from eutopia.web.loop.training_talks import hold_training_talks
from eutopia.web.loop.training_votes import (
    build_training_winner,
    hold_training_vote,
    open_training_votes,
)
from eutopia.web.problems.services import (
    SCAN,
    Diagnosis,
    diagnose_territory,
    load_inspections,
    load_weather,
    measure_systemic,
    replay_scan,
    scan_territory,
    what_is_told,
)
from eutopia.web.programmes.selectors import funded_problems
from eutopia.web.programmes.services import (
    CHOOSE,
    Planned,
    Wish,
    choose_variant,
    load_candidates,
    plan_programme,
    publish_programme,
    replay_choice,
    set_rules,
    settle_promises,
)
from eutopia.web.providers.services import hold_providers
from eutopia.web.quality.services import METHOD as ASSESS
from eutopia.web.quality.services import assess_indices, enter_statistics, replay_assessment
from eutopia.web.reports import bridge as reports_bridge
from eutopia.web.reports.services import all_norms, find_groups, load_reports
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import add_counts, day_come, load_territory, set_today
from eutopia.web.upkeep.services import forecast_condition
from eutopia.web.utilities.models import Charge
from eutopia.web.utilities.services import METHOD as RECALCULATE
from eutopia.web.utilities.services import (
    join_territory,
    load_interruptions,
    load_utilities,
    recalculate_period,
    replay_recalculation,
)
from eutopia.web.works.services import load_works, measure_outcomes

Progress = Callable[[str], None]

STAGES = (
    "load_territory",
    "load_reports",
    "load_works",
    "count",
    "recalculate",
    "group",
    "diagnose",
    "plan",
    "publish",
    "talk",
    "measure",
    "forecast",
)
"""Codes of the stages, in their order; `progress` is called with each as it begins."""

LESS = (("en", "A fifth less money"), ("ru", "Денег на пятую часть меньше"))
NO_FLOORS = (("en", "Without least shares"), ("ru", "Без наименьших долей"))
LESS_MONEY = Decimal("0.8")
ALTERNATIVE_GAP, ALTERNATIVE_S = 0.03, 120.0
"""How near to the best the alternative is looked for. The clock is a guard only: a search that it
stopped could not be done again bit by bit."""
BINDING_RULE = "equal_shares"
_ROLES = ("administrator", "planner", "case_officer", "moderator", "auditor", "inspector")


@dataclass(frozen=True, slots=True)
class Loop:
    """What a run through the loop did. A stage that had nothing to work on is None."""

    territory_id: int
    code: str
    loaded: Copied
    diagnosis: Diagnosis
    planned: Planned | None
    elections: tuple[str, ...]
    owed_periods: int
    promises: int


def operator_for(code: str) -> Actor:
    """Who runs the loop at the machine: the operator, in every role the loop takes, in one town.

    The log shows `operator` as whoever did it.
    """
    grants = tuple(Grant(role, municipality=code) for role in _ROLES)
    return Actor(OPERATOR.account, OPERATOR.name, (*OPERATOR.grants, *grants))


def diagnose_again(actor: Actor, territory_id: int) -> Diagnosis:
    """What does a diagnosis find after staff said what is one and what is apart?

    Raises
    ------
    AccessDenied
        The actor may not rule on problems here.

    Notes
    -----
    Whoever may rule sees the ruling done: the diagnosis itself runs as the operator's.
    """
    territory = Territory.objects.get(pk=territory_id)
    require(actor, "problem.confirm", territory)
    operator = operator_for(territory.code)
    diagnosis = diagnose_territory(operator, territory)
    measure_systemic(operator, territory, funded=funded_problems(territory.pk))
    return diagnosis


def update_town(
    code: str, *, as_of: date | None = None, full: bool = False, progress: Progress | None = None
) -> Diagnosis:
    """What do the reports that came in since the last time change?

    Parameters
    ----------
    as_of
        Today; the day up to which reports were looked at last by default.
    full
        Compare all reports anew, as every night, and not only those that are new or have changed.
    progress
        Called with `group` and `diagnose` as they begin.

    Raises
    ------
    Territory.DoesNotExist
        No municipality of this code.
    ValueError
        The day is before the one up to which was looked last.

    Notes
    -----
    Run at the machine, as the operator. What did not change is neither computed nor written anew.
    """
    tell = progress or _silent
    territory = Territory.objects.get(code=code)
    actor = operator_for(code)
    if as_of is not None:
        set_today(actor, territory, as_of)
    columns = reports_bridge.reports(territory.pk)
    tell("group")
    find_groups(actor, territory, columns=columns, full=full)
    tell("diagnose")
    told = what_is_told(territory, columns)
    scan_territory(actor, territory, told=told)
    diagnosis = diagnose_territory(actor, territory, told=told)
    measure_systemic(actor, territory, funded=funded_problems(territory.pk), told=told)
    return diagnosis


def renew_towns() -> int:
    """Group all reports of every municipality anew, which dates what a day's update takes as given;
    return how many there are.

    Notes
    -----
    A municipality that reports come in from is taken to the day that has come.
    """
    towns = list(Territory.objects.order_by("code"))
    for town in towns:
        update_town(town.code, as_of=day_come(town), full=True)
    return len(towns)


def _silent(_stage: str) -> None:
    pass


def load_town(town: Town, *, progress: Progress | None = None) -> tuple[Territory, Copied]:
    """Which territory is this now, and how many of all its rows are new or have changed?

    Parameters
    ----------
    progress
        Called with the code of each stage as it begins.

    Notes
    -----
    Each stage is a transaction of its own and known by natural keys: started again after a stop,
    it goes on where it was; done again, it changes nothing.
    """
    tell = progress or _silent
    actor = operator_for(town.territory.id)
    tell("load_territory")
    territory, done = load_territory(actor, town)
    tell("load_reports")
    done = add_counts(done, load_reports(actor, territory, town.reports, source="town"))
    tell("load_works")
    done = add_counts(done, load_works(actor, territory, town.works))
    done = add_counts(done, load_inspections(actor, territory, town.inspections))
    done = add_counts(done, load_weather(actor, territory, town.weather))
    done = add_counts(done, load_interruptions(actor, territory, town.interruptions, town.charges))
    done = add_counts(done, load_utilities(actor, territory, town.utilities))
    if town.utilities.connections:
        join_territory(territory)
    if town.rules is not None:
        set_rules(actor, territory, town.rules)
    done = add_counts(done, load_candidates(actor, territory, town.candidates))
    done = add_counts(done, enter_statistics(actor, territory, town.statistics))
    return territory, done


def run_loop(
    town: Town, *, progress: Progress | None = None, time_limit_s: float = 300.0, gap: float = 0.005
) -> Loop:
    """What does the whole loop do with a town?

    Parameters
    ----------
    progress
        Called with the code of each of `STAGES` as it begins.
    time_limit_s, gap
        Of the programme's choice.

    Notes
    -----
    What has been computed from the same input is not computed again, so a rerun takes seconds and
    changes nothing. The programme is published only where none is: a rerun does not overrule
    people.
    """
    tell = progress or _silent
    territory, loaded = load_town(town, progress=progress)
    actor = operator_for(territory.code)
    # What won has a mandate: the programme builds it or says why not.
    tell("count")
    elections = _count(actor, territory, town)
    # What is owed back is part of what going on as before costs.
    tell("recalculate")
    periods = _recalculate(actor, territory)
    work_training_desk(actor, territory)
    columns = reports_bridge.reports(territory.pk)
    tell("group")
    find_groups(actor, territory, columns=columns)
    tell("diagnose")
    told = what_is_told(territory, columns)
    scan_territory(actor, territory, told=told)
    diagnosis = diagnose_territory(actor, territory, told=told)
    # What an index finds low in a district may become a candidate.
    assess_indices(actor, territory, columns=columns)
    make_offers(actor, territory)
    planned = _plan(actor, territory, tell, time_limit_s=time_limit_s, gap=gap)
    tell("talk")
    hold_training_talks(actor, territory)
    settle_answers(actor, territory)
    hold_providers(actor, territory)
    let_providers_answer(territory)
    tell("measure")
    measure_outcomes(actor, territory, columns=columns)
    measure_systemic(actor, territory, funded=funded_problems(territory.pk), told=told)
    settle_promises(actor, territory)
    settle_vote_promises(actor, territory)
    tell("forecast")
    forecast_condition(actor, territory)
    return Loop(
        territory_id=territory.pk,
        code=territory.code,
        loaded=loaded,
        diagnosis=diagnosis,
        planned=planned,
        elections=elections,
        owed_periods=periods,
        promises=promise_figures(territory.pk).made,
    )


def _plan(
    actor: Actor, territory: Territory, tell: Progress, *, time_limit_s: float, gap: float
) -> Planned | None:
    from eutopia.web.programmes import bridge, selectors

    if bridge.rules(territory.pk) is None:
        return None
    tell("plan")
    planned = plan_programme(actor, territory, time_limit_s=time_limit_s, gap=gap)
    tell("publish")
    published = any(one.state == "published" for one in selectors.programmes(territory.pk))
    if not published and planned.status != "infeasible":
        publish_programme(actor, planned.programme_id)
        _choose_alternative(actor, territory, planned)
    return planned


def _choose_alternative(actor: Actor, territory: Territory, planned: Planned) -> None:
    """Lay beside the programme what a meeting asks first: what if?

    What the least shares of the districts cost; where there are none, what less money would mean.
    """
    from eutopia.web.programmes import bridge

    rules = bridge.rules(territory.pk)
    if rules is None:
        return
    wish = Wish(floors={code: Decimal(0) for code, _ in rules.floors}, title=NO_FLOORS)
    if not rules.floors:
        less = {
            (fund.id, rules.first_year + offset): (money.amount * LESS_MONEY).quantize(Decimal(1))
            for fund in rules.funds
            for offset, money in enumerate(fund.by_year)
        }
        wish = Wish(funds=less, title=LESS)
    choose_variant(
        actor, planned.programme_id, wish, time_limit_s=ALTERNATIVE_S, gap=ALTERNATIVE_GAP
    )


def _count(actor: Actor, territory: Territory, town: Town) -> tuple[str, ...]:
    if town.election is None:
        return ()
    code = f"{territory.code}-{territory.as_of.year}"
    row = load_election(actor, territory, town.election, code=code, places=town.ballot_places)
    held_here = hold_training_vote(actor, territory, row, town.election)
    for rule in COMPARED:
        count_ballot(actor, row.pk, rule=rule, binding=rule == BINDING_RULE)
    if held_here:
        mandate_winners(actor, row.pk)
        build_training_winner(actor, territory, row)
    open_training_votes(actor, territory, row)
    return (code,)


def _recalculate(actor: Actor, territory: Territory) -> int:
    months = Charge.objects.filter(territory=territory).order_by().values_list("period", flat=True)
    periods = sorted(set(months.distinct()))
    for period in periods:
        recalculate_period(actor, territory, period)
    return len(periods)


@dataclass(frozen=True, slots=True)
class Replay:
    """Whether a decision comes out the same again.

    `verdict`: same, differs, norms_changed (the packs on this machine are not those it read),
    earlier_edition (it was made with an edition of the method that is no more),
    not_kept (the run kept no inputs: it is a step that is computed anew from the tables), or
    stopped (the search was stopped by hand or by the clock, not to be stopped just so again).
    """

    run_id: int
    verdict: str
    stored: str
    computed: str


_REPLAYS: dict[str, Callable[[Run], str]] = {
    CHOOSE: replay_choice,
    ASSESS: replay_assessment,
    SCAN: replay_scan,
    RECALCULATE: replay_recalculation,
    BARGAIN: replay_settlement,
    **{rule.method: replay_tally for rule in RULES.values()},
}

_EDITIONS = {SCAN: SCAN_EDITION}
"""Of methods that found something else before."""


def replay_run(run_id: int) -> Replay:
    """Does a stored decision come out bit by bit the same from its own inputs?

    Notes
    -----
    Programmes, tallies, recalculations, indices and clusters can be replayed. Nothing is written.

    Raises
    ------
    Run.DoesNotExist
    """
    run = Run.objects.select_related("territory").get(pk=run_id)
    replay = _REPLAYS.get(run.method)
    if replay is None:
        return Replay(run.pk, "not_kept", run.output_digest, "")
    if run.parameters.get("edition", 1) != _EDITIONS.get(run.method, 1):
        return Replay(run.pk, "earlier_edition", run.output_digest, "")
    if run.editions and not same_editions(run, all_norms(tuple(run.territory.packs)).editions):
        return Replay(run.pk, "norms_changed", run.output_digest, "")
    try:
        computed = replay(run)
    except LookupError:
        return Replay(run.pk, "stopped", run.output_digest, "")
    verdict = "same" if computed == run.output_digest else "differs"
    return Replay(run.pk, verdict, run.output_digest, computed)


def draft_of_compromise(actor: Actor, mediation_id: int) -> Planned:
    """Which draft programme holds the works of a mediation's latest compromise?

    Raises
    ------
    LookupError
        No compromise was found yet.
    PlanRefused
        Its works no longer fit the candidates and rules as they stand now.
    AccessDenied
    """
    base, works = compromise_works(mediation_id)
    return choose_variant(
        actor,
        base,
        Wish(
            title=(("en", "The compromise"), ("ru", "Компромисс")),
            pins=dict.fromkeys(works, "must"),
        ),
    )


def settle_all_answers() -> int:
    """In every municipality: how many promises of an answer are broken now?"""
    return sum(settle_answers(operator_for(t.code), t) for t in Territory.objects.all())
