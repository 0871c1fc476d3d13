"""Registers of houses, charges and tariffs: every row used or named, sums whole."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eutopia.core.listen.charge_tables import read_charges, read_tariffs
from eutopia.core.listen.house_registers import (
    HouseRegister,
    load_register_mapping,
    read_houses,
)
from eutopia.core.listen.intake import MappingError

AS_OF = date(2026, 6, 30)
MAPPING = load_register_mapping("reforma-gkh")
NOTHING = "Не заполнено"
COLUMNS = """
LAT LON HOUSE_ID ADDRESS FIAS YEAR LASTUPDATE SERVICEDATE_START SERIE HOUSE_TYPE CAPFOND
MGMT_COMPANY MGMT_COMPANY_LINK AVAR LEVELS_MAX LEVELS_MIN DOORS ROOM_COUNT ROOM_COUNT_LIVE
ROOM_COUNT_NONLIVE AREA AREA_LIVE AREA_NONLIVE AREA_GEN AREA_LAND AREA_PARK CADNO ENERGY_CLASS
BLAG_PLAYGROUND BLAG_SPORT BLAG_OTHER OTHER COLD_WATER HOT_WATER
""".split()  # noqa: SIM905 - thirty-four names.


def register(path: Path, *rows: dict[str, str]) -> HouseRegister:
    """A made-up register in the shape of the real one, all else not filled in."""
    file = path / "houses.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS, restval=NOTHING)
        writer.writeheader()
        writer.writerows({"LAT": "43.10", "LON": "131.90", **row} for row in rows)
    return read_houses(file, mapping=MAPPING, as_of=AS_OF)


def test_a_house_as_the_register_has_it(tmp_path: Path) -> None:
    """Year, storeys, flats, manager by number, dates as days; what is not filled in is missing."""
    told = register(
        tmp_path,
        {
            "HOUSE_ID": "17", "ADDRESS": "ул. Садовая, д. 5", "YEAR": "1967", "LEVELS_MAX": "9",
            "ROOM_COUNT": "60", "ROOM_COUNT_LIVE": "1 054", "AREA": "3625.00",
            "MGMT_COMPANY": 'ООО "Дом"', "LASTUPDATE": "22.05.2015 в 20:42",
            "MGMT_COMPANY_LINK": "http://www.reformagkh.ru/mymanager/profile/8922522/",
        },
    )  # fmt: skip
    (house,) = told.houses
    assert (house.id, house.built, house.storeys, house.dwellings) == ("17", 1967, 9, 1054)
    assert house.manager == ("reforma-gkh-8922522", 'ООО "Дом"')
    facts = dict(house.facts)
    assert facts["updated"] == "2015-05-22"
    assert "series" not in facts
    # More flats lived in (1,054) than rooms in all (60): kept, and named.
    assert [one.field for one in told.remarks] == ["dwellings_lived_in"]


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"HOUSE_ID": NOTHING}, "id"),
        ({"HOUSE_ID": "1 2"}, "id"),
        ({"ADDRESS": ""}, "address"),
        ({"YEAR": "19_7"}, "built"),
        ({"YEAR": "2090"}, "built"),
        ({"LEVELS_MAX": "many"}, "storeys"),
        ({"LAT": "north"}, "lat"),
        ({"LON": "431"}, "lon"),
        ({"LASTUPDATE": "32.05.2015 в 20:42"}, "LASTUPDATE"),
        ({"AREA": "12,5.0"}, "AREA"),
    ],
)
def test_a_broken_row_is_set_aside_with_its_mend(
    tmp_path: Path, row: dict[str, str], field: str
) -> None:
    """Row and field are named; the good row beside it is taken."""
    good = {"HOUSE_ID": "1", "ADDRESS": "ул. Садовая, д. 1"}
    told = register(tmp_path, good, {"HOUSE_ID": "2", "ADDRESS": "ул. Садовая, д. 2", **row})
    assert [one.id for one in told.houses] == ["1"]
    (no,) = told.rejected
    assert (no.row, no.field) == (3, field)
    assert no.reason
    assert no.mend


def test_places_that_cannot_be_right_are_taken_away_and_named(tmp_path: Path) -> None:
    """Moscow's middle stands for nowhere; 100 km off is a slip; two at one point are doubtful."""
    spots = (
        [("43.10", "131.90")] * 2
        + [(f"43.1{n}", f"131.9{n}") for n in range(1, 4)]
        + [("55.76", " 37.64"), ("44.10", "131.90"), ("10.0", "131.9"), (NOTHING, NOTHING)]
    )
    told = register(
        tmp_path,
        *(
            {"HOUSE_ID": str(n), "ADDRESS": f"ул. Садовая, д. {n}", "LAT": lat, "LON": lon}
            for n, (lat, lon) in enumerate(spots)
        ),
    )
    assert len(told.houses) == 9
    assert [one.place for one in told.houses] == [
        *["known"] * 5, "no_coordinates", "far_from_the_others", "out_of_bounds", "no_coordinates",
    ]  # fmt: skip
    assert all(one.lon is None for one in told.houses[5:])
    named = [one.row for one in told.remarks]
    assert named == [2, 3, 7, 8, 9, 10]


