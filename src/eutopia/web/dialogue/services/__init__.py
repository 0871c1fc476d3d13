"""Writing votes: what is put to people, what they say, what came of it."""

from eutopia.web.dialogue.services.casting import (
    Cast,
    Sheet,
    cast_vote,
    hand_change_sheet,
    hand_sheet,
)
from eutopia.web.dialogue.services.choices import BallotRefused, read_marks
from eutopia.web.dialogue.services.closing import (
    NotYet,
    close_voting,
    due_rounds,
    publish_box,
    sweep_box,
)
from eutopia.web.dialogue.services.counting import (
    RULES,
    count_ballot,
    election_file,
    import_election,
    link_candidates,
    load_election,
    replay_tally,
    standalone_program,
)
from eutopia.web.dialogue.services.keying import hand_out_paper, key_paper, new_serials
from eutopia.web.dialogue.services.proposing import (
    CATEGORIES,
    ProposalDraft,
    ProposalRefused,
    hide_proposal,
    judge_proposal,
    merge_proposal,
    similar_to,
    submit_proposal,
)
from eutopia.web.dialogue.services.rolls import (
    RollRefused,
    Voter,
    expire_batch,
    find_voter,
    find_voter_of,
    issue_codes,
    load_list,
    person_may_vote,
)
from eutopia.web.dialogue.services.rounds import (
    Phases,
    RoundDraft,
    RoundRefused,
    move_dates,
    open_round,
)
from eutopia.web.dialogue.services.settling import settle_vote_promises

__all__ = [
    "CATEGORIES",
    "RULES",
    "BallotRefused",
    "Cast",
    "NotYet",
    "Phases",
    "ProposalDraft",
    "ProposalRefused",
    "RollRefused",
    "RoundDraft",
    "RoundRefused",
    "Sheet",
    "Voter",
    "cast_vote",
    "close_voting",
    "count_ballot",
    "due_rounds",
    "election_file",
    "expire_batch",
    "find_voter",
    "find_voter_of",
    "hand_change_sheet",
    "hand_out_paper",
    "hand_sheet",
    "hide_proposal",
    "import_election",
    "issue_codes",
    "judge_proposal",
    "key_paper",
    "link_candidates",
    "load_election",
    "load_list",
    "merge_proposal",
    "move_dates",
    "new_serials",
    "open_round",
    "person_may_vote",
    "publish_box",
    "read_marks",
    "replay_tally",
    "settle_vote_promises",
    "similar_to",
    "standalone_program",
    "submit_proposal",
    "sweep_box",
]
