"""Staff's word on which reports are one problem: it stands above what the engine would join."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from eutopia.core.diagnose.events import Events
from eutopia.core.diagnose.hotspots import Hotspot
from eutopia.core.records.problems import Ruling
from eutopia.core.records.reports import Reports

KINDS = ("together", "apart")


def obey(
    rulings: Sequence[Ruling], hotspots: Sequence[Hotspot], events: Events, reports: Reports
) -> tuple[Hotspot, ...]:
    """Which hotspots remain when staff have joined some and taken others apart?

    Parameters
    ----------
    rulings
        In the order in which they were made; each is applied to what the earlier ones left.

    Raises
    ------
    ValueError
        A ruling of an unknown kind.

    Notes
    -----
    *together*: hotspots with at least half of their events among the ruling's become one, under
    the kind and asset of the one with most events; the ruling's other events come to it, from no
    hotspot or from where they were. With no such hotspot nothing changes. *apart*: the ruling's
    events leave their hotspot and are one of their own, of the same kind and asset; where none or
    all of a hotspot's are among them nothing changes. Expected numbers are added or shared out in
    proportion. Reports that no longer exist are passed over. O(rulings x hotspots).
    """
    row = {str(value): k for k, value in enumerate(reports.id.tolist())} if rulings else {}
    found = list(hotspots)
    for ruling in rulings:
        if ruling.kind not in KINDS:
            raise ValueError(f"a ruling is {' or '.join(KINDS)}, not {ruling.kind!r}")
        rows = [row[r] for r in ruling.report_ids if r in row]
        meant = np.unique(events.event_of[rows]) if rows else np.empty(0, dtype=np.int32)
        found = (_joined if ruling.kind == "together" else _parted)(found, meant[meant >= 0])
    return tuple(found)


def _joined(hotspots: list[Hotspot], meant: NDArray[np.integer]) -> list[Hotspot]:
    inside = [2 * np.isin(h.events, meant).sum() >= len(h.events) for h in hotspots]
    own = [h for h, here in zip(hotspots, inside, strict=True) if here]
    if not own:
        return hotspots
    largest = max(own, key=lambda h: (len(h.events), -int(h.events[0])))
    whole = replace(
        largest,
        events=np.unique(np.concatenate([*(h.events for h in own), meant])),
        expected=sum(h.expected for h in own),
        p=min(h.p for h in own),
    )
    others = [h for h, here in zip(hotspots, inside, strict=True) if not here]
    return [whole, *(_part(h, ~np.isin(h.events, meant)) for h in others)]


def _part(hotspot: Hotspot, kept: NDArray[np.bool_]) -> Hotspot:
    """A hotspot with the events kept, and with their share of the number expected."""
    if kept.all():
        return hotspot
    expected = hotspot.expected * float(kept.mean())
    return replace(hotspot, events=hotspot.events[kept], expected=expected)


def _parted(hotspots: list[Hotspot], meant: NDArray[np.integer]) -> list[Hotspot]:
    found = []
    for hotspot in hotspots:
        out = np.isin(hotspot.events, meant)
        parts = (~out, out) if out.any() and not out.all() else (np.ones(len(out), dtype=bool),)
        found += [_part(hotspot, part) for part in parts]
    return found
