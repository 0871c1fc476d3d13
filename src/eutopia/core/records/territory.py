"""The territory and what stands on it: districts, streets, buildings, assets, heritage.

Geometry is shapely's, in WGS 84 longitude and latitude (degrees); `kit.spatial` turns it into
metres.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from shapely.geometry.base import BaseGeometry

from eutopia.core.records.text import Text


@dataclass(frozen=True, slots=True)
class District:
    """Which part of the territory, how many people live there?"""

    id: str
    name: Text
    boundary: BaseGeometry
    population: int


@dataclass(frozen=True, slots=True)
class Street:
    """Which street, of which class (arterial, collector, local, driveway, footway)?"""

    id: str
    name: Text
    line: BaseGeometry
    street_class: str
    district: str


@dataclass(frozen=True, slots=True)
class PublicSpace:
    """Which yard, park, square or other space used by everybody?"""

    id: str
    name: Text
    space_type: str
    """Code of the glossary: yard, park, pocket_park, square, embankment, boulevard …"""
    boundary: BaseGeometry
    district: str


@dataclass(frozen=True, slots=True)
class Building:
    """Which building, how old, how many dwellings and residents?

    `use` is one of residential, public, business, industrial. Zero means none, None unknown.
    """

    id: str
    address: Text
    footprint: BaseGeometry
    district: str
    use: str
    built: int | None = None
    storeys: int | None = None
    dwellings: int = 0
    residents: int = 0
    housing_manager: str | None = None
    street: str | None = None
    space: str | None = None
    """The yard it stands in."""


@dataclass(frozen=True, slots=True)
class Asset:
    """Which thing does the municipality keep, since when, in what condition?

    `condition` runs from 0 (failed) to 100 (new); None is 'not inspected'. `asset_class` is a code:
    lighting_point, bench, litter_bin, tree, road_section, footway, water_main, heat_main, sewer,
    power_line, playground, container_site …
    """

    id: str
    asset_class: str
    geometry: BaseGeometry
    district: str
    installed: int | None = None
    condition: float | None = None
    street: str | None = None
    space: str | None = None
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class HeritageAsset:
    """Which object of heritage, of what significance and status?"""

    id: str
    name: Text
    kind: str
    """monument, ensemble, place_of_interest, archaeological_site, listed_building …"""
    significance: str
    status: str
    geometry: BaseGeometry
    register_ref: str = ""


@dataclass(frozen=True, slots=True)
class ProtectionZone:
    """Where does which heritage regime hold?

    `boundary` None means that the extent is unknown: the gate then fails closed.
    """

    id: str
    kind: str
    boundary: BaseGeometry | None
    heritage_asset: str | None = None
    name: Text | None = None
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Organisation:
    """Who answers: a housing manager, a utility supplier, a municipal service, a business?"""

    id: str
    name: Text
    kind: str
    """municipal_service, housing_manager, resource_supplier, contractor, business."""
    services: tuple[str, ...] = ()
    district: str | None = None
    location: BaseGeometry | None = None
    phone: str = ""
    """Where residents call, as it is dialled."""


@dataclass(frozen=True, slots=True)
class Territory:
    """What is known of one municipality's territory, as it stands?"""

    id: str
    name: Text
    time_zone: str
    """IANA name."""
    currency: str
    """ISO 4217."""
    synthetic: bool
    districts: tuple[District, ...]
    streets: tuple[Street, ...] = ()
    spaces: tuple[PublicSpace, ...] = ()
    buildings: tuple[Building, ...] = ()
    assets: tuple[Asset, ...] = ()
    heritage: tuple[HeritageAsset, ...] = ()
    zones: tuple[ProtectionZone, ...] = ()
    organisations: tuple[Organisation, ...] = ()
    water: tuple[BaseGeometry, ...] = ()
    """Rivers, lakes, the sea: for the map only."""
    sources: tuple[tuple[str, str], ...] = field(default=())
    """Pairs of what and where from (with licence), shown on the page about the data."""
