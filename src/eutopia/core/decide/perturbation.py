"""Completing equal shares by perturbation: everybody helps to buy the rest, a little."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from eutopia.core.decide.sharing import Backing, Offer, Sharing
from eutopia.core.decide.votes import MOST_TIED


def buy_rest(sharing: Sharing, ranks: Sequence[int]) -> None:
    """What is bought with what is left, if unmarked projects give a vanishing satisfaction?

    When no supporters can pay a project alone, its supporters give all they have and all other
    voters pay the rest in equal parts (or all they have). The project with the least part comes
    next, until all money together buys nothing.

    Parameters
    ----------
    sharing : Sharing
        A finished run; it is carried on.
    ranks : sequence of int
        Who goes first where parts are exactly equal.

    Notes
    -----
    This is the limit of a satisfaction `epsilon > 0` from unmarked projects as it goes to zero.
    The outcome is exhaustive unless the rest of the purses is worth less than any project. Costs
    O(m * b) a purchase for m projects and b distinct ballots.

    Source
    ------
    Faliszewski et al., *Participatory Budgeting: Data, Tools, and Analysis* (IJCAI 2023).
    """
    taken = {step.project for step in sharing.purchases}
    waiting = {p for p, cost in enumerate(sharing.votes.cost) if p not in taken and cost > 0}
    while waiting:
        found = _cheapest(sharing, sorted(waiting, key=ranks.__getitem__), waiting)
        if found is None:
            return
        project, offer, tied = found
        sharing.buy(project, offer, tied)
        waiting.remove(project)


def _cheapest(
    sharing: Sharing, order: Sequence[int], waiting: set[int]
) -> tuple[int, Offer, list[int]] | None:
    best: tuple[Fraction, int, Offer] | None = None
    tied: list[int] = []
    for p in order:
        offer = _offer(sharing, p)
        if offer is None:
            # Money only gets less, so it stays out of reach.
            waiting.discard(p)
            continue
        part = offer.value()
        if best is None or part < best[0]:
            best, tied = (part, p, offer), []
        elif part == best[0] and len(tied) < MOST_TIED:
            tied.append(p)
    return None if best is None else (best[1], best[2], tied)


def _offer(sharing: Sharing, project: int) -> Offer | None:
    """Who would pay what: None where all together have too little."""
    rows = np.flatnonzero(~sharing.broke)
    supporters = sharing.votes.backers[sharing.votes.supporters(project)]
    offer = sharing.settle(
        project, Backing.of(sharing.votes, rows, None), np.isin(rows, supporters)
    )
    if offer is not None:
        offer.by_all = True
    return offer
