"""What may be behind it, and how likely is each?"""

from __future__ import annotations

import math
from dataclasses import dataclass

from eutopia.core.records.problems import CauseHypothesis


@dataclass(frozen=True, slots=True)
class Signs:
    """What is known that tells one cause from another?

    `condition` is of the asset it gathers at (None: not inspected), `typical_condition` of its
    class. `age_share` is its age as a share of the oldest of its class (None: unknown).
    `quick_returns` is the share of closures after which it came back within 60 days,
    `typical_quick_returns` what the rate of events alone lets expect. `season_contrast` is how much
    more (above 1) or less the events gather in one season than the type does. `places_along` is the
    number of different places along a network section; `interruptions` the unplanned ones on it.
    `drain_wear` is the wear (0 to 1) of the storm drain it gathers at or next to (None: none near,
    or standing water has no part in this type). `works_near` ended there within the year before
    the first event. `feeder_id` is the network section behind a thing that itself is none,
    `feeder_places` how many other places along it show such events, `feeder_usual` how many a
    section of its length does. `weather_contrast` is how much more its events fall on or after
    hard days than the type's do (1: no record of weather).
    """

    has_asset_class: bool
    asset_id: str | None = None
    network: bool = False
    condition: float | None = None
    typical_condition: float | None = None
    age_share: float | None = None
    quick_returns: float = 0.0
    typical_quick_returns: float = 0.0
    season_contrast: float = 1.0
    places_along: int = 1
    interruptions: int = 0
    drain_wear: float | None = None
    works_near: int = 0
    feeder_id: str | None = None
    feeder_places: int = 0
    feeder_usual: float = 0.0
    weather_contrast: float = 1.0


def weigh_causes(signs: Signs, *, least: float = 0.05) -> tuple[CauseHypothesis, ...]:
    """What may be behind a problem, how likely is each?

    Parameters
    ----------
    signs
        What is known; silence speaks neither way.
    least
        Causes less likely are not named; their share stays with none.

    Returns
    -------
    hypotheses
        Most likely first; ties by code. Likelihoods sum to at most 1.

    Notes
    -----
    Each cause starts from odds of 1 ('unknown' too) and each sign multiplies them by a stated
    factor, bounded to [1/8, 8]: a worn asset by e^((typical - condition) / 15) and by
    2^(2 age - 1); a failing network section by 1 + places / 2 and by 1 + interruptions, or, behind
    a thing it feeds, by (1 + other places) / (1 + usual) and by 1 + interruptions; poor repair
    by the square of quick returns over those the rate alone explains; weather by the contrasts of
    season and of hard days, halved; drainage by 1/2 + 7/2 wear of a storm drain within 25 m;
    works nearby by 1 + works; behaviour by 4 where no asset class belongs to the type, else by
    1/4. All odds are then raised to 0.4: signs of one thing repeat each other, and what was held
    to be likely by 0.68 was true in 0.47. These factors are judgements, stated here and tried
    against the training town's truth (docs/methods/problems.md); they order hypotheses for an
    inspection, they don't prove. What staff confirm corrects them
    (:func:`eutopia.core.diagnose.learning.learn_causes`).

    Examples
    --------
    >>> causes = weigh_causes(Signs(True, "M1", True, condition=50, typical_condition=65,
    ...                             places_along=4, interruptions=2))
    >>> [(c.cause, c.asset_id) for c in causes[:2]]
    [('network_failure', 'M1'), ('worn_asset', 'M1')]
    """
    odds = {
        "unknown": 1.0,
        "weather": _bounded(signs.season_contrast * signs.weather_contrast) / 2,
    }
    odds["poor_repair"] = _quick(signs)
    odds["behaviour"] = 0.25 if signs.has_asset_class else 4.0
    if signs.asset_id is not None:
        odds["worn_asset"] = _wear(signs)
        if signs.network:
            odds["network_failure"] = _bounded(
                (1 + signs.places_along / 2) * (1 + signs.interruptions) / 2
            )
    if signs.feeder_id is not None:
        odds["network_failure"] = _bounded(
            (1 + signs.feeder_places) / (1 + signs.feeder_usual) * (1 + signs.interruptions)
        )
    if signs.drain_wear is not None:
        odds["drainage"] = 0.5 + 3.5 * signs.drain_wear
    if signs.works_near:
        odds["works_nearby"] = 1.0 + signs.works_near
    odds = {cause: value**_TEMPER for cause, value in odds.items()}
    total = sum(odds.values())
    thing = {
        "worn_asset": signs.asset_id,
        "network_failure": signs.asset_id if signs.network else signs.feeder_id,
    }
    found = [
        CauseHypothesis(cause, round(value / total, 3), thing.get(cause))
        for cause, value in odds.items()
        if value / total >= least
    ]
    return tuple(sorted(found, key=lambda c: (-c.likelihood, c.cause)))


_TEMPER = 0.4
"""Fitted to the causes planted in the training town of seed 2026, tried on that of seed 11."""


def _bounded(factor: float) -> float:
    return min(8.0, max(0.125, factor))


def _wear(signs: Signs) -> float:
    factor = 1.0
    if signs.condition is not None and signs.typical_condition is not None:
        factor *= math.exp(min(3.0, (signs.typical_condition - signs.condition) / 15))
    if signs.age_share is not None:
        factor *= 2.0 ** (2 * signs.age_share - 1)
    return _bounded(factor)


def _quick(signs: Signs) -> float:
    typical = max(signs.typical_quick_returns, 0.05)
    return _bounded((signs.quick_returns / typical) ** 2)
