"""Which proposals are about the same thing at the same place?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eutopia.core.kit.spatial import LocalPlane
from eutopia.core.kit.words import WordIndex


@dataclass(frozen=True, slots=True)
class LikeProposal:
    """Which earlier proposal is alike, how far away (metres), how alike in words (0 to 1)?"""

    position: int
    metres: float
    likeness: float


def similar_proposals(
    words: Sequence[str],
    places: Sequence[tuple[float, float]],
    *,
    new_words: str,
    new_place: tuple[float, float],
    within_m: float = 300.0,
    least: float = 0.25,
    most: int = 5,
) -> tuple[LikeProposal, ...]:
    """Which proposals should whoever makes a new one look at first?

    Parameters
    ----------
    words
        Title and text of the proposals that are there.
    places
        Their longitude and latitude, degrees.
    new_words, new_place
        Of the new one.
    within_m
        Metres; farther ones are about another place. Nearness makes up for other words: right at
        the place half of `least` is enough.
    least
        Likeness of words from which two are taken for alike.
    most
        So many are named.

    Returns
    -------
    tuple of LikeProposal
        The likest first; equals in the order given.

    Raises
    ------
    ValueError
        Words and places are not of the same number.

    Notes
    -----
    Words are compared as in the search for duplicate reports: stems weighed by how rare they are,
    cosine. Linear in the number of proposals. A suggestion to people, never a verdict.

    Source
    ------
    Salton, Buckley, *Term-weighting approaches in automatic text retrieval* (1988): tf-idf cosine.

    Examples
    --------
    >>> found = similar_proposals(
    ...     ["Bench by the pond", "Playground in the yard"], [(30.0, 60.0), (30.0, 60.0)],
    ...     new_words="New benches at the pond", new_place=(30.001, 60.0))
    >>> [(one.position, round(one.metres)) for one in found]
    [(0, 56)]
    """
    if len(words) != len(places):
        raise ValueError(f"{len(words)} texts for {len(places)} places: give one place a text")
    if not words:
        return ()
    n = len(words)
    index = WordIndex(np.array([*words, new_words], dtype=object))
    here = np.full(n, n, dtype=np.intp)
    likeness = np.nan_to_num(index.likeness(np.arange(n, dtype=np.intp), here))
    lon, lat = np.array([*places, new_place], dtype=np.float64).T
    x, y = LocalPlane.around(lon, lat).forward(lon, lat)
    metres = np.hypot(x[:n] - x[n], y[:n] - y[n])
    needed = least * (0.5 + 0.5 * np.minimum(metres / within_m, 1.0))
    alike = np.flatnonzero((metres <= within_m) & (likeness >= needed))
    ranked = alike[np.argsort(-likeness[alike], kind="stable")][:most]
    return tuple(LikeProposal(int(i), float(metres[i]), float(likeness[i])) for i in ranked)
