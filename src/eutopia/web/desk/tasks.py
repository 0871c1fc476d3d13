"""Jobs that the desk's pages ask for: they take longer than a page may."""

from __future__ import annotations

from eutopia.web.foundation.jobs import job
from eutopia.web.foundation.services import actor_numbered
from eutopia.web.loop import services as loop
from eutopia.web.programmes import services

TIME_LIMIT_S = 60.0


@job("desk.diagnose_again", lock="desk.diagnose_again")
def diagnose_again(*, account: int | None, territory_id: int) -> None:
    """Find the problems anew after staff said what is one and what is apart."""
    loop.diagnose_again(actor_numbered(account), territory_id)


@job("desk.repin_programme", lock="desk.repin_programme")
def repin_programme(
    *, account: int | None, programme_id: int, must: list[int], must_not: list[int]
) -> None:
    """Choose a programme again with what was put in and taken out by hand."""
    services.repin(
        actor_numbered(account),
        programme_id,
        must=must,
        must_not=must_not,
        time_limit_s=TIME_LIMIT_S,
    )
