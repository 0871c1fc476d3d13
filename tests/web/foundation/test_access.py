"""Who may do what: the table held a second time, and every role tried at every action."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from eutopia.web.foundation import access
from eutopia.web.foundation.access import (
    ACTIONS,
    BOUND_ROLES,
    OPERATOR,
    RESIDENT,
    ROLES,
    AccessDenied,
    Actor,
    Grant,
    Scope,
    allows,
    municipalities,
    organisations,
    require,
)

REPOSITORY = Path(__file__).resolve().parents[3]

# Columns: resident moderator case_officer inspector planner provider contractor auditor
# administrator. x: may; o: may for the own organisation's cases only; .: may not.
MATRIX = """
portal.read              x........
open_data.read           x........
report.submit            x........
report.confirm           x........
proposal.submit          x........
offer.submit             x........
ballot.cast              x........
house.subscribe          x........
consultation.comment     x........
weights.give             x........
desk.enter               .xxxxooxx
report.read              .xxxxooxx
report.read_contact      ..x......
report.import            ..x.....x
report.moderate          .x.......
report.classify          .xx......
report.group             .xx......
report.assign            ..x......
report.answer            ..x..o...
report.close             ..x..o...
report.reopen            ..xx.....
problem.read             .xxxxooxx
problem.find             ....x....
problem.confirm          ..x.x....
problem.correct          ..x.x....
problem.dismiss          ....x....
problem.assign           ..x.x....
territory.import         ........x
asset.edit               ...xx....
inspection.record        ...x.....
heritage.edit            ....x....
statistic.enter          ....x...x
index.assess             ....x...x
candidate.derive         ....x....
candidate.edit           ....x....
candidate.propose        .x..x....
candidate.mandate        ....x...x
programme.read           .xxxx.oxx
programme.choose         ....x....
programme.share          ....x....
programme.adopt          ........x
approval.record          ....x....
proposal.moderate        .x.......
ballot.open              ....x....
ballot.count             ....x..x.
ballot.publish           ........x
proposal.judge           ....x....
roll.keep                ........x
ballot.assist            .xx......
ballot.key               .xx......
ballot.close             ....x...x
consultation.open        ....x....
consultation.moderate    .x.......
consultation.answer      ..x.x....
mediation.open           ....x....
mediation.settle         ....x....
weights.speak            ....x...x
agreement.record         ....x...x
pledge.record            ..x.x....
work.plan                ....x....
work.read                .xxxx.oxx
work.progress            ...x..o..
work.accept              ...x.....
warranty.claim           ..xx.....
upkeep.plan              ....x....
upkeep.record            ...x..o..
interruption.read        .xxxxo.xx
interruption.record      ..x..o...
interruption.correct     ..x......
call.take                ..x..o...
recalculation.make       ..x....x.
billing.import           ..x.....x
reading.enter            ..x..o..x
feed.manage              ..x..o..x
provider.compare         ....x..x.
provider.reply           .....o...
billing.export           ..x....x.
promise.record           ....x....
outcome.measure          ....x..x.
account_page.publish     ........x
log.read                 .......xx
log.verify               .......xx
job.read                 ........x
staff.read               .......xx
staff.manage             ........x
role.grant               ........x
municipality.manage      ........x
pack.manage              ........x
"""
EXPECTED = {
    (action, role): mark
    for action, marks in (line.split() for line in MATRIX.split("\n") if line)
    for role, mark in zip(ROLES, marks, strict=True)
}
HERE = Scope("lipki", "water-works")


def actor(role: str, municipality: str = "lipki", organisation: str = "") -> Actor:
    return Actor(1, "Somebody", (Grant(role, municipality, organisation),))


def test_both_tables_name_the_same_actions():
    assert {action for action, _ in EXPECTED} == set(ACTIONS)


@pytest.mark.parametrize(("action", "role"), itertools.product(ACTIONS, ROLES))
def test_each_role_may_do_exactly_what_the_table_says(action, role):
    mark = EXPECTED[action, role]
    own = "water-works" if role in BOUND_ROLES else ""
    assert allows(actor(role, organisation=own), action, HERE) == (mark in "xo")


@pytest.mark.parametrize(("action", "role"), itertools.product(ACTIONS, sorted(BOUND_ROLES)))
def test_a_bound_role_never_touches_another_organisations_case(action, role):
    stranger = actor(role, organisation="power-grid")
    assert not allows(stranger, action, HERE)
    assert not allows(actor(role), action, HERE)
    assert not allows(actor(role), action, Scope("lipki"))


@pytest.mark.parametrize(("action", "role"), itertools.product(ACTIONS, ROLES))
def test_no_grant_reaches_into_another_municipality(action, role):
    elsewhere = actor(role, municipality="dubki", organisation="water-works")
    assert not allows(elsewhere, action, HERE)


@pytest.mark.parametrize(
    ("action", "role"), sorted(k for k, mark in EXPECTED.items() if mark == "x")
)
def test_a_grant_for_every_municipality_reaches_all(action, role):
    assert allows(actor(role, municipality=""), action, Scope("anywhere"))


@pytest.mark.parametrize("action", [a for a, rule in ACTIONS.items() if rule.subject])
def test_a_forgotten_subject_is_an_error_and_never_a_right(action):
    with pytest.raises(TypeError, match="is done to something"):
        allows(OPERATOR, action)


def test_an_action_that_is_not_in_the_table_is_refused_as_a_slip():
    with pytest.raises(LookupError, match=r"no action 'report\.burn'"):
        require(OPERATOR, "report.burn", HERE)


def test_a_subject_that_does_not_say_whose_it_is_is_refused():
    with pytest.raises(TypeError, match="give it access_scope"):
        require(OPERATOR, "report.read", object())


def test_a_subject_tells_its_own_scope():
    class Case:
        def access_scope(self) -> Scope:
            return Scope("dubki")

    assert not allows(actor("case_officer"), "report.assign", Case())
    assert allows(actor("case_officer", "dubki"), "report.assign", Case())


def test_nobody_without_a_grant_may_do_anything():
    nobody = Actor(9, "Nobody", ())
    assert not any(allows(nobody, action, HERE) for action in ACTIONS)


def test_a_resident_may_do_what_needs_no_account_and_no_more():
    may = {action for action in ACTIONS if allows(RESIDENT, action, HERE)}
    assert may == {
        action for (action, role), mark in EXPECTED.items() if role == "resident" and mark == "x"
    }


def test_refusal_names_the_action_only():
    with pytest.raises(AccessDenied) as refusal:
        require(RESIDENT, "report.read_contact", HERE)
    assert str(refusal.value) == "report.read_contact"


def test_lists_are_narrowed_to_the_municipalities_and_organisations_of_the_grants():
    two = Actor(
        1, "", (Grant("moderator", "lipki"), Grant("moderator", "dubki"), Grant("planner", "x"))
    )
    assert municipalities(two, "report.moderate") == {"lipki", "dubki"}
    assert municipalities(OPERATOR, "territory.import") is None
    bound = Actor(1, "", (Grant("provider", "lipki", "water-works"),))
    assert organisations(bound, "report.read") == {"water-works"}
    assert organisations(two, "report.read") is None
    assert organisations(RESIDENT, "report.read") == frozenset()
    assert municipalities(RESIDENT, "report.read") == frozenset()


@pytest.mark.parametrize("ask", [municipalities, organisations])
def test_narrowing_by_an_unknown_action_is_a_slip(ask):
    with pytest.raises(LookupError):
        ask(OPERATOR, "report.burn")


def test_a_rule_with_an_unknown_role_cannot_be_written():
    with pytest.raises(ValueError, match="no such role: king"):
        access._rule("planner king")


def test_the_page_about_rights_says_the_same():
    page = (REPOSITORY / "docs/reference/access.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z_.]+)` \| (.*) \|$", page, flags=re.MULTILINE)
    marks = {"●": "x", "○": "o", " ": "."}
    stated = {
        (action, role): marks[cell]
        for action, cells in rows
        for role, cell in zip(ROLES, cells.split(" | "), strict=True)
    }
    assert stated == EXPECTED
