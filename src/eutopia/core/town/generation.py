"""The training town: generated from a seed, its truth known and kept apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
from numpy.typing import NDArray

from eutopia.core.records.reports import Report
from eutopia.core.records.town import Town
from eutopia.core.records.works import Work
from eutopia.core.town.assembly import Built, build
from eutopia.core.town.closings import fail_again, from_interruptions
from eutopia.core.town.dispatching import utilities
from eutopia.core.town.events import (
    HIDDEN,
    OUTBREAKS,
    Events,
    Hidden,
    Hosts,
    break_out,
    by_chance,
    from_hidden,
    hide_problems,
    hosts_by_kind,
)
from eutopia.core.town.filing import file_reports
from eutopia.core.town.inspections import inspect
from eutopia.core.town.kinds import KINDS
from eutopia.core.town.money import rules
from eutopia.core.town.rates import Rates, read_rates
from eutopia.core.town.reporting import habits, tell
from eutopia.core.town.revealing import reveal
from eutopia.core.town.services import (
    SERVICES,
    Breaks,
    charges,
    interrupt,
    interruption_records,
)
from eutopia.core.town.site import FULL_SIZE
from eutopia.core.town.statistics import hand_in
from eutopia.core.town.territory import to_records
from eutopia.core.town.truth import TrainingTown
from eutopia.core.town.voting import hold_election
from eutopia.core.town.weather import Days, days_until, record_weather
from eutopia.core.town.works import (
    WORKS,
    Done,
    apply_effects,
    choose_works,
    renew_assets,
    work_id,
    work_records,
)

YEARS = 3
REPORTS = 120_000
DWELLINGS = 320
PACKS = (
    "training-town",
    "measures-base",
    "ru-354",
    "service-lives",
    "ru-heritage",
    "ru-service-levels",
    "calendar-ru",
    "ru-urban-quality",
    "district-care",
    "sdg-11-7-1",
    "iso-37120",
)

Progress = Callable[[str, float], None]


def generate_town(
    *,
    seed: int,
    residents: int = FULL_SIZE,
    as_of: date = date(2026, 6, 30),
    progress: Progress | None = None,
) -> TrainingTown:
    """Which whole municipality, true in its inner workings, shall methods be tried on?

    Parameters
    ----------
    seed
        Equal seeds give equal towns, bit by bit, on one version of the libraries.
    residents
        About 1,000 to 200,000; assets (40,000 at 60,000 residents), reports (120,000 in three
        years), voters (8,000) and everything else scale with it.
    as_of
        The last day that is told about; three years end with it.
    progress
        Called with a stage's code and the share done, 0 to 1.

    Returns
    -------
    TrainingTown
        `.town` as a municipality would know itself; `.truth` kept apart from it: no id, order or
        attribute of the town gives it away.

    Raises
    ------
    ValueError
        If `residents` is out of range.

    Notes
    -----
    Synthetic: no place, person or firm in it is real. Rates, distances and delays follow real
    registers (`packs/training-town/params`), see docs/methods/training-town.md. About 8 s and
    0.5 GB for a full-size town on one core; grows linearly with `residents`.

    Examples
    --------
    >>> made = generate_town(seed=1, residents=1_200)
    >>> sum(b.residents for b in made.town.territory.buildings)
    1200
    """
    if not 800 <= residents <= 400_000:
        raise ValueError(f"residents is {residents}; choose 800 to 400,000")
    say: Progress = progress or (lambda _stage, _share: None)
    scale = residents / FULL_SIZE
    say("ground", 0.0)
    built = build(seed=seed, residents=residents, year=as_of.year)
    say("events", 0.25)
    rng = np.random.default_rng([seed, 20])
    rates = read_rates(as_of)
    days = days_until(as_of, years=YEARS, rates=rates, rng=rng)
    hosts = hosts_by_kind(built)
    hidden = hide_problems(built, hosts, days, count=max(round(HIDDEN * scale), 40), rng=rng)
    breaks = interrupt(built, hidden, days, scale=scale, rng=np.random.default_rng([seed, 21]))
    habit = habits(built, rng=np.random.default_rng([seed, 23]))
    events, closed, unheld, done = _happen(
        built, hosts, hidden, breaks, habit, days, rates, wanted=REPORTS * scale, seed=seed
    )
    say("reports", 0.45)
    level = np.array([habit[q.id] for q in built.site.quarters])
    told = tell(
        built,
        events,
        closed,
        breaks,
        level,
        days,
        rates,
        unheld=unheld,
        rng=np.random.default_rng([seed, 25]),
    )
    renew_assets(built, done, year=as_of.year)
    reports, contacts = file_reports(
        built, events, told, rates, rng=np.random.default_rng([seed, 26])
    )
    say("records", 0.8)
    town, effects = _town(built, breaks, done, reports, residents, as_of, seed, days.end)
    truth = reveal(
        built,
        events,
        told,
        hidden,
        breaks,
        report_ids=[r.id for r in reports],
        unheld=unheld,
        effects=effects,
        habit=habit,
        contacts=contacts,
        rng=np.random.default_rng([seed, 27]),
    )
    visits = inspect(
        truth.hidden_problems,
        [truth.events[e] for e in dict.fromkeys(truth.event_of.values())],
        town.territory.assets,
        as_of=as_of,
        rng=np.random.default_rng([seed, 29]),
    )
    weather = record_weather(days, np.random.default_rng([seed, 30]))
    say("done", 1.0)
    return TrainingTown(replace(town, inspections=visits, weather=weather), truth)


def _happen(
    built: Built,
    hosts: list[Hosts],
    hidden: Hidden,
    breaks: Breaks,
    habit: dict[str, float],
    days: Days,
    rates: Rates,
    *,
    wanted: float,
    seed: int,
) -> tuple[Events, NDArray[np.float64], NDArray[np.bool_], list[Done]]:
    """Let everything happen that is reported, and the works that answer it.

    Returns events, closing times, which closures did not hold, and the works.
    """
    rng = np.random.default_rng([seed, 24])
    level = np.array([habit[q.id] for q in built.site.quarters])
    chronic = from_hidden(hidden, days, rng=rng)
    outbreaks = max(round(OUTBREAKS * wanted / REPORTS), 4)
    chronic = Events.joined([chronic, break_out(built, hosts, days, count=outbreaks, rng=rng)])
    chronic = chronic.take(rng.random(len(chronic)) < level[chronic.district])
    bursts = from_interruptions(built, breaks, tuple(s.kind for s in SERVICES))
    share = rates.share / rates.share.sum()
    extra = np.array([k.extra for k in KINDS])
    each = 1.0 + float((share * extra).sum()) * 0.7
    homes = [
        float(built.stock.dwellings[breaks.buildings[int(i)]].sum()) for i in bursts.interruption
    ]
    callers = float(np.minimum(np.array(homes) * 0.011 * 0.7, 60.0).sum()) + len(bursts)
    left = max(wanted - callers - len(chronic) * each * 1.09, wanted * 0.2)
    chance = by_chance(hosts, days, rates, count=int(left / each / 1.09 / 0.4), rng=rng)
    heard = np.flatnonzero(rng.random(len(chance)) < level[chance.district])
    kept = np.sort(rng.permutation(heard)[: int(left / each / 1.09)])
    heard_of = Events.joined([chronic, chance.take(kept)])
    works = max(round(WORKS * wanted / REPORTS), 12)
    done = choose_works(built, heard_of, days, count=works, rng=np.random.default_rng([seed, 22]))
    events = Events.joined([apply_effects(heard_of, done, rng=rng), bursts])
    return *fail_again(events, built, breaks, days, rates, rng=rng), done


def _town(
    built: Built,
    breaks: Breaks,
    done: list[Done],
    reports: tuple[Report, ...],
    residents: int,
    as_of: date,
    seed: int,
    end: float,
) -> tuple[Town, dict[str, float]]:
    """Put the town's own knowledge together; return with it the works' true effects by id."""
    rng = np.random.default_rng([seed, 28])
    works, effects = _numbered(work_records(built, done, rng=rng), done)
    election, places = hold_election(built, residents=residents, year=as_of.year, rng=rng)
    interruptions, served = utilities(
        built,
        interruption_records(built, breaks, rng=rng),
        as_of=as_of,
        end=datetime.fromtimestamp(end, tz=UTC),
        rng=np.random.default_rng([seed, 29]),
    )
    territory = to_records(built)
    town = Town(
        territory=territory,
        as_of=as_of,
        packs=PACKS,
        reports=reports,
        works=works,
        interruptions=interruptions,
        charges=charges(
            built, as_of=as_of, dwellings=max(DWELLINGS * residents // FULL_SIZE, 25), rng=rng
        ),
        election=election,
        ballot_places=places,
        rules=rules(built, residents=residents, first_year=as_of.year + 1),
        utilities=served,
        statistics=hand_in(territory.districts, as_of=as_of, rng=np.random.default_rng([seed, 30])),
    )
    return town, effects


def _numbered(
    records: tuple[Work, ...], done: list[Done]
) -> tuple[tuple[Work, ...], dict[str, float]]:
    """Number works by their beginning, so that no number hints at an effect."""
    order = sorted(range(len(records)), key=lambda i: (records[i].started, records[i].asset_ids))
    works = tuple(replace(records[i], id=work_id(n)) for n, i in enumerate(order))
    return works, {work_id(n): done[i].ratio for n, i in enumerate(order)}
