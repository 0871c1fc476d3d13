"""Files of the register on the site: once, all or nothing, by whoever may."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.core.cache import cache
from django.utils import translation

from eutopia.core.listen.house_registers import load_register_mapping
from eutopia.core.records import Connection, Money, Tariff, UtilityRegister
from eutopia.web.foundation.access import OPERATOR, RESIDENT, AccessDenied
from eutopia.web.foundation.models import Act
from eutopia.web.territory import bridge as territory_bridge
from eutopia.web.territory.models import Building, Organisation, Territory
from eutopia.web.territory.services import load_territory
from eutopia.web.utilities import models
from eutopia.web.utilities.services import (
    FileRefused,
    import_charges,
    import_connections,
    import_crews,
    import_houses,
    import_outages,
    import_providers,
    import_tariffs,
    load_utilities,
)
from tests.web.towns import hamlet

pytestmark = pytest.mark.django_db

MAPPING = load_register_mapping("reforma-gkh")
HOUSES = """HOUSE_ID,ADDRESS,LAT,LON,YEAR,LEVELS_MAX,ROOM_COUNT,MGMT_COMPANY,MGMT_COMPANY_LINK,OTHER
h1,"ул. Садовая, д. 1",55.005,40.001,1967,9,60,ООО Дом,http://x/profile/77/,тел. +7 912 345-67-89
h2,"ул. Садовая, д. 2",55.76, 37.64,Не заполнено,Не заполнено,Не заполнено,Не заполнено,,
,"ул. Садовая, д. 3",55.005,40.002,,,,,,
"""
CHARGES = """dwelling,service,period,fee,volume,tariff
b1/7,cold_water,2026-03,96.60,2,48.30
b1/8,cold_water,2026-03,100.00,2,48.30
b9/1,cold_water,2026-03,12.00,,
"""


@pytest.fixture
def territory() -> Territory:
    cache.clear()
    row, _ = load_territory(OPERATOR, hamlet())
    return row


def written(path: Path, text: str, name: str = "file.csv") -> Path:
    file = path / name
    file.write_text(text, "utf-8")
    return file


def test_houses_with_their_manager_once(territory: Territory, tmp_path: Path) -> None:
    """Two houses, a manager, one without a place and named; the same again changes nothing."""
    file = written(tmp_path, HOUSES)
    taken = import_houses(OPERATOR, territory, file, mapping=MAPPING)
    assert (taken.copied.inserted, len(taken.rejected)) == (3, 1)
    assert taken.rejected[0].row == 4
    house = Building.objects.get(territory=territory, code="h1")
    assert (house.built, house.storeys, house.dwellings) == (1967, 9, 60)
    assert house.housing_manager == "reforma-gkh-77"
    assert house.district == "west"
    assert "345-67-89" not in str(house.facts)
    assert Organisation.objects.get(code="reforma-gkh-77").kind == "housing_manager"
    named = models.SetAside.objects.get(kind="building")
    assert (named.subject, named.code) == ("h2", "no_coordinates")
    # A house without a place is on the pages, and no method of geometry meets it.
    assert "h2" not in {one.id for one in territory_bridge.territory(territory.pk).buildings}
    again = import_houses(OPERATOR, territory, file, mapping=MAPPING)
    assert (again.copied.inserted, again.copied.updated) == (0, 0)


def test_a_footprint_is_better_than_a_point(territory: Territory, tmp_path: Path) -> None:
    """The register's point, year and manager reach a house that is there; its footprint stays."""
    before = Building.objects.get(territory=territory, code="b1")
    text = HOUSES.replace("h1,", "b1,")
    import_houses(OPERATOR, territory, written(tmp_path, text), mapping=MAPPING)
    after = Building.objects.get(territory=territory, code="b1")
    assert after.built == 1967
    assert after.geometry == before.geometry
    assert (after.residents, after.district) == (before.residents, before.district)


