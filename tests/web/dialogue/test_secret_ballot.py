"""Every vote counts once, nothing tells whose it is, and nothing is known before closing."""

from __future__ import annotations

import io
import itertools
import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection, transaction

from eutopia.core.decide.pabulib import parse_election
from eutopia.core.decide.receipts import box_hash, inclusion_proof, tree_root, verify_inclusion
from eutopia.web.dialogue import models, selectors
from eutopia.web.dialogue.services import (
    BallotRefused,
    NotYet,
    RollRefused,
    cast_vote,
    close_voting,
    count_ballot,
    election_file,
    expire_batch,
    find_voter,
    hand_change_sheet,
    hand_out_paper,
    hand_sheet,
    issue_codes,
    key_paper,
    load_list,
)
from eutopia.web.dialogue.services.casting import Sheet
from eutopia.web.foundation.access import OPERATOR, RESIDENT, AccessDenied
from eutopia.web.foundation.models import Act
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import load_territory
from tests.web.dialogue.rounds import STAFF, draft, end_voting, voting_round
from tests.web.towns import hamlet

pytestmark = pytest.mark.django_db


@pytest.fixture
def territory() -> Territory:
    return load_territory(OPERATOR, hamlet())[0]


@pytest.fixture
def voting(territory: Territory) -> models.Round:
    return voting_round(territory)


def marks(*numbers: int) -> dict[int, str]:
    return dict.fromkeys(numbers, "1")


def vote(row: models.Round, code: str, *numbers: int) -> Sheet:
    sheet = hand_sheet(row.pk, find_voter(row, code))
    cast_vote(row.pk, sheet, marks(*numbers))
    return sheet


def state(row: models.Round) -> tuple[Any, ...]:
    """All that votes can change."""
    return (
        bytes(models.Attendance.objects.get(round=row).digests),
        sorted(models.Envelope.objects.values_list("row_key", "mark", "id")),
        Act.objects.count(),
    )


def refused(row: models.Round, code: str, act: Any) -> None:
    before = state(row)
    with pytest.raises(BallotRefused) as found, transaction.atomic():
        act()
    assert found.value.code == code
    assert state(row) == before


def closed(row: models.Round) -> models.Election:
    end_voting(row)
    return close_voting(STAFF, row.pk)


# -- one vote each ----------------------------------------------------------------------------


def test_from_codes_to_the_published_box(territory: Territory, voting: models.Round) -> None:
    codes = issue_codes(STAFF, voting.pk, count=8)
    for code, numbers in zip(codes, itertools.cycle([(1, 3), (2,), (4,)]), strict=False):
        vote(voting, code.lower().replace("-", " "), *numbers)
    held = closed(voting)
    told, faults = parse_election(election_file(territory.pk, voting.code) or "")
    assert not [fault for fault in faults if not fault.warning], faults
    assert Counter({b.approvals: b.count for b in told.ballots}) == {(0, 2): 3, (1,): 3, (3,): 2}
    tally = count_ballot(STAFF, held.pk, rule=voting.rule, binding=True)
    assert tally.binding
    assert not models.Envelope.objects.exists()


def test_a_code_votes_once(voting: models.Round) -> None:
    """Stuffing: the same code again, another's right with another secret, a made-up code."""
    one, other = issue_codes(STAFF, voting.pk, count=2)
    sheet = vote(voting, one, 1)
    again = hand_sheet(voting.pk, find_voter(voting, one))
    refused(voting, "voted", lambda: cast_vote(voting.pk, again, marks(2)))
    forged = replace(sheet, secret="ab" * 16)
    refused(voting, "wrong_code", lambda: cast_vote(voting.pk, forged, marks(2)))
    broken = replace(sheet, right=sheet.right[:-4] + "AAAA")
    refused(voting, "expired", lambda: cast_vote(voting.pk, broken, marks(2)))
    with pytest.raises(BallotRefused, match="wrong_code"):
        find_voter(voting, "0000-0000-0000-0000")
    vote(voting, other, 2)
    assert models.Envelope.objects.count() == 2


