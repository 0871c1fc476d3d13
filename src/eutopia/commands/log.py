"""`eutopia log`: the log of consequential acts, shown, exported and verified."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click


@click.group()
def log() -> None:
    """Look into the log of acts and prove that nobody tampered with it."""


@log.command()
@click.option("--last", type=click.IntRange(1), default=20, show_default=True)
@click.option("--subject", help="Only of this kind, or of this one: kind or kind:identifier.")
def show(last: int, subject: str | None) -> None:
    """Print the newest entries."""
    from eutopia.web.config.site import ready_site

    with ready_site():
        from eutopia.web.foundation.models import Act

        entries = Act.objects.order_by("-number")
        if subject:
            kind, _, identifier = subject.partition(":")
            entries = entries.filter(subject_type=kind)
            entries = entries.filter(subject_id=identifier) if identifier else entries
        for entry in reversed(entries[:last]):
            change = f"{entry.before}{' -> ' if entry.before else ''}{entry.after}"
            words = (
                f"{entry.number:>7}",
                f"{entry.at:%Y-%m-%d %H:%M:%S} UTC",
                entry.name or entry.roles,
                entry.action,
                f"{entry.subject_type}:{entry.subject_id}",
                change,
                entry.reason,
            )
            click.echo("  ".join(word for word in words if word))


@log.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export(file: Path) -> None:
    """Write the whole log to FILE (a JSON object a line), with hashes, for an auditor."""
    from eutopia.web.config.site import ready_site

    with ready_site():
        from eutopia.web.foundation.audit import stored_entries

        count = 0
        try:
            target = file.open("x", encoding="utf-8")
        except OSError as error:
            raise click.ClickException(f"{file} cannot be made: {error.strerror}.") from None
        with target:
            for entry in stored_entries():
                target.write(json.dumps(entry, ensure_ascii=False) + "\n")
                count += 1
    click.echo(f"{count} entries written to {file}.")


@log.command()
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Verify an export instead of the database; needs nothing but the file.",
)
def verify(file: Path | None) -> None:
    """Recompute the chain of hashes; end with status 1 at the first broken link."""
    from eutopia.web.config.site import load_settings, ready_site

    if file is not None:
        load_settings()
        from eutopia.web.foundation.audit import verify_chain

        with file.open(encoding="utf-8") as lines:
            _report(verify_chain(json.loads(line) for line in lines))
        return
    with ready_site():
        from eutopia.web.foundation.anchors import note_anchor, read_anchors
        from eutopia.web.foundation.audit import stored_entries, verify_chain

        verdict = verify_chain(stored_entries(), anchors=read_anchors())
        if verdict.broken is None and verdict.entries:
            note_anchor(verdict.entries, verdict.head)
        _report(verdict)


_FAULTS = {
    "missing": "the entry is gone, or its number was changed",
    "altered": "its contents do not give its hash: it was altered",
    "unlinked": "it does not follow from the entry before it",
    "anchor_missing": "the log once reached this entry, and no longer does: its end was cut off",
    "anchor_differs": "its hash is not the one noted earlier: the log was rewritten",
}


def _report(verdict: Any) -> None:
    if verdict.broken is not None:
        raise click.ClickException(
            f"The chain is broken at entry {verdict.broken.number}: "
            f"{_FAULTS[verdict.broken.fault]}. The {verdict.entries} entries before it hold."
        )
    click.echo(f"{verdict.entries} entries, the chain holds. Head: {verdict.head}")
