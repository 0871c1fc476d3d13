"""Writing an election as the text of a Pabulib file."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from fractions import Fraction
from io import StringIO

from eutopia.core.decide.pabulib_votes import POINT_TYPES
from eutopia.core.kit.exact import parse_decimal
from eutopia.core.records import BallotBox, BallotProject, Election


def format_text(election: Election) -> str:
    """Which text is this election as a Pabulib file? See `pabulib.format_election`."""
    box = election.ballots
    if not isinstance(box, BallotBox):
        box = BallotBox.of(box)
    out = StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    out.write("META\nkey;value\n")
    writer.writerows(_meta(election, box))
    out.write("PROJECTS\n")
    writer.writerows(_projects(election.projects))
    out.write("VOTES\n")
    writer.writerows(_votes(election, box))
    return out.getvalue()


def _meta(election: Election, box: BallotBox) -> list[tuple[str, str]]:
    known = {
        "description": election.title,
        "num_projects": str(len(election.projects)),
        "num_votes": str(box.voters),
        "budget": decimal_text(election.budget),
        "vote_type": election.vote_type,
    }
    rows = dict(election.attributes)
    if "budget" in rows and parse_decimal(rows["budget"]) == election.budget:
        # The same sum keeps its spelling.
        del known["budget"]
    rows.update(known)
    if not election.title:
        rows.pop("description")
    return list(rows.items())


def decimal_text(value: Fraction) -> str:
    """Which decimal digits say `value` exactly?

    Raises
    ------
    ValueError
        Where no finite decimal does (one third).

    Examples
    --------
    >>> decimal_text(Fraction(25, 2)), decimal_text(Fraction(7))
    ('12.5', '7')
    """
    places = 0
    while (value * 10**places).denominator != 1:
        places += 1
        if places > 40:
            raise ValueError(f"{value} has no finite decimal form")
    digits = str(abs(int(value * 10**places))).rjust(places + 1, "0")
    sign = "-" if value < 0 else ""
    return sign + (digits if places == 0 else f"{digits[:-places]}.{digits[-places:]}")


def _projects(projects: Sequence[BallotProject]) -> Iterable[list[str]]:
    rows = [dict(p.attributes) for p in projects]
    for project, row in zip(projects, rows, strict=True):
        for field, text in (
            ("name", project.name),
            ("category", ",".join(project.categories)),
            ("target", ",".join(project.targets)),
            ("selected", "" if project.selected is None else str(int(project.selected))),
        ):
            plural = {"category": "categories", "target": "targets"}.get(field, field)
            if text and field not in row and plural not in row:
                row[field] = text
    columns = list(dict.fromkeys(name for row in rows for name in row))
    yield ["project_id", "cost", *columns]
    for project, row in zip(projects, rows, strict=True):
        yield [project.id, decimal_text(project.cost), *(row.get(c, "") for c in columns)]


def _votes(election: Election, box: BallotBox) -> Iterable[list[str]]:
    ids = [p.id for p in election.projects]
    texts = [",".join(ids[p] for p in ballot.approvals) for ballot in box]
    points = [",".join(decimal_text(s) for s in ballot.scores) for ballot in box]
    scored = election.vote_type in POINT_TYPES
    ballots = [[t, p] if scored else [t] for t, p in zip(texts, points, strict=True)]
    said = ["vote", "points"] if scored else ["vote"]
    voters = election.voters
    if voters is None:
        yield ["voter_id", *said]
        number = 0
        for ballot, row in zip(box, ballots, strict=True):
            for _ in range(ballot.count):
                number += 1
                yield [str(number), *row]
        return
    others = [i for i, c in enumerate(voters.columns) if c != "voter_id"]
    identity = voters.column("voter_id")
    yield ["voter_id", *said, *(voters.columns[i] for i in others)]
    for v, ballot_at in enumerate(voters.ballot.tolist()):
        yield [identity[v], *ballots[ballot_at], *(voters.values[i][v] for i in others)]
