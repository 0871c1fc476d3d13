"""What if? Other weights, money, floors and pins: a draft that is edited, solved, stopped."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from eutopia.core.records import Fund, Money, PortfolioRules, Priority
from eutopia.web.foundation.access import Actor, require
from eutopia.web.programmes import bridge
from eutopia.web.programmes.models import Candidate, Programme, Solving
from eutopia.web.programmes.selectors import CRITERIA, OBJECTIVES
from eutopia.web.programmes.services.choosing import Planned, PlanRefused, Progress, choose
from eutopia.web.reports.services import norms_of
from eutopia.web.territory.models import District

SIDES = ("residents", "business", "municipality")
PINS = ("must", "must_not", "free")
MOST_WEIGHT = Decimal(10)
GAP = 0.005
"""Half a percent from the best possible is near enough for a meeting."""
NEARLY = 0.02
"""At its limit a search ends where what it found is so near to the best; at twice the limit, twice
as far is near enough, and so on."""
LONGEST, LONGEST_S = 3.0, 20.0
"""It ends at so many times its limit, and at so many seconds at least: nothing found helps nobody.
"""
TELL_EVERY_S = 0.4
_ACTION = "programme.choose"


class WishRefused(ValueError):  # noqa: N818 - a verdict on what was asked.
    """These rules make no sense; the draft stays as it was.

    Attributes
    ----------
    field
        What is at fault: objective, priorities, mandates, weights, funds, upkeep, floors, pins.
    """

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What of a programme's rules is to be otherwise? What is left out stays.

    Attributes
    ----------
    priorities
        Pairs of criterion and the share of its best, 0 to below 1, that it may give up for those
        after it: for the aim `lexicographic`, the first first.
    title
        Pairs of language and wording.
    weights
        Side and weight, 0 to 10.
    funds
        Fund and calendar year, and the money then, in the territory's currency.
    upkeep
        Calendar year and the yearly upkeep that the budget takes on then.
    floors
        District and the least share of the money spent, 0 to 1; 0 drops the floor.
    pins
        Candidate's number and must, must_not or free.
    """

    objective: str | None = None
    priorities: Sequence[tuple[str, Decimal]] | None = None
    mandates: str | None = None
    title: Sequence[tuple[str, str]] | None = None
    weights: Mapping[str, Decimal] = field(default_factory=dict)
    funds: Mapping[tuple[str, int], Decimal] = field(default_factory=dict)
    upkeep: Mapping[int, Decimal] = field(default_factory=dict)
    floors: Mapping[str, Decimal] = field(default_factory=dict)
    pins: Mapping[int, str] = field(default_factory=dict)


def wished(territory_id: int, rules: PortfolioRules, wish: Wish) -> PortfolioRules:
    """Which rules are these with the wish taken in?

    Raises
    ------
    WishRefused
        Naming the field that makes no sense.
    """
    if wish.objective is not None and wish.objective not in OBJECTIVES:
        raise WishRefused("objective", f"'{wish.objective}' is none of {', '.join(OBJECTIVES)}")
    if wish.mandates is not None and wish.mandates not in ("hard", "soft"):
        raise WishRefused("mandates", "mandates are hard or soft")
    must, must_not = _pinned(territory_id, rules, wish)
    return replace(
        rules,
        objective=wish.objective or rules.objective,
        priorities=_priorities(rules, wish),
        mandates=wish.mandates or rules.mandates,
        weights=_weights(rules, wish),
        funds=tuple(_fund(one, rules.first_year, wish) for one in rules.funds),
        upkeep_limit=_upkeep(rules, wish),
        floors=_floors(territory_id, rules, wish),
        must=must,
        must_not=must_not,
    )


def _priorities(rules: PortfolioRules, wish: Wish) -> tuple[Priority, ...]:
    asked = rules.priorities
    if wish.priorities is not None:
        asked = tuple(Priority(criterion, give) for criterion, give in wish.priorities)
    known = {one.criterion for one in asked}
    odd = len(known) < len(asked) or not known <= set(CRITERIA)
    if odd or any(not 0 <= one.give < 1 for one in asked):
        raise WishRefused("priorities", f"criteria are, once each, of {', '.join(CRITERIA)}")
    if not asked and (wish.objective or rules.objective) == "lexicographic":
        raise WishRefused("priorities", "say which criterion comes first")
    return asked


def _weights(rules: PortfolioRules, wish: Wish) -> tuple[tuple[str, Decimal], ...]:
    weights = {**dict(rules.weights), **wish.weights}
    for side, weight in wish.weights.items():
        if side not in SIDES or not 0 <= weight <= MOST_WEIGHT:
            raise WishRefused("weights", f"weights are 0 to {MOST_WEIGHT}, of {', '.join(SIDES)}")
    if wish.weights and not any(weights.get(side, Decimal(1)) for side in SIDES):
        raise WishRefused("weights", "at least one side counts more than nothing")
    return tuple(weights.items())


