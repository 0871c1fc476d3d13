"""Pledges and agreements: never a person's, never changed, adding up to the kopeck."""

from __future__ import annotations

import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone
from pypdf import PdfReader

from eutopia.web.consultations import selectors
from eutopia.web.consultations.models import Agreement, Pledge, PledgeEvent
from eutopia.web.consultations.services import (
    AgreementDraft,
    DialogueRefused,
    PledgeDraft,
    record_agreement,
    record_pledge,
    record_pledge_state,
)
from eutopia.web.foundation.access import RESIDENT, AccessDenied
from eutopia.web.foundation.audit import stored_entries, verify_chain
from eutopia.web.foundation.models import Act
from eutopia.web.portal.agreements import agreement_paper
from eutopia.web.territory import selectors as territories
from tests.web.consultations.hamlets import Hamlet, actor

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
DAY = timedelta(days=1)


def both(words: str) -> tuple[tuple[str, str], ...]:
    return (("ru", words), ("en", words))


def draft(**changes: Any) -> PledgeDraft:
    given: dict[str, Any] = {
        "kind": "cash", "what": both("Lamps"), "organisation": "works", "value": Decimal("100.10"),
        "made": TODAY - 10 * DAY, "due": TODAY + DAY,
    } | changes  # fmt: skip
    return PledgeDraft(**given)


def test_labour_is_its_hours_at_a_rate(hamlet_town: Hamlet) -> None:
    """7.5 hours at 333.33 are 2,499.975: half up to the kopeck."""
    row = record_pledge(
        hamlet_town.operator, hamlet_town.territory,
        draft(kind="labour", organisation="", building="b1", value=None, hours=Decimal("7.5"),
              rate=Decimal("333.33"), valued_by="tariff"),
    )  # fmt: skip
    assert row.value == Decimal("2499.98")
    (view,) = selectors.pledges(hamlet_town.territory.pk)
    assert view.by_residents
    assert "1" in view.who


def test_parts_add_up_to_the_kopeck(hamlet_town: Hamlet) -> None:
    """Received in thirds, one more would be too much; the whole is received, open and lost."""
    row = record_pledge(hamlet_town.operator, hamlet_town.territory, draft())
    for part in ("33.37", "33.37"):
        record_pledge_state(
            hamlet_town.operator, row.pk, state="received", on=TODAY, value=Decimal(part), note="pp"
        )
    with pytest.raises(DialogueRefused) as refused:
        record_pledge_state(
            hamlet_town.operator, row.pk, state="received", on=TODAY, value=Decimal("33.37"),
            note="pp",
        )  # fmt: skip
    assert refused.value.fields == (("value", "too_much"),)
    record_pledge(hamlet_town.operator, hamlet_town.territory, draft(value=Decimal("0.05")))
    record_pledge_state(hamlet_town.operator, row.pk, state="lapsed", on=TODAY, note="closed")
    told = selectors.pledges(hamlet_town.territory.pk)
    figures = selectors.pledge_figures(told)
    assert figures.received == Decimal("66.74")
    assert figures.lost == Decimal("33.36")
    assert figures.open == Decimal("0.05")
    assert figures.value == figures.received + figures.open + figures.lost == Decimal("100.15")
    assert {one.state for one in told} == {"lapsed", "pledged"}


