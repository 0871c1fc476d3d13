"""A compromise between the sides: programmes each would like, and what all can call fair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone

from eutopia.core.decide.bargaining import Bargain, Option, bargain
from eutopia.core.decide.weights import Weights
from eutopia.core.decide.weights_groups import SideWeights, agreement, in_common, weigh_side
from eutopia.core.plan.side_values import favourite, keeps_rules, side_values
from eutopia.core.records import Candidate as CandidateRecord
from eutopia.core.records import Choice, PortfolioRules
from eutopia.web.consultations.models import Mediation, Settlement
from eutopia.web.consultations.services.refusals import DialogueRefused
from eutopia.web.consultations.services.weighing import SIDES, criterion_by_measure
from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.foundation.record_field import to_json
from eutopia.web.ledger.digests import digest, to_plain
from eutopia.web.ledger.models import Run
from eutopia.web.ledger.services import Computation, compute, find_run, read_inputs, record_run
from eutopia.web.programmes import bridge as programmes_bridge
from eutopia.web.programmes.models import Candidate, Programme, Verdict

BARGAIN = "eutopia.core.decide.bargaining:bargain"
SEED = 20_260_101
_ROUNDS = 3
_REST = Decimal("0.01")
"""What value outside the criteria counts beside an average one within: enough to be built where
money is left, too little to be a reason."""


@dataclass(slots=True)
class _Table:
    """Programmes at hand, with what each is worth to each side by criterion."""

    candidates: tuple[CandidateRecord, ...]
    rules: PortfolioRules
    criteria: tuple[str, ...]
    of: dict[str, str]
    weights: Mapping[str, tuple[float, ...]]
    options: dict[str, tuple[Choice, ...]] = field(default_factory=dict)
    values: dict[str, dict[tuple[str, str], Decimal]] = field(default_factory=dict)

    def add(self, name: str, choices: tuple[Choice, ...]) -> bool:
        """Whether this programme is a new one."""
        mark = {(one.candidate_id, one.year) for one in choices}
        known = any(
            mark == {(one.candidate_id, one.year) for one in other}
            for other in self.options.values()
        )
        if not choices or known:
            return False
        self.options[name] = choices
        self.values[name] = side_values(
            choices, self.candidates, rules=self.rules, criteria=self.of
        )
        return True

    def best(self) -> dict[tuple[str, str], Decimal]:
        """The most any programme at hand has, by side and criterion."""
        keys = {key for one in self.values.values() for key in one}
        return {key: max(one.get(key, Decimal(0)) for one in self.values.values()) for key in keys}

    def rates(
        self, sides: Mapping[str, float], scale: Mapping[tuple[str, str], Decimal]
    ) -> dict[tuple[str, str], Decimal]:
        """What a unit of value counts, if the sides' utilities count so much."""
        return {
            (side, criterion): Decimal(str(factor * weight)) / scale[side, criterion]
            for side, factor in sides.items()
            for criterion, weight in zip(self.criteria, self.weights[side], strict=True)
            if scale.get((side, criterion), 0) > 0
        }

    def utilities(self) -> tuple[Option, ...]:
        """Every programme with what it is worth to each side, 0 to 1 of the best at hand."""
        best = self.best()
        return tuple(
            Option(name, tuple(self._utility(values, side, best) for side in SIDES))
            for name, values in self.values.items()
        )

    def _utility(
        self,
        values: Mapping[tuple[str, str], Decimal],
        side: str,
        best: Mapping[tuple[str, str], Decimal],
    ) -> float:
        total = 0.0
        for criterion, weight in zip(self.criteria, self.weights[side], strict=True):
            most = best.get((side, criterion), Decimal(0))
            if most > 0:
                total += weight * float(values.get((side, criterion), Decimal(0)) / most)
        return total


