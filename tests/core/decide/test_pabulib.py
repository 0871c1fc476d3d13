"""Pabulib files read exactly, come back the same, and say what is wrong with them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings

from eutopia.core.decide.pabulib import (
    BallotFileError,
    format_election,
    parse_election,
    read_election,
    read_with_faults,
    write_election,
)
from tests.core.decide.elections import elections

GOOD = """META
key;value
description;A small town
num_projects;2
num_votes;3
budget;1000.50
vote_type;approval
max_length;2
PROJECTS
project_id;cost;name;category;selected
a;400;Trees;green,street;1
b;600,25;Benches;green;0
VOTES
voter_id;vote;district
1;a,b;North
2;b,a;South
3;;North
"""


def test_a_file_says_what_it_says():
    """Costs are exact, equal sets are one ballot, an empty ballot is a voter."""
    election, faults = parse_election(GOOD)
    assert faults == ()
    assert election.budget == Fraction("1000.5")
    assert [p.cost for p in election.projects] == [400, Fraction("600.25")]
    assert election.projects[0].categories == ("green", "street")
    assert [p.selected for p in election.projects] == [True, False]
    assert [(b.approvals, b.count) for b in election.ballots] == [((0, 1), 2), ((), 1)]
    assert election.voters.column("district") == ("North", "South", "North")
    assert election.title == "A small town"


def test_spellings_that_mean_the_same_read_the_same():
    """Line ends, byte order mark, quotes, blank lines, spaces after commas."""
    plain, _ = parse_election(GOOD)
    for other in (
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("1;a,b;North", '1;"a, b";North'),
        GOOD.replace("VOTES", "\nVOTES\n"),
        GOOD.replace("META\n", "META;;\n"),
        GOOD.replace("3;;North", "3;None;North"),
    ):
        assert parse_election(other)[0] == plain


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "code"),
    [
        ("META\nkey;value\n", "", 1, "META", "no-meta"),
        ("PROJECTS\n", "", 12, "VOTES", "section-order"),
        ("VOTES\nvoter_id", "voter_id", 16, "VOTES", "section-missing"),
        ("budget;1000.50\n", "", 1, "budget", "meta-missing"),
        ("budget;1000.50", "budget;1 000", 6, "budget", "number"),
        ("budget;1000.50", "budget;nan", 6, "budget", "number"),
        ("budget;1000.50", "budget;-5", 6, "budget", "negative"),
        ("budget;1000.50", "budget", 6, "budget", "meta-row"),
        ("budget;1000.50", "budget;1\nbudget;2", 7, "budget", "meta-twice"),
        ("vote_type;approval", "vote_type;aproval", 7, "vote_type", "vote-type"),
        ("vote_type;approval\n", "", 1, "vote_type", "meta-missing"),
        ("max_length;2", "max_length;two", 8, "max_length", "whole"),
        ("num_votes;3", "num_votes;three", 5, "num_votes", "whole"),
        ("num_votes;3", "num_votes;4", 5, "num_votes", "count"),
        ("num_projects;2", "num_projects;3", 4, "num_projects", "count"),
        ("num_votes;3\n", "", 1, "num_votes", "meta-missing"),
        ("project_id;cost", "project;cost", 10, "project_id", "column-missing"),
        ("project_id;cost", "project_id;price", 10, "cost", "column-missing"),
        ("name;category", "name;name", 10, "header", "column-twice"),
        ("a;400;", "a;four hundred;", 11, "cost", "number"),
        ("a;400;", "a;-400;", 11, "cost", "negative"),
        ("a;400;", ";400;", 11, "project_id", "project-id"),
        ("b;600,25", "a;600,25", 12, "project_id", "project-twice"),
        ("Trees;green", "Trees; green;", 11, "row", "ragged"),
        ("street;1", "street;yes", 11, "selected", "selected"),
        ("voter_id;vote;", "voter;vote;", 14, "voter_id", "votes-column"),
        ("voter_id;vote;", "voter_id;votes;", 14, "vote", "votes-column"),
        ("1;a,b;", "1;a,c;", 15, "vote", "ballot-unknown-project"),
        ("1;a,b;", "1;a,a;", 15, "vote", "ballot-twice"),
        ("2;b,a;", "1;b,a;", 16, "voter_id", "ballot-voter"),
        ("2;b,a;", ";b,a;", 16, "voter_id", "ballot-voter"),
        ("3;;North", "3;North", 17, "row", "ballot-ragged"),
    ],
)
def test_each_malformation_is_named_with_line_field_and_mend(old, new, line, field, code, tmp_path):
    assert old in GOOD
    path = tmp_path / "bad.pb"
    path.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BallotFileError) as raised:
        read_election(path)
    fault = raised.value.faults[0]
    assert (fault.line, fault.field, fault.code) == (line, field, code)
    assert fault.mend
    assert f"{path}, line {line}, {field}: " in str(raised.value)


@pytest.mark.parametrize(
    ("kind", "vote", "code"),
    [
        ("cumulative", "a,b;3", "ballot-points"),
        ("cumulative", "a,b;3,x", "ballot-points"),
        ("scoring", "a;3,1", "ballot-points"),
        ("choose-1", "a,b;1,1", "ballot-length"),
    ],
)
def test_points_and_lengths_are_checked(kind, vote, code):
    text = GOOD.replace("approval", kind).replace("vote;district", "vote;points")
    text = text.replace("a,b;North", vote).replace("b,a;South", "b;1").replace(";;North", ";;")
    _, faults = parse_election(text)
    assert [(f.line, f.code) for f in faults if not f.warning] == [(15, code)]


def test_every_bad_ballot_is_listed_and_the_good_ones_are_kept(tmp_path):
    path = tmp_path / "bad.pb"
    path.write_text(GOOD.replace("1;a,b;", "1;a,x;").replace("3;;", "2;;"), encoding="utf-8")
    with pytest.raises(BallotFileError, match=r"line 15.*\n.*line 17"):
        read_election(path)
    election, faults = read_with_faults(path)
    assert sum(b.count for b in election.ballots) == 1
    assert election.voters.values[0] == ("2",)
    assert [f.line for f in faults] == [15, 17]


def test_what_cannot_change_the_count_is_only_noted():
    """A project beyond the budget, one that costs nothing, a ballot that is too long."""
    text = (
        GOOD.replace("a;400", "a;4000")
        .replace("600,25", "0")
        .replace("max_length;2", "max_length;1")
    )
    election, faults = parse_election(text)
    assert {f.code for f in faults} == {"above-budget", "free", "max_length"}
    assert all(f.warning for f in faults)
    assert len(election.projects) == 2


def test_a_file_that_is_not_utf8_names_the_line(tmp_path):
    path = tmp_path / "latin.pb"
    path.write_bytes(GOOD.replace("Trees", "Bäume").encode("latin-1"))
    with pytest.raises(
        BallotFileError, match="line 11, text: is not UTF-8; save the file as UTF-8"
    ):
        read_election(path)


@given(elections(("approval", "ordinal", "cumulative", "scoring", "choose-1")))
@settings(max_examples=200, deadline=None)
def test_what_is_written_reads_the_same(election):
    again, _ = parse_election(format_election(election))
    assert again.projects == tuple(p for p in again.projects)
    assert [(p.id, p.cost) for p in again.projects] == [(p.id, p.cost) for p in election.projects]
    assert (again.budget, again.vote_type) == (election.budget, election.vote_type)
    assert profile(again) == profile(election)


def profile(election):
    """How many voters cast each ballot."""
    counts = {}
    for ballot in election.ballots:
        key = (ballot.approvals, ballot.scores)
        counts[key] = counts.get(key, 0) + ballot.count
    return counts


def test_money_of_any_size_stays_exact(tmp_path):
    """A thousand million units and a hundredth."""
    text = GOOD.replace("budget;1000.50", "budget;1000000000.01")
    election, _ = parse_election(text)
    path = tmp_path / "big.pb"
    write_election(election, path)
    assert read_election(path) == election
    assert "budget;1000000000.01\n" in path.read_text(encoding="utf-8")


@pytest.mark.real
def test_all_real_files_read_and_come_back_the_same(real_data, tmp_path):
    files = sorted((real_data / "pabulib").glob("*.pb"))
    assert len(files) == 55
    for file in files:
        election = read_election(file)
        path = tmp_path / "again.pb"
        write_election(election, path)
        assert read_election(path) == election
