"""The heritage gate: may these works go on at this place, and on whose approval?

The gate reads zones, objects and rules as data and knows no country. It fails closed: what is not
known never allows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import cos, radians

from shapely import STRtree
from shapely.affinity import scale
from shapely.errors import GEOSException
from shapely.geometry.base import BaseGeometry

from eutopia.core.records.norms import HeritageRule
from eutopia.core.records.programme import Approval, GateDecision
from eutopia.core.records.territory import HeritageAsset, ProtectionZone
from eutopia.core.records.text import Text

OUTCOMES = ("allow", "allow_with_conditions", "needs_approval", "forbid")
"""From the weakest to the strongest."""

WORK_GROUPS = frozenset(
    {
        "earthworks",
        "surface",
        "small_forms",
        "lighting",
        "planting",
        "tree_felling",
        "signage",
        "demolition",
        "new_building",
        "change_of_height",
        "linear_network",
        "routine_maintenance",
    }
)

OBJECT_TERRITORY = "object_territory"
"""The zone kind under which an object's own geometry meets the rules."""

METRES_PER_DEGREE = 111_320.0

UNKNOWN_REACH_M = 300.0
"""How far from its object a zone of unknown extent may reach: the widest radius of any norm read
(an object outside a settlement without an approved territory; verification C)."""


@dataclass(frozen=True, slots=True)
class Encounter:
    """Which zone or object do the works touch, of which kind?"""

    zone_kind: str
    zone_id: str | None
    asset: HeritageAsset | None
    missing_object: bool = False
    """The zone names an object that is not in the register."""
    extent_known: bool = True
    """False where the zone's boundary is not known and its object stands for it."""


def pass_gate(
    footprint: BaseGeometry | None,
    *,
    work_groups: Sequence[str],
    heritage: Sequence[HeritageAsset],
    zones: Sequence[ProtectionZone],
    rules: Sequence[HeritageRule],
    as_of: date,
    edition: str,
    reach_m: float = 0.0,
) -> GateDecision:
    """May these works go on at this place, and under which conditions?

    Parameters
    ----------
    footprint
        Where the works are, WGS 84 degrees. None or empty is 'not known'.
    work_groups
        Groups of the works (`WORK_GROUPS`). None given is 'not known': every rule then applies.
    heritage, zones
        Objects and protection zones of the territory. A zone outside its validity on `as_of` is
        left out; a zone that names its object is judged with that object's status.
    rules
        An empty condition means 'any'. An object's own geometry counts as a zone of kind
        `object_territory`.
    as_of
        The day of the decision.
    edition
        Edition of the rules' pack, kept with the decision so that it can be replayed.
    reach_m
        Metres added around the footprint (works on land that borders an object).

    Raises
    ------
    ValueError
        A rule's outcome is none of the four.

    Returns
    -------
    GateDecision
        The strongest outcome of all rules met; approvals and conditions of all of them, not only
        of the strongest. `unknown` names what made the gate fail closed.

    Notes
    -----
    A zone kind, or an object's status, that no rule names is unknown and asks for approval, as do
    an object without geometry and works without footprint (where anything is protected at all). A
    zone of unknown extent asks for approval within 300 m of its object, and everywhere if its
    object is not known either. A zone kind that some rule names, with no rule for these works,
    allows. Adding a zone, an object or a work group never weakens the outcome. Linear in zones
    plus matches times rules.

    Examples
    --------
    >>> from datetime import date
    >>> from shapely.geometry import Point
    >>> zone = ProtectionZone(id="z", kind="guard_zone", boundary=None)
    >>> decision = pass_gate(Point(30, 60), work_groups=("surface",), heritage=(), zones=(zone,),
    ...                      rules=(), as_of=date(2026, 6, 30), edition="2026-06")
    >>> decision.outcome, decision.unknown
    ('needs_approval', ('zone_extent:z',))
    """
    gate = HeritageGate(heritage=heritage, zones=zones, rules=rules, as_of=as_of, edition=edition)
    return gate.decide(footprint, work_groups=work_groups, reach_m=reach_m)


