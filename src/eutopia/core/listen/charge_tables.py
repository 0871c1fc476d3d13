"""Charges and tariffs from tables: each row is used or named, and the sums are whole."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from eutopia.core.listen.cells import Cells
from eutopia.core.listen.rejections import CellFault, Rejection, Said
from eutopia.core.listen.row_files import Row
from eutopia.core.records import Charge, Money, Tariff

CHARGE_COLUMNS = (
    "dwelling", "building", "account", "service", "period", "fee", "currency", "volume", "tariff",
)  # fmt: skip
TARIFF_COLUMNS = ("service", "provider", "since", "until", "price", "currency", "unit", "act")
_ACCOUNT = re.compile(r"[\w.-]{0,23}\d[\w.-]{0,23}")
_KOPECK = Decimal("0.01")

Numbered = Iterable[tuple[int, Row]]


@dataclass(frozen=True, slots=True)
class ChargeTable:
    """Charges that can be used, rows set aside, remarks on what is kept, and the sums.

    `total` is the sum of every fee that could be read; `kept` and `aside` add up to it.
    `buildings` and `rows` are of the charges, in their order.
    """

    charges: tuple[Charge, ...]
    buildings: tuple[str, ...]
    rows: tuple[int, ...]
    rejected: tuple[Rejection, ...]
    remarks: tuple[Rejection, ...]
    total: Decimal
    kept: Decimal
    aside: Decimal


@dataclass(slots=True)
class _Told:
    number: int
    charge: Charge
    building: str


def read_charges(
    rows: Numbered,
    *,
    file: str,
    currency: str,
    as_of: date,
    building_of: Callable[[str], str],
) -> ChargeTable:
    """What was charged, which rows can't be used and why, and do the sums add up?

    Parameters
    ----------
    rows
        Numbers and cells; columns are `CHARGE_COLUMNS`: either `dwelling` or both `building` and
        `account`; `service`, `period` (2026-03), `fee`; and if they are known `currency`,
        `volume`, `tariff`.
    file
        Name to be shown in rejections.
    currency
        ISO 4217 code of the municipality; another one is set aside.
    as_of
        Today: a month that has not begun is set aside.
    building_of
        In which building is a dwelling? Empty where it is in none.

    Notes
    -----
    Set aside are: a negative fee; a fee finer than a hundredth; one that is not `volume` times
    `tariff`, rounded half up to the hundredth; a house that is not known; a month given twice (the
    same again: the later row; with another sum: all of them, for nobody knows which is right).
    Kept and remarked on: a month without a charge between two with one, where others were charged
    for the service in that month. O(n).

    Examples
    --------
    >>> row = {"dwelling": "u1/7", "service": "gas", "period": "2026-03", "fee": "12.5",
    ...        "volume": "2", "tariff": "6.30"}
    >>> told = read_charges([(2, row)], file="f.csv", currency="EUR", as_of=date(2026, 4, 1),
    ...                     building_of=lambda dwelling: "u1")
    >>> told.rejected[0].reason, told.total, told.kept, told.aside
    ('volume times tariff is 12.60', Decimal('12.5'), Decimal('0'), Decimal('12.5'))
    """
    rejected: list[Rejection] = []
    by_key: dict[tuple[str, str, date], list[_Told]] = defaultdict(list)
    total = Decimal(0)
    for number, row in rows:
        total += _fee_of(row)
        try:
            one = _charge(row, number, currency, as_of, building_of)
        except CellFault as fault:
            rejected.append(fault.at(file, number))
        else:
            by_key[one.charge.dwelling, one.charge.service, one.charge.period].append(one)
    kept: list[_Told] = []
    for told in by_key.values():
        good, bad = _one_of(told)
        kept += good
        rejected += [fault.at(file, one.number) for one, fault in bad]
    kept.sort(key=lambda one: one.number)
    rejected.sort(key=lambda one: one.row)
    stored = sum((one.charge.fee.amount for one in kept), Decimal(0))
    return ChargeTable(
        charges=tuple(one.charge for one in kept),
        buildings=tuple(one.building for one in kept),
        rows=tuple(one.number for one in kept),
        rejected=tuple(rejected),
        remarks=tuple(_gaps(kept, file)),
        total=total,
        kept=stored,
        aside=total - stored,
    )


def _fee_of(row: Row) -> Decimal:
    """The fee of a row for the control sum; nothing where it is no number."""
    try:
        return Cells(row).decimal("fee") or Decimal(0)
    except CellFault:
        return Decimal(0)


def _charge(
    row: Row, number: int, currency: str, as_of: date, building_of: Callable[[str], str]
) -> _Told:
    cells = Cells.of(row, CHARGE_COLUMNS)
    dwelling = _dwelling(cells)
    building = building_of(dwelling)
    if not building:
        field = "dwelling" if cells.words("dwelling") else "building"
        raise CellFault(
            field, cells.words(field), Said("this house is not in the register"),
            Said("write building/number with a code of the register, or import the house first"),
        )  # fmt: skip
    service, period = cells.service(), cells.month("period")
    if period > as_of:
        raise CellFault(
            "period", f"{period:%Y-%m}", Said("this month has not begun"), Said("mend the month")
        )
    fee = _money(cells, "fee")
    money = cells.words("currency") or currency
    if money != currency:
        raise CellFault(
            "currency",
            money,
            Said("not %(currency)s, as here", currency=currency),
            Said("give sums in %(currency)s", currency=currency),
        )
    volume, tariff = cells.decimal("volume"), cells.decimal("tariff")
    for name, value in (("volume", volume), ("tariff", tariff)):
        if value is not None and value < 0:
            raise CellFault(
                name, value, Said("less than nothing"), Said("give what was used and its price")
            )
    if volume is not None and tariff is not None:
        right = Money(volume * tariff, currency).rounded().amount
        if right != fee:
            raise CellFault(
                "fee", fee, Said("volume times tariff is %(right)s", right=right),
                Said("mend one, or leave volume and tariff out where the fee has more parts"),
            )  # fmt: skip
    charge = Charge(
        dwelling, service, period, Money(fee, currency), volume,
        None if tariff is None else Money(tariff, currency),
    )  # fmt: skip
    return _Told(number, charge, building)


def _dwelling(cells: Cells) -> str:
    dwelling, building = cells.code("dwelling", required=False), cells.words("building")
    if dwelling and building:
        raise CellFault(
            "dwelling", dwelling, Said("dwelling and building both"), Said("give one of the two")
        )
    if dwelling:
        return dwelling
    account = cells.words("account", required=True)
    if not _ACCOUNT.fullmatch(account):
        raise CellFault(
            "account", account, Said("no number of a dwelling or account"),
            Said("write a number, like 17 or 17a: never a person"),
        )  # fmt: skip
    return f"{cells.code('building')}/{account}"


def _money(cells: Cells, field: str) -> Decimal:
    value = cells.decimal(field, required=True)
    if value is None:
        raise CellFault(field, "", Said("it is empty"), Said("give %(field)s", field=field))
    if value < 0:
        raise CellFault(
            field,
            value,
            Said("less than nothing"),
            Said("give what was charged; corrections are not charges"),
        )
    if value != value.quantize(_KOPECK):
        raise CellFault(
            field, value, Said("finer than a hundredth"), Said("round it as the bill does")
        )
    return value


def _one_of(told: list[_Told]) -> tuple[list[_Told], list[tuple[_Told, CellFault]]]:
    """Which of the rows for one dwelling, service and month counts, and why not the others?"""
    first = told[0]
    numbers = ", ".join(str(one.number) for one in told)
    if all(one.charge == first.charge for one in told):
        return [first], [
            (
                one,
                CellFault(
                    "period",
                    f"{one.charge.period:%Y-%m}",
                    Said("the same stands already in row %(row)s", row=first.number),
                    Said("leave it out"),
                ),
            )
            for one in told[1:]
        ]
    return [], [
        (
            one,
            CellFault(
                "period",
                f"{one.charge.period:%Y-%m}",
                Said(
                    "rows %(rows)s overlap: one dwelling, service and month, different sums",
                    rows=numbers,
                ),
                Said("keep one row, with the whole sum"),
            ),
        )
        for one in told
    ]


def _gaps(kept: Iterable[_Told], file: str) -> Iterator[Rejection]:
    """Months without a charge between two with one, where others were charged."""
    charged: dict[str, set[date]] = defaultdict(set)
    of: dict[tuple[str, str], dict[date, int]] = defaultdict(dict)
    for one in kept:
        charge = one.charge
        charged[charge.service].add(charge.period)
        of[charge.dwelling, charge.service][charge.period] = one.number
    for (dwelling, service), months in of.items():
        first, last = min(months), max(months)
        for month in sorted(charged[service]):
            if first < month < last and month not in months:
                yield Rejection(
                    file,
                    months[last],
                    "period",
                    f"{dwelling} {service}",
                    Said(
                        "no charge for %(month)s, between %(first)s and %(last)s: "
                        "nothing can be owed for it",
                        month=f"{month:%Y-%m}",
                        first=f"{first:%Y-%m}",
                        last=f"{last:%Y-%m}",
                    ),
                    Said("add the month, or leave it where nothing was charged"),
                )


def read_tariffs(
    rows: Numbered, *, file: str, currency: str
) -> tuple[tuple[tuple[int, Tariff], ...], tuple[Rejection, ...]]:
    """Which tariffs does a table hold (with the numbers of their rows), which rows are set aside?

    Parameters
    ----------
    rows
        Numbers and cells; columns are `TARIFF_COLUMNS`; `until`, `currency` and `act` may be empty.
    file, currency
        As for `read_charges`.

    Notes
    -----
    Set aside are: an end before the beginning, a price that is not above nothing, another currency,
    and rows of one service, provider and first day (all of them, unless they are the same). Whether
    tariffs follow one another without a gap or an overlap is for the whole register to say.
    """
    rejected: list[Rejection] = []
    by_key: dict[tuple[str, str, date], list[tuple[int, Tariff]]] = defaultdict(list)
    for number, row in rows:
        try:
            one = _tariff(row, currency)
        except CellFault as fault:
            rejected.append(fault.at(file, number))
        else:
            by_key[one.service, one.provider, one.since].append((number, one))
    kept: list[tuple[int, Tariff]] = []
    for told in by_key.values():
        same = all(one == told[0][1] for _, one in told)
        kept += told[:1] if same else []
        rejected += [
            Rejection(
                file,
                number,
                "since",
                one.since.isoformat(),
                Said("the same stands already in row %(row)s", row=told[0][0])
                if same
                else Said(
                    "rows %(rows)s give one first day twice",
                    rows=", ".join((str(n) for n, _ in told)),
                ),
                Said("leave it out") if same else Said("keep one of them"),
            )
            for number, one in (told[1:] if same else told)
        ]
    return tuple(sorted(kept, key=lambda one: one[0])), tuple(sorted(rejected, key=lambda r: r.row))


def _tariff(row: Row, currency: str) -> Tariff:
    cells = Cells.of(row, TARIFF_COLUMNS)
    since, until = cells.day("since", required=True), cells.day("until")
    price = cells.decimal("price", required=True)
    if since is None or price is None:
        raise CellFault("since", "", Said("it is empty"), Said("give since and price"))
    if until is not None and until < since:
        raise CellFault(
            "until",
            until,
            Said("it ends before it starts (%(since)s)", since=since),
            Said("mend one of the two"),
        )
    if price <= 0:
        raise CellFault("price", price, Said("not above nothing"), Said("give the price of a unit"))
    money = cells.words("currency") or currency
    if money != currency:
        raise CellFault(
            "currency",
            money,
            Said("not %(currency)s, as here", currency=currency),
            Said("give it in %(currency)s", currency=currency),
        )
    return Tariff(
        cells.service(),
        cells.code("provider"),
        since,
        until,
        Money(price, currency),
        cells.words("unit", required=True)[:24],
        cells.words("act"),
    )