def test_sent_twice_counts_once(voting: models.Round) -> None:
    """The answer was lost on the way: the same sheet is acknowledged and changes nothing."""
    (code,) = issue_codes(STAFF, voting.pk, count=1)
    sheet = vote(voting, code, 1, 2)
    before = state(voting)
    assert cast_vote(voting.pk, sheet, marks(1, 2)).secret == sheet.secret
    assert state(voting) == before


def test_a_vote_is_changed_with_its_secret_alone(
    territory: Territory, voting: models.Round
) -> None:
    """Changed, changed back, and no old sheet sent again brings the old vote back."""
    codes = issue_codes(STAFF, voting.pk, count=3)
    first = vote(voting, codes[0], 1)
    for code in codes[1:]:
        vote(voting, code, 4)
    spoken = " ".join(first.secret[i : i + 4].upper() for i in range(0, 32, 4))
    change = hand_change_sheet(voting.pk, spoken)
    assert cast_vote(voting.pk, change, marks(2)).changed
    refused(voting, "stale", lambda: cast_vote(voting.pk, first, marks(1)))
    back = hand_change_sheet(voting.pk, first.secret)
    cast_vote(voting.pk, back, marks(1))
    refused(voting, "stale", lambda: cast_vote(voting.pk, change, marks(2)))
    last = hand_change_sheet(voting.pk, first.secret)
    cast_vote(voting.pk, last, marks(3))
    with pytest.raises(BallotRefused, match="bad_secret"):
        hand_change_sheet(voting.pk, "cd" * 16)
    closed(voting)
    told, _ = parse_election(election_file(territory.pk, voting.code) or "")
    assert {b.approvals: b.count for b in told.ballots} == {(2,): 1, (3,): 2}


def test_out_of_time_and_expired_codes(territory: Territory) -> None:
    """Before and after voting, and with codes withdrawn, nothing is taken."""
    early = voting_round(territory, code="early", started=-1.5)
    (code,) = issue_codes(STAFF, early.pk, count=1)
    refused(early, "not_open", lambda: hand_sheet(early.pk, find_voter(early, code)))
    row = voting_round(territory, code="now")
    kept, lost = issue_codes(STAFF, row.pk, count=1), issue_codes(STAFF, row.pk, count=1)
    batch = models.RollBatch.objects.filter(round=row).latest("pk")
    expire_batch(STAFF, batch.pk, reason="Lost by the post")
    refused(row, "expired", lambda: vote(row, lost[0], 1))
    sheet = hand_sheet(row.pk, find_voter(row, kept[0]))
    end_voting(row)
    refused(row, "closed", lambda: cast_vote(row.pk, sheet, marks(1)))
    close_voting(STAFF, row.pk)
    refused(row, "closed", lambda: cast_vote(row.pk, sheet, marks(1)))
    with pytest.raises(RollRefused, match="voting is over"):
        issue_codes(STAFF, row.pk, count=1)


@pytest.mark.parametrize(
    ("kind", "limits", "given", "code"),
    [
        ("approval", {"max_length": 2}, {1: "1", 2: "1", 3: "1"}, "too_many"),
        ("approval", {"max_sum_cost": 95}, {1: "1", 2: "1"}, "too_costly"),
        ("approval", {"min_length": 2}, {1: "1"}, "too_few"),
        ("approval", {}, {}, "nothing"),
        ("approval", {}, {9: "1"}, "unknown_project"),
        ("choose-1", {}, {1: "1", 2: "1"}, "too_many"),
        ("cumulative", {"max_sum_points": 10}, {1: "6", 2: "5"}, "sum_of_points"),
        ("cumulative", {"max_sum_points": 10}, {1: "-1"}, "no_number"),
        ("cumulative", {}, {1: "0"}, "nothing"),
        ("scoring", {"max_points": 5}, {1: "6"}, "too_many_points"),
        ("scoring", {"max_points": 5}, {1: "²"}, "no_number"),
        ("ordinal", {}, {1: "1", 2: "3"}, "rank_gap"),
        ("ordinal", {}, {1: "1", 2: "1"}, "rank_gap"),
    ],
)
def test_what_is_no_ballot_is_refused(
    territory: Territory, kind: str, limits: dict[str, int], given: dict[int, str], code: str
) -> None:
    row = voting_round(territory, vote_type=kind, limits=limits)
    (voter,) = issue_codes(STAFF, row.pk, count=1)
    sheet = hand_sheet(row.pk, find_voter(row, voter))
    refused(row, code, lambda: cast_vote(row.pk, sheet, given))


