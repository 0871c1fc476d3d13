"""What an index finds wanting in a district, and where in it something can be done about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from typing import Any

import numpy as np
from shapely import union_all
from shapely.geometry.base import BaseGeometry

from eutopia.core.plan.benefits import DEFAULT_SETTINGS, DerivationSettings
from eutopia.core.plan.places import Ground, Site, asset_site
from eutopia.core.records.indices import AssessedIndex, IndexIndicator
from eutopia.core.records.norms import Measure
from eutopia.core.records.programme import IndexGap
from eutopia.core.records.territory import Asset

FEWEST = 4
"""With fewer districts than this nobody can be told to lag behind the others."""


@dataclass(frozen=True, slots=True)
class Want:
    """An indicator that is low in a district, with what it measures."""

    gap: IndexGap
    indicator: IndexIndicator


def find_gaps(
    indices: Sequence[AssessedIndex], *, settings: DerivationSettings = DEFAULT_SETTINGS
) -> tuple[Want, ...]:
    """Which indicators are low in which districts, against their target or against the others?

    Parameters
    ----------
    indices
        As they were assessed; only values of districts are read.
    settings
        `worst_share`.

    Returns
    -------
    tuple of Want
        In the order of the indices, their indicators and the districts' codes.

    Notes
    -----
    An indicator with bands has a target: the nearest value that brings all points. Another is low
    where its value is worse than the (upper) quantile `worst_share` of the districts and worse than
    their median; with fewer than four known districts, nowhere. Equal values are never low. What
    is not known is not low, and what has no direction is not judged.
    """
    return tuple(
        Want(gap, indicator)
        for told in indices
        for indicator in told.indicators
        for gap in _gaps(indicator, told, settings)
    )


def _gaps(
    indicator: IndexIndicator, told: AssessedIndex, settings: DerivationSettings
) -> Iterator[IndexGap]:
    known = sorted(
        (one.unit, one.value)
        for one in told.assessment.values
        if one.indicator == indicator.code and one.unit and one.value is not None
    )
    if indicator.direction == "none" or not known:
        return
    # Turned so that higher is better, whatever the indicator.
    sign = 1.0 if indicator.direction == "higher" else -1.0
    values = sign * np.array([value for _, value in known])
    target = _target(indicator) if told.index.scoring == "fixed_bands" else None
    if target is not None:
        reference, basis = target, "target"
        low = values < sign * target
    elif len(known) >= FEWEST:
        median = float(np.median(values))
        reference, basis = sign * median, "peers"
        # A value that occurs, not one between two: rounding could put equals on both sides.
        mark = np.quantile(values, settings.worst_share, method="higher")
        low = (values < mark) & (values < median)
    else:
        return
    for (district, value), wanting in zip(known, low.tolist(), strict=True):
        if wanting:
            yield IndexGap(indicator.code, district, value, reference, basis)


def _target(indicator: IndexIndicator) -> float | None:
    """The nearest value that brings all points; None where no band says."""
    if not indicator.bands:
        return None
    most = max(points for _, points in indicator.bands)
    best = [k for k, (_, points) in enumerate(indicator.bands) if points == most]
    if indicator.direction == "higher":
        return float(indicator.bands[best[0]][0])
    beyond = best[-1] + 1
    return float(indicator.bands[beyond][0]) if beyond < len(indicator.bands) else None


def gap_sites(
    want: Want, measure: Measure, ground: Ground, settings: DerivationSettings
) -> list[tuple[Site, list[Asset]]]:
    """At which places of the district could a measure lift what is low there, the worst first?

    Parameters
    ----------
    want
        What is low; its indicator says what is measured.
    measure
        One that lifts it.

    Returns
    -------
    list of Site and the assets worked on
        At most `most_gap`. Things in the worst condition where their condition is measured; the
        longest stretches of street without such a thing where their nearness to streets is.
        Empty where the indicator does not say where it is low.
    """
    given = dict(want.indicator.parameters)
    if want.indicator.measure == "asset_condition":
        found = _worst_assets(want, measure, ground, tuple(given["assets"]))
    elif want.indicator.measure == "street_length_near_assets":
        found = _far_streets(want, measure, ground, given)
    else:
        found = []
    return found[: settings.most_gap]


def _worst_assets(
    want: Want, measure: Measure, ground: Ground, classes: tuple[str, ...]
) -> list[tuple[Site, list[Asset]]]:
    """Things below the mark, those of one street together where they are counted by the piece."""
    groups: dict[tuple[str, str], list[Asset]] = {}
    for asset in ground.territory.assets:
        mine = asset.asset_class in classes and asset.asset_class in measure.asset_classes
        if not mine or asset.district != want.gap.district:
            continue
        if asset.condition is not None and asset.condition < want.gap.reference:
            alone = measure.unit != "piece"
            where = asset.id if alone else asset.street or asset.space or asset.id
            groups.setdefault((asset.asset_class, where), []).append(asset)
    ordered = sorted(groups.items(), key=lambda item: (_condition(item[1]), item[0]))
    found = []
    for (asset_class, where), assets in ordered:
        words = ground.words_for(assets[0])
        site = asset_site(assets, measure, ground, district=want.gap.district, words=words)
        if site is not None:
            found.append((worn_site(site, measure, asset_class, where), assets))
    return found


def worn_site(site: Site, measure: Measure, asset_class: str, where: str) -> Site:
    """The site under a lasting key: which pieces of a street are worn changes, the street stays."""
    if measure.unit != "piece":
        return site
    return Site(
        key=f"worn:{asset_class}:{where}",
        geometry=site.geometry,
        quantity=site.quantity,
        asset_ids=site.asset_ids,
        district=site.district,
        words=site.words,
    )


def _condition(assets: Sequence[Asset]) -> float:
    known = [asset.condition for asset in assets if asset.condition is not None]
    return sum(known) / len(known)


def _far_streets(
    want: Want, measure: Measure, ground: Ground, given: dict[str, Any]
) -> list[tuple[Site, list[Asset]]]:
    """Stretches of street farther than the indicator asks for from any such thing."""
    if measure.unit not in ("m", "place"):
        return []
    within, classes = float(given["within_m"]), tuple(given["assets"])
    found = []
    for street in ground.territory.streets:
        if street.district != want.gap.district or street.street_class not in given["streets"]:
            continue
        far = _without_near(ground, street.line, classes, within)
        if isfinite(far.length) and far.length > within:
            quantity = Decimal(round(far.length)) if measure.unit == "m" else Decimal(1)
            key = f"far:{'+'.join(classes)}:{street.id}"
            place = ground.degrees(far)
            found.append((far.length, Site(key, place, quantity, (), street.district, street.name)))
    found.sort(key=lambda item: (-item[0], item[1].key))
    return [(site, []) for _, site in found]


def _without_near(
    ground: Ground, line: BaseGeometry, classes: Sequence[str], within: float
) -> BaseGeometry:
    near = [asset for code in classes for asset in ground.near(code, line, metres=within)]
    flat = ground.metres(line)
    if not near:
        return flat
    return flat.difference(union_all([ground.metres(a.geometry).buffer(within) for a in near]))
