"""Flows in networks, exact: costs shared as evenly as possible, needs met from limited sources."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from decimal import Decimal
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


def exact_flow(
    arcs: Sequence[tuple[int, int, Decimal | None]],
    *,
    source: int,
    demands: Sequence[tuple[int, Decimal]],
) -> tuple[Decimal, ...] | None:
    """Can a network bring every node what it needs, and how much flows where?

    Parameters
    ----------
    arcs
        Triples of tail, head and the most that may flow (None: no limit). Where several ways
        serve, the arc given first is tried first.
    source
        The node everything comes from.
    demands
        Pairs of node and the amount needed there.

    Returns
    -------
    tuple of Decimal or None
        Flow on each arc, in the order given; None where not every demand can be met.

    Notes
    -----
    Exact in Decimal: no tolerance. Shortest augmenting paths, searched from each node in need back
    to the source, so O(nodes x arcs²) at worst; mostly the first path serves.
    Source: Edmonds and Karp, "Theoretical improvements in algorithmic efficiency for network flow
    problems", Journal of the ACM 19 (1972).

    Examples
    --------
    >>> from decimal import Decimal as D
    >>> arcs = [(0, 1, D(2)), (0, 2, D(3)), (1, 3, None), (2, 3, None), (1, 4, None)]
    >>> [int(flow) for flow in exact_flow(arcs, source=0, demands=[(3, D(3)), (4, D(2))])]
    [2, 3, 0, 3, 2]
    """
    flow = [Decimal(0)] * len(arcs)
    into: dict[int, list[int]] = {}
    out_of: dict[int, list[int]] = {}
    for number, (tail, head, _) in enumerate(arcs):
        into.setdefault(head, []).append(number)
        out_of.setdefault(tail, []).append(number)
    for node, need in demands:
        while need > 0:
            path = _path_back(arcs, flow, into, out_of, node, source)
            if path is None:
                return None
            amount = need
            for number, forward in path:
                room = _room(arcs[number][2], flow[number], forward)
                amount = amount if room is None else min(amount, room)
            for number, forward in path:
                flow[number] += amount if forward else -amount
            need -= amount
    return tuple(flow)


def _room(limit: Decimal | None, flow: Decimal, forward: bool) -> Decimal | None:
    if not forward:
        return flow
    return None if limit is None else limit - flow


def _path_back(
    arcs: Sequence[tuple[int, int, Decimal | None]],
    flow: Sequence[Decimal],
    into: dict[int, list[int]],
    out_of: dict[int, list[int]],
    node: int,
    source: int,
) -> list[tuple[int, bool]] | None:
    """Arcs (and whether along them) of a shortest way with room from the source to the node."""
    came: dict[int, tuple[int, bool, int] | None] = {node: None}
    frontier = [node]
    while frontier and source not in came:
        following = []
        for head in frontier:
            steps = [(number, True, arcs[number][0]) for number in into.get(head, ())]
            steps += [(number, False, arcs[number][1]) for number in out_of.get(head, ())]
            for number, forward, tail in steps:
                room = _room(arcs[number][2], flow[number], forward)
                if tail not in came and (room is None or room > 0):
                    came[tail] = (number, forward, head)
                    following.append(tail)
        frontier = following
    if source not in came:
        return None
    path = []
    step = came[source]
    while step is not None:
        path.append(step[:2])
        step = came[step[2]]
    return path
