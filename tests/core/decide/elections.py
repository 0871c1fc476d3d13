"""Small elections for hypothesis, rich in ties, and their pabutools twins."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st

from eutopia.core.records import Ballot, BallotBox, BallotProject, Election


@st.composite
def elections(draw: st.DrawFn, vote_types: tuple[str, ...] = ("approval",)) -> Election:
    """Up to seven projects and nine ballots; few distinct costs, so that ties are common."""
    vote_type = draw(st.sampled_from(vote_types))
    m = draw(st.integers(1, 7))
    cost = st.sampled_from([1, 2, 3, 4, 6, 12, 30]) | st.integers(1, 60)
    names = draw(st.permutations([f"p{i}" for i in range(m)]))
    projects = tuple(BallotProject(n, Fraction(draw(cost))) for n in names)
    most = 1 if vote_type == "choose-1" else m
    ballots = []
    for _ in range(draw(st.integers(1, 9))):
        marks = draw(st.lists(st.integers(0, m - 1), unique=True, max_size=most))
        if vote_type != "ordinal":
            marks.sort()
        scores: tuple[Fraction, ...] = ()
        if vote_type in ("cumulative", "scoring"):
            scores = tuple(Fraction(draw(st.integers(0, 5))) for _ in marks)
        ballots.append(Ballot(tuple(marks), scores, draw(st.integers(1, 4))))
    budget = Fraction(draw(st.integers(1, 120)))
    return Election(projects, BallotBox.of(ballots), budget, vote_type)


def ids(election: Election, selected: tuple[int, ...] | list[int]) -> list[str]:
    """The ids of the selected projects, sorted."""
    return sorted(election.projects[p].id for p in selected)