def test_an_id_twice_and_a_column_nobody_knows(tmp_path: Path) -> None:
    """The first row counts; a register with a column more is refused whole, by name."""
    house = {"HOUSE_ID": "1", "ADDRESS": "ул. Садовая, д. 1"}
    told = register(tmp_path, house, house)
    assert (len(told.houses), told.rejected[0].field) == (1, "id")
    file = tmp_path / "more.csv"
    file.write_text("HOUSE_ID,ADDRESS,TENANT\n1,ул. Садовая,Иванов\n", "utf-8")
    with pytest.raises(MappingError, match="TENANT"):
        read_houses(file, mapping=MAPPING, as_of=AS_OF)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id: x", "title"),
        ("id: x\ntitle: {en: X}\nsource: x\ncolumns: {id: A}", "address"),
        ("id: x\ntitle: {en: X}\nsource: x\ncolumns: {id: A, address: B, colour: C}", "colour"),
        ("id: x\ntitle: {en: X}\nsource: x\ncolumns: {id: A, address: B}\ntypo: 1", "typo"),
        ("- 1", "table"),
    ],
)
def test_a_mapping_that_cannot_be_used_says_why(tmp_path: Path, text: str, said: str) -> None:
    """Unknown and missing keys are errors."""
    file = tmp_path / "mapping.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(MappingError, match=said):
        load_register_mapping(file)


def test_the_real_register(real_data: Path) -> None:
    """4,104 lines are 4,051 houses (53 line breaks stand within cells); none is lost."""
    file = real_data / "houses" / "vladivostok-2016.csv.gz"
    told = read_houses(file, mapping=MAPPING, as_of=AS_OF)
    assert (len(told.houses), len(told.rejected)) == (4051, 0)
    # Forty-one stand at the middle of Moscow; eighteen in other towns of the same name.
    assert sum(one.place == "no_coordinates" for one in told.houses) == 41
    assert sum(one.place == "far_from_the_others" for one in told.houses) == 18
    assert sum(one.manager is None for one in told.houses) == 807


CHARGE = {"dwelling": "u1/7", "service": "gas", "period": "2026-03", "fee": "12.60"}


def charged(*rows: dict[str, str]):
    return read_charges(
        list(enumerate(rows, start=2)),
        file="f.csv",
        currency="EUR",
        as_of=AS_OF,
        building_of=lambda dwelling: "u1" if dwelling.startswith("u1") else "",
    )


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"fee": "-1"}, "fee"),
        ({"fee": "12.605"}, "fee"),
        ({"fee": ""}, "fee"),
        ({"fee": "twelve"}, "fee"),
        ({"volume": "2", "tariff": "6.31"}, "fee"),
        ({"volume": "-2", "tariff": "6.3"}, "volume"),
        ({"dwelling": "u9/7"}, "dwelling"),
        ({"dwelling": "", "building": "u1", "account": "Ivan Petrov"}, "account"),
        ({"dwelling": "", "building": "u9", "account": "7"}, "building"),
        ({"building": "u1"}, "dwelling"),
        ({"period": "2026-13"}, "period"),
        ({"period": "2026-07"}, "period"),
        ({"period": "March"}, "period"),
        ({"service": "Gas!"}, "service"),
        ({"currency": "USD"}, "currency"),
        ({"colour": "red"}, "colour"),
        ({"*": "3 values for 4 columns"}, "*"),
    ],
)
def test_a_charge_that_cannot_be_used_is_named(row: dict[str, str], field: str) -> None:
    """The field at fault is named, the other row is taken, the sums are whole."""
    told = charged(CHARGE | row, CHARGE | {"dwelling": "u1/8"})
    (no,) = told.rejected
    assert (no.row, no.field) == (2, field)
    assert no.mend
    assert [one.dwelling for one in told.charges] == ["u1/8"]
    assert told.total == told.kept + told.aside
    assert told.kept == Decimal("12.60")


