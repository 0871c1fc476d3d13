"""The rules as their papers say them, with fractions and loops: slow, short, independent."""

from __future__ import annotations

from fractions import Fraction

from eutopia.core.records import Election


def utilities(election: Election, satisfaction: str) -> list[tuple[int, dict[int, Fraction]]]:
    """For each ballot its count and the satisfaction from each project."""
    rows = []
    for ballot in election.ballots:
        given = {}
        for place, p in enumerate(ballot.approvals):
            if satisfaction == "cost":
                given[p] = election.projects[p].cost
            elif satisfaction == "cardinality" or (
                not ballot.scores and election.vote_type != "ordinal"
            ):
                given[p] = Fraction(1)
            elif election.vote_type == "ordinal":
                given[p] = Fraction(len(ballot.approvals) - place - 1)
            else:
                given[p] = ballot.scores[place]
        rows.append((ballot.count, given))
    return rows


def equal_shares(election: Election, satisfaction: str, purse: Fraction | None = None) -> list[int]:
    """Equal shares: prices by trying every supporter as the first who can pay in full."""
    rows = utilities(election, satisfaction)
    voters = sum(n for n, _ in rows)
    chosen = [
        p
        for p in sorted(range(len(election.projects)), key=lambda p: election.projects[p].id)
        if election.projects[p].cost == 0 and any(u.get(p, 0) > 0 for _, u in rows)
    ]
    if voters == 0:
        return chosen
    money = [election.budget / voters if purse is None else purse] * len(rows)
    while True:
        best = None
        for p, project in enumerate(election.projects):
            if p in chosen or project.cost == 0:
                continue
            fans = [i for i, (_, u) in enumerate(rows) if u.get(p, 0) > 0]
            if sum(rows[i][0] * money[i] for i in fans) < project.cost:
                continue
            rho = price(rows, money, fans, p, project.cost)
            if rho is not None and (best is None or (rho, project.id) < best[:2]):
                best = (rho, project.id, p)
        if best is None:
            return chosen
        rho, _, p = best
        chosen.append(p)
        for i, (_, u) in enumerate(rows):
            if u.get(p, 0) > 0:
                money[i] -= min(money[i], rho * u[p])


def price(rows, money, fans, p, cost):
    """The rho with sum(min(money, rho * u)) == cost."""
    order = sorted(fans, key=lambda i: money[i] / rows[i][1][p])
    spent = Fraction(0)
    for k, i in enumerate(order):
        weight = sum(rows[j][0] * rows[j][1][p] for j in order[k:])
        rho = (cost - spent) / weight
        if rho * rows[i][1][p] <= money[i]:
            return rho
        spent += rows[i][0] * money[i]
    return None


def phragmen(election: Election) -> list[int]:
    """Sequential Phragmén: stops when a project that is due does not fit."""
    rows = utilities(election, "cardinality")
    load = [Fraction(0)] * len(rows)
    chosen: list[int] = []
    room = election.budget
    while True:
        due = []
        for p, project in enumerate(election.projects):
            fans = [i for i, (_, u) in enumerate(rows) if p in u and rows[i][0] > 0]
            if p in chosen or project.cost > election.budget or not fans:
                continue
            n = sum(rows[i][0] for i in fans)
            reached = (project.cost + sum(rows[i][0] * load[i] for i in fans)) / n
            due.append((reached, project.id, p))
        if not due:
            return chosen
        reached, _, p = min(due)
        if any(election.projects[q].cost > room for r, _, q in due if r == reached):
            return chosen
        chosen.append(p)
        room -= election.projects[p].cost
        for i, (_, u) in enumerate(rows):
            if p in u:
                load[i] = reached
