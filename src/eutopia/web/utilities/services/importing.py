"""Files of the register: houses, charges, tariffs. All or nothing, twice is once, sums whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import shapely
from django.db import transaction
from django.utils import timezone

from eutopia.core.evaluate.serving import TariffFault, check_tariffs, tariff_on
from eutopia.core.listen.charge_tables import ChargeTable, read_charges, read_tariffs
from eutopia.core.listen.house_registers import (
    House,
    RegisterMapping,
    load_register_mapping,
    read_houses,
)
from eutopia.core.listen.rejections import Rejection, Said, write_rejections
from eutopia.core.listen.row_files import UnreadableFileError, file_format, rows_of
from eutopia.core.records import Tariff as TariffRecord
from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.foundation.bulk import Copied, CopyRefused, copy_rows
from eutopia.web.foundation.said import said
from eutopia.web.reports.services import public_words
from eutopia.web.territory.models import Building, District, Organisation, Territory
from eutopia.web.territory.services import KEY, add_counts, place_rows, territory_row
from eutopia.web.utilities import bridge
from eutopia.web.utilities.models import Charge, Connection, SetAside, Tariff
from eutopia.web.utilities.services.recalculating import building_of

_CHARGE_KEY = ("territory_id", "dwelling", "service", "period")
_TARIFF_FAULTS = {
    "tariff_gap": Said("no tariff from %(first)s to %(last)s"),
    "tariff_overlap": Said("two tariffs from %(first)s to %(last)s"),
    "ends_before_it_starts": Said("it ends before it starts: %(first)s, %(last)s"),
}
TARIFF_KEY = ("territory_id", "service", "provider", "since")


class FileRefused(ValueError):  # noqa: N818 - a verdict on the file, not on the program.
    """The file cannot be used as a whole; nothing was taken from it."""


@dataclass(frozen=True, slots=True)
class Sums:
    """What a file of charges adds up to: `total` is `kept` and `aside` together."""

    total: Decimal
    kept: Decimal
    aside: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a file: rows new, changed, as before; rows set aside; remarks on rows kept."""

    copied: Copied
    rejected: tuple[Rejection, ...]
    remarks: tuple[Rejection, ...] = ()
    sums: Sums | None = None
    months: tuple[date, ...] = ()
    """Months whose charges are new or have changed, to be recalculated."""

    def write_beside(self, path: Path) -> tuple[Path, ...]:
        """Which files beside the import tell of rows set aside, and of rows kept with a remark?"""
        written = []
        for ending, rows in (("rejects", self.rejected), ("remarks", self.remarks)):
            beside = path.with_name(f"{path.name}.{ending}.csv")
            if write_rejections(rows, beside, words=said):
                written.append(beside)
        return tuple(written)


def import_houses(
    actor: Actor, territory: Territory | int, path: Path, *, mapping: RegisterMapping | None = None
) -> Taken:
    """Which houses of a register are new, which have changed, what was set aside?

    Parameters
    ----------
    mapping
        How the file is read; without one, as a register of Reforma ZhKKh.

    Notes
    -----
    Houses are known by the source's number. Managers become organisations. What the register does
    not say (residents, the street, a footprint) is never written over; a house that the register
    gives no place keeps the one it has. A house without any place is kept and named in `SetAside`.
    Words are redacted on the way in.

    Raises
    ------
    AccessDenied, UnreadableFileError, MappingError
    FileRefused
        A row cannot be stored although it could be read.
    """
    row = territory_row(territory)
    require(actor, "territory.import", row)
    mapping = mapping or load_register_mapping("reforma-gkh")
    told = read_houses(path, mapping=mapping, as_of=timezone.localdate())
    with stored_whole(actor, row, path, "territory.import", "houses") as done:
        done.copied = _copy_houses(row, told.houses, mapping)
        codes = [one.id for one in told.houses]
        here = Building.objects.filter(territory=row, code__in=codes)
        placed = set(here.filter(geometry__isnull=False).values_list("code", flat=True))
        SetAside.objects.filter(territory=row, kind="building", subject__in=codes).delete()
        lost = (one for one in told.houses if one.id not in placed)
        name_aside(row, (("building", one.id, one.place) for one in lost))
    return Taken(done.copied, told.rejected, told.remarks)