def _fund(one: Fund, first_year: int, wish: Wish) -> Fund:
    given = {
        year - first_year: amount for (code, year), amount in wish.funds.items() if code == one.id
    }
    if any(amount < 0 for amount in given.values()):
        raise WishRefused("funds", f"fund {one.id} cannot have less than nothing")
    money = tuple(
        replace(known, amount=given.get(offset, known.amount))
        for offset, known in enumerate(one.by_year)
    )
    return replace(one, by_year=money)


def _upkeep(rules: PortfolioRules, wish: Wish) -> tuple[Money, ...]:
    given = {year - rules.first_year: amount for year, amount in wish.upkeep.items()}
    if any(amount < 0 for amount in given.values()):
        raise WishRefused("upkeep", "upkeep cannot be limited to less than nothing")
    return tuple(
        replace(known, amount=given.get(offset, known.amount))
        for offset, known in enumerate(rules.upkeep_limit)
    )


def _floors(
    territory_id: int, rules: PortfolioRules, wish: Wish
) -> tuple[tuple[str, Decimal], ...]:
    if not wish.floors:
        return rules.floors
    districts = District.objects.filter(territory_id=territory_id)
    unknown = set(wish.floors) - set(districts.values_list("code", flat=True))
    floors = {**dict(rules.floors), **wish.floors}
    if unknown or any(not 0 <= share <= 1 for share in wish.floors.values()):
        raise WishRefused("floors", "a floor is a share from 0 to 1 of a known district")
    if sum(floors.values()) > 1:
        raise WishRefused("floors", "the floors of all districts are more than the whole")
    return tuple((code, share) for code, share in floors.items() if share)


