"""In which order are projects bought? The queue of a run, and leaps from run to run."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from heapq import heappop, heappush
from math import inf

import numpy as np

from eutopia.core.decide.sharing import Offer, Purchase, Sharing
from eutopia.core.decide.votes import MOST_TIED, Votes, clones_after
from eutopia.core.kit.exact import EPSILON, round_down, round_up

# How the queue orders: by a float not above the bound, then the bound itself, then the tie rank.
Entry = tuple[float, Fraction | float, int, int]


def first_entries(votes: Votes, ranks: Sequence[int], first: Sequence[int]) -> list[Entry]:
    """What would a unit of satisfaction from each project cost if all supporters paid alike?

    Of the `first` among their clones; projects that cost nothing or satisfy nobody are left out.
    In the runs' scaled money.
    """
    power = votes.counts[votes.backers]
    if votes.weights is not None:
        power = power * votes.weights
    ends = np.concatenate(([0], np.cumsum(power)))
    entries: list[Entry] = []
    for p in first:
        cost = votes.cost[p]
        total = int(ends[votes.heads[p + 1]] - ends[votes.heads[p]])
        if total > 0 and cost > 0:
            bound = Fraction(cost * votes.voters, total) / votes.value[p]
            entries.append((round_down(bound), bound, ranks[p], p))
    entries.sort()
    return entries


def buy_all(sharing: Sharing, entries: Sequence[Entry], *, name_ties: bool = True) -> None:
    """Buy, one after another, the project with the least payment for a unit of satisfaction.

    Naming the tied projects takes time and is left to the run that is shown.
    """
    _Queue(sharing, entries).empty(name_ties)


def repeats(sharing: Sharing, earlier: Sharing, entries: Sequence[Entry]) -> bool:
    """Do all purses from `earlier`'s to that of `sharing` surely buy the same, in the same order?

    For one order of purchases, a larger purse leaves every voter at least as much at every step and
    so makes every price at most as high. So if each rival's price at the larger purse is above the
    price paid at the smaller one, the order is the same for all between. True leaves `sharing`
    complete; False leaves it unfinished, and says nothing.
    """
    return _Queue(sharing, entries).follow(earlier)


class _Queue:
    """Projects by a lower bound on their price a unit of satisfaction, looked at when they lead.

    Purses only shrink, so prices only rise and an old bound stays a bound.
    """

    __slots__ = ("entries", "offers", "sharing")

    def __init__(self, sharing: Sharing, entries: Sequence[Entry]) -> None:
        self.sharing = sharing
        # Exact offers and the number of purchases before each.
        self.offers: dict[int, tuple[Offer, int]] = {}
        # Sorted, so a heap.
        self.entries = list(entries)

    def _offer(self, project: int, floor: float) -> Offer | None:
        """The exact offer: that made before, if none of the supporters has paid since."""
        known = self._standing(project)
        if known is not None:
            return known
        offer = self.sharing.exact_payment(project, floor)
        if offer is not None:
            self.offers[project] = offer, len(self.sharing.purchases)
        return offer

    def _standing(self, project: int) -> Offer | None:
        if project in self.offers and self.sharing.allows(project):
            offer, before = self.offers[project]
            if not (self.sharing.paid_at[offer.backing.rows] > before).any():
                return offer
            del self.offers[project]
        return None

    def empty(self, name_ties: bool) -> None:
        while self.entries:
            found = self._leader(exactly=name_ties)
            if found is None:
                return
            project, bound, offer = found
            tied = self._tied_with(project, Fraction(bound)) if name_ties else []
            self.sharing.buy(project, offer, tied)
            self._bring_clone(project, bound)

    def follow(self, earlier: Sharing) -> bool:
        sharing = self.sharing
        for step in earlier.purchases:
            if not self._rivals_above(earlier, step):
                return False
            payment = sharing.lower_bound(step.project, 0.0)
            offer = None if payment == inf else sharing.exact_payment(step.project, payment)
            if offer is None:
                return False
            sharing.buy(step.project, offer, step.tied)
            self._bring_clone(step.project, 0.0)
        return all(sharing.lower_bound(p, 0.0) == inf for _, _, _, p in self.entries)

    def _rivals_above(self, earlier: Sharing, step: Purchase) -> bool:
        """Does every rival of `step` (taken out of the queue) come after it, at this purse?"""
        sharing = self.sharing
        value = sharing.votes.value[step.project]
        high = earlier.chain.middle[step.payment] + earlier.chain.radius[step.payment]
        ceiling = high / float(value) * (1 + 8 * EPSILON)
        chosen: Entry | None = None
        close: list[Entry] = []
        while self.entries and self.entries[0][0] <= ceiling:
            low, _, rank, p = heappop(self.entries)
            if p == step.project:
                chosen = (low, low, rank, p)
                continue
            entry, _ = self._entry(low, rank, p, ceiling)
            if entry is None:
                continue
            if entry[0] <= ceiling:
                close.append(entry)
            else:
                heappush(self.entries, entry)
        if close:
            # Equal prices are broken by rank, the same at all purses.
            price = earlier.chain.value(step.payment) / value
            if chosen is None or any((e[1], e[2]) < (price, chosen[2]) for e in close):
                return False
            for entry in close:
                heappush(self.entries, entry)
        return True

    def _leader(self, *, exactly: bool) -> tuple[int, Fraction | float, Offer] | None:
        """Which project is cheapest for certain? The first of the tied by rank.

        With its price, or, where that is not asked for `exactly` and nobody comes near, with a
        bound below it.
        """
        ready: dict[int, Offer] = {}
        while self.entries:
            low, bound, rank, p = self.entries[0]
            if p in ready:
                heappop(self.entries)
                return p, bound, ready[p]
            bounded, offer = self._looked_at(low, rank, p, None)
            if offer is None:
                heappop(self.entries)
                if bounded is not None:
                    heappush(self.entries, bounded)
                continue
            if not exactly and self._surely_first(p, offer):
                heappop(self.entries)
                return p, low, offer
            ready[p] = offer
            heappop(self.entries)
            heappush(self.entries, self._priced(rank, p, offer))
        return None

    def _surely_first(self, p: int, offer: Offer) -> bool:
        """Is the offer of the queue's first below every other's bound, by floats alone?"""
        top = (offer.middle + offer.radius) / self.sharing.votes.worth[p] * (1 + 4 * EPSILON)
        return all(top < entry[0] for entry in self.entries[1:3])

    def _priced(self, rank: int, p: int, offer: Offer) -> Entry:
        exact = offer.value() / self.sharing.votes.value[p]
        return (round_down(exact), exact, rank, p)

    def _entry(self, low: float, rank: int, p: int, ceiling: float) -> tuple[Entry | None, bool]:
        """A better bound on the project's price, or its exact price (True); None if too dear."""
        bounded, offer = self._looked_at(low, rank, p, ceiling)
        return (bounded, False) if offer is None else (self._priced(rank, p, offer), True)

    def _looked_at(
        self, low: float, rank: int, p: int, ceiling: float | None
    ) -> tuple[Entry | None, Offer | None]:
        """A better bound on the project's price, or its offer; neither if it is too dear.

        A bound above `ceiling` (the next project's where None) will do.
        """
        worth = self.sharing.votes.worth[p]
        offer = self._standing(p)
        if offer is not None:
            return None, offer
        payment = self.sharing.lower_bound(p, low * worth * (1 - 4 * EPSILON))
        if payment == inf:
            return None, None
        better = payment / worth * (1 - 4 * EPSILON)
        if ceiling is None:
            rivals = self.entries[1:3]
            ceiling = min(rivals)[0] if rivals and better > low else inf
        if better > ceiling:
            return (better, better, rank, p), None
        return None, self._offer(p, payment)

    def _bring_clone(self, project: int, bound: Fraction | float) -> None:
        """Let the clone that waited behind the project wait in the queue."""
        clone = self.sharing.after.get(project)
        if clone is not None:
            rank = self.sharing.ranks[clone]
            heappush(self.entries, (round_down(Fraction(bound)), bound, rank, clone))

    def _tied_with(self, project: int, bound: Fraction) -> list[int]:
        """Which other projects have exactly this price? They stay in the queue."""
        after = self.sharing.after
        tied = clones_after(after, project)
        kept: list[Entry] = []
        top = round_up(bound)
        while self.entries and self.entries[0][0] <= top and len(tied) < MOST_TIED:
            low, known, rank, p = heappop(self.entries)
            if known > bound:
                kept.append((low, known, rank, p))
                continue
            entry, exact = self._entry(low, rank, p, top)
            if entry is not None:
                kept.append(entry)
                if exact and entry[1] == bound:
                    tied += [p, *clones_after(after, p)]
        for entry in kept:
            heappush(self.entries, entry)
        return tied[:MOST_TIED]
