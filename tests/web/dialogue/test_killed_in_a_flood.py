"""The program is killed (kill -9) in a flood of votes: every acknowledged vote counts once."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, connections

from eutopia.core.decide.pabulib import parse_election
from eutopia.web.dialogue import models
from eutopia.web.dialogue.services import (
    Sheet,
    cast_vote,
    close_voting,
    election_file,
    find_voter_of,
    hand_sheet,
    issue_codes,
)
from eutopia.web.foundation.access import OPERATOR
from eutopia.web.territory.services import load_territory
from tests.web.dialogue.rounds import STAFF, end_voting, voting_round
from tests.web.towns import hamlet

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

_FLOOD = """
import json, os, sys
from eutopia.web.config.site import load_settings
load_settings()
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
import django
django.setup()
from eutopia.web.dialogue.services import Sheet, cast_vote
number = int(sys.argv[2])
for line in sys.stdin:
    sheet, marks = json.loads(line)
    cast_vote(number, Sheet(**sheet), {int(k): v for k, v in marks.items()})
    # Said only when the vote is on disk: this is the voter's acknowledgement.
    sys.stdout.write(sheet["secret"] + "\\n")
    sys.stdout.flush()
"""


def _voting(row: models.Round, votes: list[tuple[Sheet, dict[int, str]]]) -> subprocess.Popen[str]:
    environment = {k: v for k, v in os.environ.items() if k != "EUTOPIA_DATABASE"}
    environment["EUTOPIA_HOME"] = str(settings.EUTOPIA_HOME)
    name = connection.settings_dict["NAME"]
    process = subprocess.Popen(
        [sys.executable, "-c", _FLOOD, str(name), str(row.pk)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=Path(__file__).resolve().parents[3],
    )
    assert process.stdin is not None
    for sheet, marks in votes:
        fields = {"right": sheet.right, "secret": sheet.secret, "nonce": sheet.nonce}
        process.stdin.write(json.dumps([fields, marks]) + "\n")
    process.stdin.flush()
    return process


def _acknowledged(process: subprocess.Popen[str], least: int) -> list[str]:
    """Kill it without warning once so many are acknowledged; what was said until then?"""
    assert process.stdout is not None
    assert process.stdin is not None
    said = [process.stdout.readline().strip() for _ in range(least)]
    process.send_signal(signal.SIGKILL)
    said += [line.strip() for line in process.stdout if line.endswith("\n")]
    process.wait()
    process.stdout.close()
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()
    return [one for one in said if one]


def test_every_acknowledged_vote_counts_once() -> None:
    territory = load_territory(OPERATOR, hamlet())[0]
    row = voting_round(territory)
    codes = issue_codes(STAFF, row.pk, count=120)
    votes = [
        (hand_sheet(row.pk, find_voter_of(row.pk, code)), {1 + turn % 4: "1"})
        for turn, code in enumerate(codes)
    ]
    halves = [votes[:60], votes[60:]]
    processes = [_voting(row, half) for half in halves]
    said = [one for process in processes for one in _acknowledged(process, 15)]
    assert 30 <= len(said) == len(set(said))
    deadline = time.monotonic() + 10
    while _busy() and time.monotonic() < deadline:
        time.sleep(0.05)
    kept = models.Envelope.objects.filter(round=row).count()
    noted = len(bytes(models.Attendance.objects.get(round=row).digests)) // 8
    assert kept == noted >= len(said)
    # Whoever got no answer sends the same sheet again: it counts once, whether or not it was in.
    for sheet, marks in votes:
        cast_vote(row.pk, sheet, marks)
    assert models.Envelope.objects.filter(round=row).count() == 120
    end_voting(row)
    close_voting(STAFF, row.pk)
    told, _ = parse_election(election_file(territory.pk, row.code) or "")
    assert Counter({b.approvals: b.count for b in told.ballots}) == {
        (0,): 30, (1,): 30, (2,): 30, (3,): 30
    }  # fmt: skip
    connections.close_all()


def _busy() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        return int(cursor.fetchone()[0])