def weights_of_sides(mediation: Mediation) -> tuple[SideWeights, ...]:
    """How does each side that has answered weigh the criteria, and how sure is that?"""
    found = []
    criteria = tuple(mediation.criteria)
    for place, side in enumerate(SIDES):
        rows = list(mediation.weighings.filter(side=side).order_by("pk"))
        common = [row for row in rows if row.common]
        told = common[-1:] or rows
        if told:
            answers = [
                Weights(criteria, tuple(row.weights), row.method, row.inconsistency) for row in told
            ]
            rng = np.random.default_rng([SEED, mediation.number, place])
            found.append(weigh_side(side, answers, rng=rng, speaks_as_one=bool(common)))
    return tuple(found)


def settle_mediation(
    actor: Actor,
    mediation_id: int,
    *,
    rounds: int = _ROUNDS,
    time_limit_s: float = 10.0,
    gap: float = 0.01,
) -> Settlement:
    """Which programme is a fair compromise, and what does each side give and get?

    Parameters
    ----------
    rounds
        How often a further programme is sought that would raise the product of gains.
    time_limit_s, gap
        Of each search.

    Notes
    -----
    At hand are the variants that were computed of the same candidates and keep the programme's
    rules, each side's favourite, and what a search in the direction of the compromise finds. The
    same answers and programmes are not settled twice.

    Raises
    ------
    DialogueRefused
        A side has not answered, or no programme is at hand.
    AccessDenied
    """
    row = Mediation.objects.select_related("territory", "programme").get(pk=mediation_id)
    require(actor, "mediation.settle", row)
    sides = weights_of_sides(row)
    if len(sides) < len(SIDES):
        raise DialogueRefused(("sides", "missing"))
    table = _table(row, sides)
    _seek(table, rounds=rounds, time_limit_s=time_limit_s, gap=gap)
    options = table.utilities()
    if not options:
        raise DialogueRefused(("programme", "missing"))
    nothing = dict.fromkeys(SIDES, 0.0)
    asked = Computation(
        row.territory_id,
        BARGAIN,
        {"mediation": row.number, "sides": list(SIDES), "disagreement": nothing, "mixed": False},
        (),
        digest(options, sides),
        row.territory.as_of,
        seed=SEED,
    )
    earlier = find_run(asked)
    known = None if earlier is None else row.settlements.filter(run=earlier).first()
    if known is not None:
        return known
    computed = compute(asked, lambda: bargain(options, sides=SIDES, disagreement=nothing))
    mixed = bargain(options, sides=SIDES, disagreement=nothing, mixed=True)
    with transaction.atomic():
        run = record_run(computed, inputs={"options": options})
        made = Settlement.objects.create(
            mediation=row,
            run=run,
            made=timezone.now(),
            sides=_told_sides(sides),
            options=_told_options(table, options),
            bargain={**_told(computed.result), "mixed": _told(mixed)["deals"][0]},
        )
        log_act(
            actor,
            "mediation.settle",
            row,
            after={"run": run.pk, "options": len(options), "deal": made.bargain["deals"][0]},
            municipality=row.territory.code,
        )
    return made


def _table(row: Mediation, sides: Sequence[SideWeights]) -> _Table:
    candidates = programmes_bridge.candidates_of(row.programme_id)
    criteria = tuple(row.criteria)
    measures = criterion_by_measure(row.territory)
    table = _Table(
        candidates=candidates,
        rules=row.programme.rules,
        criteria=criteria,
        of={
            one.id: measures[one.measure]
            for one in candidates
            if measures.get(one.measure) in criteria
        },
        weights={one.side: one.values for one in sides},
    )
    for variant in Programme.objects.filter(territory=row.territory).order_by("number"):
        choices = _choices_of(variant)
        if keeps_rules(choices, candidates, rules=table.rules):
            table.add(f"programme:{variant.number}", choices)
    return table


def _choices_of(programme: Programme) -> tuple[Choice, ...]:
    rows = Verdict.objects.filter(programme=programme, chosen=True).order_by("candidate__code")
    return tuple(
        Choice(code, int(year or 0) - programme.first_year, ())
        for code, year in rows.values_list("candidate__code", "year")
    )


