"""Places in the database: a shape, its box and its cell, without any extension of the server.

The shape is stored as WKB (longitude and latitude in degrees, WGS 84), the box as four numbers
under a GiST index, the cell as an H3 index. The box finds what may lie there, shapely decides;
the cell is for counting and for public maps, never a legal boundary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

import h3
import shapely
from django.contrib.postgres.indexes import GistIndex
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.expressions import Func
from django.db.models.functions import Now
from shapely.geometry.base import BaseGeometry

CELL_RESOLUTION = 10
"""H3 resolution of stored cells: 15,000 m² on average, the size of a block."""


if TYPE_CHECKING:
    _GeometryBase = models.Field[BaseGeometry | None, BaseGeometry | None]
else:
    _GeometryBase = models.Field


class GeometryField(_GeometryBase):
    """A shapely geometry kept as WKB (ISO, little-endian, two dimensions).

    What is read is what was written, to the last bit of every coordinate. Empty geometries and
    coordinates that are no longitude and latitude are refused by `full_clean`.
    """

    description = "Geometry (WKB, WGS 84)"

    def db_type(self, connection: Any) -> str:  # noqa: ARG002
        return "bytea"

    def from_db_value(self, value: Any, _expression: Any, _connection: Any) -> BaseGeometry | None:
        return None if value is None else shapely.from_wkb(bytes(value))

    def to_python(self, value: Any) -> BaseGeometry | None:
        """Accept a geometry, WKB, or WKT; anything else is an error."""
        if value is None:
            return None
        geometry: BaseGeometry
        try:
            if isinstance(value, BaseGeometry):
                geometry = value
            elif isinstance(value, bytes | bytearray | memoryview):
                geometry = shapely.from_wkb(bytes(value))
            else:
                geometry = shapely.from_wkt(value)
        except (shapely.errors.ShapelyError, TypeError) as error:
            raise ValidationError(f"no geometry can be read from this: {error}") from None
        return geometry

    def get_prep_value(self, value: Any) -> bytes | None:
        geometry = self.to_python(super().get_prep_value(value))
        if geometry is None:
            return None
        return shapely.to_wkb(geometry, output_dimension=2, byte_order=1, flavor="iso")

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        if value is not None:
            _check(value)

    def value_to_string(self, obj: models.Model) -> str:
        value = self.value_from_object(obj)
        return "" if value is None else shapely.to_wkt(value, rounding_precision=-1)


def _check(geometry: BaseGeometry) -> None:
    if geometry.is_empty:
        raise ValidationError("the geometry is empty")
    west, south, east, north = geometry.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise ValidationError(
            "coordinates must be longitude and latitude in degrees (WGS 84), in this order"
        )


class Box(Func):
    """The box of a row as PostgreSQL's own type, for its GiST index."""

    template = "box(point(%(west)s, %(south)s), point(%(east)s, %(north)s))"
    arity = 4

    def as_sql(
        self,
        compiler: Any,
        connection: Any,  # noqa: ARG002
        function: str | None = None,  # noqa: ARG002
        template: str | None = None,
        arg_joiner: str | None = None,  # noqa: ARG002
        **extra_context: Any,  # noqa: ARG002
    ) -> Any:
        parts = [compiler.compile(expression) for expression in self.source_expressions]
        names = ("west", "south", "east", "north")
        columns = {name: sql for name, (sql, _) in zip(names, parts, strict=True)}
        return (template or self.template) % columns, [v for _, values in parts for v in values]


class _Meets(Func):
    """Whether two boxes share a point; PostgreSQL answers it from the GiST index."""

    template = "%(expressions)s"
    arg_joiner = " && "
    output_field = models.BooleanField()


def place_columns(geometry: BaseGeometry | None) -> dict[str, Any]:
    """Which values do the columns of `Located` take for this shape?

    Parameters
    ----------
    geometry
        In degrees, WGS 84; None where no place is known.

    Returns
    -------
    dict
        `geometry`, `west`, `south`, `east`, `north` and `cell`; all None without a shape.

    Notes
    -----
    The cell is that of a point sure to lie on the shape (a point itself, the point halfway along
    a line, a representative point of a surface), so a bent street does not fall beside itself.

    Raises
    ------
    ValidationError
        For an empty shape or one that is not in degrees.
    """
    if geometry is None:
        return dict.fromkeys(("geometry", "west", "south", "east", "north", "cell"))
    _check(geometry)
    west, south, east, north = geometry.bounds
    return {
        "geometry": geometry,
        "west": west,
        "south": south,
        "east": east,
        "north": north,
        "cell": cell_of(geometry),
    }