def _copy_houses(territory: Territory, houses: Sequence[House], mapping: RegisterMapping) -> Copied:
    managers = dict(one.manager for one in reversed(houses) if one.manager is not None)
    done = copy_rows(
        Organisation,
        (
            {
                "territory_id": territory.pk,
                "code": code,
                "name": [[mapping.language, name]],
                "kind": "housing_manager",
            }
            for code, name in sorted(managers.items())
        ),
        key=KEY,
    )
    before: dict[str, Any] = {
        row["code"]: row
        for row in Building.objects.filter(territory=territory).values(
            "code", "geometry", "district", "residents", "use"
        )
    }
    find = _district_finder(territory)
    shapes = [_shape(one, before) for one in houses]
    rows = (
        {
            "territory_id": territory.pk,
            "code": one.id,
            **place,
            "address": [[mapping.language, public_words(one.address)]],
            "district": before.get(one.id, {}).get("district") or find(shape),
            "use": before.get(one.id, {}).get("use", "residential"),
            "built": one.built,
            "storeys": one.storeys,
            "dwellings": one.dwellings,
            "residents": before.get(one.id, {}).get("residents", 0),
            "facts": [[code, public_words(words)] for code, words in one.facts],
            "housing_manager": None if one.manager is None else one.manager[0],
        }
        for one, place, shape in zip(houses, place_rows(shapes), shapes, strict=True)
    )
    return add_counts(done, copy_rows(Building, rows, key=KEY))


def _shape(one: House, before: dict[str, Any]) -> Any:
    """A footprint that is there already is better than a point."""
    known = before.get(one.id, {}).get("geometry")
    if one.lon is None or one.lat is None or (known is not None and known.geom_type != "Point"):
        return known
    return shapely.Point(one.lon, one.lat)


def _district_finder(territory: Territory) -> Callable[[Any], str]:
    rows = District.objects.filter(territory=territory, geometry__isnull=False).order_by("code")
    found = list(rows.values_list("code", "geometry"))

    def find(shape: Any) -> str:
        if shape is None:
            return ""
        inside = shape.representative_point()
        return next((c for c, area in found if area is not None and area.covers(inside)), "")

    return find


def import_charges(actor: Actor, territory: Territory | int, path: Path) -> Taken:
    """Which charges of a table are new, which have changed, what was set aside, and the sums?

    Notes
    -----
    As docs/reference/imports.md has it. The months named are to be recalculated: only dwellings
    that were charged otherwise are computed.

    Raises
    ------
    AccessDenied, UnreadableFileError
    FileRefused
        A row cannot be stored although it could be read.
    """
    row = territory_row(territory)
    require(actor, "billing.import", row)
    buildings = set(Building.objects.filter(territory=row).values_list("code", flat=True))
    told = read_charges(
        table_rows(path),
        file=path.name,
        currency=row.currency,
        as_of=timezone.localdate(),
        building_of=lambda dwelling: building_of(dwelling, buildings),
    )
    remarks = (*told.remarks, *_beside_tariffs(row, told, path.name))
    sums = Sums(told.total, told.kept, told.aside, row.currency)
    rows = (
        {
            "territory_id": row.pk,
            "dwelling": one.dwelling,
            "building": building,
            "service": one.service,
            "period": one.period,
            "fee": one.fee.amount,
            "currency": one.fee.currency,
            "volume": one.volume,
            "tariff": None if one.tariff is None else one.tariff.amount,
        }
        for one, building in zip(told.charges, told.buildings, strict=True)
    )
    with stored_whole(actor, row, path, "billing.import", "charges") as done:
        done.copied = copy_rows(Charge, rows, key=_CHARGE_KEY)
    copied = done.copied
    months = {one.period for one in told.charges} if copied.inserted or copied.updated else set()
    return Taken(copied, told.rejected, remarks, sums, tuple(sorted(months)))


def _beside_tariffs(territory: Territory, told: ChargeTable, file: str) -> Iterable[Rejection]:
    """Charges whose tariff is not the one registered for that service, building and month."""
    tariffs = bridge.tariffs(territory.pk)
    if not tariffs:
        return
    connected = Connection.objects.filter(territory=territory, building__in=set(told.buildings))
    supplier = {
        (building, service): name
        for building, service, name in connected.values_list("building", "service", "supplier")
    }
    known: dict[tuple[str, str, date], TariffRecord | None] = {}
    for one, building, number in zip(told.charges, told.buildings, told.rows, strict=True):
        name = supplier.get((building, one.service))
        if one.tariff is None or name is None:
            continue
        key = (one.service, name, one.period)
        if key not in known:
            known[key] = tariff_on(tariffs, service=one.service, provider=name, day=one.period)
        right = known[key]
        if right is None or right.price.amount != one.tariff.amount:
            price = None if right is None else right.price.amount.normalize()
            yield Rejection(
                file, number, "tariff", str(one.tariff.amount),
                _other_tariff(price, one.service, name), Said("mend the charge or the tariffs"),
            )  # fmt: skip


def _other_tariff(price: Decimal | None, service: str, provider: str) -> Said:
    if price is None:
        return Said(
            "the register has no tariff of %(provider)s for %(service)s then: kept as charged",
            provider=provider,
            service=service,
        )
    return Said(
        "the register says %(price)s for %(service)s by %(provider)s then: kept as charged",
        price=f"{price:f}",
        provider=provider,
        service=service,
    )


