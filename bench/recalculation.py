"""How long does a town's recalculation take: 1M dwellings, 7 services, 12 months, 100k events?

    python bench/recalculation.py [--dwellings N] [--events N] [--check N]

Prints seconds, peak memory, and how many sampled dwellings came to the same as alone.
"""

from __future__ import annotations

import argparse
import resource
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np

from eutopia.core.evaluate.recalculation import recalculate
from eutopia.core.evaluate.recalculation_batch import (
    Dwellings,
    ServiceRecalculation,
    recalculate_town,
)
from eutopia.core.norms import load_norms
from eutopia.core.records import Charge, Interruption, Money

ZONE = "Europe/Moscow"
MONTHS = tuple(date(2025, month, 1) for month in range(1, 13))
SERVICES = ("cold_water", "hot_water", "sewage", "electricity", "gas", "heating", "solid_waste")
# Service, parameter, share of events, hours from and to, measured values from and to.
KINDS = (
    ("cold_water", "continuity", 0.24, 1, 30, None),
    ("cold_water", "pressure", 0.03, 2, 60, (0.01, 0.05)),
    ("cold_water", "composition", 0.02, 4, 90, None),
    ("hot_water", "continuity", 0.18, 1, 40, None),
    ("hot_water", "temperature", 0.10, 2, 120, (35, 62)),
    ("sewage", "continuity", 0.06, 1, 20, None),
    ("electricity", "continuity", 0.15, 1, 40, None),
    ("gas", "continuity", 0.02, 1, 20, None),
    ("heating", "continuity", 0.08, 1, 40, None),
    ("heating", "temperature", 0.08, 6, 120, (10, 19)),
    ("solid_waste", "removal", 0.04, 24, 140, None),
)
CIRCUMSTANCES = ({}, {"room": "corner_room"})
TARIFFS = {
    "hot_water": Money(Decimal("214.37"), "RUB"),
    "cold_water": Money(Decimal("51.93"), "RUB"),
}


def make_events(rng: np.random.Generator, events: int, buildings: int) -> list[Interruption]:
    """Events over the year; a network event hits up to 40 neighbouring buildings."""
    start = datetime(2024, 12, 28, tzinfo=UTC)
    kinds = rng.choice(len(KINDS), events, p=np.array([kind[2] for kind in KINDS]))
    minute = rng.integers(0, 60 * 24 * 368, events)
    first = rng.integers(0, buildings, events)
    spread = np.minimum(rng.geometric(0.25, events), 40)
    made = []
    for n in range(events):
        service, parameter, _, low, high, values = KINDS[kinds[n]]
        began = start + timedelta(minutes=int(minute[n]))
        measured = None
        if values is not None:
            measured = Decimal(str(round(float(rng.uniform(*values)), 3 if values[1] < 1 else 1)))
        made.append(
            Interruption(
                id=f"e{n}",
                service=service,
                organisation="provider",
                started=began,
                ended=began + timedelta(minutes=int(rng.integers(60 * low, 60 * high))),
                planned=bool(rng.random() < 0.2),
                parameter=parameter,
                measured=measured,
                building_ids=tuple(
                    f"b{b}" for b in range(first[n], min(first[n] + spread[n], buildings))
                ),
            )
        )
    return made


def make_dwellings(rng: np.random.Generator, dwellings: int) -> Dwellings:
    """About 70 dwellings a building, a fifth of them with a corner room."""
    buildings = max(1, dwellings // 70)
    return Dwellings(
        buildings=tuple(f"b{n}" for n in range(buildings)),
        building=np.sort(rng.integers(0, buildings, dwellings)),
        circumstances=CIRCUMSTANCES,
        circumstance=(rng.random(dwellings) < 0.2).astype(np.int64),
    )


def check(
    result: ServiceRecalculation,
    fees: np.ndarray,  # type: ignore[type-arg]
    events: list[Interruption],
    homes: Dwellings,
    sample: int,
    rng: np.random.Generator,
) -> tuple[int, int]:
    """Recalculate sampled dwellings and months alone: how many were looked at, how many differ?"""
    norms = load_norms(["ru-354"])
    of_building: dict[str, list[Interruption]] = {}
    for event in events:
        if event.service == result.service:
            for building in event.building_ids:
                of_building.setdefault(building, []).append(event)
    rows, months = np.nonzero(result.amounts)
    picks = rng.choice(len(rows), min(sample, len(rows)), replace=False)
    wrong = 0
    for pick in picks:
        row, month = rows[pick], months[pick]
        fee = Money(Decimal(int(fees[row, month])).scaleb(-2), "RUB")
        assert homes.circumstance is not None
        alone = recalculate(
            Charge("d", result.service, MONTHS[month], fee),
            of_building.get(homes.buildings[homes.building[row]], []),
            norms=norms,
            time_zone=ZONE,
            circumstances=CIRCUMSTANCES[homes.circumstance[row]],
            tariffs=TARIFFS,
        )
        wrong += int(alone.amount.amount * 100) != result.amounts[row, month]
    return len(picks), wrong


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dwellings", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--check", type=int, default=100, help="dwellings a service, done alone")
    settings = parser.parse_args()
    rng = np.random.default_rng(7)
    homes = make_dwellings(rng, settings.dwellings)
    events = make_events(rng, settings.events, len(homes.buildings))
    fees = {
        service: rng.integers(5_000, 600_000, (settings.dwellings, 12), dtype=np.int32)
        for service in SERVICES
    }
    norms = load_norms(["ru-354"])
    seconds, cells, owed, looked, wrong = 0.0, 0, 0, 0, 0
    began = time.perf_counter()
    for result in recalculate_town(
        SERVICES,
        MONTHS,
        events,
        dwellings=homes,
        fees=fees,
        norms=norms,
        time_zone=ZONE,
        tariffs=TARIFFS,
    ):
        spent = time.perf_counter() - began
        seconds += spent
        cells += int(np.count_nonzero(result.amounts))
        owed += int(result.amounts.sum())
        print(f"{result.service:12} {spent:6.2f} s, {len(result.lines.unit):9,} lines")
        number, differing = check(result, fees[result.service], events, homes, settings.check, rng)
        looked, wrong = looked + number, wrong + differing
        began = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    charges = settings.dwellings * len(SERVICES) * len(MONTHS)
    print(f"{charges:,} charges, {settings.events:,} events: {seconds:.1f} s, peak {peak:.2f} GB")
    print(f"{cells:,} charges reduced by {owed / 100:,.2f} RUB in all")
    print(f"{looked} sampled charges recalculated alone: {wrong} differ")


if __name__ == "__main__":
    main()
