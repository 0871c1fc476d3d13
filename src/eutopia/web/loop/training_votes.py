"""Votes of an invented town: one that was held, one to vote in, one that collects proposals.

What was proposed to the last vote and did not win is proposed again, as happens in real towns.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from fractions import Fraction

from django.db import transaction
from django.utils import timezone

from eutopia.core.records import Election as ElectionRecord
from eutopia.core.records import Work
from eutopia.web.dialogue.models import BallotProject, Election, Proposal, Round
from eutopia.web.dialogue.services import (
    CATEGORIES,
    Phases,
    ProposalDraft,
    ProposalRefused,
    RoundDraft,
    box_text,
    judge_proposal,
    merge_proposal,
    open_round,
    publish_box,
    submit_proposal,
)
from eutopia.web.foundation.access import RESIDENT, Actor
from eutopia.web.programmes.models import Candidate
from eutopia.web.territory.models import Territory
from eutopia.web.works.models import Work as WorkRow
from eutopia.web.works.services import load_works

_DAY = timedelta(days=1)
_ON_BALLOT = 12
_COLLECTED = 5

_WHY = {
    "play": (
        "Children play between parked cars here; the nearest playground is across the road.",
        "Дети играют между машинами, а ближайшая площадка – за дорогой.",
    ),
    "sport": (
        "Teenagers have nowhere to go in the evening.",
        "Подросткам вечером некуда пойти.",
    ),
    "lighting": (
        "It is dark on the way home; people walk along the carriageway instead.",
        "По дороге домой темно, и люди идут по проезжей части.",
    ),
    "greenery": (
        "There is no shade in summer, and the dust of the road comes into the windows.",
        "Летом нет тени, а пыль с дороги летит в окна.",
    ),
    "mobility": (
        "Bicycles are chained to the fence and to trees.",
        "Велосипеды пристёгивают к ограде и деревьям.",
    ),
    "animals": (
        "Dogs are walked on the lawn where children play.",
        "Собак выгуливают на газоне, где играют дети.",
    ),
    "furniture": (
        "Old people have nowhere to rest on the way to the clinic.",
        "Пожилым негде отдохнуть по пути в поликлинику.",
    ),
    "safety": (
        "Children cross here on their way to school, and cars do not slow down.",
        "Здесь дети переходят дорогу в школу, а машины не сбавляют скорость.",
    ),
    "access": (
        "With a pram or a wheelchair one cannot get onto the footway.",
        "С коляской здесь не подняться на тротуар.",
    ),
    "culture": (
        "Neighbours would meet here if there were a place for it.",
        "Соседи встречались бы здесь, будь для этого место.",
    ),
    "roads": (
        "After rain one walks through puddles.",
        "После дождя приходится идти по лужам.",
    ),
    "embankment": (
        "The way down to the river is steep and slippery.",
        "Спуск к реке крутой и скользкий.",
    ),
    "other": ("Many have asked for it.", "Об этом просили многие."),
}
_CAN = (
    ("en", "It can be built here; the cost is by the prices of the last contracts."),
    ("ru", "Построить можно; стоимость – по ценам последних договоров."),
)
_CANNOT = (
    ("en", "Already in the plan of repairs for this year: it will be done without a vote."),
    ("ru", "Уже есть в плане ремонта на этот год: сделают и без голосования."),
)
_PROTECTED = (
    ("en", "Protection of heritage forbids such works at this place."),
    ("ru", "Охрана наследия запрещает такие работы в этом месте."),
)


_WARRANTY_YEARS = 3
_BEFORE = (-210, -150, -100, -70)
"""Days before the town's today at which the phases of the vote that was held began and ended."""


def _phases(now: datetime, *days: float) -> Phases:
    """Phases at so many days from now."""
    first, second, third, last = (now + count * _DAY for count in days)
    return Phases(first, second, third, last)


@transaction.atomic
def hold_training_vote(
    actor: Actor, territory: Territory, held: Election, cast: ElectionRecord
) -> bool:
    """Whether the vote that this invented town held has got its proposals now: once.

    Each project was proposed, judged in public and priced; some proposals did not come to the
    vote. The box is published with its hash, and the round is closed.
    """
    known = Round.objects.filter(territory=territory, code=held.code)
    if not territory.synthetic or known.exists():
        return False
    year, now = territory.as_of.year, timezone.now()
    row = _opened(actor, territory, held.code, year, held, now)
    _proposed(actor, row, held)
    text, together = box_text(cast, least=row.smallest_group)
    publish_box(actor, row, held, text, together=together)
    today = datetime.combine(min(territory.as_of, now.date()), time(12), now.tzinfo)
    phases = _phases(today, *_BEFORE)
    _dated(row, phases, today)
    Round.objects.filter(pk=row.pk).update(closed=phases.voting_until + timedelta(hours=1))
    return True


