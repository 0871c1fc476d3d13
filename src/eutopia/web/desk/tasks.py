"""Jobs that the desk's pages ask for: they take longer than a page may."""

from __future__ import annotations

from eutopia.web.foundation.jobs import job
from eutopia.web.foundation.services import actor_numbered
from eutopia.web.loop import services as loop
from eutopia.web.programmes import services


@job("desk.solve_variant", lock="desk.solve_variant")
def solve_variant(*, account: int | None, solving_id: int) -> None:
    """Choose the variant of a programme that somebody prepared."""
    services.solve(actor_numbered(account), solving_id)


@job("desk.assess_programme", lock="desk.assess_programme")
def assess_programme(*, programme_id: int) -> None:
    """See how sure a programme is over errors and weights, and what each of its rules costs."""
    services.assess_programme(programme_id)


@job("desk.diagnose_again", lock="desk.diagnose_again")
def diagnose_again(*, account: int | None, territory_id: int) -> None:
    """Find the problems anew after staff said what is one and what is apart."""
    loop.diagnose_again(actor_numbered(account), territory_id)