def test_a_month_twice() -> None:
    """The same again: the later row is named. Other sums: nobody knows which, all are named."""
    again = charged(CHARGE, CHARGE)
    assert ([one.row for one in again.rejected], again.kept) == ([3], Decimal("12.60"))
    other = charged(CHARGE, CHARGE | {"fee": "13"})
    assert ([one.row for one in other.rejected], other.charges) == ([2, 3], ())
    assert other.aside == Decimal("25.60")


def test_a_month_left_out_is_remarked_on_only_where_others_were_charged() -> None:
    """u1/7 lacks April, in which u1/8 was charged; nobody was charged in May."""
    told = charged(
        CHARGE,
        CHARGE | {"period": "2026-06"},
        CHARGE | {"dwelling": "u1/8", "period": "2026-04"},
    )
    (gap,) = told.remarks
    assert "2026-04" in gap.reason
    assert gap.value == "u1/7 gas"


def test_an_account_of_a_building_is_a_dwelling() -> None:
    """Building and account make the dwelling's number."""
    told = charged(
        {"building": "u1", "account": "7a", "service": "gas", "period": "2026-03", "fee": "1,5"}
    )
    assert (told.charges[0].dwelling, told.charges[0].fee.amount) == ("u1/7a", Decimal("1.5"))


_CELL = st.one_of(
    st.sampled_from(["u1/1", "u1/2", "u9/1", "gas", "2026-03", "2026-04", "1.00", "-2", "", "x"]),
    st.decimals(min_value=-10, max_value=10**6, places=2).map(str),
    st.text(alphabet="a7 -.,\x00é/", max_size=4),
)
_ROW = st.fixed_dictionaries(
    {
        "dwelling": st.one_of(st.sampled_from(["u1/1", "u1/2", "u1/3"]), _CELL),
        "service": st.one_of(st.sampled_from(["gas", "heating"]), _CELL),
        "period": st.one_of(st.sampled_from(["2026-01", "2026-02", "2026-03"]), _CELL),
        "fee": st.one_of(st.decimals(min_value=0, max_value=10**6, places=2).map(str), _CELL),
    },
    optional={"volume": _CELL, "tariff": _CELL},
)


@given(st.lists(_ROW, max_size=12))
def test_every_row_is_taken_or_named_and_sums_are_whole(rows: list[dict[str, str]]) -> None:
    """Whatever stands in the cells: no row is lost, none counts twice, the sums add up."""
    told = charged(*rows)
    named = [one.row for one in told.rejected]
    assert sorted([*told.rows, *named]) == list(range(2, len(rows) + 2))
    assert told.total == told.kept + told.aside
    assert told.kept == sum((one.fee.amount for one in told.charges), Decimal(0))
    keys = [(one.dwelling, one.service, one.period) for one in told.charges]
    assert len(set(keys)) == len(keys)
    assert all(one.reason and one.mend for one in told.rejected)


TARIFF = {
    "service": "gas", "provider": "g", "since": "2026-01-01", "until": "2026-06-30",
    "price": "6.30", "unit": "m3",
}  # fmt: skip


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"until": "2025-01-01"}, "until"),
        ({"price": "0"}, "price"),
        ({"price": ""}, "price"),
        ({"since": "1.1.2026"}, "since"),
        ({"currency": "USD"}, "currency"),
        ({"unit": ""}, "unit"),
        ({"provider": "two words"}, "provider"),
    ],
)
def test_a_tariff_that_cannot_be_used_is_named(row: dict[str, str], field: str) -> None:
    """Row and field are named."""
    kept, rejected = read_tariffs([(2, TARIFF | row)], file="t.csv", currency="EUR")
    assert kept == ()
    assert (rejected[0].row, rejected[0].field) == (2, field)


def test_one_first_day_twice() -> None:
    """The same again is left out once; two prices from one day are both set aside."""
    kept, rejected = read_tariffs([(2, TARIFF), (3, TARIFF)], file="t.csv", currency="EUR")
    assert ([n for n, _ in kept], [one.row for one in rejected]) == ([2], [3])
    kept, rejected = read_tariffs(
        [(2, TARIFF), (3, TARIFF | {"price": "7"})], file="t.csv", currency="EUR"
    )
    assert (kept, [one.row for one in rejected]) == ((), [2, 3])
