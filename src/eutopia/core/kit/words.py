"""How alike are two short texts, in Russian or English?"""

from __future__ import annotations

import re

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


class WordIndex:
    """Texts as rows of weighted stems, so that many pairs are compared at once.

    A stem weighs the logarithm of how rare it is among all texts; rows have length one, so the
    product of two rows is their cosine likeness, 0 to 1.
    """

    def __init__(self, texts: NDArray[np.object_]) -> None:
        from scipy.sparse import csr_array

        distinct: dict[str, int] = {}
        self.row = np.array([distinct.setdefault(t, len(distinct)) for t in texts], dtype=np.intp)
        code: dict[str, int] = {}
        ends: list[int] = [0]
        columns: list[int] = []
        for text in distinct:
            columns.extend(code.setdefault(s, len(code)) for s in sorted(stems(text)))
            ends.append(len(columns))
        indices = np.array(columns, dtype=np.int32)
        seen = np.bincount(indices, minlength=max(1, len(code)))
        weight = np.log1p(len(distinct) / np.maximum(seen, 1))
        data = weight[indices]
        lengths = np.diff(ends)
        owner = np.repeat(np.arange(len(distinct)), lengths)
        norm = np.sqrt(np.bincount(owner, weights=data**2, minlength=len(distinct)))
        self.empty = lengths == 0
        self.matrix = csr_array(
            (data / norm[owner], indices, np.array(ends)), shape=(len(distinct), max(1, len(code)))
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
