#!/usr/bin/env python3
"""Recount a published ballot box (.pb) by its rule. One file, Python 3.11 or newer, nothing else.

Anyone may run this against the file that the municipality published:

    python standalone_tally.py BOX.pb --rule equal-shares --completion add1 --sha256 HASH

It shares no code with the site that counted: it is short, so that it can be read. All numbers are
whole or fractions; nothing is rounded. Rules: greedy, equal-shares, phragmen. Ties are broken by
project id, compared character by character.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import sys
from collections.abc import Sequence
from fractions import Fraction
from math import gcd, lcm
from pathlib import Path

# A distinct ballot: how many voters cast it, and the satisfaction it has from each project.
Row = tuple[int, dict[int, int]]


class Box:
    """Projects by id order, costs and budget in whole units, and the distinct ballots."""

    def __init__(self, text: str, satisfaction: str) -> None:
        meta, projects, votes = sections(text)
        exact = {p["project_id"]: number(p["cost"]) for p in projects}
        budget = number(meta["budget"])
        self.unit = lcm(budget.denominator, *(c.denominator for c in exact.values()))
        # In the order of their ids, so that the first of equals is the one that goes first.
        self.ids = sorted(exact)
        self.cost = [int(exact[i] * self.unit) for i in self.ids]
        self.budget = int(budget * self.unit)
        place = {identifier: p for p, identifier in enumerate(self.ids)}
        grouped: dict[tuple[tuple[int, int], ...], int] = {}
        kind = meta["vote_type"]
        points_unit = 1
        if satisfaction == "score" and kind in ("cumulative", "scoring"):
            points_unit = lcm(*(number(x).denominator for v in votes for x in listed(v["points"])))
        for vote in votes:
            names = listed(vote["vote"])
            weights = [1] * len(names)
            if satisfaction == "score" and kind == "ordinal":
                weights = list(range(len(names) - 1, -1, -1))
            elif satisfaction == "score" and kind in ("cumulative", "scoring"):
                weights = [int(number(x) * points_unit) for x in listed(vote["points"])]
            marks = zip((place[n] for n in names), weights, strict=True)
            ballot = tuple(sorted(marks))
            grouped[ballot] = grouped.get(ballot, 0) + 1
        self.rows: list[Row] = [(n, dict(ballot)) for ballot, n in grouped.items()]
        self.voters = len(votes)
        self.points_unit = points_unit
        by_cost = satisfaction == "cost"
        # A mark's weight times the project's value is the satisfaction it gives.
        self.value = [c if by_cost else 1 for c in self.cost]

    def supporters(self, p: int) -> list[int]:
        """Which rows are satisfied by project `p`?"""
        if self.value[p] == 0:
            return []
        return [i for i, (_, marks) in enumerate(self.rows) if marks.get(p, 0) > 0]


def sections(text: str) -> tuple[dict[str, str], list[dict[str, str]], list[dict[str, str]]]:
    """META as a dict, PROJECTS and VOTES as rows by column name."""
    meta: dict[str, str] = {}
    rows: dict[str, list[dict[str, str]]] = {"PROJECTS": [], "VOTES": []}
    section, header = "", [""]
    for row in csv.reader(text.splitlines(), delimiter=";"):
        fields = [field.strip() for field in row]
        if not any(fields):
            continue
        if fields[0].upper() in ("META", *rows) and not any(fields[1:]):
            section, header = fields[0].upper(), []
        elif not header:
            header = fields
        elif section == "META":
            meta[fields[0]] = fields[1]
        else:
            rows[section].append(dict(zip(header, fields, strict=True)))
    return meta, rows["PROJECTS"], rows["VOTES"]


def number(text: str) -> Fraction:
    """The exact number that the digits say."""
    return Fraction(text.strip().replace(",", "."))


def listed(text: str) -> list[str]:
    """The entries of a list separated by commas."""
    return [] if text.strip().lower() in ("", "none") else [t.strip() for t in text.split(",")]


def greedy(box: Box, taken: Sequence[int] = ()) -> list[int]:
    """Most satisfaction a unit of cost first, each project that still fits."""
    selected = list(taken)
    room = box.budget - sum(box.cost[p] for p in selected)

    def key(p: int) -> tuple[int, Fraction, int]:
        total = sum(n * marks.get(p, 0) for n, marks in box.rows) * box.value[p]
        if total > 0 and box.cost[p] == 0:
            return 0, Fraction(0), p
        return 1, -Fraction(max(total, 0), max(box.cost[p], 1)), p

    for p in sorted(range(len(box.cost)), key=key):
        if p not in selected and box.cost[p] <= room:
            selected.append(p)
            room -= box.cost[p]
    return selected


def price(cost: int, power: Sequence[tuple[int, int, int]]) -> tuple[Fraction, bool]:
    """What a unit of weight costs supporters (money, voters, weight); False if they cannot pay."""
    left, weight = cost, sum(n * w for _, n, w in power)
    for money, n, w in sorted(power, key=lambda s: Fraction(s[0], s[2])):
        if left * w <= money * weight:
            return Fraction(left, weight), True
        left -= money * n
        weight -= n * w
    return Fraction(0), False


def shares(box: Box, purse: Fraction) -> list[int]:
    """Equal shares: `purse` a voter; the least price for a unit of satisfaction is bought next."""
    backers = [box.supporters(p) for p in range(len(box.cost))]
    selected = [p for p, rows in enumerate(backers) if rows and box.cost[p] == 0]
    scale = purse.denominator
    money = [purse.numerator] * len(box.rows)
    bound = {p: Fraction(0) for p, rows in enumerate(backers) if rows and box.cost[p] > 0}
    while bound:
        best: tuple[Fraction, int, Fraction] | None = None
        for p in sorted(bound, key=lambda p: (bound[p], p)):
            # Purses only shrink, so an old price is a lower bound.
            if best is not None and bound[p] > best[0]:
                break
            power = [(money[i], *weighed(box.rows[i], p)) for i in backers[p]]
            each, payable = price(box.cost[p] * scale, power)
            if not payable:
                del bound[p]
                continue
            bound[p] = each / (box.value[p] * scale)
            if best is None or (bound[p], p) < best[:2]:
                best = bound[p], p, each
        if best is None:
            break
        _, p, each = best
        del bound[p]
        selected.append(p)
        # Count in units so fine that the payments are whole.
        fine = each.denominator
        money = [m * fine for m in money]
        scale *= fine
        for i in backers[p]:
            money[i] = max(0, money[i] - each.numerator * box.rows[i][1][p])
        common = gcd(scale, *money)
        money, scale = [m // common for m in money], scale // common
    return selected


def weighed(row: Row, p: int) -> tuple[int, int]:
    """How many voters cast the row, and the weight it gives project `p`."""
    return row[0], row[1][p]


def equal_shares(box: Box, completion: str) -> list[int]:
    """Equal shares with its completion."""
    purse = Fraction(box.budget, box.voters)
    selected = shares(box, purse)
    supported = [p for p in range(len(box.cost)) if box.supporters(p)]
    while completion.startswith("add1"):
        room = box.budget - sum(box.cost[p] for p in selected)
        missing = [p for p in supported if p not in selected]
        fits = any(box.cost[p] <= room for p in missing)
        if not missing or (completion != "add1-comparison" and not fits):
            break
        purse += box.unit
        following = shares(box, purse)
        if sum(box.cost[p] for p in following) > box.budget:
            break
        selected = following
    if completion in ("utilitarian", "add1u"):
        return greedy(box, selected)
    if completion == "add1-comparison":
        rival = greedy(box)
        lead = 0
        for n, marks in box.rows:
            mine, other = len(marks.keys() & set(selected)), len(marks.keys() & set(rival))
            lead += n * ((mine > other) - (mine < other))
        return selected if lead >= 0 else rival
    return selected


def phragmen(box: Box) -> list[int]:
    """Sequential Phragmén: ends when a project that is due would exceed the budget."""
    load = [Fraction(0)] * len(box.rows)
    backers = {p: [i for i, (_, m) in enumerate(box.rows) if p in m] for p in range(len(box.cost))}
    people = {p: sum(box.rows[i][0] for i in rows) for p, rows in backers.items()}
    waiting = [p for p in backers if box.cost[p] <= box.budget]
    alone = [p for p in waiting if people[p] == 0]
    waiting = [p for p in waiting if people[p] > 0]
    selected: list[int] = []
    room = box.budget
    while waiting:
        due = {
            p: (box.cost[p] + sum((box.rows[i][0] * load[i] for i in backers[p]), Fraction(0)))
            / people[p]
            for p in waiting
        }
        first = min(due.values())
        tied = [p for p in waiting if due[p] == first]
        if any(box.cost[p] > room for p in tied):
            return selected
        selected.append(tied[0])
        room -= box.cost[tied[0]]
        waiting.remove(tied[0])
        for i in backers[tied[0]]:
            load[i] = first
    while alone and all(box.cost[p] <= room for p in alone):
        room -= box.cost[alone[0]]
        selected.append(alone.pop(0))
    return selected


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the ids of the chosen projects, one a line, in the order chosen; 1 if the hash differs.

    Examples
    --------
    >>> main(["--rule", "greedy", "no-such-file.pb"])
    Traceback (most recent call last):
    FileNotFoundError: ...
    """
    parser = argparse.ArgumentParser(description="Recount a published ballot box (.pb).")
    parser.add_argument("file")
    parser.add_argument(
        "--rule", default="equal-shares", choices=("greedy", "equal-shares", "phragmen")
    )
    parser.add_argument("--satisfaction", default="cost", choices=("cost", "cardinality", "score"))
    parser.add_argument(
        "--completion",
        default="none",
        choices=("none", "utilitarian", "add1", "add1u", "add1-comparison"),
    )
    parser.add_argument("--sha256", default="", help="the hash in the public log")
    options = parser.parse_args(arguments)
    raw = Path(options.file).read_bytes()
    found = hashlib.sha256(raw).hexdigest()
    if options.sha256 and options.sha256.lower() != found:
        sys.stderr.write(f"this is not the published file: its SHA-256 is {found}\n")
        return 1
    satisfaction = "cardinality" if options.rule == "phragmen" else options.satisfaction
    box = Box(raw.decode("utf-8-sig"), satisfaction)
    if options.rule == "greedy":
        selected = greedy(box)
    elif options.rule == "phragmen":
        selected = phragmen(box)
    else:
        selected = equal_shares(box, options.completion) if box.voters else []
    for p in selected:
        sys.stdout.write(f"{box.ids[p]}\n")
    spent = sum(box.cost[p] for p in selected)
    sys.stderr.write(
        f"{len(selected)} projects for {Fraction(spent, box.unit)} of "
        f"{Fraction(box.budget, box.unit)}; SHA-256 {found}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