def cell_of(geometry: BaseGeometry, *, resolution: int = CELL_RESOLUTION) -> int:
    """In which H3 cell does a shape count, as an integer that fits PostgreSQL's bigint?"""
    if isinstance(geometry, shapely.LineString):
        point = shapely.line_interpolate_point(geometry, 0.5, normalized=True)
    else:
        point = shapely.point_on_surface(geometry)
    return int(h3.str_to_int(h3.latlng_to_cell(point.y, point.x, resolution)))


def cell_range(cell: int) -> tuple[int, int]:
    """Between which two numbers do the stored cells inside a coarser cell lie?

    Children of an H3 cell share its leading bits, so `cell BETWEEN low AND high` finds them all by
    the ordinary index.

    Raises
    ------
    ValueError
        For a cell finer than `CELL_RESOLUTION`.

    Examples
    --------
    >>> fine = cell_of(shapely.Point(37.6, 55.75))
    >>> coarse = cell_of(shapely.Point(37.6, 55.75), resolution=7)
    >>> low, high = cell_range(coarse)
    >>> low <= fine <= high
    True
    """
    resolution = (cell >> 52) & 0xF
    if resolution > CELL_RESOLUTION:
        raise ValueError(f"cells are stored at resolution {CELL_RESOLUTION}, not finer")
    fine = (cell & ~(0xF << 52)) | (CELL_RESOLUTION << 52)
    low = high = fine
    for digit in range(resolution + 1, CELL_RESOLUTION + 1):
        shift = (15 - digit) * 3
        low &= ~(0x7 << shift)
        high = (high & ~(0x7 << shift)) | (0x6 << shift)
    return low, high


_Row = TypeVar("_Row", bound="Located", covariant=True)


class LocatedQuerySet(models.QuerySet[_Row]):
    """Rows by place."""

    def in_box(self, west: float, south: float, east: float, north: float) -> Self:
        """Keep rows whose box meets this one (degrees); touching counts, as it may be a hit."""
        asked = Box(*(models.Value(v) for v in (west, south, east, north)))
        return self.filter(_Meets(Box("west", "south", "east", "north"), asked))

    def meeting(self, shape: BaseGeometry) -> list[_Row]:
        """Read the rows whose shape meets `shape` exactly: box by index, then shapely."""
        shapely.prepare(shape)
        rows = self.in_box(*shape.bounds)
        return [row for row in rows if shape.intersects(row.geometry)]

    def in_cell(self, cell: int) -> Self:
        """Keep rows whose cell lies in this one (of the stored resolution or coarser)."""
        return self.filter(cell__range=cell_range(cell))


class Located(models.Model):
    """A row that has a place. Set `geometry`; `save` fills the box and the cell.

    Bulk writes do not call `save`: give them `place_columns(geometry)`.
    """

    geometry = GeometryField(null=True, blank=True)
    west = models.FloatField(null=True, editable=False)
    south = models.FloatField(null=True, editable=False)
    east = models.FloatField(null=True, editable=False)
    north = models.FloatField(null=True, editable=False)
    cell = models.BigIntegerField(null=True, editable=False)

    objects = LocatedQuerySet.as_manager()

    class Meta:
        abstract = True
        indexes: ClassVar[list[models.Index] | tuple[models.Index, ...]] = (
            GistIndex(Box("west", "south", "east", "north"), name="%(app_label)s_%(class)s_box"),
            models.Index(fields=["cell"], name="%(app_label)s_%(class)s_cell"),
        )

    def save(self, *args: Any, **kwargs: Any) -> None:
        for name, value in place_columns(self.geometry).items():
            setattr(self, name, value)
        super().save(*args, **kwargs)


class Timestamped(models.Model):
    """A row that says when it was written and for which day its facts hold."""

    as_of = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        abstract = True
