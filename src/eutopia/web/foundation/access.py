"""Who may do what: one table, refused by default.

Every service asks `require` before it acts. A role is granted for one municipality or for all, and
for a provider or a contractor to one organisation, whose own cases alone they may touch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol, runtime_checkable

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext_lazy as _

ROLES = MappingProxyType(
    {
        "resident": _("Resident (without account)"),
        "moderator": _("Moderator"),
        "case_officer": _("Case officer"),
        "inspector": _("Inspector"),
        "planner": _("Planner"),
        "provider": _("Provider"),
        "contractor": _("Contractor"),
        "auditor": _("Auditor"),
        "administrator": _("Administrator"),
    }
)

BOUND_ROLES = frozenset({"provider", "contractor"})
"""Roles that never reach beyond their own organisation's cases."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose is the thing acted upon?

    `municipality` is the municipality's code; `organisation` the code of the provider or
    contractor who answers for it, empty where nobody does yet.
    """

    municipality: str
    organisation: str = ""


@runtime_checkable
class Scoped(Protocol):
    """Something that knows its scope; models of the noun apps do."""

    def access_scope(self) -> Scope:
        """Say whose it is."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Which role, where (empty: in every municipality), for which organisation?"""

    role: str
    municipality: str = ""
    organisation: str = ""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: an account with its grants, or somebody without one?

    Attributes
    ----------
    account
        The account's number, None for a resident and for the operator at the machine.
    name
        What the log calls them; empty for residents, of whom the log keeps nothing.
    """

    account: int | None
    name: str
    grants: tuple[Grant, ...]

    @property
    def roles(self) -> tuple[str, ...]:
        """Return the roles held anywhere, in the order of `ROLES`."""
        held = {grant.role for grant in self.grants}
        return tuple(role for role in ROLES if role in held)


RESIDENT = Actor(account=None, name="", grants=(Grant("resident"),))
"""Anybody: what a resident may do, everybody may."""

OPERATOR = Actor(account=None, name="operator", grants=(Grant("resident"), Grant("administrator")))
"""Whoever runs `eutopia` commands at the machine itself."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Which roles may do it; does it need something to be done to?"""

    roles: frozenset[str]
    subject: bool = True


def _rule(roles: str, *, subject: bool = True) -> Rule:
    names = frozenset(roles.split())
    unknown = names - set(ROLES)
    if unknown:
        raise ValueError(f"no such role: {', '.join(sorted(unknown))}")
    return Rule(names, subject)


_STAFF = "moderator case_officer inspector planner auditor administrator"

# One line an action: noun.verb, the roles that may, whether it is done to one thing. The suite
# holds the same table a second time (tests/web/foundation/test_access.py), so that no right
# changes by a slip of the hand.
ACTIONS: Mapping[str, Rule] = MappingProxyType(
    {
        # What everybody may see and do.
        "portal.read": _rule("resident", subject=False),
        "open_data.read": _rule("resident", subject=False),
        "report.submit": _rule("resident"),
        "report.confirm": _rule("resident"),
        "proposal.submit": _rule("resident"),
        "offer.submit": _rule("resident"),
        "ballot.cast": _rule("resident"),
        "house.subscribe": _rule("resident"),
        "consultation.comment": _rule("resident"),
        "weights.give": _rule("resident"),
        # Reports.
        "desk.enter": _rule(f"{_STAFF} provider contractor", subject=False),
        "report.read": _rule(f"{_STAFF} provider contractor"),
        "report.read_contact": _rule("case_officer"),
        "report.import": _rule("case_officer administrator"),
        "report.moderate": _rule("moderator"),
        "report.classify": _rule("moderator case_officer"),
        "report.group": _rule("moderator case_officer"),
        "report.assign": _rule("case_officer"),
        "report.answer": _rule("case_officer provider"),
        "report.close": _rule("case_officer provider"),
        "report.reopen": _rule("case_officer inspector"),
        # Problems.
        "problem.read": _rule(f"{_STAFF} provider contractor"),
        "problem.find": _rule("planner"),
        "problem.confirm": _rule("planner case_officer"),
        "problem.correct": _rule("planner case_officer"),
        "problem.dismiss": _rule("planner"),
        "problem.assign": _rule("planner case_officer"),
        # Territory and assets.
        "territory.import": _rule("administrator"),
        "asset.edit": _rule("inspector planner"),
        "inspection.record": _rule("inspector"),
        "heritage.edit": _rule("planner"),
        # Indices of quality.
        "statistic.enter": _rule("planner administrator"),
        "index.assess": _rule("planner administrator"),
        # Programmes.
        "candidate.derive": _rule("planner"),
        "candidate.edit": _rule("planner"),
        "candidate.propose": _rule("moderator planner"),
        "candidate.mandate": _rule("planner administrator"),
        "programme.read": _rule(f"{_STAFF} contractor"),
        "programme.choose": _rule("planner"),
        "programme.share": _rule("planner"),
        "programme.adopt": _rule("administrator"),
        "approval.record": _rule("planner"),
        # Dialogue.
        "proposal.moderate": _rule("moderator"),
        "ballot.open": _rule("planner"),
        "ballot.count": _rule("planner auditor"),
        "ballot.publish": _rule("administrator"),
        "proposal.judge": _rule("planner"),
        "roll.keep": _rule("administrator"),
        "ballot.assist": _rule("moderator case_officer"),
        "ballot.key": _rule("moderator case_officer"),
        "ballot.close": _rule("planner administrator"),
        "consultation.open": _rule("planner"),
        "consultation.moderate": _rule("moderator"),
        "consultation.answer": _rule("case_officer planner"),
        "mediation.open": _rule("planner"),
        "mediation.settle": _rule("planner"),
        "weights.speak": _rule("planner administrator"),
        "agreement.record": _rule("planner administrator"),
        "pledge.record": _rule("case_officer planner"),
        # Works and upkeep.
        "work.plan": _rule("planner"),
        "work.read": _rule(f"{_STAFF} contractor"),
        "work.progress": _rule("contractor inspector"),
        "work.accept": _rule("inspector"),
        "warranty.claim": _rule("inspector case_officer"),
        "upkeep.plan": _rule("planner"),
        "upkeep.record": _rule("inspector contractor"),
        # Utilities.
        "interruption.read": _rule(f"{_STAFF} provider"),
        "interruption.record": _rule("case_officer provider"),
        # Not the provider's: it pays less where an outage was shorter.
        "interruption.correct": _rule("case_officer"),
        "call.take": _rule("case_officer provider"),
        "recalculation.make": _rule("case_officer auditor"),
        "billing.import": _rule("case_officer administrator"),
        "reading.enter": _rule("case_officer provider administrator"),
        "feed.manage": _rule("case_officer provider administrator"),
        # Providers.
        "provider.compare": _rule("planner auditor"),
        "provider.reply": _rule("provider"),
        "billing.export": _rule("case_officer auditor"),
        # The public account.
        "promise.record": _rule("planner"),
        "outcome.measure": _rule("planner auditor"),
        "account_page.publish": _rule("administrator"),
        # The installation.
        "log.read": _rule("auditor administrator", subject=False),
        "log.verify": _rule("auditor administrator", subject=False),
        "job.read": _rule("administrator", subject=False),
        "staff.read": _rule("auditor administrator", subject=False),
        "staff.manage": _rule("administrator"),
        "role.grant": _rule("administrator"),
        "municipality.manage": _rule("administrator", subject=False),
        "pack.manage": _rule("administrator", subject=False),
    }
)


