"""Contact data of residents: apart from the report, encrypted, erased on schedule.

The key lies in the installation's folder, not in the database: a copy of the database alone tells
nobody who reported. Opening a contact is an act that needs a right and is in the log.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import transaction

from eutopia.web.foundation.access import Actor, Scope, Scoped, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.foundation.home import read_key
from eutopia.web.foundation.models import SealedContact

_FIELDS = frozenset({"name", "email", "phone", "address", "push"})


def _cipher() -> MultiFernet:
    """Return the cipher; the key file may hold several keys, the newest first."""
    text = read_key(settings.EUTOPIA_HOME, "contacts", make=lambda: Fernet.generate_key().decode())
    return MultiFernet([Fernet(line) for line in text.split()])


def seal_contact(values: Mapping[str, str], *, erase_on: date) -> UUID:
    """Keep how to reach somebody, sealed, until a day.

    Parameters
    ----------
    values
        Some of name, email, phone, address, push; nothing else is taken.
    erase_on
        The day on which it is erased, whatever happens to the report.

    Raises
    ------
    ValueError
        For other names, or where nothing is given.
    """
    kept = {name: value for name, value in values.items() if value}
    if not kept or not kept.keys() <= _FIELDS:
        raise ValueError(f"a contact holds some of {', '.join(sorted(_FIELDS))}, nothing else")
    sealed = _cipher().encrypt(json.dumps(kept, ensure_ascii=False).encode())
    return SealedContact.objects.create(sealed=sealed, erase_on=erase_on).pk


@transaction.atomic
def open_contact(
    actor: Actor, contact: UUID, subject: Scoped | Scope, *, reason: str, municipality: str = ""
) -> dict[str, str] | None:
    """Read how to reach somebody; None where it was erased.

    Raises
    ------
    AccessDenied
        Without the right `report.read_contact` for the report.
    ValueError
        Without a reason, or where the key is not the one it was sealed with.
    """
    require(actor, "report.read_contact", subject)
    if not reason.strip():
        raise ValueError("say why the contact is opened")
    values = read_to_write(contact)
    if values is None:
        return None
    kind = ("foundation.sealedcontact", str(contact))
    log_act(actor, "report.read_contact", kind, reason=reason, municipality=municipality)
    return values


def read_to_write(contact: UUID) -> dict[str, str] | None:
    """How is somebody reached who asked to be written to? None where it was erased.

    For a job that writes the letter asked for, and shows the address to nobody.

    Raises
    ------
    ValueError
        The key is not the one it was sealed with.
    """
    row = SealedContact.objects.filter(pk=contact).first()
    if row is None:
        return None
    try:
        values: dict[str, str] = json.loads(_cipher().decrypt(bytes(row.sealed)))
    except InvalidToken:
        raise ValueError("the contact was sealed with another key (keys/contacts)") from None
    return values


def keep_contact(contact: UUID, *, until: date) -> None:
    """Erase it on another day than was said first."""
    SealedContact.objects.filter(pk=contact).update(erase_on=until)


def erase_contact(contact: UUID) -> None:
    """Erase at once, as the person asked."""
    SealedContact.objects.filter(pk=contact).delete()


def erase_due_contacts(as_of: date) -> int:
    """Erase what may be kept no longer; return how many."""
    return SealedContact.objects.filter(erase_on__lte=as_of).delete()[0]
