"""One command, `eutopia`, for everything.

Subcommands are imported only when called, so that `eutopia --help` answers at once.
"""

from __future__ import annotations

import importlib

import click

from eutopia import __version__

# name: (module:attribute, one line of help). A line here is a promise; docs/reference/cli.md
# lists the same names and the suite compares.
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("eutopia.commands.demo:demo", "A town through the whole loop, then the site."),
    "serve": ("eutopia.commands.serve:serve", "Serve the site and its background jobs."),
    "import": ("eutopia.commands.import_:import_", "Import reports from a file by a mapping."),
    "update": ("eutopia.commands.update:update", "Group and diagnose what came in since."),
    "weather": ("eutopia.commands.weather:weather", "Import a municipality's daily weather."),
    "register": (
        "eutopia.commands.register:register",
        "Import houses, charges, tariffs, meters and feeds.",
    ),
    "duplicates": ("eutopia.commands.duplicates:duplicates", "Group the reports of one event."),
    "problems": ("eutopia.commands.problems:problems", "Find what keeps coming back."),
    "scan": ("eutopia.commands.scan:scan", "Find clusters of cases in space and time."),
    "index": ("eutopia.commands.index:index", "Compute a composite index, step by step."),
    "plan": ("eutopia.commands.plan:plan", "Choose a programme from a case file, with reasons."),
    "plan-case": ("eutopia.commands.plan_case:plan_case", "Write a planning case from a town."),
    "tally": ("eutopia.commands.tally:tally", "Count the ballots of a Pabulib file by a rule."),
    "recalc": ("eutopia.commands.recalc:recalc", "Compute what is owed back in a case."),
    "reliability": (
        "eutopia.commands.reliability:reliability",
        "Compute the indices of IEEE 1366 from a log of interruptions.",
    ),
    "pack": ("eutopia.commands.pack:pack", "Check, show and compare packs of norms."),
    "db": ("eutopia.commands.db:db", "Look after the database."),
    "log": ("eutopia.commands.log:log", "Show and verify the log of acts."),
    "staff": ("eutopia.commands.staff:staff", "Accounts of those who work here, and roles."),
    "manage": ("eutopia.commands.manage:manage", "Run one of Django's commands."),
}


class LazyGroup(click.Group):
    """A group whose subcommands are imported when first used."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, attribute = COMMANDS[name][0].split(":")
        command = getattr(importlib.import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module}:{attribute} is not a command")
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, help_) for name, (_, help_) in COMMANDS.items()] or [("", "")]
            )


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="eutopia")
def main() -> None:
    """Eutopia: integrated improvement of a territory, from report to lasting result."""


if __name__ == "__main__":
    main()
