"""Heads of the log noted outside the database, so that a log cut short or rewritten is found.

They lie in the installation's folder; publish the head (or send it to an auditor) to be safe from
somebody who can write there too.
"""

from __future__ import annotations

import json
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone


def anchors_file() -> Path:
    """Where are the anchors of this database?"""
    name = str(connection.settings_dict["NAME"])
    return Path(settings.EUTOPIA_HOME) / "log-anchors" / f"{name}.jsonl"


def read_anchors() -> dict[int, str]:
    """Which hashes were noted, by the entry's number?"""
    path = anchors_file()
    if not path.exists():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    return {a["number"]: a["hash"] for a in map(json.loads, lines)}


def note_anchor(number: int, digest: str) -> None:
    """Note that the log reached this entry, with this hash."""
    if read_anchors().get(number) == digest:
        return
    path = anchors_file()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    note = {"number": number, "hash": digest, "at": timezone.now().isoformat()}
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(note) + "\n")
