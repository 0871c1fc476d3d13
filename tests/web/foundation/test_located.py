"""Places are read back to the last bit and found by box, shape and cell."""

from __future__ import annotations

import h3
import numpy as np
import pytest
import shapely
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.test.utils import isolate_apps
from hypothesis import given
from hypothesis import strategies as st

from eutopia.web.foundation.located import (
    CELL_RESOLUTION,
    GeometryField,
    Located,
    cell_of,
    cell_range,
    place_columns,
)

longitudes = st.floats(-179.9, 179.9)
latitudes = st.floats(-85, 85)


@pytest.fixture
def place(db):
    """A table of places, made for the test and gone after it."""
    with isolate_apps("eutopia.web.foundation"):

        class Place(Located):
            name = models.CharField(max_length=20)

            class Meta(Located.Meta):
                app_label = "foundation"
                abstract = False

    with connection.schema_editor() as editor:
        editor.create_model(Place)
    return Place


@pytest.mark.parametrize(
    "shape",
    [
        shapely.Point(37.617698312345678, 55.755864098765432),
        shapely.LineString([(37.1, 55.1), (37.2, 55.3)]),
        shapely.Point(37.6, 55.7).buffer(0.01),
        shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(2, 2, 3, 3)]),
        shapely.GeometryCollection([shapely.Point(1, 2), shapely.LineString([(0, 0), (1, 1)])]),
    ],
)
def test_a_shape_is_read_back_to_the_last_bit(place, shape):
    place.objects.create(geometry=shape)
    assert shapely.to_wkb(place.objects.get().geometry) == shapely.to_wkb(shape)


def test_a_place_that_is_not_known_stays_unknown(place):
    place.objects.create()
    row = place.objects.get()
    assert (row.geometry, row.west, row.cell) == (None, None, None)


def test_a_third_dimension_is_left_out(place):
    place.objects.create(geometry=shapely.Point(1, 2, 3))
    assert not place.objects.get().geometry.has_z


@pytest.mark.parametrize(
    "shape",
    [
        shapely.Point(4_190_000, 7_500_000),
        shapely.Point(),
        shapely.Point(37, 95),
        shapely.Point(181, 0),
    ],
)
def test_metres_and_empty_shapes_are_refused(place, shape):
    with pytest.raises(ValidationError):
        place(geometry=shape, name="x").full_clean()
    with pytest.raises(ValidationError):
        place.objects.create(geometry=shape)


def test_a_geometry_may_be_given_as_text_or_bytes():
    field = GeometryField()
    assert field.to_python("POINT (1 2)") == shapely.Point(1, 2)
    assert field.to_python(shapely.Point(1, 2).wkb) == shapely.Point(1, 2)
    for nonsense in ("POINT", 7, b"\x00"):
        with pytest.raises(ValidationError):
            field.to_python(nonsense)


def test_box_and_shape_find_what_brute_force_finds(place):
    rng = np.random.default_rng(7)
    points = rng.uniform((37.0, 55.0), (38.0, 56.0), size=(400, 2))
    place.objects.bulk_create(
        [place(name=str(i), **place_columns(shapely.Point(p))) for i, p in enumerate(points)]
    )
    shape = shapely.Point(37.5, 55.5).buffer(0.2)
    west, south, east, north = shape.bounds
    by_hand = {
        str(i) for i, (x, y) in enumerate(points) if west <= x <= east and south <= y <= north
    }
    found = set(place.objects.in_box(*shape.bounds).values_list("name", flat=True))
    assert found == by_hand
    exact = {str(i) for i, p in enumerate(points) if shape.intersects(shapely.Point(p))}
    assert {row.name for row in place.objects.meeting(shape)} == exact


def test_the_box_is_found_by_its_index(place):
    place.objects.bulk_create(
        [
            place(**place_columns(shapely.Point(i / 50, j / 50)))
            for i in range(60)
            for j in range(60)
        ]
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE foundation_place")
    plan = place.objects.in_box(0, 0, 0.1, 0.1).explain()
    assert "foundation_place_box" in plan


def test_a_coarser_cell_holds_exactly_its_children(place):
    rng = np.random.default_rng(8)
    points = [shapely.Point(p) for p in rng.uniform((37.5, 55.6), (37.7, 55.8), size=(300, 2))]
    place.objects.bulk_create([place(**place_columns(p)) for p in points])
    for resolution in (6, 8, 10):
        cell = cell_of(points[0], resolution=resolution)
        by_hand = sum(
            h3.cell_to_parent(h3.int_to_str(cell_of(p)), resolution) == h3.int_to_str(cell)
            for p in points
        )
        assert place.objects.in_cell(cell).count() == by_hand


@given(longitudes, latitudes, st.integers(0, CELL_RESOLUTION))
def test_the_range_of_a_cell_agrees_with_h3(lon, lat, resolution):
    cell = h3.latlng_to_cell(lat, lon, resolution)
    low, high = cell_range(h3.str_to_int(cell))
    fine = cell_of(shapely.Point(lon, lat))
    inside = h3.cell_to_parent(h3.int_to_str(fine), resolution) == cell
    assert (low <= fine <= high) == inside
    assert low <= h3.str_to_int(h3.cell_to_center_child(cell, CELL_RESOLUTION)) <= high
    for neighbour in set(h3.grid_disk(cell, 1)) - {cell}:
        child = h3.str_to_int(h3.cell_to_center_child(neighbour, CELL_RESOLUTION))
        assert not low <= child <= high


def test_a_cell_finer_than_stored_is_refused():
    with pytest.raises(ValueError, match="resolution 10"):
        cell_range(cell_of(shapely.Point(1, 1), resolution=11))


def test_a_bent_street_lies_in_a_cell_it_passes_through():
    street = shapely.LineString([(37.60, 55.70), (37.70, 55.70), (37.70, 55.80)])
    cell = h3.cell_to_boundary(h3.int_to_str(cell_of(street)))
    assert shapely.Polygon([(lon, lat) for lat, lon in cell]).intersects(street)
