"""Dialogue of an invented town: consultations, weights of three sides, a compromise, pledges."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np
from django.db import transaction
from django.utils import timezone

from eutopia.core.town.opinions import voice_opinions
from eutopia.web.consultations.models import Consultation
from eutopia.web.consultations.services import (
    AgreementDraft,
    ConsultationDraft,
    MediationDraft,
    PledgeDraft,
    PointDraft,
    answer_consultation,
    comment_on_proposal,
    load_weighings,
    note_change,
    open_consultation,
    open_mediation,
    record_agreement,
    record_pledge,
    record_pledge_state,
    settle_mediation,
    submit_comment,
    weigh,
)
from eutopia.web.dialogue.models import Proposal
from eutopia.web.foundation.access import RESIDENT, Actor
from eutopia.web.problems.models import Problem
from eutopia.web.programmes.models import Candidate, Programme
from eutopia.web.territory.models import Building, Organisation, Territory

_DAY = timedelta(days=1)
_SEED = 41
_RESIDENTS, _BUSINESSES = 60, 24
Both = tuple[tuple[str, str], ...]


def _both(en: str, ru: str) -> Both:
    return (("ru", ru), ("en", en))


_WISHES = (
    "Сначала тротуары: с коляской по улице не пройти.",
    "Сначала тротуары! С коляской по улице совсем не пройти.",
    "Больше деревьев во дворах, летом негде укрыться от жары.",
    "Фонари у школы не горят с октября, детям страшно. Мой телефон +7 912 345-67-89.",
    "Парковок у домов не хватает, машины стоят на газоне.",
    "Larger litter bins by the bus stops, please: they overflow every weekend.",
    "Деревья во дворах: летом негде укрыться от жары.",
    "Не надо новых площадок, почините старые.",
    "Please keep the benches by the clinic, old people need them.",
)
_REPAIRS = (
    "Латают каждый год, и каждый год всё сначала. Чините один раз и как следует.",
    "Лучше целиком, даже если придётся подождать до весны.",
    "По частям нельзя: соседний участок тут же разрушится.",
    "If it is closed for works, leave a way through for pedestrians.",
)
_BENCHES = (
    "У поликлиники ни одной скамейки.",
    "Вдоль набережной, на солнечной стороне.",
    "By the school gate: parents wait standing.",
)
_PROPOSED = (
    "Нужно, только не под окнами спальни.",
    "Yes, and leave room for prams to pass.",
    "А кто будет чинить? Сначала скажите это.",
)


@transaction.atomic
def hold_training_talks(actor: Actor, territory: Territory) -> bool:
    """Whether this invented town began to talk now: once, with something of everything."""
    if not territory.synthetic or Consultation.objects.filter(territory=territory).exists():
        return False
    programme = Programme.objects.filter(territory=territory, state="published").first()
    if programme is None:
        return False
    now = timezone.now()
    chosen = list(
        Candidate.objects.filter(verdicts__programme=programme, verdicts__chosen=True).order_by(
            "-benefit", "code"
        )[:8]
    )
    _answered(actor, territory, programme, chosen, now)
    _overdue(actor, territory, now)
    _open(actor, territory, now)
    _about_a_proposal(actor, territory, now)
    _beside_a_proposal(actor, territory, now)
    _weighed(actor, territory, programme, now)
    _pledged(actor, territory, chosen, now.date())
    return True


def _commented(row: Consultation, words: tuple[str, ...], first: datetime) -> None:
    for turn, text in enumerate(words):
        submit_comment(
            RESIDENT,
            row.pk,
            text=text,
            language="en" if text.isascii() else "ru",
            at=first + turn * timedelta(hours=7),
        )


def _answered(
    actor: Actor,
    territory: Territory,
    programme: Programme,
    chosen: list[Candidate],
    now: datetime,
) -> None:
    opens, closes = now - 75 * _DAY, now - 45 * _DAY
    row = open_consultation(
        actor,
        territory,
        ConsultationDraft(
            title=_both("What should the programme begin with?", "С чего начать программу?"),
            text=_both(
                "The draft of the programme is public. What in it matters most to you, what is "
                "missing, what could wait? Every point will get an answer: yes, no or partly, "
                "with the reason.",
                "Проект программы опубликован. Что в нём для вас важнее всего, чего не хватает, "
                "что может подождать? На каждый вопрос будет ответ: да, нет или частично – и "
                "почему.",
            ),
            subject="programme",
            subject_number=programme.number,
            opens=opens,
            closes=closes,
        ),
    )
    _commented(row, _WISHES, opens + _DAY)
    answer_consultation(
        actor,
        row.pk,
        summary=_both(
            "Footways and lamps near schools come first; trees are planted where pipes allow it.",
            "Сначала тротуары и фонари у школ; деревья сажаем там, где позволяют сети.",
        ),
        points=_points(),
        at=closes + 12 * _DAY,
    )
    if chosen:
        point = row.points.get(position=1)
        note_change(
            actor,
            point.pk,
            words=_both(
                "This work was moved to the first year.", "Работа перенесена на первый год."
            ),
            on=(now - 20 * _DAY).date(),
            candidate_id=chosen[0].pk,
        )


def _points() -> tuple[PointDraft, ...]:
    return (
        PointDraft(
            asked=_both(
                "Footways and lamps on the way to school first",
                "Сначала тротуары и свет по дороге в школу",
            ),
            verdict="yes",
            reason=_both(
                "They are used by most people every day, and the reports there come back most.",
                "Ими каждый день пользуется большинство, и жалобы там повторяются чаще всего.",
            ),
            comments=(1, 2, 4),
        ),
        PointDraft(
            asked=_both("More trees in the yards", "Больше деревьев во дворах"),
            verdict="partly",
            reason=_both(
                "Not over pipes and cables; elsewhere they will be planted in autumn.",
                "Над трубами и кабелями сажать нельзя; в остальных местах посадим осенью.",
            ),
            comments=(3, 7),
        ),
        PointDraft(
            asked=_both("More parking by the houses", "Больше парковок у домов"),
            verdict="no",
            reason=_both(
                "There is room only on lawns and playgrounds; they are kept.",
                "Место есть только на газонах и площадках, а их мы сохраняем.",
            ),
            comments=(5,),
        ),
    )


def _overdue(actor: Actor, territory: Territory, now: datetime) -> None:
    problem = (
        Problem.objects.filter(territory=territory, current=True)
        .order_by("-recurrences", "number")
        .first()
    )
    if problem is None:
        return
    opens = now - 90 * _DAY
    row = open_consultation(
        actor,
        territory,
        ConsultationDraft(
            title=_both("Repair it whole or piece by piece?", "Чинить целиком или по частям?"),
            text=_both(
                "This trouble came back more often than any other. Whole means closing the "
                "place for a month; piece by piece takes all summer. What do you think?",
                "Эта беда возвращалась чаще всех. Целиком – значит закрыть место на месяц; "
                "по частям – всё лето. Как вы считаете?",
            ),
            subject="problem",
            subject_number=problem.number,
            opens=opens,
            closes=now - 60 * _DAY,
            answer_days=10,
        ),
    )
    _commented(row, _REPAIRS, opens + 2 * _DAY)


def _open(actor: Actor, territory: Territory, now: datetime) -> None:
    row = open_consultation(
        actor,
        territory,
        ConsultationDraft(
            title=_both("Where is a bench missing?", "Где не хватает скамейки?"),
            text=_both(
                "Name the place and say who would sit there. The twenty named most often are put "
                "up next year if the place allows it.",
                "Назовите место и скажите, кому там нужно присесть. Двадцать мест, которые назовут "
                "чаще всего, получат скамейки в следующем году, если место позволяет.",
            ),
            opens=now - 5 * _DAY,
            closes=now + 60 * _DAY,
        ),
    )
    _commented(row, _BENCHES, now - 4 * _DAY)


def _about_a_proposal(actor: Actor, territory: Territory, now: datetime) -> None:
    proposal = (
        Proposal.objects.filter(round__territory=territory, state="new", round__closed=None)
        .order_by("round__code", "number")
        .first()
    )
    if proposal is None:
        return
    row = open_consultation(
        actor,
        territory,
        ConsultationDraft(
            title=_both(
                "Would you use it, and what should be changed?", "Нужно ли это вам и что изменить?"
            ),
            text=_both(
                "A proposal to the next vote. Before it is judged: is it what you need there, and "
                "what should be otherwise?",
                "Предложение к следующему голосованию. Прежде чем его оценивать: то ли это, что "
                "здесь нужно, и что сделать иначе?",
            ),
            subject="proposal",
            subject_number=proposal.pk,
            opens=now - 3 * _DAY,
            closes=now + 20 * _DAY,
        ),
    )
    _commented(row, _PROPOSED, now - 2 * _DAY)


def _beside_a_proposal(actor: Actor, territory: Territory, now: datetime) -> None:
    """Said on a proposal's page without being asked: some of it answered, some of it new."""
    proposal = (
        Proposal.objects.filter(round__territory=territory, state="feasible", round__closed=None)
        .order_by("round__code", "number")
        .first()
    )
    if proposal is None:
        return
    for turn, text in enumerate(_PROPOSED):
        moment = now - 20 * _DAY + turn * timedelta(hours=9)
        made = comment_on_proposal(
            RESIDENT,
            proposal.pk,
            text=text,
            language="en" if text.isascii() else "ru",
            at=moment,
        )
    answer_consultation(
        actor,
        made.consultation_id,
        points=(
            PointDraft(
                asked=_both("Not under bedroom windows", "Не под окнами спальни"),
                verdict="yes",
                reason=_both("It will stand 40 m from the houses.", "До домов будет 40 м."),
                comments=(1,),
            ),
            PointDraft(
                asked=_both("Who will mend it?", "Кто будет чинить?"),
                verdict="partly",
                reason=_both(
                    "The contractor under its warranty; afterwards it needs money every year.",
                    "Подрядчик, пока действует гарантия; потом деньги нужны каждый год.",
                ),
                comments=(3,),
            ),
        ),
        at=now - 9 * _DAY,
    )
    comment_on_proposal(
        RESIDENT, proposal.pk, text="А свет вечером там будет?", language="ru", at=now - _DAY
    )


