"""How is a value written so that no spreadsheet takes it for a formula?"""

from __future__ import annotations

import re
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def inert(cell: Any) -> Any:
    """How is a value written so that no spreadsheet takes it for a formula?

    A text that begins as a formula does gets an apostrophe before it; a number, also one written
    out as text, stays, and a date is written by ISO 8601. Source: OWASP, "CSV Injection".

    Examples
    --------
    >>> inert("=1+1"), inert("-5"), inert(-5), inert("-5+1"), inert("Main Street")
    ("'=1+1", '-5', -5, "'-5+1", 'Main Street')
    """
    if isinstance(cell, str) and cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell):
        return "'" + cell
    return cell.isoformat() if hasattr(cell, "isoformat") else cell
