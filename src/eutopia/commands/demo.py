"""`eutopia demo`: a town through the whole loop, then the site."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from eutopia.web.foundation.hindrance import Hindrance

if TYPE_CHECKING:
    from eutopia.core.records import Town
    from eutopia.web.foundation.access import Actor

TOWNS = ("training", "boston")
STAFF = (
    "moderator", "case_officer", "inspector", "planner", "provider", "contractor", "auditor",
    "administrator",
)  # fmt: skip
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
    try:
        with _port_held(port if serve else None) as listener:
            _run(town, data, seed=seed, residents=residents, lang=lang, listener=listener)
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
    from django.utils import translation
    from django.utils.translation import gettext as _

    with translation.override(lang or _language()), contextlib.ExitStack() as stack:
        stages = Stages()
        with stages.stage(_("Database")):
            stack.enter_context(ready_site())
        from eutopia.commands.summary import print_summary
        from eutopia.web.loop import services

        for name, one in _towns(town, data, seed=seed, residents=residents, stages=stages):
            if one is None:
                continue
            services.run_loop(one, progress=stages.within(name))
            del one
        with stages.stage(_("Log-ins")):
            passwords = _demo_staff()
        stages.finish()
        print_summary()
        if listener is not None:
            _serve(listener, passwords)


def _language() -> str:
    from django.conf import settings

    return str(settings.LANGUAGE_CODE)
