"""One report from somebody: no name needed, nothing personal in public."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from cryptography.fernet import Fernet
from django.conf import settings
from django.db import transaction

from eutopia.core.records import Report
from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.foundation.contacts import seal_contact
from eutopia.web.foundation.home import read_key
from eutopia.web.reports import models
from eutopia.web.reports.services.intake import (
    DistrictFinder,
    cell_at,
    opened_now,
    public_words,
)
from eutopia.web.reports.services.norms import DeadlineClock, norms_of
from eutopia.web.reports.workflow import RECEIVED
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import territory_row

SOURCE = "site"
_LONGEST = 4_000
_KEPT_DAYS = 180
_MARGIN = 0.02
"""Degrees beyond the territory's box at which a point can no longer be meant."""


class SubmissionRefused(ValueError):  # noqa: N818 - a verdict on the submission.
    """The report was not taken. `fields` pairs each field with a code of what is wrong.

    Codes: missing, too_long, unknown, outside, too_many.
    """

    def __init__(self, fields: tuple[tuple[str, str], ...]) -> None:
        super().__init__(", ".join(f"{field}: {code}" for field, code in fields))
        self.fields = fields


@dataclass(frozen=True, slots=True)
class Submission:
    """What whoever reported is told: the number, and by when it must be resolved."""

    id: int
    number: str
    due: datetime | None
    redacted: bool
    """Whether something personal was taken out of the public words."""


def _lock() -> Fernet:
    key = read_key(settings.EUTOPIA_HOME, "originals", lambda: Fernet.generate_key().decode())
    return Fernet(key.encode())


def submit_report(
    actor: Actor,
    territory: Territory | int,
    *,
    problem_type: str,
    text: str,
    lon: float | None = None,
    lat: float | None = None,
    address: str = "",
    language: str = "",
    channel: str = "web",
    contact: Mapping[str, str] | None = None,
    allow: Callable[[], bool] = lambda: True,
) -> Submission:
    """Take a report in: what number does it get, and by when must it be resolved?

    Parameters
    ----------
    lon, lat
        Degrees; both or an address are needed.
    contact
        Where an answer may be sent, if somebody wants one (some of email, phone, address ...):
        sealed apart, erased after 180 days. Nothing else of whoever reports is taken or kept.
    allow
        Asked once: False when too many come from where this one does (the caller knows; this
        function is never told).

    Raises
    ------
    SubmissionRefused
        Naming every field at fault.
    AccessDenied
        Nobody may report here.
    """
    row = territory_row(territory)
    require(actor, "report.submit", row)
    faults = tuple(_faults(row, problem_type, text, lon, lat, address))
    if faults:
        raise SubmissionRefused(faults)
    if not allow():
        raise SubmissionRefused((("", "too_many"),))
    told = Report(
        id=_number(),
        opened=opened_now(),
        problem_type=problem_type,
        lon=lon,
        lat=lat,
        text=text.strip(),
        address=address.strip(),
        language=language,
        channel=channel,
        source=SOURCE,
    )
    return _store(actor, row, told, contact=contact or {})


def _faults(
    territory: Territory,
    problem_type: str,
    text: str,
    lon: float | None,
    lat: float | None,
    address: str,
) -> list[tuple[str, str]]:
    faults = []
    known = models.ProblemType.objects.filter(territory=territory, code=problem_type)
    if not problem_type:
        faults.append(("problem_type", "missing"))
    elif not known.exists():
        faults.append(("problem_type", "unknown"))
    if not text.strip():
        faults.append(("text", "missing"))
    elif len(text) > _LONGEST:
        faults.append(("text", "too_long"))
    if (lon is None or lat is None) and not address.strip():
        faults.append(("place", "missing"))
    elif lon is not None and lat is not None and not _within(territory, lon, lat):
        faults.append(("place", "outside"))
    return faults


def _within(territory: Territory, lon: float, lat: float) -> bool:
    box = (territory.west, territory.south, territory.east, territory.north)
    if any(side is None for side in box):
        return -180 <= lon <= 180 and -90 <= lat <= 90
    west, south, east, north = (float(side or 0) for side in box)
    return west - _MARGIN <= lon <= east + _MARGIN and south - _MARGIN <= lat <= north + _MARGIN


def _number() -> str:
    """Return a number that tells nothing, easy to read out: no 0/O, 1/I/L."""
    return "".join(secrets.choice("23456789ABCDEFGHJKMNPQRSTUVWXYZ") for _ in range(8))


@transaction.atomic
def _store(
    actor: Actor, territory: Territory, told: Report, *, contact: Mapping[str, str]
) -> Submission:
    (told,) = DistrictFinder(territory).fill([told])
    ((due, how),) = DeadlineClock(territory, norms_of(territory)).due([told])
    kind = models.ProblemType.objects.get(territory=territory, code=told.problem_type)
    text, address = public_words(told.text), public_words(told.address)
    told = replace(told, organisation=kind.owner)
    erase_on = told.opened.date() + timedelta(days=_KEPT_DAYS)
    row = models.Report.objects.create(
        territory=territory,
        source=told.source,
        number=told.id,
        opened=told.opened,
        due=due,
        due_basis=how,
        problem_type=told.problem_type,
        lon=told.lon,
        lat=told.lat,
        cell=cell_at(told.lon, told.lat),
        text=text,
        language=told.language,
        address=address,
        district=told.district,
        organisation=told.organisation,
        channel=told.channel,
        status=RECEIVED,
        contact=seal_contact(contact, erase_on=erase_on) if contact else None,
    )
    redacted = (text, address) != (told.text, told.address)
    if redacted:
        models.PrivateWords.objects.create(
            report=row, original=_lock().encrypt(told.text.encode()), erase_on=erase_on
        )
    log_act(
        actor,
        "report.submit",
        row,
        after={"number": row.number, "problem_type": row.problem_type},
        municipality=territory.code,
    )
    return Submission(row.pk, row.number, due, redacted)


def read_original(actor: Actor, report_id: int) -> str:
    """What was written before redaction? The public words where nothing was taken out.

    Each look is logged.

    Raises
    ------
    AccessDenied
        The actor may not see what is personal.
    """
    row = models.Report.objects.select_related("territory").get(pk=report_id)
    require(actor, "report.read_contact", row)
    kept = models.PrivateWords.objects.filter(report=row).first()
    with transaction.atomic():
        log_act(actor, "report.read_contact", row, municipality=row.territory.code)
    return row.text if kept is None else _lock().decrypt(bytes(kept.original)).decode()


def erase_private_words(*, on: date) -> int:
    """Of how many reports are the original words erased, their day having come?"""
    erased, _ = models.PrivateWords.objects.filter(erase_on__lte=on).delete()
    return erased