@pytest.mark.parametrize(
    ("kind", "given", "ballot"),
    [
        ("choose-1", {2: "1"}, ((1,), ())),
        ("cumulative", {1: "6", 3: "4", 2: ""}, ((0, 2), (6, 4))),
        ("scoring", {4: "5"}, ((3,), (5,))),
        ("ordinal", {1: "2", 4: "1"}, ((3, 0), ())),
    ],
)
def test_every_kind_of_ballot_comes_out_as_it_went_in(
    territory: Territory, kind: str, given: dict[int, str], ballot: tuple[Any, Any]
) -> None:
    row = voting_round(territory, vote_type=kind, limits={"max_sum_points": 10, "max_points": 9})
    (voter,) = issue_codes(STAFF, row.pk, count=1)
    cast_vote(row.pk, hand_sheet(row.pk, find_voter(row, voter)), given)
    held = closed(row)
    told, _ = parse_election(election_file(territory.pk, row.code) or "")
    assert [(b.approvals, b.scores) for b in told.ballots] == [ballot]
    assert count_ballot(STAFF, held.pk, rule="equal_shares").run_id


# -- the secret -------------------------------------------------------------------------------


def _dump(tables: list[str]) -> dict[str, str]:
    """The tables row by row, with where each row lies on the disk, as a backup writes them."""
    found = {}
    with connection.cursor() as cursor:
        for table in tables:
            out = io.BytesIO()
            with cursor.copy(f'COPY (SELECT ctid, * FROM "{table}") TO STDOUT') as copy:
                for piece in copy:
                    out.write(piece)
            found[table] = out.getvalue().decode()
    return found


def _tables() -> list[str]:
    names = connection.introspection.table_names()
    return sorted(name for name in names if not name.startswith("procrastinate"))


def test_the_database_is_the_same_whoever_cast_which_vote(voting: models.Round) -> None:
    """Nothing outside the box depends on who voted what, nor on who came when.

    The same people cast the same votes twice, the second time in another order and each another's
    vote. All tables but the box are equal to the last sign and in the order they lie on the disk
    in; the box holds nothing of the roll. So no query and no backup can join the two.
    """
    codes = issue_codes(STAFF, voting.pk, count=12)
    votes = [(1,), (2,), (3,), (4,), (1, 2), (3, 4)] * 2
    dumps, boxes = [], []
    for order in (list(range(12)), [7, 0, 11, 3, 9, 1, 5, 10, 2, 8, 4, 6]):
        point = transaction.savepoint()
        for turn, who in enumerate(order):
            vote(voting, codes[who], *votes[turn])
        dump = _dump(_tables())
        boxes.append(dump.pop("dialogue_envelope"))
        # One row, rewritten with every vote: where it lies says how many voted, not who.
        dump["dialogue_attendance"] = dump["dialogue_attendance"].partition("\t")[2]
        dumps.append(dump)
        transaction.savepoint_rollback(point)
    assert dumps[0] == dumps[1]
    with connection.cursor() as cursor:
        cursor.execute("SELECT encode(digest, 'hex') FROM dialogue_rollentry")
        digests = [digest for (digest,) in cursor.fetchall()]
    for box in boxes:
        assert not [digest for digest in digests if digest in box]
        assert not [code for code in codes if code.replace("-", "") in box]


