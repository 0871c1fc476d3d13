"""`eutopia manage`: Django's own commands, with the database running."""

from __future__ import annotations

import click


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def manage(arguments: tuple[str, ...]) -> None:
    """Run one of Django's commands: `eutopia manage shell`, `eutopia manage check --deploy` …

    Without arguments, list them.
    """
    from django.core.management import execute_from_command_line

    from eutopia.web.config.site import load_settings, ready_site

    words = ["eutopia manage", *arguments]
    if not arguments or arguments[0] in _WITHOUT_DATABASE or "--help" in arguments:
        load_settings()
        execute_from_command_line(words)
        return
    with ready_site(migrate=arguments[0] not in ("migrate", "makemigrations", "showmigrations")):
        execute_from_command_line(words)


_WITHOUT_DATABASE = frozenset(
    ("help", "--help", "version", "messages", "diffsettings", "findstatic", "collectstatic")
)
