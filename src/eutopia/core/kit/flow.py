"""Maximum flow in whole numbers, for sharing costs as evenly as possible."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from fractions import Fraction


def heaviest_share(costs: Sequence[int], groups: Mapping[tuple[int, ...], int]) -> Fraction:
    """How small can the largest share be if each cost is divided among the groups that want it?

    Parameters
    ----------
    costs : sequence of int
    groups : mapping
        From the positions of the wanted costs to the number of equal members. Every cost must be
        wanted by someone.

    Returns
    -------
    Fraction
        The greatest `sum of costs in S / members wanting any of S` over all sets S.

    Notes
    -----
    Newton's method on the ratio: start from all costs together, find by a minimum cut the set that
    exceeds the present ratio most, take its ratio, until none does. Each round is one maximum
    flow; the ratio rises each time, so there are at most `len(costs)` rounds.

    Source
    ------
    Dinkelbach, *On nonlinear fractional programming* (Management Science 1967).

    Examples
    --------
    >>> heaviest_share([60, 30], {(0,): 6, (1,): 4})
    Fraction(10, 1)
    """
    ratio = Fraction(sum(costs), sum(groups.values())) if groups else Fraction(0)
    while True:
        denser = _denser_set(costs, groups, ratio)
        if not denser:
            return ratio
        members = sum(n for wanted, n in groups.items() if not denser.isdisjoint(wanted))
        ratio = Fraction(sum(costs[p] for p in denser), members)


def _denser_set(
    costs: Sequence[int], groups: Mapping[tuple[int, ...], int], ratio: Fraction
) -> set[int]:
    """Which costs exceed `ratio` a member the most together? Empty where no set exceeds it."""
    flow = Flow(len(costs) + len(groups) + 2)
    source, sink = len(costs) + len(groups), len(costs) + len(groups) + 1
    whole = [c * ratio.denominator for c in costs]
    endless = sum(whole) + 1
    for p, cost in enumerate(whole):
        flow.connect(source, p, cost)
    for g, (wanted, members) in enumerate(groups.items(), start=len(costs)):
        flow.connect(g, sink, members * ratio.numerator)
        for p in wanted:
            flow.connect(p, g, endless)
    if flow.maximum(source, sink) == sum(whole):
        return set()
    return {p for p in flow.reachable(source) if p < len(costs)}


class Flow:
    """A network with whole capacities; Dinic's algorithm without recursion.

    Examples
    --------
    >>> flow = Flow(3)
    >>> flow.connect(0, 1, 5)
    >>> flow.connect(1, 2, 3)
    >>> flow.maximum(0, 2)
    3
    """

    __slots__ = ("edges", "heads", "room")

    def __init__(self, nodes: int) -> None:
        self.edges: list[list[int]] = [[] for _ in range(nodes)]
        self.heads: list[int] = []
        self.room: list[int] = []

    def connect(self, start: int, end: int, capacity: int) -> None:
        """Add an edge; its reverse is edge number plus one."""
        for node, head, room in ((start, end, capacity), (end, start, 0)):
            self.edges[node].append(len(self.heads))
            self.heads.append(head)
            self.room.append(room)

    def reachable(self, source: int) -> set[int]:
        """Which nodes can still be reached? After `maximum`: the source's side of a minimum cut."""
        return {node for node, level in enumerate(self._levels(source)) if level >= 0}

    def _levels(self, source: int) -> list[int]:
        levels = [-1] * len(self.edges)
        levels[source] = 0
        queue = deque([source])
        while queue:
            node = queue.popleft()
            for edge in self.edges[node]:
                head = self.heads[edge]
                if self.room[edge] and levels[head] < 0:
                    levels[head] = levels[node] + 1
                    queue.append(head)
        return levels

    def maximum(self, source: int, sink: int) -> int:
        """How much flows at most? The room left in the edges is changed."""
        total = 0
        while True:
            levels = self._levels(source)
            if levels[sink] < 0:
                return total
            tried = [0] * len(self.edges)
            pushed = self._push(source, sink, levels, tried)
            while pushed:
                total += pushed
                pushed = self._push(source, sink, levels, tried)

    def _push(self, source: int, sink: int, levels: list[int], tried: list[int]) -> int:
        path: list[int] = []
        node = source
        while node != sink:
            edges = self.edges[node]
            while tried[node] < len(edges):
                edge = edges[tried[node]]
                if self.room[edge] and levels[self.heads[edge]] == levels[node] + 1:
                    break
                tried[node] += 1
            else:
                if not path:
                    return 0
                # A dead end: step back and try the next edge there.
                node = self.heads[path.pop() ^ 1]
                tried[node] += 1
                continue
            path.append(edge)
            node = self.heads[edge]
        amount = min(self.room[edge] for edge in path)
        for edge in path:
            self.room[edge] -= amount
            self.room[edge ^ 1] += amount
        return amount
