"""Contact data are sealed, opened with a right and a reason, erased on schedule."""

from __future__ import annotations

from datetime import date

import pytest
from cryptography.fernet import Fernet
from django.db import connection

from eutopia.web.foundation.access import RESIDENT, AccessDenied, Actor, Grant, Scope
from eutopia.web.foundation.contacts import (
    erase_contact,
    erase_due_contacts,
    open_contact,
    seal_contact,
)
from eutopia.web.foundation.models import Act, SealedContact

OFFICER = Actor(3, "Officer", (Grant("case_officer", "lipki"),))
HERE = Scope("lipki")
CONTACT = {"email": "житель@example.org", "phone": ""}
LATER = date(2027, 1, 1)

pytestmark = pytest.mark.django_db


def test_what_is_sealed_is_opened_with_a_right_and_a_reason_and_logged():
    sealed = seal_contact(CONTACT, erase_on=LATER)
    opened = open_contact(
        OFFICER, sealed, HERE, reason="to ask for the entrance", municipality="lipki"
    )
    assert opened == {"email": "житель@example.org"}
    entry = Act.objects.get()
    assert (entry.action, entry.reason) == ("report.read_contact", "to ask for the entrance")
    assert "example.org" not in f"{entry.before}{entry.after}"


def test_the_database_alone_tells_nobody():
    seal_contact(CONTACT, erase_on=LATER)
    with connection.cursor() as cursor:
        cursor.execute("SELECT foundation_sealedcontact::text FROM foundation_sealedcontact")
        row = cursor.fetchone()[0]
    assert "example" not in row
    assert b"example".hex() not in row


@pytest.mark.parametrize(
    "actor", [RESIDENT, Actor(4, "", (Grant("administrator"), Grant("auditor")))]
)
def test_without_the_right_it_stays_closed(actor):
    sealed = seal_contact(CONTACT, erase_on=LATER)
    with pytest.raises(AccessDenied):
        open_contact(actor, sealed, HERE, reason="curious")
    assert not Act.objects.exists()


def test_without_a_reason_it_stays_closed():
    sealed = seal_contact(CONTACT, erase_on=LATER)
    with pytest.raises(ValueError, match="say why"):
        open_contact(OFFICER, sealed, HERE, reason=" ")


def test_it_is_erased_when_asked_and_when_due():
    first, second, third = (seal_contact(CONTACT, erase_on=date(2026, 7, d)) for d in (1, 2, 3))
    erase_contact(first)
    assert erase_due_contacts(date(2026, 7, 2)) == 1
    assert list(SealedContact.objects.values_list("pk", flat=True)) == [third]
    assert open_contact(OFFICER, second, HERE, reason="late") is None


@pytest.mark.parametrize(
    "values", [{}, {"email": ""}, {"passport": "1"}, {"email": "a", "age": "9"}]
)
def test_nothing_but_ways_to_reach_somebody_is_kept(values):
    with pytest.raises(ValueError, match="a contact holds"):
        seal_contact(values, erase_on=LATER)


def test_a_new_key_is_put_before_the_old_which_still_opens(settings, tmp_path):
    settings.EUTOPIA_HOME = tmp_path
    old = seal_contact(CONTACT, erase_on=LATER)
    keys = tmp_path / "keys" / "contacts"
    former = keys.read_text(encoding="ascii")
    keys.write_text(f"{Fernet.generate_key().decode()}\n{former}", encoding="ascii")
    new = seal_contact(CONTACT, erase_on=LATER)
    for sealed in (old, new):
        assert open_contact(OFFICER, sealed, HERE, reason="test")
    keys.write_text(former, encoding="ascii")
    with pytest.raises(ValueError, match="sealed with another key"):
        open_contact(OFFICER, new, HERE, reason="test")
