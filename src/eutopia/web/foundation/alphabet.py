"""Names in the order of the alphabet, whatever the server's own order.

The database sorts by code point, which is the same on every machine but puts Ё after Я and capitals
before small letters.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Value
from django.db.models.functions import Lower, Replace

_AFTER = "\uffff"
"""Sorts after every letter, so ё follows е and precedes ж."""


def alphabet_key(text: str) -> str:
    """Give the key by which a list of words is sorted in Python.

    Examples
    --------
    >>> sorted(["Яма", "ёлка", "ель", "Жук", "Ёж"], key=alphabet_key)
    ['ель', 'Ёж', 'ёлка', 'Жук', 'Яма']
    """
    return text.lower().replace("ё", f"е{_AFTER}")


def alphabetical(field: str) -> Any:
    """Give the expression by which a query is sorted: `.order_by(alphabetical("name"))`."""
    return Replace(Lower(field), Value("ё"), Value(f"е{_AFTER}"))
