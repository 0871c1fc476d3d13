"""Which section of a network stands behind a thing, and what else does it trouble?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from eutopia.core.diagnose.events import Events
from eutopia.core.diagnose.hotspots import NETWORK_CLASSES
from eutopia.core.diagnose.surroundings import Surroundings
from eutopia.core.records.norms import ProblemType

REACH_M = 60.0


@dataclass(frozen=True, slots=True)
class Feeder:
    """The section behind a thing: how many other places along it show such events, how many do
    along one of its length as a rule?"""

    asset_id: str
    places: int
    usual: float


class Feeders:
    """Network sections with the places that report such events along each, prepared once."""

    def __init__(
        self,
        events: Events,
        place: NDArray[np.int32],
        types: Sequence[ProblemType | None],
        surroundings: Surroundings,
    ) -> None:
        self._around, self._place = surroundings, place
        self._places: dict[str, list[frozenset[int]]] = {}
        self._usual: dict[str, NDArray[np.float64]] = {}
        for network in NETWORK_CLASSES:
            kinds = [k for k, t in enumerate(types) if t and network in t.asset_classes]
            layer = surroundings.layers.get(network)
            if layer is None or not kinds:
                continue
            rows = np.flatnonzero(np.isin(events.problem_type, kinds) & np.isfinite(events.x))
            near, _ = surroundings.nearest(
                network, events.x[rows], events.y[rows], within_m=REACH_M
            )
            found: list[set[int]] = [set() for _ in layer.assets]
            for section, row in zip(near.tolist(), rows.tolist(), strict=True):
                if section >= 0:
                    found[section].add(int(place[row]))
            self._places[network] = [frozenset(one) for one in found]
            total = sum(len(one) for one in found)
            self._usual[network] = total * layer.size / layer.size.sum()

    def network_of(self, kind: ProblemType) -> str:
        """Through which network may this type be caused? Empty for none."""
        return next((c for c in NETWORK_CLASSES if c in kind.asset_classes), "")

    def behind(
        self, kind: ProblemType, shape: BaseGeometry, rows: NDArray[np.intp], asset_class: str
    ) -> Feeder | None:
        """Which section feeds the thing or place? None where it is a section itself."""
        network = self.network_of(kind)
        if asset_class in NETWORK_CLASSES or network not in self._places or shape.is_empty:
            return None
        layer = self._around.layers[network]
        found = layer.tree.query_nearest(shape, max_distance=REACH_M, all_matches=True)
        if not len(found):
            return None
        section = int(np.min(found))
        others = self._places[network][section] - {int(p) for p in self._place[rows]}
        return Feeder(layer.assets[section].id, len(others), float(self._usual[network][section]))