class AccessDenied(PermissionDenied):
    """This actor may not do this; Django answers 403. The message names the action only."""


def allows(actor: Actor, action: str, subject: Scoped | Scope | None = None) -> bool:
    """May this actor do this to that?

    Parameters
    ----------
    actor
        Who acts.
    action
        A key of `ACTIONS`.
    subject
        What is acted upon, or its `Scope`; required by most actions.

    Raises
    ------
    LookupError
        For an action that is not in the table: a slip of the programmer, never a right.
    TypeError
        Where the action needs a subject and none is given, or the subject has no scope.
    """
    if action not in ACTIONS:
        raise LookupError(f"no action {action!r} in access.ACTIONS")
    rule = ACTIONS[action]
    if rule.subject and subject is None:
        raise TypeError(f"{action} is done to something: pass it, or its Scope")
    scope = _scope_of(subject)
    return any(_covers(grant, scope) for grant in actor.grants if grant.role in rule.roles)


def require(actor: Actor, action: str, subject: Scoped | Scope | None = None) -> None:
    """Refuse unless this actor may do this to that; see `allows`.

    Raises
    ------
    AccessDenied
        Where no grant covers it.

    Examples
    --------
    >>> clerk = Actor(7, "Clerk", (Grant("case_officer", municipality="lipki"),))
    >>> require(clerk, "report.assign", Scope("lipki"))
    >>> require(clerk, "report.assign", Scope("dubki"))
    Traceback (most recent call last):
    eutopia.web.foundation.access.AccessDenied: report.assign
    """
    if not allows(actor, action, subject):
        raise AccessDenied(action)


def _scope_of(subject: Scoped | Scope | None) -> Scope | None:
    if subject is None or isinstance(subject, Scope):
        return subject
    if isinstance(subject, Scoped):
        return subject.access_scope()
    raise TypeError(f"{type(subject).__name__} does not say whose it is: give it access_scope()")


def _covers(grant: Grant, scope: Scope | None) -> bool:
    if scope is None:
        return True
    if grant.municipality and grant.municipality != scope.municipality:
        return False
    if grant.role in BOUND_ROLES:
        return bool(grant.organisation) and grant.organisation == scope.organisation
    return True


def municipalities(actor: Actor, action: str) -> frozenset[str] | None:
    """In which municipalities may this actor do this?

    Returns
    -------
    frozenset of str or None
        Codes to filter a list by; None for everywhere. For a bound role the list must also be
        filtered by `organisations`.
    """
    if action not in ACTIONS:
        raise LookupError(f"no action {action!r} in access.ACTIONS")
    places = {g.municipality for g in actor.grants if g.role in ACTIONS[action].roles}
    return None if "" in places else frozenset(places)


def organisations(actor: Actor, action: str) -> frozenset[str] | None:
    """Whose cases may this actor do this to? None for anybody's."""
    if action not in ACTIONS:
        raise LookupError(f"no action {action!r} in access.ACTIONS")
    grants = [g for g in actor.grants if g.role in ACTIONS[action].roles]
    if any(g.role not in BOUND_ROLES for g in grants):
        return None
    return frozenset(g.organisation for g in grants if g.organisation)
