"""Words for votes that go on: phases, kinds, why something was refused."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

RULE = {
    "equal_shares": _("Equal shares"),
    "equal_shares_add1": _("Equal shares, the shares raised step by step"),
    "equal_shares_compared": _("Equal shares, unless more voters prefer the other outcome"),
    "greedy": _("Most votes first"),
    "phragmen": _("Phragmén"),
}
VOTE_TYPE = {
    "approval": _("Each voter approves as many projects as they like"),
    "choose-1": _("Each voter chooses one project"),
    "ordinal": _("Each voter ranks projects"),
    "cumulative": _("Each voter shares out points"),
    "scoring": _("Each voter gives projects points"),
}
PHASE = {
    "announced": _("Announced"),
    "proposals": _("Proposals are collected"),
    "feasibility": _("Proposals are checked"),
    "voting": _("Voting goes on"),
    "closing": _("Voting is over, the box is being opened"),
    "counted": _("Counted"),
    "delivered": _("Delivered"),
}
ROUND_DATE = {
    "proposals_from": _("Proposals from"),
    "proposals_until": _("Proposals until"),
    "voting_from": _("Voting from"),
    "voting_until": _("Voting until"),
}
ROLL = {
    "codes": _("By a code from a letter"),
    "list": _("By a list, checked at a desk"),
    "provider": _("By the identity provider"),
    "nobody": _("Not checked"),
}
CATEGORY = {
    "play": _("Play"),
    "sport": _("Sport"),
    "lighting": _("Lighting"),
    "greenery": _("Greenery"),
    "mobility": _("Mobility"),
    "animals": _("Animals"),
    "furniture": _("Benches and other furniture"),
    "safety": _("Safety"),
    "access": _("Access for all"),
    "culture": _("Culture"),
    "roads": _("Roads and footways"),
    "embankment": _("Embankment"),
    "other": pgettext_lazy("category", "Other"),
}
PROPOSAL = {
    "new": _("Waits to be checked"),
    "hidden": _("Not shown"),
    "merged": _("Joined with another"),
    "refused": _("Cannot be put to the vote"),
    "feasible": _("On the ballot"),
}
PAPER = {
    "once": _("Keyed once: somebody else must key it"),
    "differs": _("Two keyings differ: a third decides"),
    "agreed": _("In the box"),
}
BALLOT_REFUSED = {
    "nothing": _("Nothing is marked: choose at least one project."),
    "too_few": _("Too few projects are marked."),
    "too_many": _("More projects are marked than a ballot may hold."),
    "too_costly": _("What you chose costs more than a ballot may."),
    "no_number": _("Write whole numbers, 0 or more."),
    "too_many_points": _("A project has more points than it may get."),
    "sum_of_points": _("You gave more points than you have."),
    "rank_gap": _("Number your projects 1, 2, 3 and so on, each number once."),
    "unknown_project": _("A project is not on this ballot: load the page again."),
    "not_open": _("Voting has not begun yet."),
    "closed": _("Voting is over. Nothing was changed."),
    "wrong_code": _("This code is not known here. Look at it once more: letters and digits."),
    "expired": _("This code, or this page, is no longer valid. Begin again with your code."),
    "voted": _(
        "With this code somebody voted already. To change that vote, give the secret shown then."
    ),
    "stale": _("This vote was changed meanwhile: nothing was done. Begin again with your secret."),
    "bad_secret": _("No vote belongs to this secret. Look at it once more."),
    "too_fast": _("Too many attempts came from here just now: try again in a quarter of an hour."),
    "provider": _("The identity provider did not vouch for you: try again."),
    "no_serial": _("Write the serial number printed on the paper."),
    "same_clerk": _("You keyed this paper already: somebody else must."),
    "keyed": _("This paper is in the box already."),
    "more_papers": _("More papers would be keyed than were handed out."),
}
PROPOSAL_REFUSED = {
    "missing": _("This is missing."),
    "too_long": _("This is too long."),
    "unknown": _("There is none such."),
    "outside": _("This place is outside the town: choose one on the map."),
    "too_many": _("Too many proposals came from here just now: try again in a quarter of an hour."),
    "not_now": _("This cannot be done in this phase."),
    "no_number": _("Write the cost in digits, more than 0."),
    "forbidden": _("Protection of heritage forbids these works at this place."),
    "itself": _("A proposal cannot be joined with itself, nor twice."),
    "order": _("Each phase must end after the one before."),
    "taken": _("Another vote has this code."),
    "too_late": _("The votes are counted already."),
}
NOT_YET = {
    "voting": _("People may still vote."),
    "papers": _("Some paper ballots are not keyed twice yet."),
    "closed": _("The box was opened already."),
}
TALLY_REASON = {
    "bought": _("Its supporters paid for it"),
    "free": _("It costs nothing"),
    "completed": _("Taken with the money left over"),
    "in-order": _("Its turn came while the money lasted"),
    "short": _("Its supporters had too little left"),
    "limit": _("Its group had no room for it"),
    "no-room": _("It no longer fitted into the money"),
    "no-supporters": _("Nobody chose it"),
}

KINDS: dict[str, dict[str, Any]] = {
    "rule": RULE,
    "vote_type": VOTE_TYPE,
    "phase": PHASE,
    "round_date": ROUND_DATE,
    "roll": ROLL,
    "category": CATEGORY,
    "proposal": PROPOSAL,
    "paper": PAPER,
    "ballot_refused": BALLOT_REFUSED,
    "proposal_refused": PROPOSAL_REFUSED,
    "not_yet": NOT_YET,
    "tally_reason": TALLY_REASON,
}
MARKS: dict[str, dict[str, tuple[str, str]]] = {
    "phase": {
        "announced": ("", "calendar-blank"),
        "proposals": ("river", "chats-circle"),
        "feasibility": ("wait", "list-checks"),
        "voting": ("lead", "scales"),
        "closing": ("wait", "hourglass-medium"),
        "counted": ("good", "seal-check"),
        "delivered": ("good", "hard-hat"),
    },
    "proposal": {
        "new": ("wait", "hourglass-medium"),
        "hidden": ("", "eye"),
        "merged": ("", "git-merge"),
        "refused": ("", "prohibit"),
        "feasible": ("good", "check-circle"),
    },
}
