"""How alike are two short texts, in Russian or English?"""

from __future__ import annotations

import re
from array import array
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"[^\W\d_]+|\d+")
_STEM = 5


def stems(text: str) -> frozenset[str]:
    """Which words, cut to their first five letters, does a text hold?

    Lower case, ё as е, words of two letters and fewer left out, numbers kept whole. Cutting stands
    in for inflection in both languages: «ямы», «яма» do not meet, «выбоина», «выбоины» do.

    Examples
    --------
    >>> sorted(stems("Не горят фонари, дом 12"))
    ['12', 'горят', 'дом', 'фонар']
    """
    lowered = text.lower().replace("ё", "е")
    return frozenset(
        w if w.isdigit() else w[:_STEM] for w in _WORD.findall(lowered) if len(w) > 2 or w.isdigit()
    )


@dataclass(frozen=True, slots=True)
class StemCounts:
    """In how many of so many distinct texts does each stem occur? Stems in their order."""

    texts: int
    stems: tuple[str, ...]
    seen: NDArray[np.int64]

    def of(self, stems: Sequence[str]) -> NDArray[np.int64]:
        """Count of each stem; one for a stem that was not met."""
        place = {stem: k for k, stem in enumerate(self.stems)}
        found = np.array([place.get(stem, -1) for stem in stems], dtype=np.intp)
        return np.where(found < 0, 1, np.append(self.seen, 1)[found])


class WordIndex:
    """Texts as rows of weighted stems, so that many pairs are compared at once.

    A stem weighs the logarithm of how rare it is among all texts; rows have length one, so the
    product of two rows is their cosine likeness, 0 to 1. `counts` of other texts may say how rare
    it is, so that the likeness of two texts is the same whatever stands beside them.
    """

    def __init__(self, texts: NDArray[np.object_], *, counts: StemCounts | None = None) -> None:
        from scipy.sparse import csr_array

        distinct: dict[str, int] = {}
        self.row = np.array(
            [distinct.setdefault(t, len(distinct)) for t in texts.tolist()], dtype=np.intp
        )
        owner, indices, names = _stems_of_all(tuple(distinct))
        if counts is None:
            seen = np.bincount(indices, minlength=len(names))
            counts = StemCounts(len(distinct), names, seen)
        self.counts = counts
        weight = np.log1p(counts.texts / counts.of(names))
        data = weight[indices]
        lengths = np.bincount(owner, minlength=len(distinct))
        norm = np.sqrt(np.bincount(owner, weights=data**2, minlength=len(distinct)))
        self.empty = lengths == 0
        ends = np.concatenate(([0], np.cumsum(lengths)))
        self.matrix = csr_array(
            (data / norm[owner], indices, ends), shape=(len(distinct), max(1, len(names)))
        )

    def likeness(self, i: NDArray[np.intp], j: NDArray[np.intp]) -> NDArray[np.float64]:
        """How alike are texts i[k] and j[k]? 0 to 1; NaN where either is empty.

        O(words of the pairs), in blocks of 100,000 pairs.
        """
        result = np.empty(len(i), dtype=np.float64)
        for start in range(0, len(i), 100_000):
            cut = slice(start, start + 100_000)
            a, b = self.row[i[cut]], self.row[j[cut]]
            product = self.matrix[a].multiply(self.matrix[b]).sum(axis=1)
            product = np.minimum(np.asarray(product, dtype=np.float64).ravel(), 1.0)
            product[self.empty[a] | self.empty[b]] = np.nan
            result[cut] = product
        return result


def _stems_of_all(
    texts: Sequence[str],
) -> tuple[NDArray[np.intp], NDArray[np.int32], tuple[str, ...]]:
    """Text and stem of each stem in each text, in their order, and the stems, sorted.

    Every distinct piece between blanks is cut up once: the same few thousand come again and again.
    """
    code: defaultdict[str, int] = defaultdict(count().__next__)
    flat, ends = array("q"), array("q", [0])
    for text in texts:
        flat.extend(map(code.__getitem__, text.split()))
        ends.append(len(flat))
    piece = np.array(flat, dtype=np.intp)
    owner = np.repeat(np.arange(len(texts)), np.diff(ends))
    stems_in = [stems(one) for one in code]
    names = tuple(sorted(frozenset().union(*stems_in)))
    place = {name: k for k, name in enumerate(names)}
    stem = np.array([place[name] for one in stems_in for name in one], dtype=np.intp)
    number = np.array([len(one) for one in stems_in], dtype=np.intp)
    # Stem by stem: those of a piece lie together, from `first` on.
    first, here = np.cumsum(number) - number, number[piece]
    within = np.arange(here.sum()) - np.repeat(np.cumsum(here) - here, here)
    width = max(1, len(names))
    key = np.repeat(owner, here) * width + stem[np.repeat(first[piece], here) + within]
    # A sort is five times faster here than the hashing of `np.unique`.
    key = np.sort(key)
    key = key[np.diff(key, prepend=-1) > 0]
    return key // width, (key % width).astype(np.int32), names
