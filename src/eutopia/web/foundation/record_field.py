"""Core records kept in the database as JSON, and read back equal.

A programme, a tally or a recalculation is a tree of frozen dataclasses with exact numbers. The
column holds it as JSON that names the record's type, so that an answer given years ago can be
read again. Numbers lose nothing but the sign of a negative zero: Decimal, Fraction and dates travel
as text and are read by the type their field declares. What is declared as a Sequence comes back
as a tuple.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import types
import typing
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Union

import shapely
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.module_loading import import_string
from shapely.geometry.base import BaseGeometry

_TEXT_TYPES: dict[type, tuple[Callable[[Any], str], Callable[[str], Any]]] = {
    Decimal: (str, Decimal),
    Fraction: (str, Fraction),
    # A datetime is a date too, so it must come first.
    datetime: (datetime.isoformat, datetime.fromisoformat),
    date: (date.isoformat, date.fromisoformat),
    time: (time.isoformat, time.fromisoformat),
    BaseGeometry: (lambda g: str(shapely.to_wkb(g, hex=True)), lambda t: shapely.from_wkb(t)),
}
"""Types written as text: how to write, how to read."""

_AS_THEY_ARE = frozenset((str, bool, int))

_TAG = "~"
"""Key that marks a value whose type is not known from its field."""


def to_json(record: Any) -> dict[str, Any]:
    """Write a frozen dataclass as plain JSON with its type's name.

    Raises
    ------
    TypeError
        For a value of a type that could not be read back equal.
    """
    if not dataclasses.is_dataclass(record) or isinstance(record, type):
        raise TypeError(f"{type(record).__name__} is no record")
    return {"record": _name(type(record)), "value": _write(record, type(record))}


def from_json(stored: dict[str, Any], expected: type) -> Any:
    """Read back what `to_json` wrote.

    Raises
    ------
    ValueError
        Where another record, or fields that the record no longer has, are stored.
    """
    if stored.get("record") != _name(expected):
        raise ValueError(f"a {stored.get('record')} is stored, not a {_name(expected)}")
    return _read(stored["value"], expected)


def _name(record: type) -> str:
    return record.__qualname__


@functools.cache
def _hints(record: type) -> dict[str, Any]:
    return typing.get_type_hints(record)


@functools.cache
def _parts(record: type) -> tuple[tuple[str, Any], ...]:
    """Each field of a record with what it is declared as."""
    hints = _hints(record)
    return tuple((field.name, hints[field.name]) for field in dataclasses.fields(record))


def _write(value: Any, hint: Any) -> Any:
    # Plain values come first: they are most of any record.
    if value is None or type(value) in _AS_THEY_ARE:
        return value
    if typing.get_origin(hint) is Sequence:
        return [_write(part, typing.get_args(hint)[0]) for part in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        if not isinstance(hint, type) or type(value) is not hint:
            hint = _only(hint, type(value))
        return {name: _write(getattr(value, name), part) for name, part in _parts(hint)}
    if isinstance(value, tuple):
        parts = _part_hints(hint, len(value))
        written = [_write(v, h) for v, h in zip(value, parts, strict=True)]
        return {_TAG: "tuple", "v": written} if hint is Any else written
    if isinstance(value, float):
        # JSON has no infinities, and the database would turn 1e22 into a whole number.
        text = value if math.isfinite(value) else repr(value)
        return {_TAG: "float", "v": text} if hint is Any else text
    if isinstance(value, str | bool | int):
        return value
    for kind, (write, _) in _TEXT_TYPES.items():
        if isinstance(value, kind):
            return {_TAG: kind.__name__, "v": write(value)} if hint is Any else write(value)
    raise TypeError(f"a record in the database cannot hold a {type(value).__name__}")


def _only(hint: Any, actual: type) -> type:
    """Check that a field declared as `X | None` holds an X, so that it can be read back."""
    if actual in _alternatives(hint):
        return actual
    raise TypeError(f"a {actual.__name__} where {hint} is declared cannot be read back")


def _alternatives(hint: Any) -> tuple[Any, ...]:
    if typing.get_origin(hint) in (Union, types.UnionType):
        return typing.get_args(hint)
    return (hint,)


def _part_hints(hint: Any, size: int) -> list[Any]:
    if hint is Any:
        return [Any] * size
    for option in _alternatives(hint):
        if typing.get_origin(option) is tuple:
            arguments = typing.get_args(option)
            if len(arguments) == 2 and arguments[1] is Ellipsis:
                return [arguments[0]] * size
            if len(arguments) == size:
                return list(arguments)
        if option is tuple:
            return [Any] * size
    raise TypeError(f"a tuple of {size} where {hint} is declared cannot be read back")


def _read(stored: Any, hint: Any) -> Any:
    if stored is None:
        return None
    if hint is Any:
        return _read_tagged(stored)
    options = [option for option in _alternatives(hint) if option is not type(None)]
    if len(options) != 1:
        raise TypeError(f"{hint} is ambiguous: it cannot be read back")
    option = options[0]
    if dataclasses.is_dataclass(option) and isinstance(option, type):
        return _read_record(stored, option)
    if typing.get_origin(option) is Sequence:
        return tuple(_read(part, typing.get_args(option)[0]) for part in stored)
    if typing.get_origin(option) is tuple or option is tuple:
        parts = _part_hints(option, len(stored))
        return tuple(_read(v, h) for v, h in zip(stored, parts, strict=True))
    if option in _TEXT_TYPES:
        return _TEXT_TYPES[option][1](stored)
    if option is float:
        return float(stored)
    return stored


def _read_record(stored: dict[str, Any], record: type) -> Any:
    hints = _hints(record)
    unknown = set(stored) - set(hints)
    if unknown:
        raise ValueError(f"{_name(record)} has no field {', '.join(sorted(unknown))} any more")
    # A field added since takes its default; one without a default is an error of the record.
    return record(**{name: _read(value, hints[name]) for name, value in stored.items()})


def _read_tagged(stored: Any) -> Any:
    if not isinstance(stored, dict):
        return stored
    kind, value = stored[_TAG], stored["v"]
    if kind == "tuple":
        return tuple(_read_tagged(part) for part in value)
    if kind == "float":
        return float(value)
    reader = {k.__name__: read for k, (_, read) in _TEXT_TYPES.items()}[kind]
    return reader(value)


if TYPE_CHECKING:
    _RecordBase = models.JSONField[Any, Any]
else:
    _RecordBase = models.JSONField


class RecordField(_RecordBase):
    """A frozen dataclass of the core in a jsonb column.

    Parameters
    ----------
    record
        Dotted path of the dataclass, as text: a model imports nothing of the core.

    Notes
    -----
    Queries may look inside as with any JSONField, under `value`.
    """

    description = "Record of the core"

    def __init__(self, record: str, **kwargs: Any) -> None:
        self.record = record
        super().__init__(**kwargs)

    def deconstruct(self) -> Any:
        name, path, arguments, keywords = super().deconstruct()
        return name, path, [self.record, *arguments], keywords

    @functools.cached_property
    def record_class(self) -> type:
        """Return the dataclass meant."""
        found: type = import_string(self.record)
        return found

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        stored = super().from_db_value(value, expression, connection)
        # A look inside (`field__value__…`) gives a part, which is plain JSON.
        if not isinstance(stored, dict) or "record" not in stored:
            return stored
        return from_json(stored, self.record_class)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if dataclasses.is_dataclass(value):
            value = to_json(value)
        return super().get_db_prep_value(value, connection, prepared)

    def validate(self, value: Any, model_instance: models.Model | None) -> None:  # noqa: ARG002
        if value is None and self.null:
            return
        if not isinstance(value, self.record_class):
            raise ValidationError(f"a {_name(self.record_class)} belongs here")

    def value_to_string(self, obj: models.Model) -> Any:
        value = self.value_from_object(obj)
        return None if value is None else to_json(value)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, dict) and "record" in value:
            return from_json(value, self.record_class)
        return value


__all__ = ["RecordField", "from_json", "to_json"]
