"""The comparison step: does a majority prefer another outcome?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eutopia.core.decide.votes import Votes


@dataclass(frozen=True, slots=True)
class Comparison:
    """How many voters have more of their projects funded by the one outcome, by the other?"""

    first: int
    second: int

    @property
    def keeps_first(self) -> bool:
        """Is the first outcome kept? It is unless more voters prefer the second."""
        return self.second <= self.first


def compare_outcomes(votes: Votes, first: Iterable[int], second: Iterable[int]) -> Comparison:
    """How many voters prefer each of two outcomes, by the number of their projects funded?

    Source
    ------
    The regulations of the Green Million of Wieliczka (2023); Pabulib's rule
    `equalshares/add1-comparison`.
    """
    one = funded_marks(votes, first)
    other = funded_marks(votes, second)
    return Comparison(
        int(votes.counts[one > other].sum()),
        int(votes.counts[other > one].sum()),
    )


def funded_marks(votes: Votes, selected: Iterable[int]) -> NDArray[np.int64]:
    """How many of its projects does each ballot get?"""
    chosen = np.zeros(len(votes.cost), dtype=np.int64)
    chosen[list(selected)] = 1
    got = np.concatenate(([0], np.cumsum(chosen[votes.marks])))
    return got[votes.starts[1:]] - got[votes.starts[:-1]]
