"""Every outcome is the one that pabutools reaches with gmpy2 fractions, ties included."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eutopia.core.decide.maximin import load_with
from eutopia.core.decide.pabulib import read_election
from eutopia.core.decide.rules import count_ballots
from eutopia.core.decide.votes import prepare
from tests.core.decide.elections import elections, ids
from tests.core.decide.pabutools_twin import maximin_order, outcome, twin

pytest.importorskip("pabutools", reason="pabutools is the oracle; uv sync --group dev")

CARDINAL = ("cumulative", "scoring")
COMPLETIONS = st.sampled_from(["none", "add1", "add1u", "utilitarian", "exhaustion"])
SATISFACTION = st.sampled_from(["cost", "cardinality", "score"])
# pabutools' outcomes on the real files, computed once with pabutools 1.2.3; ids only.
GOLDEN = json.loads((Path(__file__).parent / "golden_outcomes.json").read_text(encoding="utf-8"))
slow_draws = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@given(elections(("approval", "ordinal", "choose-1", *CARDINAL)), SATISFACTION, COMPLETIONS)
@slow_draws
def test_equal_shares(election, satisfaction, completion):
    ours = count_ballots(election, satisfaction=satisfaction, completion=completion)
    theirs = outcome(*twin(election), election.vote_type, "equal-shares", satisfaction, completion)
    assert ids(election, ours.selected) == theirs


@given(elections(("approval", "ordinal", "choose-1", *CARDINAL)), SATISFACTION)
@slow_draws
def test_greedy(election, satisfaction):
    ours = count_ballots(election, rule="greedy", satisfaction=satisfaction)
    theirs = outcome(*twin(election), election.vote_type, "greedy", satisfaction, "none")
    assert ids(election, ours.selected) == theirs


@given(elections(("approval", "choose-1")))
@slow_draws
def test_phragmen(election):
    ours = count_ballots(election, rule="phragmen")
    theirs = outcome(*twin(election), election.vote_type, "phragmen", "cardinality", "none")
    assert ids(election, ours.selected) == theirs


@given(elections())
@settings(max_examples=25)
def test_maximin_support(election):
    """Each project pabutools takes keeps the heaviest load as light as ours, exactly.

    pabutools compares loads as floats of a linear programme, so among equals it may take another.
    """
    order = maximin_order(*twin(election))
    votes = prepare(election, satisfaction="cardinality")
    index = {p.id: k for k, p in enumerate(election.projects)}
    chosen: list[int] = []
    for project in map(index.__getitem__, order):
        room = election.budget - sum(election.projects[p].cost for p in chosen)
        loads = {
            p: load_with(votes, [*chosen, p])
            for p in range(len(votes.cost))
            if p not in chosen and votes.support(p) and election.projects[p].cost <= room
        }
        assert loads.get(project) == min(loads.values(), default=None)
        chosen.append(project)
    ours = count_ballots(election, rule="maximin-support")
    if not any(step.tied_with for step in ours.steps):
        assert ids(election, ours.selected) == sorted(order)


@pytest.mark.real
@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_real_elections(name, real_data):
    """The sets pabutools selects on the real files, by rule, satisfaction and completion."""
    election = read_election(real_data / "pabulib" / name)
    for case, expected in GOLDEN[name].items():
        rule, satisfaction, completion = case.split("/")
        ours = count_ballots(election, rule=rule, satisfaction=satisfaction, completion=completion)
        assert ids(election, ours.selected) == expected, case


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "completion"),
    [
        ("Poland_Swiecie_2023.pb", "add1"),
        ("Poland_Wieliczka_2023_Green_Budget.pb", "add1-comparison"),
        ("Netherlands_Assen_2024.pb", "add1"),
    ],
)
def test_official_outcomes_come_out(name, completion, real_data):
    """The towns that used equal shares funded exactly these projects."""
    election = read_election(real_data / "pabulib" / name)
    official = {p.id for p in election.projects if p.selected}
    tally = count_ballots(election, completion=completion)
    assert {election.projects[p].id for p in tally.selected} == official
