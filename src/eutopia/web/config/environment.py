"""Every setting that an installation can be given, read from environment variables.

This table is the only place where the environment is read; docs/reference/settings.md lists the
same names and the suite compares. A variable beginning with EUTOPIA_ that is not in the table is
refused, so that a mistyped name never goes unnoticed.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from eutopia.web.foundation.hindrance import Hindrance
from eutopia.web.foundation.home import default_home


@dataclass(frozen=True, slots=True)
class Setting:
    """What is the variable called, what does it mean, what holds if it is not set?

    `read` turns the variable's text into a value and raises ValueError with a reason.
    """

    name: str
    meaning: str
    default: str
    read: Callable[[str], Any]


def _text(value: str) -> str:
    return value.strip()


def _switch(value: str) -> bool:
    known = {"1": True, "true": True, "yes": True, "on": True}
    known |= {"0": False, "false": False, "no": False, "off": False}
    try:
        return known[value.strip().lower()]
    except KeyError:
        raise ValueError("write yes or no") from None


def _count(value: str) -> int:
    if not value.strip().isdigit() or int(value) < 1:
        raise ValueError("write a whole number, 1 or more")
    return int(value)


def _whole(value: str) -> int:
    if not value.strip().isdigit():
        raise ValueError("write a whole number, 0 or more")
    return int(value)


def _home(value: str) -> Path:
    if not value.strip():
        return default_home()
    path = Path(value).expanduser()
    if not path.is_absolute():
        raise ValueError("write an absolute path")
    return path


def _address(value: str) -> str:
    parts = urlsplit(value.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
        raise ValueError("write http:// or https://, a host and, if need be, a port")
    return f"{parts.scheme}://{parts.netloc}"


def _issuer(value: str) -> str:
    value = value.strip()
    if value and urlsplit(value).scheme not in ("https", "http"):
        raise ValueError("write the provider's https:// address, as it writes its own issuer")
    return value


def _tiles(value: str) -> str:
    value = value.strip()
    if value and urlsplit(value).scheme != "https":
        raise ValueError("write an https:// address with {z}, {x} and {y} in it")
    if value and not all(part in value for part in ("{z}", "{x}", "{y}")):
        raise ValueError("{z}, {x} and {y} are missing from the address")
    return value


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value.strip() not in choices:
            raise ValueError("write one of " + ", ".join(choices))
        return value.strip()

    return read


_SMTP = {"smtp": 587, "smtps": 465}


def _mail(value: str) -> str:
    value = value.strip()
    parts = urlsplit(value)
    if value not in ("", "file", "console") and not (parts.scheme in _SMTP and parts.hostname):
        raise ValueError("write file, console or smtp://user:password@host:port")
    return value


def mail_server(given: str) -> dict[str, Any]:
    """Which of Django's settings send letters as `EUTOPIA_MAIL` says?

    Notes
    -----
    `smtp` speaks TLS after STARTTLS, but to this very machine; `smtps` from the first byte. Where
    nothing is given letters would become files: nothing leaves the machine.
    """
    backend = "django.core.mail.backends."
    if given == "console":
        return {"EMAIL_BACKEND": f"{backend}console.EmailBackend"}
    if given in ("", "file"):
        return {"EMAIL_BACKEND": f"{backend}filebased.EmailBackend"}
    parts = urlsplit(given)
    host = parts.hostname or ""
    return {
        "EMAIL_BACKEND": f"{backend}smtp.EmailBackend",
        "EMAIL_HOST": host,
        "EMAIL_PORT": parts.port or _SMTP[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp" and host not in ("localhost", "127.0.0.1", "::1"),
        "EMAIL_TIMEOUT": 30,
    }


def _sender(value: str) -> str:
    value = value.strip()
    if value and ("@" not in value or any(mark in value for mark in "\r\n")):
        raise ValueError("write an e-mail address")
    return value


def _time_zone(value: str) -> str:
    try:
        return ZoneInfo(value.strip()).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("write an IANA name such as Europe/Moscow") from None


def _database_name(value: str) -> str:
    name = value.strip()
    if not (name.isascii() and name.isidentifier() and name == name.lower() and len(name) < 50):
        raise ValueError("write lower-case Latin letters, digits and underscores")
    return name


SETTINGS: tuple[Setting, ...] = (
    Setting("EUTOPIA_HOME", "Folder of the installation: database, keys, uploads.", "", _home),
    Setting("DATABASE_URL", "PostgreSQL server of one's own.", "", _text),
    Setting("EUTOPIA_DATABASE", "Database in the embedded server.", "eutopia", _database_name),
    Setting("EUTOPIA_URL", "Address the site is reached at.", "http://127.0.0.1:8000", _address),
    Setting("EUTOPIA_PROXIES", "Reverse proxies in front of the site.", "0", _whole),
    Setting("EUTOPIA_LANGUAGE", "Language shown first.", "en", _one_of("en", "ru")),
    Setting("EUTOPIA_TIME_ZONE", "IANA time zone of staff pages.", "UTC", _time_zone),
    Setting("EUTOPIA_TILE_URL", "Background map tiles from outside.", "", _tiles),
    Setting("EUTOPIA_WEB_WORKERS", "Processes that answer pages.", "2", _count),
    Setting("EUTOPIA_WEB_THREADS", "Threads in each of them.", "4", _count),
    Setting("EUTOPIA_JOB_WORKERS", "Jobs done at the same time.", "1", _count),
    Setting(
        "EUTOPIA_LOG_LEVEL",
        "How much is written to the server's own log.",
        "WARNING",
        _one_of("DEBUG", "INFO", "WARNING", "ERROR"),
    ),
    Setting("EUTOPIA_DEBUG", "Developer's pages; never on a public site.", "no", _switch),
    Setting("EUTOPIA_OPENID_ISSUER", "Identity provider that voters log in by.", "", _issuer),
    Setting("EUTOPIA_OPENID_CLIENT", "What the provider knows this site as.", "", _text),
    Setting("EUTOPIA_OPENID_SECRET", "The site's secret with the provider.", "", _text),
    Setting("EUTOPIA_OPENID_DISTRICT", "Claim that names a voter's district.", "", _text),
    Setting("EUTOPIA_MAIL", "How letters are sent: file, console or smtp://…", "", _mail),
    Setting("EUTOPIA_MAIL_FROM", "Address that letters come from.", "", _sender),
    Setting("EUTOPIA_DATA", "Folder of real data for the demo and the tests.", "", _text),
)


def read_environment(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """What has this installation been given?

    Returns
    -------
    dict
        A value for every setting in `SETTINGS`, by name.

    Raises
    ------
    Hindrance
        For an unknown EUTOPIA_ variable (with the nearest known name) and for a value that
        cannot be read (with the reason).

    Examples
    --------
    >>> read_environment({"EUTOPIA_LANGUAGE": "ru"})["EUTOPIA_LANGUAGE"]
    'ru'
    >>> read_environment({"EUTOPIA_LANGUGE": "ru"})
    Traceback (most recent call last):
    eutopia.web.foundation.hindrance.Hindrance: EUTOPIA_LANGUGE is no setting of Eutopia. ...
    """
    known = [setting.name for setting in SETTINGS]
    for name in environ:
        if name.startswith("EUTOPIA_") and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]}? " if near else ""
            raise Hindrance(
                f"{name} is no setting of Eutopia. {hint}docs/reference/settings.md lists them all."
            )
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        given = environ.get(setting.name, setting.default)
        try:
            values[setting.name] = setting.read(given)
        except ValueError as error:
            raise Hindrance(f"{setting.name}={given!r} cannot be read: {error}.") from None
    return values