def _pinned(
    territory_id: int, rules: PortfolioRules, wish: Wish
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    kinds = dict.fromkeys(rules.must, "must") | dict.fromkeys(rules.must_not, "must_not")
    rows = Candidate.objects.filter(territory_id=territory_id, pk__in=wish.pins, withdrawn=False)
    codes = dict(rows.values_list("pk", "code"))
    missing = sorted(set(wish.pins) - set(codes))
    if missing:
        raise WishRefused("pins", f"there are no candidates {missing[:5]}")
    for pk, kind in wish.pins.items():
        if kind not in PINS:
            raise WishRefused("pins", f"a pin is one of {', '.join(PINS)}")
        kinds[codes[pk]] = kind
    # What was pinned before and has been taken back since pins nothing any more.
    current = Candidate.objects.filter(
        territory_id=territory_id, code__in=kinds, current=True, withdrawn=False
    )
    there = set(current.values_list("code", flat=True))
    return (
        tuple(sorted(c for c, kind in kinds.items() if kind == "must" and c in there)),
        tuple(sorted(c for c, kind in kinds.items() if kind == "must_not" and c in there)),
    )


def choose_variant(
    actor: Actor,
    programme_id: int,
    wish: Wish,
    *,
    time_limit_s: float = 20.0,
    gap: float = GAP,
) -> Planned:
    """What would the programme be under these other rules?

    Notes
    -----
    Chosen among the candidates as they stand now: what was edited, brought in and taken back
    since counts. The result is a new draft, based on the one asked about.

    Raises
    ------
    WishRefused
        The rules make no sense.
    PlanRefused
        Candidates and rules do not fit together.
    AccessDenied, Programme.DoesNotExist
    """
    base = Programme.objects.select_related("territory").get(pk=programme_id)
    require(actor, _ACTION, base)
    rules = wished(base.territory_id, base.rules, wish)
    return _choose(actor, base, rules, wish.title or (), time_limit_s=time_limit_s, gap=gap)


def _choose(
    actor: Actor,
    base: Programme,
    rules: PortfolioRules,
    title: Sequence[Sequence[str]],
    *,
    time_limit_s: float,
    gap: float = GAP,
    on_progress: Progress | None = None,
) -> Planned:
    return choose(
        actor,
        base.territory,
        bridge.current(base.territory_id),
        rules,
        editions=norms_of(base.territory).editions,
        time_limit_s=time_limit_s,
        gap=gap,
        based_on=base,
        title=title,
        on_progress=on_progress,
    )


@transaction.atomic
def edit_draft(actor: Actor, programme_id: int, wish: Wish) -> int:
    """Which draft of this account on this programme has the wish taken in now?

    Raises
    ------
    WishRefused
        The rules make no sense; the draft stays.
    AccessDenied, Programme.DoesNotExist
    """
    base = Programme.objects.select_related("territory").get(pk=programme_id)
    require(actor, _ACTION, base)
    row, _ = Solving.objects.select_for_update(of=("self",)).get_or_create(
        based_on=base,
        account=actor.account,
        state="draft",
        defaults={"territory": base.territory, "rules": base.rules, "asked": timezone.now()},
    )
    row.rules = wished(base.territory_id, row.rules, wish)
    if wish.title is not None:
        row.title = [[code, words[:120]] for code, words in wish.title if words]
    row.save(update_fields=["rules", "title"])
    return row.pk


def edit_what_fits(actor: Actor, programme_id: int, wish: Wish) -> WishRefused | None:
    """What of a wish makes no sense, its first fault? All else of it is in the draft now.

    Raises
    ------
    AccessDenied, Programme.DoesNotExist
    """
    fault: WishRefused | None = None
    nothing = Wish()
    while True:
        try:
            edit_draft(actor, programme_id, wish)
        except WishRefused as refused:
            fault, field = fault or refused, refused.field
            if getattr(wish, field) == getattr(nothing, field):
                field = "objective"  # Aims in an order that nobody told: it is the aim that goes.
            if getattr(wish, field) == getattr(nothing, field):
                raise
            wish = replace(wish, **{field: getattr(nothing, field)})
        else:
            return fault


@transaction.atomic
def drop_draft(actor: Actor, programme_id: int) -> None:
    """Forget what this account prepared on this programme."""
    base = Programme.objects.select_related("territory").get(pk=programme_id)
    require(actor, _ACTION, base)
    Solving.objects.filter(based_on=base, account=actor.account, state="draft").delete()


@transaction.atomic
def begin_solving(actor: Actor, programme_id: int, *, time_limit_s: float = 20.0) -> int:
    """Which solving waits now? The draft is closed; whoever calls this defers the job.

    Parameters
    ----------
    time_limit_s
        Seconds of search after which what was found is taken, if it is within `NEARLY`.

    Raises
    ------
    AccessDenied, Programme.DoesNotExist
    """
    pk = edit_draft(actor, programme_id, Wish())
    Solving.objects.filter(pk=pk).update(
        state="waiting", time_limit_s=time_limit_s, asked=timezone.now()
    )
    return pk


def solve(actor: Actor, solving_id: int) -> int | None:
    """Which programme is the variant that waits, chosen while telling how far it is?

    None where nothing was chosen, or it had been before: a second time changes nothing.

    Raises
    ------
    AccessDenied, Solving.DoesNotExist
    """
    row = Solving.objects.select_related("based_on__territory").get(pk=solving_id)
    require(actor, _ACTION, row.based_on)
    if row.state not in ("waiting", "running"):
        return None
    mine = Solving.objects.filter(pk=row.pk)
    mine.update(state="running")
    try:
        done = _choose(
            actor,
            row.based_on,
            row.rules,
            row.title,
            time_limit_s=max(LONGEST_S, LONGEST * row.time_limit_s),
            on_progress=_teller(row),
        )
    except PlanRefused as refused:
        mine.update(state="failed", fault=str(refused))
        return None
    except Exception:
        mine.update(state="failed", fault="error")
        raise
    mine.update(state="done", programme_id=done.programme_id)
    return done.programme_id


def _teller(row: Solving) -> Progress:
    """Writes progress down now and then, and asks whether it is time or somebody wants to stop."""
    mine = Solving.objects.filter(pk=row.pk)
    told = -TELL_EVERY_S

    def tell(best: float, bound: float, seconds: float) -> bool:
        nonlocal told
        known = math.isfinite(best) and math.isfinite(bound) and best > 0
        gap = max(0.0, bound - best) / best if known else None
        late = seconds / row.time_limit_s
        if gap is not None and late >= 1 and gap <= NEARLY * late:
            return False
        if seconds - told < TELL_EVERY_S:
            return True
        told = seconds
        mine.update(
            best=best if known else None,
            bound=bound if math.isfinite(bound) else None,
            gap=gap,
            seconds=seconds,
        )
        # Before anything is found there is nothing to keep: the search goes on until there is.
        return not (known and mine.values_list("stop", flat=True).get())

    return tell


@transaction.atomic
def stop_solving(actor: Actor, solving_id: int) -> None:
    """Stop a search; the best found so far is kept as a variant.

    Raises
    ------
    AccessDenied, Solving.DoesNotExist
    """
    row = Solving.objects.select_related("territory").get(pk=solving_id)
    require(actor, _ACTION, row)
    Solving.objects.filter(pk=solving_id).update(stop=True)
