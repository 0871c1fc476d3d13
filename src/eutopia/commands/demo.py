"""`eutopia demo`: a town through the whole loop, then the site."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from eutopia.web.foundation.hindrance import Hindrance

if TYPE_CHECKING:
    from eutopia.commands.progress import Stages
    from eutopia.core.records import Town

TOWNS = ("training", "boston")
STAFF = (
    "moderator", "case_officer", "inspector", "planner", "provider", "contractor", "auditor",
    "administrator",
)  # fmt: skip
_BOUND = {"provider": "resource_supplier", "contractor": "contractor"}
"""Roles that see the matters of one organisation only, and of which kind it is."""
_LOGINS = "demo-logins.json"


@click.command()
@click.option("--town", type=click.Choice(TOWNS), default="training", show_default=True)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the real files (docs/howto/real-data.md); needed for a real town.",
)
@click.option("--seed", type=int, default=2026, show_default=True, help="Of the training town.")
@click.option(
    "--residents",
    type=click.IntRange(1_000, 500_000),
    default=60_000,
    show_default=True,
    help="Of the training town.",
)
@click.option("--lang", type=click.Choice(["en", "ru"]), help="Language of what is printed.")
@click.option("--serve/--no-serve", default=True, help="Serve the site at the end.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
def demo(
    town: str,
    data: Path | None,
    seed: int,
    residents: int,
    lang: str | None,
    serve: bool,
    port: int,
) -> None:
    """Take a town through the whole loop and serve the site.

    Reports become problems, problems a funded programme with the reason for every yes and no, a
    ballot is counted, charges are recalculated, outcomes measured. The training town is synthetic;
    `--town boston --data DIR` takes the real reports and capital plan of Boston, with the register
    and heritage of Cambridge. Started again, it goes on where it was.
    """
    if town == "boston":
        data = data or _data_from_environment()
        if data is None or not data.is_dir():
            raise Hindrance(
                f"The real town needs its files: give their folder with --data "
                f"({data or 'nothing was given'}); docs/howto/real-data.md tells where to get them."
            )
    os.environ.setdefault("EUTOPIA_DATABASE", f"demo_{town}")
    from eutopia.sources.published import MissingFileError

    try:
        with _port_held(port if serve else None) as listener:
            _run(town, data, seed=seed, residents=residents, lang=lang, listener=listener)
    except MissingFileError as error:
        raise Hindrance(str(error)) from None
    except KeyboardInterrupt:
        raise Hindrance("Stopped. Run the same command again: it goes on where it was.") from None


def _data_from_environment() -> Path | None:
    folder = os.environ.get("EUTOPIA_DATA", "").strip()
    return Path(folder) if folder else None


@contextlib.contextmanager
def _port_held(port: int | None) -> Iterator[socket.socket | None]:
    """Take the port before minutes of work, so that a busy one is known at once."""
    if port is None:
        yield None
        return
    from eutopia.web.config.server import listening_socket

    listener = listening_socket("127.0.0.1", port)
    try:
        yield listener
    finally:
        listener.close()


def _run(
    town: str,
    data: Path | None,
    *,
    seed: int,
    residents: int,
    lang: str | None,
    listener: socket.socket | None,
) -> None:
    from eutopia.commands.progress import Stages
    from eutopia.web.config.site import load_settings, ready_site

    load_settings()
    from django.conf import settings
    from django.utils import translation
    from django.utils.translation import gettext as _

    with translation.override(lang or settings.LANGUAGE_CODE), contextlib.ExitStack() as stack:
        stages = Stages()
        with stages.stage(_("Start the database")):
            stack.enter_context(ready_site())
        readers = _readers(town, data, seed=seed, residents=residents)
        codes = [_through_the_loop(read, stages) for read in readers]
        with stages.stage(_("Open the demonstration's accounts")):
            passwords = demo_staff(codes, home=settings.EUTOPIA_HOME)
        from eutopia.commands.summary import print_summary

        print_summary(codes, seconds=stages.seconds())
        _say_where_to_vote(codes)
        if listener is not None:
            _serve(listener, passwords)


def _say_where_to_vote(towns: list[str]) -> None:
    """Print a code to try voting with, where a vote goes on in an invented town."""
    from django.utils.translation import gettext as _

    from eutopia.web.dialogue.selectors import rounds
    from eutopia.web.loop.ballots import code_to_try
    from eutopia.web.territory.selectors import territory

    for town in filter(None, map(territory, towns)):
        going = [one for one in rounds(town.id) if one.phase == "voting" and one.roll == "codes"]
        if town.synthetic and going:
            code = code_to_try(town.id, going[0].id)
            said = _("Vote in “{title}” with the code {code} (it votes once).")
            click.echo(said.format(title=going[0].title, code=code))


def _through_the_loop(read: Callable[[], Town], stages: Stages) -> str:
    from django.utils.translation import gettext as _

    from eutopia.commands.wording import stage_words
    from eutopia.web.dialogue.services import AnotherVoteError
    from eutopia.web.loop.services import run_loop

    with stages.stage(_("Take the town")):
        town = read()
        _refuse_another(town)
    report = stages.reporter(stage_words)
    try:
        run_loop(town, progress=report)
    except AnotherVoteError as error:
        raise Hindrance(
            f"The town in the database is another edition's: {error}. Give this one a database of "
            "its own: EUTOPIA_DATABASE=another eutopia demo."
        ) from None
    report.end()
    return town.territory.id


def _refuse_another(town: Town) -> None:
    """Refuse to mix a town into another one of its name."""
    from eutopia.web.territory.selectors import districts, territory

    standing = territory(town.territory.id)
    known = {} if standing is None else {d.code: d.population for d in districts(standing.id)}
    if known and known != {d.id: d.population for d in town.territory.districts}:
        raise Hindrance(
            "Another town of this name stands in the database. Give the --residents and --seed "
            "that it was made with, or a database of its own: EUTOPIA_DATABASE=another "
            "eutopia demo."
        )


def _readers(
    town: str, data: Path | None, *, seed: int, residents: int
) -> Iterator[Callable[[], Town]]:
    """One function a municipality, so that a town is read only when its turn has come."""
    if town == "boston" and data is not None:
        from eutopia.sources.boston import read_boston
        from eutopia.sources.cambridge import read_cambridge

        yield lambda: read_boston(data)
        yield lambda: read_cambridge(data)
    else:
        from eutopia.core.town import generate_town

        yield lambda: generate_town(seed=seed, residents=residents).town


def demo_staff(codes: list[str], *, home: Path) -> dict[str, str]:
    """Which log-ins has the demonstration: one a role, its password made on first use?

    Kept in the installation's folder, readable by its owner only. Never made for a real
    installation: only `eutopia demo` calls this.
    """
    from django.contrib.auth import get_user_model

    from eutopia.web.foundation.access import OPERATOR
    from eutopia.web.foundation.services import grant_role, open_account

    path = home / _LOGINS
    passwords: dict[str, str] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    for role in STAFF:
        passwords.setdefault(role, secrets.token_urlsafe(9))
    path.touch(mode=0o600)
    path.write_text(json.dumps(passwords, indent=1), "utf-8")
    accounts = get_user_model().objects
    for role in STAFF:
        account = accounts.filter(login=role).first()
        if account is None:
            name = role.replace("_", " ").capitalize()
            account = open_account(OPERATOR, login=role, name=name, password=passwords[role])
        elif not account.check_password(passwords[role]):
            account.set_password(passwords[role])
            account.save(update_fields=["password"])
        for code in codes:
            organisation = _organisation(code, role)
            if (
                organisation is None
                or account.role_grants.filter(role=role, municipality=code).exists()
            ):
                continue
            grant_role(OPERATOR, account, role, municipality=code, organisation=organisation)
    return passwords


def _organisation(code: str, role: str) -> str | None:
    """The organisation a role is bound to: empty for the town's own, None where there is none."""
    from eutopia.web.territory.models import Organisation

    if role not in _BOUND:
        return ""
    return (
        Organisation.objects.filter(territory__code=code, kind=_BOUND[role])
        .order_by("code")
        .values_list("code", flat=True)
        .first()
    )


def _serve(listener: socket.socket, passwords: dict[str, str]) -> None:
    from django.conf import settings
    from django.utils.translation import get_language
    from django.utils.translation import gettext as _

    from eutopia.web.config import server

    host, port = listener.getsockname()[:2]
    address = f"http://{host}:{port}/{get_language()}/"

    def announce() -> None:
        click.echo(_("Eutopia answers at {address} (Ctrl-C stops it).").format(address=address))
        click.echo(_("Start at the map, press a problem, follow it to the programme and back."))
        click.echo(
            _("The staff's desk is at {address}; log-ins (also in {file}):").format(
                address=f"{address}desk/", file=settings.EUTOPIA_HOME / _LOGINS
            )
        )
        for role, password in passwords.items():
            click.echo(f"  {role:14} {password}")

    server.serve(listener, jobs=True, announce=announce)
