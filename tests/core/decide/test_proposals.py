"""Like proposals near by are named, others are not; people decide."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eutopia.core.decide.proposals import similar_proposals

HERE = (30.0, 60.0)
NEAR = (30.001, 60.0)  # 56 m
FAR = (30.04, 60.0)  # 2.2 km
WORDS = st.lists(
    st.sampled_from(["скамейки", "пруд", "освещение", "двор", "playground", "yard", "trees"]),
    min_size=1,
    max_size=5,
).map(" ".join)


@pytest.mark.parametrize(
    ("old", "place", "new", "found"),
    [
        ("Скамейки у пруда", NEAR, "Новые скамейки у пруда", True),
        ("Скамейки у пруда", FAR, "Новые скамейки у пруда", False),
        ("Playground in the yard", HERE, "A playground for the yard", True),
        ("Playground in the yard", HERE, "Lamps along the river", False),
    ],
)
def test_by_words_and_place(old, place, new, found):
    others = ["Trees for the street", "Ремонт тротуара у школы", "Steps to the water"]
    told = similar_proposals([old, *others], [place, FAR, FAR, FAR], new_words=new, new_place=HERE)
    assert (0 in [one.position for one in told]) is found


@given(st.lists(WORDS, min_size=1, max_size=8), st.data())
def test_the_same_again_is_always_found(words, data):
    """Whatever else is proposed, a proposal made again at its place is named, alike by 1."""
    again = data.draw(st.sampled_from(words))
    told = similar_proposals(words, [HERE] * len(words), new_words=again, new_place=HERE, most=99)
    best = {words[one.position] for one in told if one.likeness > 1 - 1e-9}
    assert again in best
    assert all(one.metres < 1 for one in told)
    assert [one.likeness for one in told] == sorted((o.likeness for o in told), reverse=True)


def test_every_proposal_needs_a_place():
    with pytest.raises(ValueError, match="2 texts for 1 places"):
        similar_proposals(["a", "b"], [HERE], new_words="a", new_place=HERE)
    assert similar_proposals([], [], new_words="a", new_place=HERE) == ()