def test_its_way_goes_forward_only(hamlet_town: Hamlet) -> None:
    row = record_pledge(hamlet_town.operator, hamlet_town.territory, draft())
    act = hamlet_town.operator
    record_pledge_state(act, row.pk, state="confirmed", on=TODAY)
    record_pledge_state(act, row.pk, state="withdrawn", on=TODAY, note="bankrupt")
    events = PledgeEvent.objects.count()
    for state in ("received", "confirmed", "pledged", "burnt"):
        with pytest.raises(DialogueRefused):
            record_pledge_state(act, row.pk, state=state, on=TODAY, value=Decimal(1), note="x")
    assert PledgeEvent.objects.count() == events


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"organisation": ""}, ("who", "missing")),
        ({"building": "b1"}, ("who", "missing")),
        ({"organisation": "ghost"}, ("who", "unknown")),
        ({"kind": "love"}, ("kind", "unknown")),
        ({"value": Decimal("0")}, ("value", "not_positive")),
        ({"value": Decimal("NaN")}, ("value", "not_positive")),
        ({"value": Decimal("1.001")}, ("value", "number")),
        ({"kind": "in_kind"}, ("valued_by", "missing")),
        ({"kind": "labour", "valued_by": "t"}, ("hours", "missing")),
        ({"due": date(2020, 1, 1)}, ("due", "order")),
        ({"candidate_id": 10**6}, ("candidate", "unknown")),
        ({"agreement": 5}, ("agreement", "unknown")),
        ({"what": ()}, ("what", "missing")),
    ],
)
def test_a_pledge_that_cannot_be_meant_is_refused(
    hamlet_town: Hamlet, changes: dict[str, Any], fault: tuple[str, str]
) -> None:
    acts = Act.objects.count()
    with pytest.raises(DialogueRefused) as refused:
        record_pledge(hamlet_town.operator, hamlet_town.territory, draft(**changes))
    assert fault in refused.value.fields
    assert not Pledge.objects.exists()
    assert Act.objects.count() == acts


def test_the_database_itself_refuses_a_change(hamlet_town: Hamlet) -> None:
    row = record_pledge(hamlet_town.operator, hamlet_town.territory, draft())
    for change in (
        lambda: Pledge.objects.update(value=1),
        lambda: PledgeEvent.objects.all().delete(),
        lambda: PledgeEvent.objects.update(state="received"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    row.refresh_from_db()
    assert row.value == Decimal("100.10")
    assert verify_chain(stored_entries()).broken is None


def agreed(town: Hamlet, **changes: Any) -> Agreement:
    given: dict[str, Any] = {
        "title": (("ru", "О сквере"), ("en", "On the square")),
        "parties": [both("Town"), both("Works")], "terms": [both("The town builds.")],
        "signed": TODAY, "candidate_id": town.candidates["lamps"].pk,
    } | changes  # fmt: skip
    return record_agreement(town.operator, town.territory, AgreementDraft(**given))


def test_an_agreement_is_a_paper_in_both_languages(hamlet_town: Hamlet) -> None:
    row = agreed(hamlet_town)
    record_pledge(hamlet_town.operator, hamlet_town.territory, draft(agreement=row.number))
    town = territories.territory("hamlet")
    assert town is not None
    made = agreement_paper(town, row.number)
    assert made is not None
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(made)).pages)
    assert "О сквере" in text
    assert "On the square" in text
    assert agreement_paper(town, 99) is None


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"parties": [both("Town")]}, ("parties", "missing")),
        ({"terms": []}, ("terms", "missing")),
        ({"until": TODAY - DAY}, ("until", "order")),
        ({"title": ()}, ("title", "missing")),
    ],
)
def test_an_agreement_that_cannot_be_meant_is_refused(
    hamlet_town: Hamlet, changes: dict[str, Any], fault: tuple[str, str]
) -> None:
    with pytest.raises(DialogueRefused) as refused:
        agreed(hamlet_town, **changes)
    assert fault in refused.value.fields
    assert not Agreement.objects.exists()


@pytest.mark.parametrize("who", [RESIDENT, actor("moderator"), actor("planner", "elsewhere")])
def test_who_may_not_record(hamlet_town: Hamlet, who: Any) -> None:
    row = record_pledge(hamlet_town.operator, hamlet_town.territory, draft())
    with pytest.raises(AccessDenied):
        record_pledge(who, hamlet_town.territory, draft())
    with pytest.raises(AccessDenied):
        record_pledge_state(who, row.pk, state="confirmed", on=TODAY)
    assert Pledge.objects.count() == PledgeEvent.objects.count() == 1