class HeritageGate:
    """Which decision does each of many works get, with zones and objects indexed once?"""

    __slots__ = ("_assets", "_edition", "_index", "_places", "_rules", "_unknown")

    def __init__(
        self,
        *,
        heritage: Sequence[HeritageAsset],
        zones: Sequence[ProtectionZone],
        rules: Sequence[HeritageRule],
        as_of: date,
        edition: str,
    ) -> None:
        for rule in rules:
            if rule.outcome not in OUTCOMES:
                raise ValueError(
                    f"rule {rule.id}: outcome {rule.outcome!r} is none of {', '.join(OUTCOMES)}"
                )
        self._rules = tuple(rules)
        self._edition = edition
        self._assets = {asset.id: asset for asset in heritage}
        self._places: list[tuple[Encounter, BaseGeometry]] = []
        self._unknown: list[str] = []
        for zone in zones:
            if _in_force(zone, as_of):
                self._add_zone(zone)
        for asset in heritage:
            if _known(asset.geometry):
                self._places.append((Encounter(OBJECT_TERRITORY, None, asset), asset.geometry))
            else:
                self._unknown.append(f"object_extent:{asset.id}")
        self._index = STRtree([geometry for _, geometry in self._places])

    def _add_zone(self, zone: ProtectionZone) -> None:
        asset = self._assets.get(zone.heritage_asset or "")
        if zone.boundary is None or not _known(zone.boundary):
            if asset is None or not _known(asset.geometry):
                self._unknown.append(f"zone_extent:{zone.id}")
                return
            encounter = Encounter(zone.kind, zone.id, asset, extent_known=False)
            self._places.append((encounter, _widen(asset.geometry, UNKNOWN_REACH_M)))
        else:
            missing = zone.heritage_asset is not None and asset is None
            encounter = Encounter(zone.kind, zone.id, asset, missing_object=missing)
            self._places.append((encounter, zone.boundary))

    def decide(
        self, footprint: BaseGeometry | None, *, work_groups: Sequence[str], reach_m: float = 0.0
    ) -> GateDecision:
        """May these works go on here? See `pass_gate`."""
        unknown = list(self._unknown)
        met: list[Encounter]
        if footprint is None or not _known(footprint):
            met = [place for place, _ in self._places]
            if self._places or unknown:
                unknown.append("footprint")
        else:
            met = list(self._touched(_widen(footprint, reach_m)))
        if met:
            unknown += sorted(f"work_group:{g}" for g in set(work_groups) - WORK_GROUPS)
            if not work_groups:
                unknown.append("work_group:")
        applied: dict[str, HeritageRule] = {}
        for encounter in met:
            unknown += self._unknown_kinds(encounter)
            for rule in self._rules:
                if not _meets(rule, encounter, work_groups):
                    continue
                if encounter.asset is None and (rule.asset_statuses or rule.significances):
                    # Whether the rule holds depends on an object nobody named.
                    unknown.append(f"zone_object:{encounter.zone_id}")
                elif _names(rule, encounter.asset):
                    applied[rule.id] = rule
        return self._decision(met, list(applied.values()), unknown)

    def _touched(self, footprint: BaseGeometry) -> Iterator[Encounter]:
        for position in sorted(self._index.query(footprint)):
            encounter, geometry = self._places[position]
            try:
                if geometry.intersects(footprint):
                    yield encounter
            except GEOSException:
                # A broken outline cannot prove that the works keep clear of it.
                yield encounter

    def _unknown_kinds(self, encounter: Encounter) -> list[str]:
        unknown = []
        kinds = {kind for rule in self._rules for kind in rule.zone_kinds}
        if encounter.zone_id is not None and encounter.zone_kind not in kinds:
            unknown.append(f"zone_kind:{encounter.zone_kind}")
        if not encounter.extent_known:
            unknown.append(f"zone_extent:{encounter.zone_id}")
        if encounter.missing_object:
            unknown.append(f"zone_object:{encounter.zone_id}")
        statuses = {status for rule in self._rules for status in rule.asset_statuses}
        asset = encounter.asset
        if encounter.zone_id is None and asset is not None and asset.status not in statuses:
            unknown.append(f"object_status:{asset.status}")
        return unknown

    def _decision(
        self, met: Sequence[Encounter], applied: Sequence[HeritageRule], unknown: Sequence[str]
    ) -> GateDecision:
        rules = sorted(applied, key=lambda rule: rule.id)
        outcomes = [rule.outcome for rule in rules]
        if unknown:
            outcomes.append("needs_approval")
        return GateDecision(
            outcome=max(outcomes, key=OUTCOMES.index, default="allow"),
            rule_ids=tuple(rule.id for rule in rules),
            approvals=tuple(_approval(rule) for rule in rules if rule.authority_role),
            conditions=_distinct(text for rule in rules for text in rule.conditions),
            heritage_ids=tuple(sorted({e.asset.id for e in met if e.asset is not None})),
            zone_ids=tuple(sorted({e.zone_id for e in met if e.zone_id is not None})),
            unknown=tuple(dict.fromkeys(unknown)),
            edition=self._edition,
        )


