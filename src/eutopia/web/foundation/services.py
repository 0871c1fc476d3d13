"""Accounts of staff and their roles: made, changed and closed, each act in the log."""

from __future__ import annotations

from django.db import transaction

from eutopia.web.foundation.access import RESIDENT, Actor, Grant, Scope, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.foundation.models import Account, RoleGrant


def actor_of(account: object) -> Actor:
    """Who is behind this account (or the anonymous visitor)?

    A closed account is nobody more than a resident.
    """
    if not isinstance(account, Account) or not account.is_active:
        return RESIDENT
    grants = account.role_grants.order_by("pk").values_list("role", "municipality", "organisation")
    return Actor(account.pk, account.name, (*RESIDENT.grants, *(Grant(*row) for row in grants)))


@transaction.atomic
def open_account(
    actor: Actor, *, login: str, name: str, password: str | None = None, municipality: str = ""
) -> Account:
    """Open an account for somebody who works here.

    Raises
    ------
    ValidationError
        Where the log-in name is taken or empty.
    """
    require(actor, "staff.manage", Scope(municipality))
    account = Account.objects.create_user(login, password, name=name)
    log_act(
        actor,
        "staff.manage",
        account,
        after={"login": account.login, "name": account.name, "is_active": True},
        municipality=municipality,
    )
    return account


@transaction.atomic
def close_account(actor: Actor, account: Account, *, reason: str, municipality: str = "") -> None:
    """Close an account: nobody can log in to it, its acts stay in the log."""
    require(actor, "staff.manage", Scope(municipality))
    account.is_active = False
    account.save(update_fields=["is_active"])
    log_act(
        actor,
        "staff.manage",
        account,
        before={"is_active": True},
        after={"is_active": False},
        reason=reason,
        municipality=municipality,
    )


@transaction.atomic
def grant_role(
    actor: Actor, account: Account, role: str, *, municipality: str = "", organisation: str = ""
) -> RoleGrant:
    """Grant a role; granting it twice changes nothing.

    Raises
    ------
    ValidationError
        For an unknown role, and for a provider or contractor without an organisation.
    """
    require(actor, "role.grant", Scope(municipality))
    grant = RoleGrant(
        account=account, role=role, municipality=municipality, organisation=organisation
    )
    known = RoleGrant.objects.filter(
        account=account, role=role, municipality=municipality, organisation=organisation
    ).first()
    if known is not None:
        return known
    grant.full_clean()
    grant.save()
    log_act(actor, "role.grant", account, after=_words(grant), municipality=municipality)
    return grant


@transaction.atomic
def revoke_role(actor: Actor, grant: RoleGrant, *, reason: str) -> None:
    """Take a role back."""
    require(actor, "role.grant", Scope(grant.municipality))
    before = _words(grant)
    account = grant.account
    grant.delete()
    log_act(
        actor,
        "role.grant",
        account,
        before=before,
        reason=reason,
        municipality=before["municipality"],
    )


def _words(grant: RoleGrant) -> dict[str, str]:
    return {
        "role": grant.role,
        "municipality": grant.municipality,
        "organisation": grant.organisation,
    }


def actor_numbered(number: int | None) -> Actor:
    """Who is behind the account with this number, as a background job asks? None: a resident."""
    return RESIDENT if number is None else actor_of(Account.objects.filter(pk=number).first())
