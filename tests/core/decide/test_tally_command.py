"""`eutopia tally`: the object that scripts rely on, the table for people, refusals with a mend."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from eutopia.cli import main
from eutopia.commands import tally as command
from eutopia.core.decide import rules, standalone_tally, votes
from eutopia.core.decide.pabulib import read_election, write_election
from eutopia.core.decide.rules import count_ballots

BOX = """META
key;value
description;Two quarters
num_projects;4
num_votes;10
budget;100
vote_type;approval
PROJECTS
project_id;cost;name
a;50;Park
b;50;Square
c;30;Lane
d;30;Yard
VOTES
voter_id;vote
1;a,b
2;a,b
3;a,b
4;a,b
5;a,b
6;a,b
7;c
8;c
9;c
10;d
"""


@pytest.fixture
def box(tmp_path):
    path = tmp_path / "box.pb"
    path.write_text(BOX, encoding="utf-8")
    return path


def run(*arguments):
    return CliRunner().invoke(main, ["tally", *map(str, arguments)])


def test_json_has_exactly_the_promised_keys(box):
    result = run(box, "--rule", "equal-shares", "--satisfaction", "cost", "--json")
    said = json.loads(result.stdout)
    assert list(said) == ["selected", "cost", "budget", "rule", "ties", "seconds"]
    assert said["selected"] == ["a", "c"]
    assert (said["cost"], said["budget"]) == (80, 100)
    assert said["rule"]["name"] == "equal-shares"
    assert said["rule"]["satisfaction"] == "cost"
    assert said["ties"] == [{"step": 1, "chosen": "a", "tied_with": ["b"], "by": "id"}]
    assert set(said["seconds"]) == {"reading", "rule"}


@pytest.mark.parametrize("rule", command.RULES)
@pytest.mark.parametrize("satisfaction", command.SATISFACTIONS)
def test_every_rule_counts_and_explains(box, rule, satisfaction):
    result = run(box, "--rule", rule, "--satisfaction", satisfaction)
    assert result.exit_code == 0, result.output
    assert "Proportional" in result.output


@pytest.mark.parametrize("completion", command.COMPLETIONS)
@pytest.mark.parametrize("ties", command.TIES)
def test_every_completion_and_tie_rule_counts(box, completion, ties):
    result = run(box, "--completion", completion, "--ties", ties, "--seed", "x", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["rule"]["ties"] == ties


def test_the_command_knows_all_rules_there_are():
    assert command.RULES == rules.RULES
    assert set(command.COMPLETIONS) == set(rules.ALL_COMPLETIONS)
    assert (command.SATISFACTIONS, command.TIES) == (votes.SATISFACTIONS, votes.TIE_RULES)


def test_bad_ballots_are_refused_or_set_aside(box):
    box.write_text(BOX.replace("10;d", "10;x"), encoding="utf-8")
    refused = run(box)
    assert refused.exit_code == 1
    assert "line 25, vote: there is no project 'x'; write ids from PROJECTS" in refused.output
    counted = run(box, "--set-aside", "--json")
    assert counted.exit_code == 0
    assert "set aside" in counted.stderr
    assert json.loads(counted.stdout)["selected"] == ["a", "c"]


def test_a_completion_belongs_to_equal_shares(box):
    result = run(box, "--rule", "greedy", "--completion", "add1")
    assert result.exit_code == 1
    assert "belongs to equal-shares" in result.output


STANDALONE = [
    ("greedy", "none"),
    ("phragmen", "none"),
    *(("equal-shares", c) for c in ("none", "utilitarian", "add1", "add1u", "add1-comparison")),
]


@pytest.mark.parametrize(("rule", "completion"), STANDALONE)
@pytest.mark.parametrize("satisfaction", command.SATISFACTIONS)
def test_the_standalone_script_reproduces_the_count(box, rule, completion, satisfaction, capsys):
    arguments = [str(box), "--rule", rule, "--completion", completion]
    assert standalone_tally.main([*arguments, "--satisfaction", satisfaction]) == 0
    printed = capsys.readouterr().out.split()
    election = read_election(box)
    tally = count_ballots(election, rule=rule, completion=completion, satisfaction=satisfaction)
    assert printed == [election.projects[p].id for p in tally.selected]


def test_the_standalone_script_refuses_another_file(box, capsys):
    assert standalone_tally.main([str(box), "--sha256", "0" * 64]) == 1
    assert "not the published file" in capsys.readouterr().err


@pytest.mark.real
@pytest.mark.parametrize(("rule", "completion"), STANDALONE)
def test_the_standalone_script_reproduces_real_counts(real_data, rule, completion, capsys):
    """All kinds of ballots; written anew, to prove that export does not change the count."""
    for name in (
        "Netherlands_Assen_2024",
        "Worldwide_Mechanical_Turk_Utilities_3",
        "US_Stanford_Dataset_PB_Chicago_39th_Ward_2021_vote_rankings",
        "Poland_Gdansk_2020_Krakowiec-Gorki_Zachodnie",
    ):
        if completion.startswith("add1") and name.startswith(("US", "World")):
            # Thousands of raises, one at a time: the script does not leap.
            continue
        path = real_data / "pabulib" / f"{name}.pb"
        satisfaction = "cost" if name.startswith("N") else "score"
        assert (
            standalone_tally.main(
                [
                    str(path),
                    "--rule",
                    rule,
                    "--completion",
                    completion,
                    "--satisfaction",
                    satisfaction,
                ]
            )
            == 0
        )
        printed = capsys.readouterr().out.split()
        election = read_election(path)
        tally = count_ballots(election, rule=rule, completion=completion, satisfaction=satisfaction)
        assert sorted(printed) == sorted(election.projects[p].id for p in tally.selected)


def test_export_keeps_the_count(box, tmp_path):
    election = read_election(box)
    write_election(election, tmp_path / "again.pb")
    again = read_election(tmp_path / "again.pb")
    assert count_ballots(again).selected == count_ballots(election).selected
