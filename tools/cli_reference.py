"""Make docs/reference/cli.md from what the command line says of itself."""

from __future__ import annotations

from pathlib import Path

import click

from eutopia.cli import COMMANDS, main

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "cli.md"
_WIDTH = 96


def page() -> str:
    """What does the reference of the command line say? The help of every command, in order."""
    lines = [
        "# The command line",
        "",
        "Made from `eutopia COMMAND --help`; change it there, then `just docs`.",
    ]
    # As it is really called: with the names of the help option that `main` gives on.
    root = click.Context(main, info_name="eutopia", **main.context_settings)
    for name in COMMANDS:
        command = main.get_command(root, name)
        if command is not None:
            lines += _section(command, name, root)
    return "\n".join(lines) + "\n"


def _section(command: click.Command, name: str, parent: click.Context, depth: int = 2) -> list[str]:
    context = click.Context(
        command, info_name=name, parent=parent, max_content_width=_WIDTH, terminal_width=_WIDTH
    )
    lines = ["", f"{'#' * depth} `{context.command_path}`", ""]
    lines += ["```text", command.get_help(context), "```"]
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            if found is not None:
                lines += _section(found, child, context, depth + 1)
    return lines


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