def buffer_zones(
    heritage: Sequence[HeritageAsset],
    *,
    metres_by_kind: Mapping[str, float],
    zone_kind: str,
    valid_from: date | None = None,
) -> tuple[ProtectionZone, ...]:
    """Which buffer zones does the law draw around objects by their kind?

    Parameters
    ----------
    heritage
        Objects; one whose kind is not in `metres_by_kind` gets no zone (archaeology has none).
    metres_by_kind
        Width from the object's outer boundary, metres, by kind of object.
    zone_kind
        Kind the zones get, as the rules name it.
    valid_from
        Day the rule came into force.

    Returns
    -------
    tuple of ProtectionZone
        One an object; an object without geometry gets a zone without extent (the gate then fails
        closed).

    Notes
    -----
    Metres become degrees on a local plane (error below 0.5 % for widths up to 1 km and latitudes
    to 75°), drawn with 32 segments a quarter.
    """
    zones = []
    for asset in heritage:
        metres = metres_by_kind.get(asset.kind)
        if metres is None or metres <= 0:
            continue
        boundary = _widen(asset.geometry, metres) if _known(asset.geometry) else None
        zones.append(
            ProtectionZone(
                id=f"{zone_kind}:{asset.id}",
                kind=zone_kind,
                boundary=boundary,
                heritage_asset=asset.id,
                valid_from=valid_from,
            )
        )
    return tuple(zones)


def _meets(rule: HeritageRule, encounter: Encounter, work_groups: Sequence[str]) -> bool:
    if rule.zone_kinds and encounter.zone_kind not in rule.zone_kinds:
        return False
    return not (rule.work_groups and work_groups) or bool(set(rule.work_groups) & set(work_groups))


def _names(rule: HeritageRule, asset: HeritageAsset | None) -> bool:
    if asset is None:
        return True
    if rule.asset_statuses and asset.status not in rule.asset_statuses:
        return False
    return not rule.significances or asset.significance in rule.significances


def _approval(rule: HeritageRule) -> Approval:
    return Approval(
        authority_role=rule.authority_role,
        documents=rule.documents,
        statutory_days=rule.statutory_days,
        rule_id=rule.id,
        legal_basis=rule.legal_basis,
    )


def _distinct(texts: Iterable[Text]) -> tuple[Text, ...]:
    return tuple(dict.fromkeys(texts))


def _in_force(zone: ProtectionZone, as_of: date) -> bool:
    started = zone.valid_from is None or zone.valid_from <= as_of
    return started and (zone.valid_to is None or as_of <= zone.valid_to)


def _known(geometry: BaseGeometry | None) -> bool:
    return geometry is not None and not geometry.is_empty


def _widen(geometry: BaseGeometry, metres: float) -> BaseGeometry:
    if metres <= 0:
        return geometry
    centre = geometry.centroid
    shrink = max(cos(radians(centre.y)), 1e-6)
    flat = scale(geometry, xfact=shrink, yfact=1.0, origin=centre)
    wide = flat.buffer(metres / METRES_PER_DEGREE, quad_segs=32)
    return scale(wide, xfact=1 / shrink, yfact=1.0, origin=centre)
