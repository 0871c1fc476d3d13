"""Reports as the municipality files them: text, language, address, channel, answer."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from numpy.random import Generator

from eutopia.core.records.reports import Report
from eutopia.core.town.assembly import Built
from eutopia.core.town.closings import keepers
from eutopia.core.town.events import Events
from eutopia.core.town.kinds import CODES
from eutopia.core.town.rates import Rates
from eutopia.core.town.reporting import Told
from eutopia.core.town.territory import PLANE, address_text
from eutopia.core.town.wording import Letters, scribes

ENGLISH = 0.15
CHANNELS = (
    ("phone", 0.47), ("mobile_app", 0.2), ("web", 0.13), ("messenger", 0.09), ("employee", 0.11),
)  # fmt: skip
SOURCE = "training-town"


def file_reports(
    built: Built, events: Events, told: Told, rates: Rates, *, rng: Generator
) -> tuple[tuple[Report, ...], frozenset[str]]:
    """Write every report out; return with them the ids of those that hold contact data."""
    n = len(told)
    lon, lat, district = _where(built, told)
    names = _organisations(built, events, told)
    letters = scribes(rng)
    language = np.where(rng.random(n) < ENGLISH, "en", "ru").tolist()
    channel = _channels(n, rng)
    note = _notes(told, language, letters)
    again = (events.follows[told.event] >= 0).tolist()
    opened, closed, due = _clock(told, rates)
    addresses = [address_text(built, i).to("ru") for i in range(len(built.lots))]
    reports, contacts = [], set()
    # Who files under a wrong type mostly still writes what is really the matter.
    honest = rng.random(n) < 0.8
    topic = np.where(honest, events.kind[told.event], told.kind).tolist()
    columns = zip(
        told.kind.tolist(),
        told.nearest.tolist(),
        told.default.tolist(),
        told.placeless.tolist(),
        strict=True,
    )
    for i, (kind, nearest, default, placeless) in enumerate(columns):
        street = built.streets[int(built.addresses.street[nearest])].name
        text, contact = letters[language[i]].write(
            CODES[topic[i]],
            None if placeless else street,
            built.addresses.number[nearest],
            again=again[i],
        )
        key = f"{opened[i].year}-{i + 1:06d}"
        if contact:
            contacts.add(key)
        reports.append(
            Report(
                key,
                opened[i],
                CODES[kind],
                None if placeless else lon[i],
                None if placeless else lat[i],
                closed[i],
                due[i],
                text,
                language[i],
                "" if placeless or default else addresses[nearest],
                "" if placeless else district[i],
                names[i],
                channel[i],
                note[i],
                SOURCE,
            )
        )
    return tuple(reports), frozenset(contacts)


def town_hall(built: Built) -> int:
    """Return the building at which reports without a place are filed: that nearest the square."""
    away = np.hypot(*(built.middles - np.asarray(built.site.centre)).T)
    return int(np.argmin(away))


def _where(built: Built, told: Told) -> tuple[list[float], list[float], list[str]]:
    hall = town_hall(built)
    spot = np.where(told.default[:, None], built.middles[hall], told.spot)
    lon, lat = PLANE.degrees(spot[:, 0], spot[:, 1])
    at = np.where(told.default, hall, told.nearest)
    by_building = [built.layout.blocks[lot.block].district for lot in built.lots]
    return (
        np.round(lon, 6).tolist(),
        np.round(lat, 6).tolist(),
        [by_building[i] for i in at.tolist()],
    )


def _organisations(built: Built, events: Events, told: Told) -> list[str]:
    filed = events.take(told.event)
    filed.kind = told.kind
    filed.spot = told.spot
    names: list[str] = keepers(built, filed)[0].tolist()
    return names


def _channels(n: int, rng: Generator) -> list[str]:
    codes = np.array([c for c, _ in CHANNELS])
    share = np.array([s for _, s in CHANNELS])
    drawn: list[str] = rng.choice(codes, size=n, p=share / share.sum()).tolist()
    return drawn


def _notes(told: Told, language: list[str], letters: dict[str, Letters]) -> list[str]:
    keys = ("done", "duplicate", "declined")
    notes = []
    for shut, outcome, code in zip(
        (~np.isnan(told.closed)).tolist(), told.outcome.tolist(), language, strict=True
    ):
        writer = letters[code]
        notes.append(writer.pen.one_of(writer.words.CLOSING[keys[outcome]]) if shut else "")
    return notes


def _clock(
    told: Told, rates: Rates
) -> tuple[list[datetime], list[datetime | None], list[datetime]]:
    """Turn POSIX seconds into aware times; the deadline is what four in five would keep."""
    usual = rates.median_hours * np.exp(0.85 * rates.spread)
    days = np.maximum(np.ceil(usual / 24.0), 1.0)
    opened = [datetime.fromtimestamp(t, tz=UTC) for t in told.time.tolist()]
    closed = [None if t != t else datetime.fromtimestamp(t, tz=UTC) for t in told.closed.tolist()]
    due = told.time + days[told.kind] * 86_400.0
    return opened, closed, [datetime.fromtimestamp(t, tz=UTC) for t in due.tolist()]
