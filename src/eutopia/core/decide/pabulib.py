"""Reading and writing Pabulib files (`.pb`): an election as META, PROJECTS and VOTES.

The format is described at pabulib.org/format. Reading is strict: whatever could change the count is
refused with file, line, field and mend. Oddities that cannot change it are reported as warnings.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from eutopia.core.decide.pabulib_votes import VOTE_TYPES, read_votes
from eutopia.core.kit.exact import parse_decimal
from eutopia.core.records import BallotBox, BallotProject, Election

_WHOLE_FIELDS = ("min_length", "max_length")
_NUMBER_FIELDS = (
    "min_sum_cost",
    "max_sum_cost",
    "min_points",
    "max_points",
    "min_sum_points",
    "max_sum_points",
    "default_score",
    "min_project_cost",
    "max_project_cost",
    "min_project_score_threshold",
)
_SELECTED = {"0": False, "1": True, "2": True, "3": False}
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in which line and field, and how is it mended?

    `code` names the kind of fault without language; `warning` says that the count cannot change.
    """

    line: int
    field: str
    code: str
    problem: str
    mend: str
    warning: bool = False

    def __str__(self) -> str:
        return f"line {self.line}, {self.field}: {self.problem}; {self.mend}"


class BallotFileError(ValueError):
    """A Pabulib file cannot be counted; `faults` says why, line by line."""

    def __init__(self, path: str, faults: Sequence[Fault]) -> None:
        self.path = path
        self.faults = tuple(faults)
        shown = [f"{path}, {fault}" for fault in self.faults[:_SHOWN]]
        if len(self.faults) > _SHOWN:
            shown.append(f"and {len(self.faults) - _SHOWN} more faults")
        super().__init__("\n".join(shown))


def read_election(path: str | Path) -> Election:
    """Which election does this Pabulib file hold?

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Election
        Equal ballots are grouped; all other fields of voters are kept in `voters`.

    Raises
    ------
    BallotFileError
        Where anything that the count depends on is malformed. Every fault is listed.

    Notes
    -----
    Linear in the size of the file; more than 10 MB a second.

    Source
    ------
    Faliszewski et al., *Participatory Budgeting: Data, Tools, and Analysis* (IJCAI 2023).
    """
    election, faults = read_with_faults(path)
    serious = [fault for fault in faults if not fault.warning]
    if serious:
        raise BallotFileError(str(path), serious)
    return election


def read_with_faults(path: str | Path) -> tuple[Election, tuple[Fault, ...]]:
    """Which election does this file hold without its bad ballots, and what was set aside?

    Returns
    -------
    (Election, tuple of Fault)
        Ballots with a serious fault are not in the election; the faults name them.

    Raises
    ------
    BallotFileError
        Where META or PROJECTS are malformed: without them nothing can be counted.
    """
    file = Path(path)
    return parse_election(_text(file), name=str(path))


