"""`eutopia staff`: accounts of those who work here, and their roles."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from eutopia.web.foundation.models import Account


@click.group()
def staff() -> None:
    """Open and close accounts of staff, grant and revoke roles; each act is in the log."""


def _account(login: str) -> Account:
    from eutopia.web.foundation.models import Account

    account = Account.objects.filter(login=login.strip().lower()).first()
    if account is None:
        raise click.ClickException(f"There is no account {login}; `eutopia staff list` shows all.")
    return account


def _refused(error: Exception) -> click.ClickException:
    return click.ClickException(" ".join(getattr(error, "messages", [str(error)])))


@staff.command("list")
def list_() -> None:
    """List the accounts with their roles."""
    from eutopia.web.config.site import ready_site

    with ready_site():
        from eutopia.web.foundation.models import Account

        for account in Account.objects.order_by("login").prefetch_related("role_grants"):
            roles = ", ".join(str(grant) for grant in account.role_grants.all()) or "no role"
            closed = "" if account.is_active else "  (closed)"
            click.echo(f"{account.login}  {account.name}  {roles}{closed}")


@staff.command()
@click.argument("login")
@click.option("--name", required=True, help="As colleagues know them.")
def add(login: str, name: str) -> None:
    """Open the account LOGIN; the password is asked for, or read from standard input."""
    from eutopia.web.config.site import ready_site

    with ready_site():
        from django.contrib.auth.password_validation import validate_password
        from django.core.exceptions import ValidationError

        from eutopia.web.foundation.access import OPERATOR
        from eutopia.web.foundation.services import open_account

        if sys.stdin.isatty():
            password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        else:
            password = sys.stdin.readline().rstrip("\n")
        try:
            validate_password(password)
            open_account(OPERATOR, login=login, name=name, password=password)
        except ValidationError as error:
            raise _refused(error) from None
    click.echo(f"Opened {login.strip().lower()}; now `eutopia staff grant`.")


@staff.command()
@click.argument("login")
@click.argument("role")
@click.option("--municipality", default="", help="Code of the municipality; empty for all.")
@click.option(
    "--organisation", default="", help="Code of a provider's or contractor's organisation."
)
def grant(login: str, role: str, municipality: str, organisation: str) -> None:
    """Grant ROLE to the account LOGIN."""
    from eutopia.web.config.site import ready_site

    with ready_site():
        from django.core.exceptions import ValidationError

        from eutopia.web.foundation.access import OPERATOR
        from eutopia.web.foundation.services import grant_role

        try:
            given = grant_role(
                OPERATOR,
                _account(login),
                role,
                municipality=municipality,
                organisation=organisation,
            )
        except ValidationError as error:
            raise _refused(error) from None
    click.echo(f"{login}: {given}")


@staff.command()
@click.argument("login")
@click.argument("role")
@click.option("--reason", required=True, help="Why; it goes into the log.")
def revoke(login: str, role: str, reason: str) -> None:
    """Take ROLE back from the account LOGIN, wherever it was granted."""
    from eutopia.web.config.site import ready_site

    with ready_site():
        from eutopia.web.foundation.access import OPERATOR
        from eutopia.web.foundation.services import revoke_role

        grants = list(_account(login).role_grants.filter(role=role))
        if not grants:
            raise click.ClickException(f"{login} has not the role {role}.")
        for held in grants:
            revoke_role(OPERATOR, held, reason=reason)
    click.echo(f"{login}: {role} revoked.")


@staff.command()
@click.argument("login")
@click.option("--reason", required=True, help="Why; it goes into the log.")
def close(login: str, reason: str) -> None:
    """Close the account LOGIN: nobody can log in to it, its acts stay in the log."""
    from eutopia.web.config.site import ready_site

    with ready_site():
        from eutopia.web.foundation.access import OPERATOR
        from eutopia.web.foundation.services import close_account

        close_account(OPERATOR, _account(login), reason=reason)
    click.echo(f"{login} is closed.")