def test_charges_once_and_sums_whole(territory: Territory, tmp_path: Path) -> None:
    """One row is taken, a wrong sum and a strange house are named; the sums are whole."""
    file = written(tmp_path, CHARGES)
    taken = import_charges(OPERATOR, territory, file)
    assert taken.copied.inserted == 1
    assert [(one.row, one.field) for one in taken.rejected] == [(3, "fee"), (4, "dwelling")]
    assert taken.sums is not None
    assert taken.sums.total == Decimal("208.60")
    assert taken.sums.kept + taken.sums.aside == taken.sums.total
    row = models.Charge.objects.get()
    assert (row.building, row.fee) == ("b1", Decimal("96.60"))
    assert import_charges(OPERATOR, territory, file).copied.unchanged == 1
    (beside,) = taken.write_beside(file)
    assert "volume times tariff is 96.60" in beside.read_text("utf-8")


def test_months_with_other_charges_are_to_be_recalculated(
    territory: Territory, tmp_path: Path
) -> None:
    """Those of a file that brings something new; none for the same file again."""
    file = written(tmp_path, CHARGES)
    assert import_charges(OPERATOR, territory, file).months == (date(2026, 3, 1),)
    assert import_charges(OPERATOR, territory, file).months == ()


def test_a_tariff_other_than_the_registered_one_is_remarked_on(
    territory: Territory, tmp_path: Path
) -> None:
    """The charge is kept as it was charged."""
    price = Money(Decimal("50"), "RUB")
    load_utilities(
        OPERATOR,
        territory,
        UtilityRegister(
            connections=(Connection("b1", "cold_water", "keeper", "works"),),
            tariffs=(Tariff("cold_water", "works", date(2026, 1, 1), None, price, "m3"),),
        ),
    )
    taken = import_charges(OPERATOR, territory, written(tmp_path, CHARGES))
    (remark,) = taken.remarks
    assert (remark.row, remark.field) == (2, "tariff")
    assert taken.copied.inserted == 1


def test_tariffs_that_overlap_or_leave_a_gap(territory: Territory, tmp_path: Path) -> None:
    """An overlap is set aside, a gap is kept and named, and a mended file takes both away."""
    head = "service,provider,since,until,price,unit\n"
    first = "cold_water,works,2026-01-01,2026-06-29,48.30,m3\n"
    taken = import_tariffs(OPERATOR, territory, written(tmp_path, head + first))
    assert taken.copied.inserted == 1
    wrong = "cold_water,works,2026-06-01,,50,m3\ncold_water,works,2026-07-01,,52,m3\n"
    taken = import_tariffs(OPERATOR, territory, written(tmp_path, head + wrong))
    assert [one.row for one in taken.rejected] == [2, 3]
    taken = import_tariffs(
        OPERATOR, territory, written(tmp_path, head + "cold_water,works,2026-07-01,,52,m3\n")
    )
    assert taken.copied.inserted == 1
    assert models.SetAside.objects.get(kind="tariff").code == "tariff_gap"
    mended = first.replace("06-29", "06-30")
    import_tariffs(OPERATOR, territory, written(tmp_path, head + mended))
    assert not models.SetAside.objects.filter(kind="tariff").exists()


def test_who_serves_whom(territory: Territory, tmp_path: Path) -> None:
    """Providers, their crews, all houses at one stroke; a house with two providers is named."""
    head = "provider,name_ru,name_en,kind,services,phone\n"
    rows = "south,Юг,South,,heating,+7 900 000-00-01\nwest,,,,,\nsouth,Юг,South,shop,,\n"
    told = import_providers(OPERATOR, territory, written(tmp_path, head + rows))
    assert told.copied.inserted == 1
    assert [(one.row, one.field) for one in told.rejected] == [(3, "name_ru"), (4, "kind")]
    south = Organisation.objects.get(territory=territory, code="south")
    assert (south.kind, south.phone) == ("resource_supplier", "+7 900 000-00-01")

    head = "crew,name_ru,organisation,services\n"
    rows = "c1,Первая,south,heating\nc2,Вторая,nobody,heating\n"
    told = import_crews(OPERATOR, territory, written(tmp_path, head + rows))
    assert (told.copied.inserted, [one.row for one in told.rejected]) == (1, [3])

    houses = Building.objects.filter(territory=territory).count()
    head = "buildings,service,provider,boundary,since,until\n"
    rows = "*,heating,south,outer_wall,,\nb1,gas,south,,2026-02-01,2026-01-01\nb9,gas,south,,,\n"
    file = written(tmp_path, head + rows)
    told = import_connections(OPERATOR, territory, file)
    assert (told.copied.inserted, [one.row for one in told.rejected]) == (houses, [3, 4])
    assert models.Connection.objects.filter(provider="south", supplier="south").count() == houses
    assert import_connections(OPERATOR, territory, file).copied.inserted == 0

    told = import_connections(
        OPERATOR, territory, written(tmp_path, head + "b1,heating,works,,,\n")
    )
    assert [one.value for one in told.remarks] == ["b1 heating"]
    named = models.SetAside.objects.get(kind="connection")
    assert (named.subject, named.code) == ("b1 heating", "two_providers")


