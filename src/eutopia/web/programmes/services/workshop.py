"""Making candidates out of what was asked for, and keeping what was said of them by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from eutopia.core.norms import NormsInForce
from eutopia.core.plan.heritage import HeritageGate
from eutopia.core.plan.proposals import beside, candidate_of, repriced
from eutopia.core.records import Candidate as CandidateRecord
from eutopia.core.records import CandidateRequest, Measure, Money
from eutopia.web.foundation.bulk import copy_rows
from eutopia.web.problems import bridge as problems_bridge
from eutopia.web.programmes import bridge
from eutopia.web.programmes.models import Candidate, CandidateProblem
from eutopia.web.programmes.services.rows import CANDIDATE_KEY, candidate_rows
from eutopia.web.reports.services import norms_of
from eutopia.web.territory import bridge as territory_bridge
from eutopia.web.territory.models import Territory


class CandidateRefused(ValueError):  # noqa: N818 - a verdict on what was asked.
    """What was asked of a candidate cannot be; nothing changed.

    Attributes
    ----------
    field, code
        What is at fault and how, for pages to word: `("measure", "unknown")`.
    """

    def __init__(self, field: str, code: str, words: str) -> None:
        super().__init__(words)
        self.field, self.code = field, code


class Workshop:
    """Makes candidates out of requests: the territory's norms, problems and gate, read once."""

    def __init__(self, territory: Territory) -> None:
        self.territory = territory
        self.norms: NormsInForce = norms_of(territory)
        self.measures: dict[str, Measure] = {m.code: m for m in self.norms.measures()}
        rules = bridge.rules(territory.pk)
        if rules is None:
            raise CandidateRefused(
                "", "no_rules", f"{territory.code} has no rules to plan under; set them first"
            )
        self.rules = rules
        self.problems = problems_bridge.problems(territory.pk)
        parts = frozenset({"districts", "heritage", "zones"})
        ground = territory_bridge.territory(territory.pk, parts=parts)
        self.districts = ground.districts
        self.gate = HeritageGate(
            heritage=ground.heritage,
            zones=ground.zones,
            rules=self.norms.heritage_rules(),
            as_of=territory.as_of,
            edition=self.norms.edition,
        )

    def measure(self, code: str) -> Measure:
        """Which measure has this code? Refused where the packs name none."""
        if code not in self.measures:
            raise CandidateRefused("measure", "unknown", f"no pack in force has a measure '{code}'")
        return self.measures[code]

    def make(self, request: CandidateRequest) -> CandidateRecord:
        """Which candidate is asked for? Not refused for its gate: see `_allowed`."""
        records = [record for _, record in self.problems]
        try:
            made = candidate_of(
                request,
                self.measure(request.measure),
                problems=records,
                districts=self.districts,
                gate=self.gate,
                rules=self.rules,
                as_of=self.territory.as_of,
            )
        except CandidateRefused:
            raise
        except ValueError as error:
            raise CandidateRefused("quantity", "invalid", str(error)) from error
        made = with_mandate(made, _mandate_of(self.territory, request.id))
        rivals = bridge.answering(self.territory.pk, made.problem_ids) if made.problem_ids else ()
        return beside(made, rivals, measures=self.measures, problems=records)


def store_request(
    territory: Territory,
    request: CandidateRequest,
    record: CandidateRecord,
    problem_ids: Mapping[str, int],
) -> Candidate:
    """Which row holds a requested candidate now, with the problems it answers?"""
    record = with_mandate(record, _mandate_of(territory, request.id))
    copy_rows(Candidate, candidate_rows(territory.pk, [record], None), key=CANDIDATE_KEY)
    row = Candidate.objects.get(territory=territory, code=request.id)
    row.request = request
    row.save(update_fields=["request"])
    row.problem_links.all().delete()
    CandidateProblem.objects.bulk_create(
        CandidateProblem(candidate=row, problem_id=problem_ids[code])
        for code in record.problem_ids
        if code in problem_ids
    )
    return row


def numbers_of(problems: Sequence[tuple[int, Any]]) -> dict[str, int]:
    """Which row is each problem, by the record's id?"""
    return {record.id: pk for pk, record in problems}


def _mandate_of(territory: Territory, code: str) -> str:
    found = Candidate.objects.filter(territory=territory, code=code)
    return found.values_list("mandate_kind", flat=True).first() or ""


def with_mandate(record: CandidateRecord, kind: str) -> CandidateRecord:
    """The candidate with this kind of mandate, or with none."""
    return replace(record, mandate=kind == "hard", soft_mandate=kind == "soft")


def settled(
    territory: Territory, records: Sequence[CandidateRecord], measures: Mapping[str, Measure]
) -> tuple[CandidateRecord, ...]:
    """How do derived candidates stand with what staff and votes said of them before?

    Notes
    -----
    Withdrawn ones are in it too: their rows stay, they are left out of the choice.
    """
    rows = Candidate.objects.filter(territory=territory).exclude(overrides={}, mandate_kind="")
    known = {
        code: (overrides, kind)
        for code, overrides, kind in rows.values_list("code", "overrides", "mandate_kind")
    }
    return tuple(
        _settled(record, *known[record.id], measures) if record.id in known else record
        for record in records
    )


def _settled(
    record: CandidateRecord,
    overrides: Mapping[str, str],
    kind: str,
    measures: Mapping[str, Measure],
) -> CandidateRecord:
    if overrides:
        given = {name: Decimal(value) for name, value in overrides.items()}
        cost = given.get("cost")
        record = repriced(
            record,
            measures.get(record.measure),
            quantity=given.get("quantity"),
            cost=None if cost is None else Money(cost, record.cost.currency),
        )
    return with_mandate(record, kind)


def remake_requested(territory: Territory) -> None:
    """Make what was asked for by hand anew: prices, problems, the gate, as they stand now.

    Notes
    -----
    What is forbidden by now stays a candidate and is refused by the choice, with its reason. A
    measure that the packs name no more leaves its candidates as they were.
    """
    rows = Candidate.objects.filter(territory=territory, request__isnull=False, withdrawn=False)
    requests: list[tuple[Any, Any]] = list(rows.values_list("request", "record"))
    if not requests:
        return
    workshop = Workshop(territory)
    numbers = numbers_of(workshop.problems)
    standing = {request.id: record for request, record in requests}
    # Twice: which problems the others answer, and so who rivals whom, the first pass settles.
    for _turn in range(2):
        for request, _record in requests:
            if request.measure in workshop.measures:
                made = workshop.make(request)
                if made != standing[request.id]:
                    store_request(territory, request, made, numbers)
                    standing[request.id] = made