def test_no_vote_touches_its_voters_row(voting: models.Round) -> None:
    """What tells the transaction of a vote (xmin) is on no row of the roll; the box has no time."""
    codes = issue_codes(STAFF, voting.pk, count=5)
    query = "SELECT ctid::text, xmin::text, xmax::text, id FROM dialogue_rollentry ORDER BY id"
    with connection.cursor() as cursor:
        cursor.execute(query)
        before = cursor.fetchall()
        for code in codes:
            vote(voting, code, 1)
        cursor.execute(query)
        assert cursor.fetchall() == before
    kinds = {field.get_internal_type() for field in models.Envelope._meta.get_fields()}
    assert not kinds & {"DateTimeField", "DateField", "BigAutoField", "AutoField"}
    assert models.Attendance.objects.filter(round=voting).count() == 1
    assert not Act.objects.filter(action="ballot.cast").exists()


def test_nothing_is_known_before_closing(territory: Territory, voting: models.Round) -> None:
    """No selector tells a count, envelopes are of one length and unreadable, closing is refused."""
    codes = issue_codes(STAFF, voting.pk, count=4)
    empty = (selectors.rounds(territory.pk), selectors.proposals(territory.pk, voting.pk))
    vote(voting, codes[0], 1)
    vote(voting, codes[1], 1, 2, 3)
    told = (selectors.rounds(territory.pk), selectors.proposals(territory.pk, voting.pk))
    assert told == empty
    assert selectors.elections(territory.pk) == ()
    assert selectors.election(territory.pk, voting.code) is None
    assert election_file(territory.pk, voting.code) is None
    sealed = [bytes(one) for one in models.Envelope.objects.values_list("sealed", flat=True)]
    assert len({len(one) for one in sealed}) == 1
    assert not any(b"numbers" in one for one in sealed)
    before = state(voting)
    with pytest.raises(NotYet, match="voting"):
        close_voting(STAFF, voting.pk)
    with pytest.raises(AccessDenied):
        close_voting(RESIDENT, voting.pk)
    assert state(voting) == before


def test_each_finds_the_own_vote_and_shows_only_the_receipt(
    territory: Territory, voting: models.Round
) -> None:
    codes = issue_codes(STAFF, voting.pk, count=5)
    cast = []
    for code, numbers in zip(codes, [(1,), (2,), (1,), (4,), (3,)], strict=True):
        sheet = hand_sheet(voting.pk, find_voter(voting, code))
        cast.append((cast_vote(voting.pk, sheet, marks(*numbers)), numbers))
    held = closed(voting)
    text = election_file(territory.pk, voting.code) or ""
    for one, numbers in cast:
        row = next(line for line in text.splitlines() if line.startswith(one.receipt.row_key))
        assert row.split(";")[1] == ",".join(map(str, numbers))
        assert one.receipt.public not in text
        listed = selectors.receipt_proof(held.pk, one.receipt.public)
        assert listed is not None
        proof = inclusion_proof(listed, one.receipt.public)
        assert verify_inclusion(one.receipt.public, proof, held.box.receipts_root)
    assert selectors.receipt_proof(held.pk, "0" * 32) is None
    act = Act.objects.get(action="ballot.close")
    said = json.loads(act.after)
    assert said["sha256"] == box_hash(text)
    assert said["receipts_root"] == tree_root(one.receipt.public for one, _ in cast)


def test_districts_of_few_are_shown_together(territory: Territory, voting: models.Round) -> None:
    """Five of the west, one of the east: the one is not named, nor can be told by what is left."""
    west = issue_codes(STAFF, voting.pk, count=7, district="west")
    (east,) = issue_codes(STAFF, voting.pk, count=1, district="east")
    for turn, code in enumerate(west):
        vote(voting, code, 1 + turn % 2)
    vote(voting, east, 4)
    held = closed(voting)
    text = election_file(territory.pk, voting.code) or ""
    assert ";east" not in text
    told, _ = parse_election(text)
    assert told.voters is not None
    shown = Counter(told.voters.column("district"))
    assert shown["west"] >= 3 or set(shown) == {"*"}
    assert shown["*"] >= 3
    assert held.box.together["district"] == shown["*"]


