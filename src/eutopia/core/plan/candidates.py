"""From problems, worn assets and low indicators to costed candidates, each with its gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_UP, Decimal
from hashlib import sha256

from eutopia.core.plan.benefits import (
    DEFAULT_SETTINGS,
    DerivationSettings,
    saved_renewal,
    yearly_benefit,
)
from eutopia.core.plan.catchment import WalkingCatchment
from eutopia.core.plan.gaps import Want, find_gaps, gap_sites, worn_site
from eutopia.core.plan.heritage import HeritageGate
from eutopia.core.plan.links import OPENING, link_candidates
from eutopia.core.plan.places import Ground, Site, asset_site, site_for
from eutopia.core.records.indices import AssessedIndex
from eutopia.core.records.norms import HeritageRule, Measure
from eutopia.core.records.problems import Problem
from eutopia.core.records.programme import Candidate, GateDecision, PortfolioRules
from eutopia.core.records.territory import Asset, Territory
from eutopia.core.records.text import Text

CENT = Decimal("0.01")


def derive_candidates(
    problems: Sequence[Problem],
    *,
    measures: Sequence[Measure],
    territory: Territory,
    heritage_rules: Sequence[HeritageRule],
    rules: PortfolioRules,
    as_of: date,
    edition: str = "",
    indices: Sequence[AssessedIndex] = (),
    settings: DerivationSettings = DEFAULT_SETTINGS,
) -> tuple[Candidate, ...]:
    """Which measures at which places could answer the problems, at what price, with what effect?

    Parameters
    ----------
    problems
        With their cost of going on as before.
    measures
        The catalogue; prices in the territory's currency.
    territory
        Assets, spaces, heritage and zones.
    heritage_rules, edition
        For the gate; the edition is kept with each decision.
    rules
        First year and number of years, for lead times.
    as_of
        The day of the decision: approvals are asked for from then on.
    indices
        As assessed; where an indicator is low in a district, measures that lift it are proposed.
    settings
        Assumptions.

    Returns
    -------
    tuple of Candidate
        Ordered by id. Ids are made from measure and place, so the same place keeps its candidate
        when the data grow. Candidates the gate forbids are in it, with their decision.

    Raises
    ------
    ValueError
        The measures' prices and the problems' costs are in different currencies.

    Notes
    -----
    Benefit a year is the yearly cost of going on as before times the measure's effect; relative
    errors of the two are added in squares. Problems answered by one measure at one place make one
    candidate. Candidates that work on the same assets, or whose measures exclude one another, are
    variants: at most one is built, except where one requires the other. Others that answer the
    same problem overlap: of effects e and f together only e + f - ef counts. Where measures are
    ordered (pipes before paving), candidates nearer than `same_place_m` follow that order.
    People reached are the residents within a walk of the place (`WalkingCatchment`); where streets
    or homes are not known, those of the problem. The qualities a measure improves count them.
    Renewing assets of known condition also saves unplanned renewal (`saved_renewal`), which the
    municipality gains. What an index finds low (`find_gaps`) brings candidates of its own, whose
    benefit is what renewal saves and no more: an indicator has no price. They and all others
    whose measure lifts it in that district keep the indicator, its value and what it is held
    against (`gaps`).
    """
    _check_currency(problems, measures)
    ground = Ground(territory)
    gate = HeritageGate(
        heritage=territory.heritage,
        zones=territory.zones,
        rules=heritage_rules,
        as_of=as_of,
        edition=edition,
    )
    by_code = {measure.code: measure for measure in measures}
    found: dict[str, tuple[Candidate, set[str]]] = {}
    for problem in sorted(problems, key=lambda p: p.id):
        for measure in measures:
            if problem.problem_type in measure.answers:
                site = site_for(
                    problem,
                    measure,
                    ground,
                    reach_m=settings.reach_m,
                    farthest_m=settings.farthest_m,
                )
                if site is not None:
                    _add(found, _from_problem(problem, measure, site))
    found = {
        id_: (_with_renewal(candidate, by_code[candidate.measure], ground, rules, settings), ids)
        for id_, (candidate, ids) in found.items()
    }
    touched = {id_ for candidate, _ in found.values() for id_ in candidate.asset_ids}
    worn = _worn_candidates(measures, ground, touched, rules, settings)
    wants = find_gaps(indices, settings=settings)
    for candidate in (*worn, *_gap_candidates(wants, measures, ground, rules, settings)):
        _add(found, candidate)
    gated = [
        _gated(_lifting(candidate, measure, wants), measure, gate, rules, as_of, settings)
        for _, (candidate, _) in sorted(found.items())
        for measure in [by_code[candidate.measure]]
    ]
    reached = _with_surroundings(gated, by_code, territory, settings)
    return link_candidates(reached, by_code, ground, settings, {p.id: p for p in problems})


def _with_surroundings(
    candidates: Sequence[Candidate],
    measures: Mapping[str, Measure],
    territory: Territory,
    settings: DerivationSettings,
) -> list[Candidate]:
    """People within a walk, the qualities that improve for them, the streets that are closed."""
    found: tuple[int | None, ...] = (None,) * len(candidates)
    if settings.walk_m is not None:
        catchment = WalkingCatchment(territory, metres=settings.walk_m)
        found = catchment.people([candidate.geometry for candidate in candidates])
    streets = {asset.id: asset.street for asset in territory.assets if asset.street}
    counted = []
    for candidate, people in zip(candidates, found, strict=True):
        reached = candidate.people_reached if people is None else people
        improved = measures[candidate.measure].improves
        effects = tuple((quality, Decimal(reached)) for quality in improved)
        opened = candidate.asset_ids if OPENING & set(candidate.work_groups) else ()
        closes = tuple(sorted({streets[id_] for id_ in opened if id_ in streets}))
        counted.append(replace(candidate, people_reached=reached, effects=effects, closes=closes))
    return counted


def _check_currency(problems: Sequence[Problem], measures: Sequence[Measure]) -> None:
    currencies = {measure.cost.currency for measure in measures}
    currencies |= {problem.cost.total.currency for problem in problems}
    if len(currencies) > 1:
        raise ValueError(
            f"measures and problems are priced in {', '.join(sorted(currencies))}; "
            "load a pack of measures in the territory's currency"
        )


def _add(found: dict[str, tuple[Candidate, set[str]]], candidate: Candidate) -> None:
    """Keep a candidate, or add what it answers to the one already at that place."""
    old = found.get(candidate.id)
    if old is None:
        found[candidate.id] = candidate, set(candidate.problem_ids)
        return
    base, answered = old
    if set(candidate.problem_ids) <= answered:
        return
    answered |= set(candidate.problem_ids)
    merged = replace(
        base,
        benefit=base.benefit + candidate.benefit,
        benefit_low=base.benefit_low + candidate.benefit_low,
        benefit_high=base.benefit_high + candidate.benefit_high,
        problem_ids=tuple(sorted(answered)),
        # The same people may suffer from both problems: the larger number is safe.
        people_reached=max(base.people_reached, candidate.people_reached),
    )
    found[candidate.id] = merged, answered


def candidate_id(measure: str, site_key: str) -> str:
    """Which id does a measure at a place have, today and after the next import?

    Examples
    --------
    >>> candidate_id("patch_road", "road-12")
    'patch_road-95071b60'
    """
    return f"{measure}-{sha256(f'{measure}|{site_key}'.encode()).hexdigest()[:8]}"


def crew_time(measure: Measure, quantity: Decimal) -> tuple[tuple[str, Decimal], ...]:
    """How many months of one crew of each work group does this quantity take, to a hundredth up?

    Nothing for groups of which the measure tells nothing: no crew calendar binds them then.
    """
    return tuple(
        (group, (months * quantity).quantize(CENT, ROUND_UP))
        for group, months in measure.crew_months
    )


def _candidate(
    measure: Measure, site: Site, benefit: tuple[Decimal, Decimal, Decimal]
) -> Candidate:
    low, likely, high = benefit
    cost = (measure.cost * site.quantity).rounded()
    title = measure.title
    if site.words is not None:
        title = Text(
            tuple((code, f"{form}: {site.words.to(code)}") for code, form in measure.title.forms)
        )
    return Candidate(
        id=candidate_id(measure.code, site.key),
        measure=measure.code,
        title=title,
        district=site.district,
        geometry=site.geometry,
        quantity=site.quantity,
        unit=measure.unit,
        cost=cost,
        upkeep=(cost * measure.upkeep_share).rounded(),
        life_years=measure.life_years,
        benefit=likely.quantize(CENT),
        benefit_low=max(low, Decimal(0)).quantize(CENT),
        benefit_high=high.quantize(CENT),
        sides=measure.benefits,
        problem_ids=(),
        people_reached=0,
        gate=GateDecision("needs_approval", (), (), (), (), (), ("not_asked",), ""),
        asset_ids=site.asset_ids,
        work_groups=measure.work_groups,
        place=site.key,
        cost_low=(measure.cost_low * site.quantity).rounded(),
        cost_high=(measure.cost_high * site.quantity).rounded(),
        crew_months=crew_time(measure, site.quantity),
    )


def _from_problem(problem: Problem, measure: Measure, site: Site) -> Candidate:
    candidate = _candidate(measure, site, yearly_benefit(problem, measure))
    return replace(
        candidate,
        problem_ids=(problem.id,),
        people_reached=problem.people_affected,
        origin="problem",
    )


def _worn_candidates(
    measures: Sequence[Measure],
    ground: Ground,
    touched: set[str],
    rules: PortfolioRules,
    settings: DerivationSettings,
) -> list[Candidate]:
    """Renewals of worn assets that no problem points to, the best by value for cost."""
    renewals: dict[str, Measure] = {}
    for measure in measures:
        if "routine_maintenance" not in measure.work_groups:
            for asset_class in measure.asset_classes:
                renewals.setdefault(asset_class, measure)
    groups: dict[tuple[str, str], list[Asset]] = {}
    for asset in ground.territory.assets:
        worn = asset.condition is not None and asset.condition < settings.worn_below
        if worn and asset.asset_class in renewals and asset.id not in touched:
            alone = renewals[asset.asset_class].unit != "piece"
            where = asset.id if alone else asset.street or asset.space or asset.id
            groups.setdefault((asset.asset_class, where), []).append(asset)
    found = []
    for (asset_class, where), assets in sorted(groups.items()):
        measure = renewals[asset_class]
        words = ground.words_for(assets[0])
        site = asset_site(assets, measure, ground, district=assets[0].district, words=words)
        if site is not None:
            site = worn_site(site, measure, asset_class, where)
            found.append(_from_condition(assets, measure, site, rules, settings))
    found.sort(key=lambda c: (-(c.benefit / max(c.cost.amount, CENT)), c.id))
    return found[: settings.most_worn]


def _from_condition(
    assets: Sequence[Asset],
    measure: Measure,
    site: Site,
    rules: PortfolioRules,
    settings: DerivationSettings,
) -> Candidate:
    cost = measure.cost.amount * site.quantity
    saved = saved_renewal(assets, measure, cost=cost, rules=rules, settings=settings)
    candidate = _candidate(measure, site, (saved / 2, saved, saved * Decimal("1.3")))
    return replace(candidate, origin="condition", sides=(("municipality", Decimal(1)),))


def _gap_candidates(
    wants: Sequence[Want],
    measures: Sequence[Measure],
    ground: Ground,
    rules: PortfolioRules,
    settings: DerivationSettings,
) -> list[Candidate]:
    """Measures that lift what is low, where the indicator says where."""
    found = []
    for want in wants:
        for measure in measures:
            if want.gap.indicator in measure.lifts:
                for site, assets in gap_sites(want, measure, ground, settings):
                    # A new thing renews none: the register knows of no cost that it saves.
                    made = (
                        _from_condition(assets, measure, site, rules, settings)
                        if assets
                        else _candidate(measure, site, (Decimal(0), Decimal(0), Decimal(0)))
                    )
                    found.append(replace(made, origin="index"))
    return found


def _lifting(candidate: Candidate, measure: Measure, wants: Sequence[Want]) -> Candidate:
    """The candidate with what is low in its district and lifted by its measure."""
    gaps = tuple(
        want.gap
        for want in wants
        if want.gap.district == candidate.district and want.gap.indicator in measure.lifts
    )
    sources = tuple(dict.fromkeys((*candidate.sources, *(gap.indicator for gap in gaps))))
    return replace(candidate, gaps=gaps, sources=sources)


def _with_renewal(
    candidate: Candidate,
    measure: Measure,
    ground: Ground,
    rules: PortfolioRules,
    settings: DerivationSettings,
) -> Candidate:
    """Add what the renewal of worn assets saves, a benefit to the municipality."""
    assets = [ground.assets[id_] for id_ in candidate.asset_ids if id_ in ground.assets]
    assets = [asset for asset in assets if asset.asset_class in measure.asset_classes]
    if not assets or "routine_maintenance" in measure.work_groups:
        return candidate
    cost = candidate.cost.amount
    saved = saved_renewal(assets, measure, cost=cost, rules=rules, settings=settings)
    if saved <= 0:
        return candidate
    total = candidate.benefit + saved
    sides = {side: share * candidate.benefit for side, share in candidate.sides}
    sides["municipality"] = sides.get("municipality", Decimal(0)) + saved
    return replace(
        candidate,
        benefit=total.quantize(CENT),
        benefit_low=(candidate.benefit_low + saved / 2).quantize(CENT),
        benefit_high=(candidate.benefit_high + saved * Decimal("1.3")).quantize(CENT),
        sides=tuple(
            (side, (part / total).quantize(Decimal("0.0001"))) for side, part in sides.items()
        ),
    )


def _gated(
    candidate: Candidate,
    measure: Measure,
    gate: HeritageGate,
    rules: PortfolioRules,
    as_of: date,
    settings: DerivationSettings,
) -> Candidate:
    decision = gate.decide(
        candidate.geometry, work_groups=measure.work_groups, reach_m=settings.border_m
    )
    return replace(
        candidate,
        gate=decision,
        season=measure.season,
        ready_month=ready_month(decision, rules, as_of, settings.approval_days),
        not_before=first_start(
            decision,
            measure,
            rules=rules,
            as_of=as_of,
            approval_days=settings.approval_days,
        ),
    )


def ready_month(
    decision: GateDecision, rules: PortfolioRules, as_of: date, approval_days: int = 90
) -> int:
    """How many months of the programme pass before approvals asked for on `as_of` are there?"""
    ready = _approved(decision, as_of, approval_days)
    months = (ready.year - rules.first_year) * 12 + ready.month - 1 + (ready.day > 1)
    return max(months, 0)


def _approved(decision: GateDecision, as_of: date, approval_days: int) -> date:
    """The day on which the slowest approval is there; they run side by side."""
    days = [
        approval_days if approval.statutory_days is None else approval.statutory_days
        for approval in decision.approvals
    ]
    if decision.outcome == "needs_approval" and not days:
        days = [approval_days]
    return as_of + timedelta(days=max(days, default=0))


def first_start(
    decision: GateDecision,
    measure: Measure,
    *,
    rules: PortfolioRules,
    as_of: date,
    approval_days: int = 90,
) -> int:
    """In which year offset can works start at the earliest, approvals and season considered?

    Notes
    -----
    Approvals run side by side from `as_of`; one without a statutory time takes `approval_days`,
    and so does a decision that failed closed. Works must be able to begin before the last month
    of their season.
    """
    ready = _approved(decision, as_of, approval_days)
    year = max(measure.lead_years, 0)
    while date(rules.first_year + year, measure.season[1], 1) < ready:
        year += 1
    return year
