"""Forecasting the state of what the municipality keeps."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from eutopia.core.maintain.deterioration import ClassForecast, forecast_register
from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.ledger.digests import digest, table_digest
from eutopia.web.ledger.models import Run
from eutopia.web.ledger.services import (
    Computation,
    compute,
    find_run,
    record_run,
    still_stands,
)
from eutopia.web.reports.services import norms_of
from eutopia.web.territory import bridge as territory_bridge
from eutopia.web.territory.models import Asset, Territory
from eutopia.web.upkeep.models import ConditionForecast

METHOD = "eutopia.core.maintain.deterioration:forecast_register"
_LIVES = "service_life."
_YEARS = 20


def forecast_condition(actor: Actor, territory: Territory, *, years: int = _YEARS) -> Run:
    """How will the register stand, year by year, if nothing is renewed?

    Parameters
    ----------
    years
        How many years ahead.

    Notes
    -----
    Service lives are the packs' values `service_life.<asset class>`; a class without one is
    counted but not forecast. Stored in place of what was; the same register is not forecast twice.

    Raises
    ------
    AccessDenied
    """
    require(actor, "upkeep.plan", territory)
    norms = norms_of(territory)
    lives = {one.path.removeprefix(_LIVES): float(one.value) for one in norms.values(_LIVES)}
    now = territory.as_of.year
    asked = Computation(
        territory.pk,
        METHOD,
        {"inspected": now, "years": years},
        norms.editions,
        digest(table_digest(Asset, territory.pk, order=("code",)), tuple(sorted(lives.items()))),
        territory.as_of,
    )
    earlier = find_run(asked)
    if earlier is not None and still_stands(earlier):
        return earlier
    assets = territory_bridge.territory(territory.pk, parts=frozenset({"assets"})).assets
    computed = compute(
        asked,
        lambda: forecast_register(
            assets, lives=lives, inspected=now, years=range(now, now + years + 1)
        ),
    )
    with transaction.atomic():
        run = record_run(computed)
        _store(territory, run, computed.result)
        log_act(
            actor,
            "upkeep.plan",
            territory,
            after={"run": run.pk, "assets": len(assets), "years": years},
            municipality=territory.code,
        )
    return run


def _store(territory: Territory, run: Run, told: Sequence[ClassForecast]) -> None:
    ConditionForecast.objects.filter(territory=territory).delete()
    ConditionForecast.objects.bulk_create(
        [
            ConditionForecast(
                territory=territory,
                run=run,
                asset_class=one.asset_class,
                year=one.year,
                assets=one.assets,
                known=one.known,
                mean_condition=one.mean_condition,
                worn_out=one.worn_out,
                life_years=one.life_years,
            )
            for one in told
        ],
        batch_size=2_000,
    )
