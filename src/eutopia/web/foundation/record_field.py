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
import itertools
import math
import types
import typing
from collections.abc import Callable, Iterable, Sequence
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

_Step = Callable[[Any], Any]

_AS_THEY_ARE = frozenset((type(None), str, bool, int))

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
    return {"record": _name(type(record)), "value": _write_record(type(record), record)}


def from_json(stored: dict[str, Any], expected: type) -> Any:
    """Read back what `to_json` wrote.

    Raises
    ------
    ValueError
        Where another record, or fields that the record no longer has, are stored.
    """
    if stored.get("record") != _name(expected):
        raise ValueError(f"a {stored.get('record')} is stored, not a {_name(expected)}")
    return _read_record(expected, stored["value"])


def _name(record: type) -> str:
    return record.__qualname__


def _is_record(kind: Any) -> bool:
    return isinstance(kind, type) and dataclasses.is_dataclass(kind)


def _declared(hint: Any) -> Any:
    """What a field declared as `X` or `X | None` holds when it is not None."""
    alternatives = (
        typing.get_args(hint) if typing.get_origin(hint) in (Union, types.UnionType) else (hint,)
    )
    options = [option for option in alternatives if option is not type(None)]
    if len(options) != 1:
        raise TypeError(f"{hint} is ambiguous: it cannot be read back")
    return options[0]


def _parts(option: Any, size: int, one: Callable[[Any], _Step]) -> Iterable[_Step]:
    """What is to be done with each of the `size` parts of a tuple declared so?"""
    arguments = typing.get_args(option) or (Any, ...)
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return itertools.repeat(one(arguments[0]), size)
    if len(arguments) != size:
        raise TypeError(f"a tuple of {size} where {option} is declared cannot be read back")
    return map(one, arguments)


# How a declaration is written and read is worked out once: a programme has 100,000 fields.


@functools.cache
def _writer(hint: Any) -> _Step:
    if hint is Any:
        return _write_tagged
    option = _declared(hint)
    if _is_record(option):
        return functools.partial(_write_record, option)
    if typing.get_origin(option) is Sequence:
        part = _writer(typing.get_args(option)[0])
        return lambda value: None if value is None else [part(one) for one in value]
    if typing.get_origin(option) is tuple or option is tuple:
        return functools.partial(_write_tuple, option)
    return _write_plain


@functools.cache
def _field_writers(record: Any) -> tuple[tuple[str, _Step], ...]:
    hints = typing.get_type_hints(record)
    return tuple((field.name, _writer(hints[field.name])) for field in dataclasses.fields(record))


def _write_record(record: Any, value: Any) -> Any:
    if value is None:
        return None
    if value.__class__ is not record:
        raise TypeError(f"a {type(value).__name__} where {record} is declared cannot be read back")
    return {name: write(getattr(value, name)) for name, write in _field_writers(record)}


def _write_tuple(option: Any, value: Any) -> Any:
    if value is None:
        return None
    parts = _parts(option, len(value), _writer)
    return [write(part) for write, part in zip(parts, value, strict=True)]


def _write_plain(value: Any) -> Any:
    if type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, float):
        # JSON has no infinities, and the database would turn 1e22 into a whole number.
        return value if math.isfinite(value) else repr(value)
    if isinstance(value, str | bool | int):
        return value
    for kind, (write, _) in _TEXT_TYPES.items():
        if isinstance(value, kind):
            return write(value)
    raise TypeError(f"a record in the database cannot hold a {type(value).__name__}")


def _write_tagged(value: Any) -> Any:
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, tuple):
        return {_TAG: "tuple", "v": [_write_tagged(part) for part in value]}
    kinds = (kind.__name__ for kind in (float, *_TEXT_TYPES) if isinstance(value, kind))
    return {_TAG: next(kinds, None), "v": _write_plain(value)}


@functools.cache
def _reader(hint: Any) -> _Step:
    if hint is Any:
        return _read_tagged
    option = _declared(hint)
    if _is_record(option):
        return functools.partial(_read_record, option)
    if typing.get_origin(option) is Sequence:
        part = _reader(typing.get_args(option)[0])
        return lambda stored: None if stored is None else tuple(part(one) for one in stored)
    if typing.get_origin(option) is tuple or option is tuple:
        return functools.partial(_read_tuple, option)
    read = float if option is float else _TEXT_TYPES.get(option, (None, None))[1]
    if read is None:
        return lambda stored: stored
    return lambda stored: None if stored is None else read(stored)


@functools.cache
def _field_readers(record: Any) -> dict[str, _Step]:
    return {name: _reader(hint) for name, hint in typing.get_type_hints(record).items()}


def _read_record(record: Any, stored: dict[str, Any] | None) -> Any:
    if stored is None:
        return None
    readers = _field_readers(record)
    unknown = stored.keys() - readers.keys()
    if unknown:
        raise ValueError(f"{_name(record)} has no field {', '.join(sorted(unknown))} any more")
    # A field added since takes its default; one without a default is an error of the record.
    return record(**{name: readers[name](value) for name, value in stored.items()})


def _read_tuple(option: Any, stored: list[Any] | None) -> Any:
    if stored is None:
        return None
    parts = _parts(option, len(stored), _reader)
    return tuple(read(part) for read, part in zip(parts, stored, strict=True))


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
