"""Which comments say the same?"""

from __future__ import annotations

import re
from collections.abc import Sequence

from eutopia.core.kit.words import stems

LEAST = 0.6
"""Share of their stems that two comments must have in common to be folded."""


def says_the_same(earlier: Sequence[str], new: str, *, least: float = LEAST) -> int | None:
    """Which earlier comment does a new one repeat?

    Parameters
    ----------
    earlier
        Comments that stand for themselves (not folded under others), in order.
    new
        The new comment, Russian or English.
    least
        Share of stems in common from which two say the same.

    Returns
    -------
    int or None
        Position of the likest; the first of equals. None where no one is like enough.

    Notes
    -----
    Stems in common over stems of either (Jaccard 1901), words cut to five letters; comments whose
    denials (не, против, not …) differ are never the same. A comment
    without words longer than two letters repeats only its very copy. O(length of all). Folding
    hides nothing: each comment stays readable under the first.

    Examples
    --------
    >>> says_the_same(["Чините дорогу", "Нужны скамейки у пруда"], "У пруда очень нужны скамейки!")
    1
    >>> says_the_same(["Скамейки у пруда нужны"], "Скамейки у пруда не нужны") is None
    True
    """
    said, denied = stems(new), _denials(new)
    best, found = least, None
    for position, text in enumerate(earlier):
        if text.strip().casefold() == new.strip().casefold():
            return position
        other = stems(text)
        # A "not" keeps two comments apart, however like they are.
        if not said or not other or denied != _denials(text):
            continue
        likeness = len(said & other) / len(said | other)
        if likeness > best or (found is None and likeness == best):
            best, found = likeness, position
    return found


_DENIAL = re.compile(
    r"\b(?:не|нет|ни|без|против|нельзя|хватит|no|not|never|without|against|stop|\w+n[’']t)\b",
    re.IGNORECASE,
)


def _denials(text: str) -> list[str]:
    return sorted(word.lower() for word in _DENIAL.findall(text))