def test_the_list_and_who_is_not_on_it(territory: Territory) -> None:
    row = voting_round(territory, roll="list")
    text = "identity,district\n4510 123456,west\n4510 654321,east\n"
    assert load_list(STAFF, row.pk, text) == 2
    vote(row, "4510123456", 1)
    refused(row, "wrong_code", lambda: vote(row, "4510999999", 1))
    for bad, words in (
        ("name\nx\n", "no column 'identity'"),
        ("identity,age\nabcd,4\n", "row 1, age"),
        ("identity\nab\n", "row 2, identity: too short"),
        ("identity\nabcd\nAB-CD\n", "row 3, identity: the same as in row 2"),
        ("identity\n4510123456\n", "on the roll already"),
    ):
        with pytest.raises(RollRefused, match=words), transaction.atomic():
            load_list(STAFF, row.pk, bad)
    assert models.RollEntry.objects.count() == 2


def test_where_nobody_is_checked_a_right_is_for_one_secret(territory: Territory) -> None:
    row = voting_round(territory, roll="nobody")
    sheet = hand_sheet(row.pk, None)
    cast_vote(row.pk, sheet, marks(1))
    refused(
        row, "wrong_code", lambda: cast_vote(row.pk, replace(sheet, secret="ef" * 16), marks(2))
    )
    checked = voting_round(territory, code="checked")
    refused(checked, "wrong_code", lambda: hand_sheet(checked.pk, None))


# -- paper ------------------------------------------------------------------------------------


def clerk(number: int) -> Any:
    return replace(STAFF, account=number)


def test_paper_is_keyed_twice_by_two(territory: Territory, voting: models.Round) -> None:
    codes = issue_codes(STAFF, voting.pk, count=4)
    refused(voting, "more_papers", lambda: key_paper(clerk(1), voting.pk, "A1", marks(1)))
    assert hand_out_paper(STAFF, voting.pk, codes[0]) == 1
    assert hand_out_paper(STAFF, voting.pk, codes[1]) == 2
    refused(voting, "voted", lambda: vote(voting, codes[0], 1))
    refused(voting, "voted", lambda: hand_out_paper(STAFF, voting.pk, codes[0]))
    assert key_paper(clerk(1), voting.pk, "a1", marks(1, 2)) == "once"
    refused(voting, "same_clerk", lambda: key_paper(clerk(1), voting.pk, "A1", marks(1, 2)))
    assert key_paper(clerk(2), voting.pk, "A1", marks(1)) == "differs"
    assert key_paper(clerk(3), voting.pk, "A1", marks(1, 2)) == "agreed"
    refused(voting, "keyed", lambda: key_paper(clerk(4), voting.pk, "A1", marks(1)))
    assert key_paper(clerk(1), voting.pk, "A2", marks(4)) == "once"
    refused(voting, "more_papers", lambda: key_paper(clerk(1), voting.pk, "A3", marks(4)))
    vote(voting, codes[2], 3)
    with pytest.raises(NotYet, match="papers"), transaction.atomic():
        closed(voting)
    assert key_paper(clerk(2), voting.pk, "A2", marks(4)) == "agreed"
    closed(voting)
    told, _ = parse_election(election_file(territory.pk, voting.code) or "")
    assert {b.approvals for b in told.ballots} == {(0, 1), (3,), (2,)}
    with pytest.raises(AccessDenied):
        key_paper(RESIDENT, voting.pk, "A9", marks(1))


def test_who_may_not_changes_nothing(voting: models.Round) -> None:
    acts = Act.objects.count()
    for act in (
        lambda: issue_codes(RESIDENT, voting.pk, count=1),
        lambda: load_list(RESIDENT, voting.pk, "identity\n"),
        lambda: hand_out_paper(RESIDENT, voting.pk, "x"),
    ):
        with pytest.raises(AccessDenied):
            act()
    assert not models.RollEntry.objects.exists()
    assert Act.objects.count() == acts
    assert draft().code == voting.code
