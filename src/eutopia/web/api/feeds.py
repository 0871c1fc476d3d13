"""What machines of providers send: readings of meters, interruptions. With a token, as JSON or CSV.

A token is given at the desk, for one organisation of one municipality. The same sent again changes
nothing. A row that cannot be used is answered with its reason and mend; the others are taken.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.errors import HttpError
from ninja.security import HttpBearer
from pydantic import Field

from eutopia.web.api.schemas import Refusal
from eutopia.web.api.territories import Town
from eutopia.web.foundation.addresses import client_address
from eutopia.web.foundation.throttle import Limit, note_attempt, seconds_to_wait
from eutopia.web.utilities import services
from eutopia.web.utilities.tasks import join_soon

SENT = Limit("feed.sent", 120, timedelta(minutes=15))
WRONG = Limit("feed.wrong_token", 20, timedelta(minutes=15))
_MOST = services.MOST_ROWS


class Token(HttpBearer):
    """`Authorization: Bearer eut_…`, as issued at the desk."""

    def authenticate(self, request: HttpRequest, token: str) -> services.Sender | None:
        """Say who sends; wrong tokens are counted, so that guessing is slow."""
        where = client_address(request)
        _wait(WRONG, where)
        sender = services.sender_of(token)
        if sender is None:
            note_attempt(WRONG, where)
            return None
        _wait(SENT, str(sender.token_id))
        note_attempt(SENT, str(sender.token_id))
        return sender


def _wait(limit: Limit, key: str) -> None:
    seconds = seconds_to_wait(limit, key)
    if seconds:
        raise HttpError(429, f"Too often: wait {seconds} seconds.")


router = Router(tags=["feeds"], auth=Token())


class ReadingIn(Schema):
    """What a meter said."""

    meter: str = Field(..., max_length=96)
    at: str = Field(..., description="ISO 8601; without an offset it is local time there.")
    value: str | int | float = Field(..., description="°C, MPa or V; at most four decimals.")


class OutageIn(Schema):
    """An interruption, planned or not. Sent again with the same id, it is brought up to date."""

    id: str = Field(..., max_length=80)
    service: str = Field(..., max_length=32, description="cold_water, heating, electricity …")
    started: str
    ended: str | None = Field(None, description="Empty while it goes on.")
    buildings: str | list[str] = Field(..., description="Codes of the register.")
    planned: bool = False
    parameter: str = "continuity"
    measured: str | int | float | None = None
    promised: str | None = Field(None, description="By when it is said to end.")
    notice_given: str | None = Field(None, description="When residents were told of it.")
    asset: str | None = Field(None, description="Part of the network, a code of the register.")
    cause: str | None = Field(None, description="A code, like worn_pipe: never a person.")
    conditions: str | None = Field(
        None, description="What norms ask besides: annual_maintenance=yes; indoor_C=11."
    )


class RowOut(Schema):
    """A row that was not taken. `row` counts from 1."""

    row: int
    code: str
    field: str
    value: str
    reason: str
    mend: str


class NoticeOut(Schema):
    """Whether planned works were announced in time; null where no norm says how long ahead."""

    id: str
    in_time: bool | None


class TakenOut(Schema):
    """What came of what was sent."""

    taken: int
    known: int
    refused: list[RowOut]
    notices: list[NoticeOut] = []


_ANSWERS: dict[int, Any] = {
    200: TakenOut, 400: Refusal, 401: Refusal, 404: Refusal, 422: Refusal, 429: Refusal,
}  # fmt: skip


def _body(name: str, schema: type[Schema]) -> dict[str, Any]:
    """The schema of a body that may be JSON or CSV."""
    row = schema.model_json_schema()
    rows = {"type": "array", "items": row, "maxItems": _MOST}
    columns = f"Columns: {', '.join(row['properties'])}; a header; codes with spaces between."
    return {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"type": "object", "properties": {name: rows}, "required": [name]}
                },
                "text/csv": {"schema": {"type": "string", "description": columns}},
            },
        }
    }


@router.post(
    "territories/{town}/readings",
    response=_ANSWERS,
    summary="Readings of meters",
    openapi_extra=_body("readings", ReadingIn),
)
def post_readings(request: HttpRequest, town: str = Town) -> Any:
    """Take readings of the organisation's meters. Known by meter, time and value."""
    sender = _sender(request, town)
    done = _taken(
        lambda: services.enter_readings(
            sender.actor, sender.territory, _rows(request, "readings"), file="feed"
        )
    )
    return _answer(sender, done)


