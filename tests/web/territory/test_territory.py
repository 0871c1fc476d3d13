"""A territory is loaded once however often, read back whole, and shown as map layers."""

from __future__ import annotations

import json
from typing import Any

import pytest
import shapely
from django.utils import translation

from eutopia.web.foundation.access import OPERATOR, RESIDENT, AccessDenied
from eutopia.web.foundation.located import place_columns
from eutopia.web.foundation.models import Act
from eutopia.web.territory import bridge, selectors
from eutopia.web.territory.models import Asset, District, Territory
from eutopia.web.territory.services import load_territory, place_rows
from tests.web.towns import hamlet, hamlet_territory

pytestmark = pytest.mark.django_db


def test_loading_twice_changes_nothing() -> None:
    """The second load finds every row just so, and writes no second act."""
    row, first = load_territory(OPERATOR, hamlet())
    again, second = load_territory(OPERATOR, hamlet())
    assert row.pk == again.pk
    assert (first.inserted, first.updated) == (13, 0)
    assert (second.inserted, second.updated, second.unchanged) == (0, 0, 13)
    assert Act.objects.filter(action="territory.import").count() == 1


def test_a_stranger_loads_nothing() -> None:
    """Refused, and nothing is there afterwards."""
    with pytest.raises(AccessDenied):
        load_territory(RESIDENT, hamlet())
    assert not Territory.objects.exists()
    assert not Act.objects.exists()


def test_read_back_whole() -> None:
    """The bridge gives the very record that was loaded (ordered by code)."""
    row, _ = load_territory(OPERATOR, hamlet())
    told, found = hamlet_territory(), bridge.territory(row.pk)
    assert found.assets == tuple(sorted(told.assets, key=lambda a: a.id))
    assert found.buildings == told.buildings
    assert found.zones == told.zones
    assert found.heritage == told.heritage
    assert {d.id: d for d in found.districts} == {d.id: d for d in told.districts}
    assert found.organisations == tuple(sorted(told.organisations, key=lambda o: o.id))
    assert found.water == told.water
    assert found.sources == told.sources


def test_bulk_places_equal_single_ones() -> None:
    """What is computed for many shapes together is what the foundation gives for each."""
    told = hamlet_territory()
    shapes = [a.geometry for a in told.assets] + [d.boundary for d in told.districts]
    assert place_rows(shapes) == [place_columns(shape) for shape in shapes]
    assert place_rows([None]) == [place_columns(None)]


@pytest.mark.parametrize("name", selectors.LAYERS)
def test_every_layer_is_geojson(name: str, django_assert_num_queries: Any) -> None:
    """One query a layer; what it gives parses, and its shapes are the territory's."""
    row, _ = load_territory(OPERATOR, hamlet())
    with django_assert_num_queries(1):
        text = selectors.layer(row.pk, name)
    found = json.loads(text)
    assert found["type"] == "FeatureCollection"
    # The zone's extent is unknown: it is not drawn.
    assert len(found["features"]) == {"districts": 2, "zones": 0}.get(name, 1)
    for feature in found["features"]:
        assert not shapely.from_geojson(json.dumps(feature["geometry"])).is_empty


def test_a_layer_in_a_box_and_a_language() -> None:
    """Only what touches the box, named in the reader's language."""
    row, _ = load_territory(OPERATOR, hamlet())
    with translation.override("ru"):
        text = selectors.layer(row.pk, "districts", bounds=(40.0, 55.0, 40.005, 55.005))
    names = [f["properties"]["name"] for f in json.loads(text)["features"]]
    assert names == ["Запад"]


def test_figures_and_names() -> None:
    """The stock counts rows; an unknown code is no territory."""
    row, _ = load_territory(OPERATOR, hamlet())
    assert selectors.stock(row.pk).population == 1000
    assert selectors.stock(row.pk).assets == Asset.objects.count() == 3
    assert selectors.territory("nowhere") is None
    view = selectors.territory()
    assert view is not None
    assert view.synthetic
    assert view.bounds == (40.0, 55.0, 40.02, 55.01)
    assert [d.name for d in selectors.districts(row.pk)] == ["East", "West"]
    assert District.objects.count() == 2


def test_a_place_reads_in_the_readers_language() -> None:
    """An address told in one language; words that the register does not know stay."""
    row, _ = load_territory(OPERATOR, hamlet())
    with translation.override("en"):
        assert selectors.place_words(row.pk)("Главная ул., 1") == "1 Main Street"
        assert selectors.place_words(row.pk)("у пруда") == "у пруда"
    with translation.override("ru"):
        assert selectors.place_words(row.pk)("1 Main Street") == "Главная ул., 1"