def import_tariffs(actor: Actor, territory: Territory | int, path: Path) -> Taken:
    """Which tariffs of a table are new, which have changed, what was set aside?

    Notes
    -----
    Laid over the tariffs that stand (by service, provider and first day). Rows that overlap with
    another one are set aside; days between two tariffs without any are remarked on and named.

    Raises
    ------
    AccessDenied, UnreadableFileError
    FileRefused
        A row cannot be stored although it could be read.
    """
    row = territory_row(territory)
    require(actor, "territory.import", row)
    told, rejected = read_tariffs(table_rows(path), file=path.name, currency=row.currency)
    good, overlapping = _without_overlaps(dict(told), bridge.tariffs(row.pk), path.name)
    rejected = tuple(sorted((*rejected, *overlapping), key=lambda one: one.row))
    with stored_whole(actor, row, path, "territory.import", "tariffs") as done:
        rows = (tariff_row(row.pk, one) for one in good.values())
        done.copied = copy_rows(Tariff, rows, key=TARIFF_KEY)
        faults = check_tariffs(bridge.tariffs(row.pk))
        SetAside.objects.filter(territory=row, kind="tariff").delete()
        name_aside(row, (("tariff", _days(fault), fault.code) for fault in faults))
    remarks = tuple(
        Rejection(
            path.name,
            0,
            "since",
            f"{fault.service} {fault.provider}",
            Said(_TARIFF_FAULTS[fault.code], first=fault.first, last=fault.last),
            Said("mend the tariffs of these days"),
        )
        for fault in faults
    )
    return Taken(done.copied, rejected, remarks)


def _over(fresh: dict[int, TariffRecord], standing: Iterable[TariffRecord]) -> list[TariffRecord]:
    merged = {(one.service, one.provider, one.since): one for one in standing}
    merged |= {(one.service, one.provider, one.since): one for one in fresh.values()}
    return list(merged.values())


def _without_overlaps(
    fresh: dict[int, TariffRecord], standing: Sequence[TariffRecord], file: str
) -> tuple[dict[int, TariffRecord], list[Rejection]]:
    """Rows that overlap no other one; the others with their reason."""
    others = [
        one
        for one in _over(fresh, standing)
        if one.service in {row.service for row in fresh.values()}
    ]
    good: dict[int, TariffRecord] = {}
    rejected = []
    for number, one in fresh.items():
        hit = next((other for other in others if other is not one and _overlap(one, other)), None)
        if hit is None:
            good[number] = one
            continue
        rejected.append(
            Rejection(
                file,
                number,
                "since",
                one.since.isoformat(),
                Said(
                    "overlaps the tariff from %(since)s to %(until)s",
                    since=hit.since,
                    until=hit.until or "…",
                ),
                Said("end the earlier one the day before, in the same file"),
            )
        )
    return good, rejected


def _overlap(one: TariffRecord, other: TariffRecord) -> bool:
    if (one.service, one.provider) != (other.service, other.provider):
        return False
    last, other_last = one.until or date.max, other.until or date.max
    return one.since <= other_last and other.since <= last


def tariff_row(territory_id: int, one: TariffRecord) -> dict[str, Any]:
    """How is a tariff stored?"""
    return {
        "territory_id": territory_id,
        "service": one.service,
        "provider": one.provider,
        "since": one.since,
        "until": one.until,
        "price": one.price.amount,
        "currency": one.price.currency,
        "unit": one.unit,
        "act": one.act,
    }


def _days(fault: TariffFault) -> str:
    return f"{fault.service} {fault.provider} {fault.first} {fault.last}"


def table_rows(path: Path) -> Iterable[tuple[int, dict[str, Any]]]:
    """The rows of a table: CSV, JSON, JSON lines or Parquet by its name."""
    kind = file_format(path)
    if kind == "geojson":
        raise UnreadableFileError(f"{path.name}: a table is asked for, not a map; give CSV")
    return rows_of(path, kind=kind)


@dataclass(slots=True)
class Done:
    """What has been stored so far."""

    copied: Copied


@contextmanager
def stored_whole(
    actor: Actor, territory: Territory, path: Path, action: str, what: str
) -> Iterator[Done]:
    """Store all or nothing, and log what is new."""
    done = Done(Copied(0, 0, 0))
    try:
        with transaction.atomic():
            yield done
            if done.copied.inserted or done.copied.updated:
                log_act(
                    actor,
                    action,
                    territory,
                    after={what: done.copied.inserted, "changed": done.copied.updated},
                    municipality=territory.code,
                )
    except CopyRefused as refused:
        raise FileRefused(f"{path.name}: {refused}") from refused


def name_aside(territory: Territory, named: Iterable[tuple[str, str, str]]) -> None:
    """Keep what was set aside: kind, subject, code. What is named already stays as it is."""
    SetAside.objects.bulk_create(
        (
            SetAside(territory=territory, kind=kind, subject=subject, code=code, at=timezone.now())
            for kind, subject, code in named
        ),
        ignore_conflicts=True,
    )