@router.post(
    "territories/{town}/interruptions",
    response=_ANSWERS,
    summary="A provider's interruptions",
    openapi_extra=_body("interruptions", OutageIn),
)
def post_interruptions(request: HttpRequest, town: str = Town) -> Any:
    """Take planned works and outages of the organisation. Known by its id."""
    sender = _sender(request, town)
    done = _taken(
        lambda: services.enter_outages(
            sender.actor,
            sender.territory,
            sender.organisation,
            _rows(request, "interruptions"),
            file="feed",
        )
    )
    return _answer(sender, done)


def _sender(request: HttpRequest, town: str) -> services.Sender:
    # Django's request knows no `auth`: Ninja puts there what the token's check returned.
    sender: services.Sender = request.auth  # type: ignore[attr-defined]
    if sender.territory.code != town:
        raise HttpError(404, "This token is not for this municipality.")
    return sender


def _taken(work: Callable[[], services.Entered]) -> services.Entered:
    try:
        return work()
    except UnicodeDecodeError:
        raise HttpError(400, "The body is not UTF-8.") from None
    except csv.Error as error:
        raise HttpError(400, f"The body is not CSV: {error}.") from None


def _rows(request: HttpRequest, name: str) -> list[tuple[int, dict[str, Any]]]:
    """The rows of a body, as the readers of tables take them, numbered from 1."""
    text = request.body.decode("utf-8-sig")
    found = _csv(text) if request.content_type == "text/csv" else _json(text, name)
    rows = list(enumerate(found, start=1))
    if len(rows) > _MOST:
        raise HttpError(400, f"At most {_MOST} rows at once; send the rest after.")
    return rows


def _csv(text: str) -> Iterator[dict[str, Any]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="*")
    columns = reader.fieldnames or []
    for row in reader:
        if None in row.values() or "*" in row:
            yield {"*": f"not {len(columns)} values"}
        else:
            yield row


def _json(text: str, name: str) -> Iterator[dict[str, Any]]:
    try:
        told = json.loads(text, parse_float=str)
    except (json.JSONDecodeError, RecursionError) as error:
        raise HttpError(400, f"The body is not JSON: {error}.") from None
    rows = told.get(name) if isinstance(told, dict) else None
    if not isinstance(rows, list) or (isinstance(told, dict) and set(told) != {name}):
        raise HttpError(400, f"Send an object with the one key {name!r}, an array.")
    for row in rows:
        if not isinstance(row, dict):
            yield {"*": "not an object"}
            continue
        yield {key: _plain(value) for key, value in row.items()}


def _plain(value: Any) -> Any:
    """A cell as a table has it: lists with spaces between, nothing as an empty one."""
    if isinstance(value, list):
        return " ".join(str(one) for one in value)
    return "" if value is None else value


def _answer(sender: services.Sender, done: services.Entered) -> dict[str, Any]:
    if done.earliest is not None:
        join_soon(sender.territory.pk, since=done.earliest)
    return {
        "taken": done.taken,
        "known": done.known,
        "refused": [
            {
                "row": one.rejection.row,
                "code": one.code,
                "field": one.rejection.field,
                "value": one.rejection.value,
                "reason": one.rejection.reason,
                "mend": one.rejection.mend,
            }
            for one in done.refused
        ],
        "notices": [{"id": name, "in_time": told} for name, told in done.notices],
    }