def _weighed(actor: Actor, territory: Territory, programme: Programme, now: datetime) -> None:
    row = open_mediation(
        actor,
        territory,
        MediationDraft(
            title=_both(
                "What counts most: residents, business, municipality",
                "Что важнее: жители, бизнес, муниципалитет",
            ),
            programme=programme.number,
            opens=now - 30 * _DAY,
            closes=now + 60 * _DAY,
        ),
    )
    rng = np.random.default_rng(_SEED)
    for side, count in (("residents", _RESIDENTS), ("business", _BUSINESSES)):
        load_weighings(
            actor, row.pk, side, voice_opinions(side, row.criteria, count=count, rng=rng)
        )
    said = voice_opinions("municipality", row.criteria, count=1, rng=rng)[0]
    weigh(actor, row.pk, side="municipality", method=said[0], answers=said[1])
    settle_mediation(actor, row.pk, rounds=1, time_limit_s=6.0, gap=0.03)


@dataclass(frozen=True, slots=True)
class _Fate:
    """A pledge of the invented town and what became of it: state, days after it was made, share."""

    draft: PledgeDraft
    steps: tuple[tuple[str, int, Decimal, str], ...]


def _pledged(actor: Actor, territory: Territory, chosen: list[Candidate], today: date) -> None:
    firms = list(
        Organisation.objects.filter(territory=territory, kind="business")
        .order_by("code")
        .values_list("code", "name")[:3]
    )
    houses = list(
        Building.objects.filter(territory=territory, dwellings__gte=20)
        .order_by("code")
        .values_list("code", flat=True)[:2]
    )
    if len(firms) < 3 or len(houses) < 2 or len(chosen) < 3:
        return
    made = record_agreement(
        actor,
        territory,
        AgreementDraft(
            title=_both("On improving the square together", "О совместном благоустройстве сквера"),
            parties=(
                _both("Town administration", "Администрация города"),
                tuple((code, words) for code, words in firms[0][1]),
            ),
            terms=(
                _both(
                    "The town designs and builds; the business pays what it pledged by its day.",
                    "Город проектирует и строит; предприятие вносит обещанное в срок.",
                ),
                _both(
                    "What the money went into is shown to everybody on the project's page.",
                    "На что пошли деньги, видно всем на странице проекта.",
                ),
            ),
            signed=today - 80 * _DAY,
            until=today + 400 * _DAY,
            candidate_id=chosen[0].pk,
        ),
    )
    codes = [code for code, _ in firms]
    for fate in _fates(codes, houses, chosen, made.number, today):
        row = record_pledge(actor, territory, fate.draft)
        for state, days, share, note in fate.steps:
            value = (row.value * share).quantize(Decimal("0.01"))
            on = fate.draft.made + days * _DAY
            record_pledge_state(actor, row.pk, state=state, on=on, value=value, note=note)


