"""A vote is loaded once, counted exactly, announced once, and can be recounted by anybody."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from eutopia.core.decide.pabulib import parse_election
from eutopia.core.records import Ballot, BallotProject, Election
from eutopia.web.dialogue import bridge, models, selectors
from eutopia.web.dialogue.services import RULES, count_ballot, election_file, load_election
from eutopia.web.foundation.access import OPERATOR, RESIDENT, AccessDenied
from eutopia.web.foundation.models import Act
from eutopia.web.ledger.models import Promise
from eutopia.web.loop.services import operator_for
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import load_territory
from tests.web.towns import hamlet

pytestmark = pytest.mark.django_db

ACTOR = operator_for("hamlet")
ELECTION = Election(
    projects=(
        BallotProject("p1", Fraction(60), "Benches"),
        BallotProject("p2", Fraction(40), "Trees"),
        BallotProject("p3", Fraction(50), "Swings"),
    ),
    # Sixty voters for one district's benches and swings, forty for the other's trees.
    ballots=(Ballot((0, 2), count=60), Ballot((1,), count=40)),
    budget=Fraction(100),
    title="Hamlet 2026",
    attributes=(("country", "Nowhere"), ("unit", "Hamlet"), ("instance", "2026")),
)


@pytest.fixture
def territory() -> Territory:
    return load_territory(OPERATOR, hamlet())[0]


@pytest.fixture
def vote(territory: Territory) -> models.Election:
    return load_election(ACTOR, territory, ELECTION, code="2026", places=(("p1", 40.0, 55.0),))


def test_read_back_exactly(vote: models.Election) -> None:
    """Costs, ballots and budget come back as fractions, nothing rounded."""
    told = bridge.election(vote.pk)
    assert told.projects == ELECTION.projects
    assert tuple(told.ballots) == ELECTION.ballots
    assert (told.budget, told.attributes) == (ELECTION.budget, ELECTION.attributes)


def test_ballots_never_change(territory: Territory, vote: models.Election) -> None:
    """Loading the same again changes nothing; other ballots under the same code are refused."""
    assert load_election(ACTOR, territory, ELECTION, code="2026").pk == vote.pk
    other = replace(ELECTION, ballots=(Ballot((0,), count=100),))
    with pytest.raises(ValueError, match="never changed"):
        load_election(ACTOR, territory, other, code="2026")
    assert models.Ballot.objects.count() == 2


def test_equal_shares_gives_both_districts_something(
    territory: Territory, vote: models.Election
) -> None:
    """Sixty per cent of the voters decide over sixty per cent of the money."""
    for rule in RULES:
        count_ballot(ACTOR, vote.pk, rule=rule, binding=rule == "equal_shares")
    view = selectors.election(territory.pk, "2026")
    assert view is not None
    assert view.binding is not None
    chosen = {step.project.code for step in view.binding.steps}
    assert "p2" in chosen
    assert view.binding.voters_with_a_win == 100
    assert view.binding.steps[-1].spent == view.binding.cost
    assert view.projects[1].chosen_by[0] == "equal_shares"
    assert Promise.objects.filter(kind="vote").count() == len(chosen)


def test_a_result_is_announced_once(vote: models.Election) -> None:
    """Counting again gives the same tally; another rule cannot become binding afterwards."""
    first = count_ballot(ACTOR, vote.pk, rule="equal_shares", binding=True)
    again = count_ballot(ACTOR, vote.pk, rule="equal_shares", binding=True)
    assert first.pk == again.pk
    with pytest.raises(ValueError, match="announced once"):
        count_ballot(ACTOR, vote.pk, rule="greedy", binding=True)
    assert models.Tally.objects.filter(binding=True).count() == 1
    with pytest.raises(KeyError):
        count_ballot(ACTOR, vote.pk, rule="dice")


def test_anybody_can_recount(territory: Territory, vote: models.Election) -> None:
    """The file handed out holds the same vote."""
    text = election_file(territory.pk, "2026")
    assert text is not None
    told, _ = parse_election(text)
    assert [p.cost for p in told.projects] == [p.cost for p in ELECTION.projects]
    assert sum(b.count for b in told.ballots) == 100
    assert election_file(territory.pk, "none") is None


def test_who_may_not_changes_nothing(territory: Territory, vote: models.Election) -> None:
    """A resident neither opens nor counts."""
    acts = Act.objects.count()
    with pytest.raises(AccessDenied):
        load_election(RESIDENT, territory, ELECTION, code="other")
    with pytest.raises(AccessDenied):
        count_ballot(RESIDENT, vote.pk, rule="greedy")
    assert models.Election.objects.count() == 1
    assert not models.Tally.objects.exists()
    assert Act.objects.count() == acts
