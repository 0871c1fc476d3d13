"""Limits of groups hold, receipts prove what they should, small groups give nobody away."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eutopia.core.decide.equal_shares import equal_shares
from eutopia.core.decide.explanation import explain
from eutopia.core.decide.greedy import greedy
from eutopia.core.decide.grouping import TOGETHER, group_small
from eutopia.core.decide.limits import Limits, count_parts, spent_by_group
from eutopia.core.decide.receipts import (
    inclusion_proof,
    receipt_of,
    tree_root,
    verify_inclusion,
)
from eutopia.core.decide.rules import count_ballots
from eutopia.core.records import Ballot, BallotBox, BallotProject, Election, VoterColumns
from tests.core.decide.elections import elections


@given(
    elections(), st.integers(0, 60), st.integers(0, 60), st.sampled_from(["none", "add1", "add1u"])
)
@settings(max_examples=150, deadline=None)
def test_limits_hold_under_every_rule(election, most, least, completion):
    """No group gets more than its cap; what is kept free is not taken by the other group."""
    group = tuple("xy"[i % 2] for i in range(len(election.projects)))
    least = min(Fraction(least), election.budget)
    limits = Limits(group, {"x": Fraction(most)}, {"y": least})
    for tally in (
        equal_shares(election, completion=completion, limits=limits),
        greedy(election, limits=limits),
    ):
        got = spent_by_group(limits, election, tally.selected)
        assert got.get("x", 0) <= most
        assert got.get("x", 0) + max(least, got.get("y", 0)) <= election.budget


def test_a_project_shut_out_by_its_group_is_said_to_be():
    """Two parks and a street; parks may cost sixty at most."""
    projects = tuple(
        BallotProject(i, Fraction(50), categories=(c,))
        for i, c in [("a", "park"), ("b", "park"), ("c", "street")]
    )
    box = BallotBox.of([Ballot((0, 1), count=8), Ballot((2,), count=2)])
    election = Election(projects, box, Fraction(125))
    assert equal_shares(election).selected == (0, 1)
    limits = Limits.by_category(election, most={"park": Fraction(60)})
    tally = equal_shares(election, completion="add1", limits=limits)
    assert tally.selected == (0, 2)
    assert [e.code for e in explain(election, tally, limits=limits)] == [
        "bought",
        "limit",
        "bought",
    ]


def test_limits_that_cannot_be_meant_are_refused():
    projects = (BallotProject("a", Fraction(50), categories=("park",)),)
    election = Election(projects, (Ballot((0,)),), Fraction(100))
    with pytest.raises(ValueError, match="give a category of the projects"):
        Limits.by_category(election, most={"pork": Fraction(1)})
    with pytest.raises(ValueError, match="more is kept free"):
        Limits.by_category(election, least={"park": Fraction(101)})


def test_districts_count_their_own_projects_with_their_own_money():
    """A voter may take part in two districts; who marked nothing there does not thin the shares."""
    projects = tuple(BallotProject(i, Fraction(50)) for i in "abcd")
    box = BallotBox.of([Ballot((0, 2), count=4), Ballot((3,), count=6), Ballot((), count=90)])
    election = Election(projects, box, Fraction(0))
    budgets = {"north": Fraction(50), "south": Fraction(50)}
    tallies = count_parts(
        election, budgets=budgets, group=("north", "north", "south", "south"), count=count_ballots
    )
    assert {name: t.selected for name, t in tallies.items()} == {"north": (0,), "south": ()}


def test_receipts_prove_inclusion_and_lead_to_no_row():
    """The shown code is in the list; the row key cannot be had from it without the secret."""
    rng = random.Random(1)
    secrets = [rng.randbytes(16).hex() for _ in range(37)]
    codes = [receipt_of(s, election="2026") for s in secrets]
    shown = [c.public for c in codes]
    assert len({c.row_key for c in codes} | set(shown)) == 74
    root = tree_root(shown)
    for code in codes:
        proof = inclusion_proof(shown, code.public)
        assert verify_inclusion(code.public, proof, root)
        assert not verify_inclusion(code.row_key, proof, root)
    assert receipt_of(secrets[0], election="2027") != codes[0]
    with pytest.raises(KeyError):
        inclusion_proof(shown, "x")
    for bad in ("zz", "00" * 15):
        with pytest.raises(ValueError, match="secret"):
            receipt_of(bad, election="2026")


@given(st.lists(st.text(max_size=3), min_size=1, max_size=20, unique=True))
@settings(max_examples=60, deadline=None)
def test_every_entry_has_a_proof_and_a_changed_list_another_root(entries):
    root = tree_root(entries)
    assert all(verify_inclusion(e, inclusion_proof(entries, e), root) for e in entries)
    assert tree_root([*entries, "much longer"]) != root


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from("xy"), st.integers(0, 2)), max_size=60
    ),
    st.integers(2, 12),
)
@settings(max_examples=150, deadline=None)
def test_no_published_combination_is_rare_or_of_one_mind(rows, least):
    ballots = BallotBox.of([Ballot((p,)) for p in range(3)])
    voters = VoterColumns(
        ("voter_id", "district", "age"),
        (
            tuple(str(i) for i in range(len(rows))),
            tuple(r[0] for r in rows),
            tuple(r[1] for r in rows),
        ),
        np.array([r[2] for r in rows], dtype=np.int32),
    )
    projects = tuple(BallotProject(i, Fraction(1)) for i in "pqr")
    election = Election(projects, ballots, Fraction(1), voters=voters)
    shown = group_small(election, columns=("district", "age"), least=least).election.voters
    groups = {}
    for i, key in enumerate(zip(shown.column("district"), shown.column("age"), strict=True)):
        groups.setdefault(key, []).append(rows[i][2])
    for key, minds in groups.items():
        safe = len(minds) >= least and len(set(minds)) > 1
        assert safe or (key == (TOGETHER, TOGETHER) and len(groups) == 1)


def test_a_large_district_is_shown_and_a_small_one_is_not():
    ballots = BallotBox.of([Ballot((0,)), Ballot((1,))])
    district = ("big",) * 30 + ("tiny",) * 3 + ("small",) * 12
    voters = VoterColumns(
        ("voter_id", "district"),
        (tuple(str(i) for i in range(45)), district),
        np.array([i % 2 for i in range(45)], dtype=np.int32),
    )
    projects = tuple(BallotProject(i, Fraction(1)) for i in "pq")
    election = Election(projects, ballots, Fraction(1), voters=voters)
    grouped = group_small(election, columns=("district",), least=10)
    shown = grouped.election.voters.column("district")
    # Three alone would be known, so the next smallest district joins them.
    assert shown == ("big",) * 30 + (TOGETHER,) * 15
    assert grouped.hidden == (("district", 15),)