def test_what_is_set_aside_is_told_in_the_readers_language(
    territory: Territory, tmp_path: Path
) -> None:
    """Beside the file, with the values in their places; English without a language."""
    head = "dwelling,service,period,fee,volume,tariff\n"
    file = written(tmp_path, head + "b1/7,gas,2026-03,10,2,6\n")
    taken = import_charges(OPERATOR, territory, file)
    with translation.override("ru"):
        (beside,) = taken.write_beside(file)
    assert "объём, умноженный на тариф, — 12.00" in beside.read_text("utf-8")
    assert taken.rejected[0].reason == "volume times tariff is 12.00"


@pytest.mark.parametrize(
    "take",
    [
        partial(import_houses, mapping=MAPPING),
        import_charges,
        import_tariffs,
        import_providers,
        import_connections,
        import_crews,
    ],
)
def test_who_may_not_changes_nothing(territory: Territory, tmp_path: Path, take: Any) -> None:
    """A resident imports nothing."""
    acts, houses = Act.objects.count(), Building.objects.count()
    file = written(tmp_path, HOUSES)
    with pytest.raises(AccessDenied):
        take(RESIDENT, territory, file)
    assert (Act.objects.count(), Building.objects.count()) == (acts, houses)


def test_outages_of_nobody_are_refused_whole(territory: Territory, tmp_path: Path) -> None:
    """A code with a slip in it begins no event of an organisation that is not there."""
    file = written(tmp_path, "id,service,started,buildings\no1,gas,2026-06-01T08:00,b1\n")
    with pytest.raises(FileRefused, match="wroks"):
        import_outages(OPERATOR, territory, "wroks", file)
    assert not models.Signal.objects.exists()


def test_a_file_cut_off_is_refused_whole(territory: Territory, tmp_path: Path) -> None:
    """Nothing of it is stored."""
    from eutopia.core.listen.row_files import UnreadableFileError

    file = tmp_path / "cut.json"
    file.write_text(
        '[{"dwelling": "b1/7", "service": "gas", "period": "2026-03", "fee": 1', "utf-8"
    )
    with pytest.raises(UnreadableFileError):
        import_charges(OPERATOR, territory, file)
    assert not models.Charge.objects.exists()


def test_a_house_of_the_register_has_its_page(
    territory: Territory, tmp_path: Path, client: Any
) -> None:
    """With what the register says of it; the page of a house without a place opens too."""
    import_houses(OPERATOR, territory, written(tmp_path, HOUSES), mapping=MAPPING)
    page = client.get("/en/house/h1/").content.decode()
    assert "ООО Дом" in page
    assert "What the house register says besides" in page
    assert client.get("/en/house/h2/").status_code == 200


def test_the_real_register_twice(territory: Territory, real_data: Path) -> None:
    """4,051 houses and their 335 managers; again: no change."""
    file = real_data / "houses" / "vladivostok-2016.csv.gz"
    taken = import_houses(OPERATOR, territory, file, mapping=MAPPING)
    managers = Organisation.objects.filter(code__startswith="reforma-gkh-").count()
    assert taken.copied.inserted == 4051 + managers
    assert models.SetAside.objects.filter(kind="building").count() == 59
    again = import_houses(OPERATOR, territory, file, mapping=MAPPING)
    assert (again.copied.inserted, again.copied.updated) == (0, 0)


def test_the_command_says_what_it_found(tmp_path: Path) -> None:
    """Help of each subcommand names its file; an unknown mapping is a hindrance."""
    from eutopia.commands.register import register

    for name in register.commands:
        assert CliRunner().invoke(register, [name, "--help"]).exit_code == 0
    file = written(tmp_path, HOUSES)
    told = CliRunner().invoke(
        register, ["houses", str(file), "--town", "hamlet", "--mapping", "no-such"]
    )
    assert told.exit_code == 1
    assert "reforma-gkh" in told.output
