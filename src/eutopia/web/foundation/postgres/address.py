"""DATABASE_URL read into Django's settings."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from eutopia.web.foundation.hindrance import Hindrance


def read_address(url: str) -> dict[str, Any]:
    """Which server, database, user and options does an address name?

    Parameters
    ----------
    url
        `postgresql://user:password@host:port/database?option=value`; a socket's folder may be
        given as `?host=/run/postgresql`. Options are libpq's.

    Returns
    -------
    dict
        Keys of an entry of Django's DATABASES.

    Examples
    --------
    >>> read_address("postgresql://town:p%40ss@db.example:5433/eutopia?sslmode=require")["PASSWORD"]
    'p@ss'
    """
    parts = urlsplit(url)
    name = unquote(parts.path.lstrip("/"))
    try:
        port = parts.port
    except ValueError:
        raise Hindrance("The port in DATABASE_URL is no number between 1 and 65535.") from None
    if parts.scheme not in ("postgres", "postgresql") or not name:
        # The address may hold a password: it is not repeated.
        raise Hindrance(
            "DATABASE_URL must read postgresql://user:password@host:port/database. "
            "Eutopia runs on PostgreSQL only."
        )
    options = dict(parse_qsl(parts.query))
    host = options.pop("host", "") or unquote(parts.hostname or "")
    return {
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(port or ""),
        "OPTIONS": options,
    }