def _fates(
    firms: list[str], houses: list[str], chosen: list[Candidate], agreement: int, today: date
) -> tuple[_Fate, ...]:
    none, half, all_ = Decimal(0), Decimal("0.5"), Decimal(1)
    return (
        _Fate(
            PledgeDraft(
                kind="cash", what=_both("For lamps and benches", "На фонари и скамейки"),
                organisation=firms[0], value=Decimal("600000.00"), candidate_id=chosen[0].pk,
                agreement=agreement, made=today - 80 * _DAY, due=today + 60 * _DAY,
            ),
            (
                ("confirmed", 5, none, ""),
                ("received", 30, half, "Платёжное поручение № 118"),
            ),
        ),
        _Fate(
            PledgeDraft(
                kind="labour", what=_both("Planting and watering", "Посадка и полив деревьев"),
                building=houses[0], hours=Decimal("120"), rate=Decimal("350.00"),
                valued_by="ставка рабочего зелёного хозяйства, условная (учебный город)",
                candidate_id=chosen[1].pk, made=today - 70 * _DAY, due=today - 20 * _DAY,
            ),
            (("received", 40, all_, "Журнал работ, 24 записи"),),
        ),
        _Fate(
            PledgeDraft(
                kind="in_kind", what=_both("Forty sacks of cement", "Сорок мешков цемента"),
                organisation=firms[1], value=Decimal("26400.00"),
                valued_by="цена поставщика, условная (учебный город)",
                candidate_id=chosen[2].pk, made=today - 60 * _DAY, due=today - 10 * _DAY,
            ),
            (("confirmed", 3, none, ""),),
        ),
        _Fate(
            PledgeDraft(
                kind="cash", what=_both("Money for the playground", "Деньги на детскую площадку"),
                organisation=firms[2], value=Decimal("150000.00"), candidate_id=chosen[1].pk,
                made=today - 65 * _DAY, due=today + 30 * _DAY,
            ),
            (("withdrawn", 20, none, "Предприятие закрылось"),),
        ),
        _Fate(
            PledgeDraft(
                kind="cash", what=_both("Collected by residents", "Собрано жителями"),
                building=houses[1], value=Decimal("48750.50"), candidate_id=chosen[0].pk,
                made=today - 10 * _DAY, due=today + 90 * _DAY,
            ),
            (),
        ),
    )  # fmt: skip
