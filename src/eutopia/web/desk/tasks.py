"""Jobs of the desk: what its pages ask for and takes longer than a page may, what is due."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from procrastinate.contrib.django import app

from eutopia.web.consultations.services import settle_mediation
from eutopia.web.dialogue.services import NotYet, due_rounds, sweep_box
from eutopia.web.foundation.access import Actor
from eutopia.web.foundation.jobs import job, others_wait
from eutopia.web.foundation.services import actor_numbered
from eutopia.web.loop import services as loop
from eutopia.web.loop.ballots import close_round, count_by_all, operator_of_votes
from eutopia.web.programmes import selectors, services
from eutopia.web.quality.services import assess_indices
from eutopia.web.utilities import services as utilities

BEHIND = -10
"""Priority of what nobody waits for."""
ASKED = -5
"""Priority of what somebody asked for and looks at later."""


@job("desk.solve_variant", lock="desk.solve_variant")
def solve_variant(*, account: int | None, solving_id: int) -> None:
    """Choose the variant of a programme that somebody prepared; then see how sure it is."""
    actor = actor_numbered(account)
    programme_id = services.solve(actor, solving_id)
    if programme_id is not None:
        ask_assessment(actor, programme_id)


@job("desk.assess_programme", lock="desk.assess_programme")
def assess_programme(*, programme_id: int) -> None:
    """See how sure a programme is, and what its rules and its aim cost, whoever waits first."""
    if not services.assess_programme(programme_id, waits=lambda: others_wait(above=BEHIND)):
        _assess(programme_id)


def ask_assessment(actor: Actor, programme_id: int) -> None:
    """Ask for an assessment of a programme, where there is none yet."""
    with transaction.atomic():
        if services.ask_assessment(actor, programme_id):
            _assess(programme_id)


def _assess(programme_id: int) -> None:
    """Defer the assessment behind whatever else waits."""
    assess_programme.configure(priority=BEHIND).defer(programme_id=programme_id)


@job("desk.find_turning_point", lock="desk.find_turning_point")
def find_turning_point(*, turning_id: int) -> None:
    """Find where a candidate would be in, whoever waits for a programme first."""
    if not services.find_turning_point(turning_id):
        _find(turning_id)


def ask_turning_point(actor: Actor, programme_id: int, candidate_id: int) -> None:
    """Ask where a candidate would be in, where that was not asked yet."""
    with transaction.atomic():
        turning = services.ask_turning_point(actor, programme_id, candidate_id)
        if turning is not None:
            _find(turning)


def _find(turning_id: int) -> None:
    find_turning_point.configure(priority=ASKED).defer(turning_id=turning_id)


@app.periodic(cron="*/5 * * * *")
@job("desk.assess_adopted", lock="desk.assess_adopted")
def assess_adopted(timestamp: int) -> None:  # noqa: ARG001
    """Assess programmes that were adopted, however that came about."""
    for programme_id, town in selectors.adopted_unassessed():
        ask_assessment(loop.operator_for(town), programme_id)


@job("desk.diagnose_again", lock="desk.diagnose_again")
def diagnose_again(*, account: int | None, territory_id: int) -> None:
    """Find the problems anew after staff said what is one and what is apart."""
    loop.diagnose_again(actor_numbered(account), territory_id)


@app.periodic(cron="41 3 * * *")
@job("desk.renew_towns", lock="desk.diagnose_again")
def renew_towns(timestamp: int) -> None:  # noqa: ARG001
    """Compare all reports of every municipality anew, each night; by day only what is new is."""
    loop.renew_towns()


@job("desk.assess_quality", lock="desk.assess_quality")
def assess_quality(*, account: int | None, territory_id: int) -> None:
    """Compute the indices again after figures were entered."""
    assess_indices(actor_numbered(account), territory_id)


@job("desk.recalculate_months", lock="desk.recalculate")
def recalculate_months(
    *, account: int | None, territory_id: int, months: list[str], reason: str
) -> None:
    """Compute anew what is owed back for months in which something was corrected."""
    utilities.recalculate_months(
        actor_numbered(account),
        territory_id,
        [date.fromisoformat(month) for month in months],
        reason=reason,
    )


@job("desk.recalculate_charged", lock="desk.recalculate")
def recalculate_charged(*, territory_id: int, months: list[str], reason: str) -> None:
    """Compute what is owed back for months whose charges were taken in."""
    charged = [date.fromisoformat(month) for month in months]
    utilities.recalculate_charged(territory_id, charged, reason=reason)


@app.periodic(cron="*/5 * * * *")
@job("desk.close_votes", lock="desk.close_votes")
def close_votes(timestamp: int) -> None:  # noqa: ARG001
    """Open the boxes of votes whose time is over; those with papers still to key wait."""
    done = 0
    for number, town in due_rounds():
        try:
            close_round(operator_of_votes(town), number)
        except NotYet:
            continue
        done += 1
    if done:
        sweep_box()


@job("desk.count_vote", lock="desk.count_vote")
def count_vote(*, account: int | None, election_id: int, rule: str) -> None:
    """Count a vote read from a file by every rule: seconds, or minutes where purses rise often."""
    count_by_all(actor_numbered(account), election_id, rule=rule)


@job("desk.seek_compromise", lock="desk.seek_compromise")
def seek_compromise(*, account: int | None, mediation_id: int) -> None:
    """Seek the programme that three sides can call fair."""
    settle_mediation(actor_numbered(account), mediation_id)


@job("desk.pin_compromise", lock="desk.solve_variant")
def pin_compromise(*, account: int | None, mediation_id: int) -> None:
    """Make a draft programme of the compromise, its works pinned."""
    loop.draft_of_compromise(actor_numbered(account), mediation_id)


@app.periodic(cron="41 3 * * *")
@job("desk.settle_answers", lock="desk.settle_answers")
def settle_overdue_answers(timestamp: int) -> None:  # noqa: ARG001
    """Call promises of an answer broken whose day has passed."""
    loop.settle_all_answers()