def _seek(table: _Table, *, rounds: int, time_limit_s: float, gap: float) -> None:
    """Add each side's favourite, then what would raise the product of gains, while it does."""
    everything = tuple(Choice(one.id, 0, ()) for one in table.candidates)
    scale = side_values(everything, table.candidates, rules=table.rules, criteria=table.of)
    best = {**scale, **{key: value for key, value in table.best().items() if value > 0}}

    def search(sides: Mapping[str, float], scale: Mapping[tuple[str, str], Decimal]) -> Any:
        rates = table.rates(sides, scale)
        mean = sum(rates.values(), Decimal(0)) / max(1, len(rates))
        return favourite(
            table.candidates,
            rules=table.rules,
            criteria=table.of,
            rates=rates,
            rest=mean * _REST,
            time_limit_s=time_limit_s,
            gap=gap,
        )

    for side in SIDES:
        table.add(f"favourite:{side}", search({side: 1.0}, best))
    for turn in range(rounds):
        deal = bargain(
            table.utilities(), sides=SIDES, disagreement=dict.fromkeys(SIDES, 0.0)
        ).deals[0]
        # The product of gains grows fastest where each side's utility counts one over its gain.
        pull = {side: 1.0 / max(gain, 1e-3) for side, gain in zip(SIDES, deal.gains, strict=True)}
        if not table.add(f"between:{turn + 1}", search(pull, table.best())):
            return


def _told_sides(sides: Sequence[SideWeights]) -> dict[str, Any]:
    pairs = [(a, b) for place, a in enumerate(sides) for b in sides[place + 1 :]]
    return {
        "weights": [to_plain(one) for one in sides],
        "agreement": [to_plain(one) for one in agreement(sides)],
        "in_common": [[a.side, b.side, in_common(a, b)] for a, b in pairs],
    }


def _told_options(table: _Table, options: Sequence[Option]) -> list[dict[str, Any]]:
    best = table.best()
    cost = {one.id: one.cost.amount for one in table.candidates}
    told = []
    for option in options:
        choices, values = table.options[option.id], table.values[option.id]
        told.append(
            {
                "id": option.id,
                "utilities": list(option.utilities),
                "chosen": [[one.candidate_id, one.year] for one in choices],
                "cost": str(sum((cost[one.candidate_id] for one in choices), Decimal(0))),
                "values": [[*key, str(round(v, 2))] for key, v in sorted(values.items())],
                "scores": [
                    [
                        float(values.get((side, c), Decimal(0)) / best[side, c])
                        if best.get((side, c), 0) > 0
                        else 0.0
                        for c in table.criteria
                    ]
                    for side in SIDES
                ],
            }
        )
    return told


def _told(found: Bargain) -> dict[str, Any]:
    return {name: value for name, value in to_json(found)["value"].items() if name != "mixed"}


def replay_settlement(run: Run) -> str:
    """What is the digest of the compromise that the run's own options give now?"""
    options = read_inputs(run, {"options": Option})["options"]
    told = run.parameters
    return digest(
        bargain(
            options,
            sides=told["sides"],
            disagreement=told["disagreement"],
            mixed=told["mixed"],
        )
    )


def compromise_works(mediation_id: int) -> tuple[int, tuple[int, ...]]:
    """Which programme was bargained about, and which of its candidates are in the compromise?

    Raises
    ------
    LookupError
        No compromise was found yet.
    """
    row = Mediation.objects.get(pk=mediation_id)
    told = row.settlements.first()
    parts = told.bargain["deals"][0]["parts"] if told is not None else []
    if told is None or not parts:
        raise LookupError(f"mediation {row.number} has no compromise yet: settle it first")
    (option,) = (one for one in told.options if one["id"] == parts[0][0])
    codes = [code for code, _ in option["chosen"]]
    found = Candidate.objects.filter(territory_id=row.territory_id, code__in=codes)
    return row.programme_id, tuple(found.order_by("code").values_list("pk", flat=True))