def parse_election(text: str, *, name: str = "text") -> tuple[Election, tuple[Fault, ...]]:
    """Which election does this text of a Pabulib file hold? As `read_with_faults`."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    faults: list[Fault] = []
    meta_at, projects_at, votes_at = _sections(lines, name)
    meta = _meta(lines[meta_at:projects_at], meta_at, faults)
    projects = _projects(lines[projects_at:votes_at], projects_at, faults)
    budget = _budget(meta, faults, meta_at)
    vote_type = _vote_type(meta, faults, meta_at)
    _limits(meta, faults, meta_at)
    if faults:
        raise BallotFileError(name, faults)
    positions = {p.id: i for i, p in enumerate(projects)}
    box, voters, vote_faults = read_votes(lines, votes_at, vote_type, positions)
    faults += [Fault(*fault) for fault in vote_faults]
    _counts(meta, len(projects), len(voters) + _bad_rows(faults), faults)
    attributes = tuple((key, value) for key, (_, value) in meta.items())
    title = dict(attributes).get("description", "")
    election = Election(tuple(projects), box, budget, vote_type, title, attributes, voters)
    faults += _oddities(election, {k: v for k, (_, v) in meta.items()}, projects_at)
    return election, tuple(faults)


def _bad_rows(faults: Iterable[Fault]) -> int:
    return len({f.line for f in faults if f.code.startswith("ballot-")})


def _text(path: Path) -> str:
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        fault = Fault(line, "text", "encoding", "is not UTF-8", "save the file as UTF-8")
        raise BallotFileError(str(path), [fault]) from error


def _sections(lines: Sequence[str], name: str) -> tuple[int, int, int]:
    """Where do META, PROJECTS and VOTES begin?"""
    wanted = ["META", "PROJECTS", "VOTES"]
    found: list[int] = []
    for number, line in enumerate(lines):
        if len(found) == 3:
            break
        word = line.rstrip("; \t").strip().upper()
        if word == wanted[len(found)]:
            found.append(number)
        elif word in wanted:
            fault = Fault(
                number + 1,
                word,
                "section-order",
                f"section {word} stands where {wanted[len(found)]} should",
                "write META, then PROJECTS, then VOTES, each once",
            )
            raise BallotFileError(name, [fault])
        elif not found and word:
            fault = Fault(1, "META", "no-meta", f"begins with {line[:40]!r}", "begin with META")
            raise BallotFileError(name, [fault])
    if len(found) < 3:
        missing = wanted[len(found)]
        fault = Fault(
            max(1, len(lines) - (lines[-1] == "")),
            missing,
            "section-missing",
            f"there is no section {missing}",
            f"add a line {missing} and its rows; perhaps the file was cut off",
        )
        raise BallotFileError(name, [fault])
    return found[0], found[1], found[2]


def split_rows(lines: Sequence[str], offset: int) -> Iterable[tuple[int, list[str]]]:
    """Which fields stand in each line? Yields line number (from 1) and stripped fields."""
    reader = csv.reader(lines, delimiter=";")
    before = 0
    try:
        for row in reader:
            number = offset + before + 1
            before = reader.line_num
            if row and any(field.strip() for field in row):
                yield number, [field.strip() for field in row]
    except csv.Error as error:
        fault = Fault(offset + before + 1, "row", "csv", str(error), "check the quotes of this row")
        raise BallotFileError("rows", [fault]) from error


def _meta(lines: Sequence[str], offset: int, faults: list[Fault]) -> dict[str, tuple[int, str]]:
    meta: dict[str, tuple[int, str]] = {}
    for number, row in split_rows(lines[1:], offset + 1):
        key, value = row[0], row[1] if len(row) > 1 else None
        if not meta and key == "key":
            continue
        if value is None:
            faults.append(
                Fault(number, key, "meta-row", "has no value", f"write {key};value or leave it out")
            )
        elif key in meta:
            faults.append(
                Fault(number, key, "meta-twice", "is given twice", "keep one of the two lines")
            )
        else:
            meta[key] = (number, ";".join(row[1:]).rstrip(";"))
    return meta


def _missing(field: str, at: int, example: str) -> Fault:
    return Fault(at + 1, field, "meta-missing", "is missing", f"add to META, for example {example}")


def _budget(meta: dict[str, tuple[int, str]], faults: list[Fault], at: int) -> Fraction:
    if "budget" not in meta:
        faults.append(_missing("budget", at, "budget;1000000"))
        return Fraction(0)
    return _number(*meta["budget"], "budget", faults, least=Fraction(0))


def _number(
    line: int, text: str, field: str, faults: list[Fault], *, least: Fraction | None = None
) -> Fraction:
    try:
        value = parse_decimal(text)
    except ValueError:
        mend = "write digits with a point for decimals, such as 12000 or 12000.50"
        faults.append(Fault(line, field, "number", f"{text!r} is not a number", mend))
        return Fraction(0)
    if least is not None and value < least:
        faults.append(
            Fault(line, field, "negative", f"{text} is below {least}", f"give {least} or more")
        )
    return value


def _vote_type(meta: dict[str, tuple[int, str]], faults: list[Fault], at: int) -> str:
    if "vote_type" not in meta:
        faults.append(_missing("vote_type", at, "vote_type;approval"))
        return "approval"
    line, value = meta["vote_type"]
    if value not in VOTE_TYPES:
        problem = f"{value!r} is not a kind of ballot"
        mend = f"give one of {', '.join(VOTE_TYPES)}"
        faults.append(Fault(line, "vote_type", "vote-type", problem, mend))
    return value


def _limits(meta: dict[str, tuple[int, str]], faults: list[Fault], at: int) -> None:
    needed = ("num_projects", "num_votes")
    faults += [_missing(field, at, f"{field};25") for field in needed if field not in meta]
    for field in (*_WHOLE_FIELDS, "num_projects", "num_votes"):
        if field in meta and not (meta[field][1].isascii() and meta[field][1].isdigit()):
            line, value = meta[field]
            problem = f"{value!r} is not a whole number"
            faults.append(Fault(line, field, "whole", problem, "write digits only, such as 25"))
    for field in _NUMBER_FIELDS:
        if field in meta:
            _number(*meta[field], field, faults)


def _counts(
    meta: dict[str, tuple[int, str]], projects: int, votes: int, faults: list[Fault]
) -> None:
    for field, rows, real in (
        ("num_projects", "PROJECTS", projects),
        ("num_votes", "VOTES", votes),
    ):
        line, said = meta[field]
        if int(said) != real:
            problem = f"says {said}, but {rows} has {real} rows"
            mend = f"write {field};{real} if no row is missing, else fetch the file again"
            faults.append(Fault(line, field, "count", problem, mend))


def _projects(lines: Sequence[str], offset: int, faults: list[Fault]) -> list[BallotProject]:
    rows = iter(split_rows(lines[1:], offset + 1))
    number, header = next(rows, (offset + 1, []))
    for field in ("project_id", "cost"):
        if field not in header:
            mend = "begin PROJECTS with the header project_id;cost;..."
            faults.append(Fault(number, field, "column-missing", "is not a column", mend))
    if len(set(header)) != len(header):
        faults.append(Fault(number, "header", "column-twice", "has a column twice", "rename one"))
    if faults:
        return []
    projects: list[BallotProject] = []
    seen: dict[str, int] = {}
    for line, row in rows:
        if len(row) != len(header):
            problem = f"has {len(row)} fields, the header has {len(header)}"
            mend = "give every column a value, quote a value that holds a semicolon"
            faults.append(Fault(line, "row", "ragged", problem, mend))
            continue
        project = _project(line, dict(zip(header, row, strict=True)), faults)
        if project.id in seen:
            problem = f"{project.id!r} stands in line {seen[project.id]} already"
            faults.append(Fault(line, "project_id", "project-twice", problem, "give it another id"))
        seen.setdefault(project.id, line)
        projects.append(project)
    if not projects and not faults:
        mend = "add a row for each project"
        faults.append(Fault(offset + 1, "PROJECTS", "no-projects", "has no rows", mend))
    return projects


def _project(line: int, row: dict[str, str], faults: list[Fault]) -> BallotProject:
    identifier = row["project_id"]
    if not identifier or "," in identifier:
        problem = f"{identifier!r} cannot be named on a ballot"
        faults.append(Fault(line, "project_id", "project-id", problem, "use an id without commas"))
    cost = _number(line, row["cost"], "cost", faults, least=Fraction(0))
    selected = row.get("selected", "")
    if selected.lower() not in ("", "none", *_SELECTED):
        problem = f"{selected!r} does not say whether it was selected"
        faults.append(Fault(line, "selected", "selected", problem, "write 1 or 0"))
    for field in ("votes", "score", "latitude", "longitude"):
        if row.get(field, "").lower() not in ("", "none"):
            _number(line, row[field], field, faults)
    return BallotProject(
        id=identifier,
        cost=cost,
        name=row.get("name", ""),
        categories=_listed(row.get("category", row.get("categories", ""))),
        targets=_listed(row.get("target", row.get("targets", ""))),
        selected=_SELECTED.get(selected),
        attributes=tuple((k, v) for k, v in row.items() if k not in ("project_id", "cost")),
    )


def _listed(text: str) -> tuple[str, ...]:
    if text.lower() in ("", "none"):
        return ()
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _oddities(election: Election, meta: dict[str, str], at: int) -> list[Fault]:
    """What looks wrong without changing the count?"""
    box = election.ballots
    assert isinstance(box, BallotBox)  # noqa: S101 - `read_votes` made it
    faults = []
    dear = [p.id for p in election.projects if p.cost > election.budget]
    if dear:
        problem = f"{len(dear)} projects cost more than the budget, such as {dear[0]}"
        faults.append(_odd(at, "cost", "above-budget", problem))
    free = [p.id for p in election.projects if p.cost == 0]
    if free:
        problem = f"{len(free)} projects cost nothing, such as {free[0]}"
        faults.append(_odd(at, "cost", "free", problem))
    lengths = box.starts[1:] - box.starts[:-1]
    for field, wrong in (
        ("max_length", lengths > int(meta.get("max_length", 2**31))),
        ("min_length", lengths < int(meta.get("min_length", 0))),
    ):
        voters = int(box.counts[wrong].sum())
        if voters:
            problem = f"{voters} ballots do not keep to {field} {meta[field]}"
            faults.append(_odd(at, "vote", field, problem))
    return faults


def _odd(at: int, field: str, code: str, problem: str) -> Fault:
    return Fault(at + 1, field, code, problem, "they are counted as they stand", warning=True)


def write_election(election: Election, path: str | Path) -> None:
    """Write the election as a Pabulib file that reads back as the same election.

    Parameters
    ----------
    election : Election
    path : str or Path
        Overwritten if it exists.

    Notes
    -----
    Counts, budget and kind of ballot are written from the election, all else from its attributes.
    Voters without fields get the numbers 1, 2, 3 as ids.
    """
    Path(path).write_text(format_election(election), encoding="utf-8", newline="\n")


def format_election(election: Election) -> str:
    """Which text is this election as a Pabulib file?"""
    from eutopia.core.decide.pabulib_writing import format_text

    return format_text(election)