def _proposed(actor: Actor, row: Round, held: Election) -> None:
    """Propose what the vote was held on, by the numbers it was voted under, and a little more."""
    projects = list(held.projects.exclude(lon=None).order_by("position"))
    for project in projects:
        one = submit_proposal(RESIDENT, row.pk, _draft(project))
        Proposal.objects.filter(pk=one.pk).update(number=int(project.code))
        judge_proposal(actor, one.pk, feasible=True, reason=_CAN, cost=str(Fraction(project.cost)))
    again = submit_proposal(RESIDENT, row.pk, _draft(projects[0]))
    merge_proposal(actor, again.pk, into=int(projects[0].code))
    late = submit_proposal(RESIDENT, row.pk, _draft(projects[-1]))
    judge_proposal(actor, late.pk, feasible=False, reason=_CANNOT)


def build_training_winner(actor: Actor, territory: Territory, held: Election) -> None:
    """Build the cheapest winner at once, by who did such works here last; it stands today.

    The others wait for their year in the programme.
    """
    codes = held.projects.exclude(candidate="").values_list("candidate", flat=True)
    won = Candidate.objects.filter(territory=territory, code__in=codes)
    cheapest = won.filter(gate__in=("allow", "allow_with_conditions")).order_by("cost", "code")
    candidate = cheapest.first()
    if candidate is None:
        return
    today = territory.as_of
    earlier = WorkRow.objects.filter(territory=territory, measure=candidate.measure)
    work = Work(
        id=f"w-{candidate.code}",
        measure=candidate.measure,
        geometry=candidate.record.geometry,
        district=candidate.district,
        started=today - 24 * _DAY,
        finished=today,
        cost=candidate.record.cost,
        contractor=earlier.order_by("-started").values_list("contractor", flat=True).first() or "",
        warranty_until=date(today.year + _WARRANTY_YEARS, today.month, min(today.day, 28)),
        candidate_id=candidate.code,
    )
    load_works(actor, territory, [work])


def _dated(row: Round, phases: Phases, now: datetime) -> None:
    """Set the time of a round, and of what was proposed and judged in it, to its phases."""
    proposals = Proposal.objects.filter(round=row)
    proposals.update(made=min(phases.proposals_from + 5 * _DAY, now).date())
    proposals.exclude(checked=None).update(checked=(phases.voting_from - 2 * _DAY).date())
    Round.objects.filter(pk=row.pk).update(**asdict(phases))


@transaction.atomic
def open_training_votes(actor: Actor, territory: Territory, held: Election) -> tuple[str, ...]:
    """Which votes go on in this invented town? Opened once, with proposals in them."""
    if not territory.synthetic:
        return ()
    year = territory.as_of.year
    now = timezone.now()
    lost = list(
        held.projects.exclude(pk__in=held.tallies.filter(binding=True).values("steps__project"))
        .exclude(lon=None)
        .order_by("position")
    )
    plans = (
        (year + 1, _phases(now, -60, -30, -7, 60), lost[:-_COLLECTED][:_ON_BALLOT], True),
        (year + 2, _phases(now, -7, 90, 150, 180), lost[-_COLLECTED:], False),
    )
    made = []
    for number, phases, projects, judged in plans:
        code = f"{territory.code}-{number}"
        if Round.objects.filter(territory=territory, code=code).exists():
            continue
        row = _opened(actor, territory, code, number, held, now)
        _filled(actor, row, projects, judged=judged)
        _dated(row, phases, now)
        made.append(code)
    return tuple(made)


def _opened(
    actor: Actor, territory: Territory, code: str, year: int, held: Election, now: datetime
) -> Round:
    draft = RoundDraft(
        code=code,
        title=(
            ("en", f"Participatory budget {year}"),
            ("ru", f"Инициативное бюджетирование – {year}"),
        ),
        lead=(
            ("en", "Residents propose, staff check in public, everybody votes, winners are built."),
            ("ru", "Жители предлагают, муниципалитет проверяет, голосуют все, победителей строят."),
        ),
        budget=str(Fraction(held.budget).numerator // Fraction(held.budget).denominator),
        limits={"max_length": 5},
        # Under these proposals are taken and judged; then the time is set forward.
        phases=_phases(now, -1, 1, 2, 3),
    )
    return open_round(actor, territory, draft)


def _filled(actor: Actor, row: Round, projects: list[BallotProject], *, judged: bool) -> None:
    last: Proposal | None = None
    for turn, project in enumerate(projects):
        one = submit_proposal(RESIDENT, row.pk, _draft(project))
        if not judged:
            continue
        try:
            judge_proposal(
                actor,
                one.pk,
                feasible=turn != 1,
                reason=_CANNOT if turn == 1 else _CAN,
                cost="" if turn == 1 else str(Fraction(project.cost)),
            )
        except ProposalRefused:
            judge_proposal(actor, one.pk, feasible=False, reason=_PROTECTED)
        last = one
    if judged and last is not None:
        again = submit_proposal(RESIDENT, row.pk, _draft(projects[-1]))
        merge_proposal(actor, again.pk, into=last.number)


def _draft(project: BallotProject) -> ProposalDraft:
    said = {str(name): str(words) for name, words in project.attributes}
    category = next((c for c in project.categories if c in CATEGORIES), "other")
    english, russian = _WHY[category]
    return ProposalDraft(
        title=(("ru", project.name), ("en", said.get("name_en", project.name))),
        text=(("ru", russian), ("en", english)),
        category=category,
        lon=project.lon,
        lat=project.lat,
    )
