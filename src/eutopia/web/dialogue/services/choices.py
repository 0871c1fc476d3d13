"""What a voter may mark: the rules of each kind of ballot, checked in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

KINDS = ("approval", "choose-1", "cumulative", "scoring", "ordinal")
LIMITS = ("min_length", "max_length", "max_points", "max_sum_points", "max_sum_cost")


class BallotRefused(ValueError):  # noqa: N818 - a verdict on what was sent.
    """The vote was not taken; nothing was changed. `code` says why, without language.

    Codes: nothing, too_few, too_many, too_costly, no_number, too_many_points, sum_of_points,
    rank_gap, unknown_project, not_open, closed, wrong_code, expired, voted, stale, bad_secret,
    too_fast.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Choice:
    """What a ballot says: numbers of proposals, with points where the kind has them.

    In a ranking the order is the preference.
    """

    numbers: tuple[int, ...]
    points: tuple[int, ...] = ()


def read_marks(fields: Mapping[str, str]) -> dict[int, str]:
    """What do the fields of a form mark, by number of the proposal?

    Fields are named `p-7`; in a choice of one, the field `one` holds the number.

    Examples
    --------
    >>> read_marks({"p-7": "2", "one": "3", "x": "y"})
    {7: '2', 3: '1'}
    """
    marked = {
        int(name[2:]): words
        for name, words in fields.items()
        if name.startswith("p-") and name[2:].isascii() and name[2:].isdigit() and len(name) < 12
    }
    one = fields.get("one", "")
    if one.isascii() and one.isdigit() and len(one) < 10:
        marked[int(one)] = "1"
    return marked


def check_choice(
    vote_type: str,
    limits: Mapping[str, int],
    costs: Mapping[int, Fraction],
    given: Mapping[int, str],
) -> Choice:
    """Which ballot do the marks make?

    Parameters
    ----------
    limits
        Some of `LIMITS`.
    costs
        Of each proposal on the ballot, by number.
    given
        What was marked or written at each proposal, by number; empty words count as no mark.
        Approval and choose-1: anything; cumulative and scoring: points; ordinal: the rank from 1.

    Raises
    ------
    BallotRefused

    Examples
    --------
    >>> check_choice("ordinal", {}, {1: Fraction(5), 2: Fraction(5)}, {1: "2", 2: "1"}).numbers
    (2, 1)
    """
    marked = {number: words.strip() for number, words in given.items() if words.strip()}
    if any(number not in costs for number in marked):
        raise BallotRefused("unknown_project")
    if vote_type in ("approval", "choose-1"):
        choice = Choice(tuple(sorted(marked)))
    elif vote_type == "ordinal":
        choice = _ranking(marked)
    else:
        choice = _pointed(vote_type, limits, marked)
    _check_length(vote_type, limits, choice)
    most = limits.get("max_sum_cost")
    if most is not None and sum((costs[n] for n in choice.numbers), Fraction(0)) > most:
        raise BallotRefused("too_costly")
    return choice


def _number(words: str) -> int:
    if not (words.isascii() and words.isdigit() and len(words) < 10):
        raise BallotRefused("no_number")
    return int(words)


def _ranking(marked: Mapping[int, str]) -> Choice:
    rank = {number: _number(words) for number, words in marked.items()}
    if sorted(rank.values()) != list(range(1, len(rank) + 1)):
        raise BallotRefused("rank_gap")
    return Choice(tuple(sorted(rank, key=lambda number: rank[number])))


def _pointed(vote_type: str, limits: Mapping[str, int], marked: Mapping[int, str]) -> Choice:
    points = {number: _number(words) for number, words in sorted(marked.items())}
    points = {number: value for number, value in points.items() if value}
    most = limits.get("max_points")
    if most is not None and any(value > most for value in points.values()):
        raise BallotRefused("too_many_points")
    whole = limits.get("max_sum_points")
    if vote_type == "cumulative" and whole is not None and sum(points.values()) > whole:
        raise BallotRefused("sum_of_points")
    return Choice(tuple(points), tuple(points.values()))


def _check_length(vote_type: str, limits: Mapping[str, int], choice: Choice) -> None:
    if not choice.numbers:
        raise BallotRefused("nothing")
    if len(choice.numbers) < limits.get("min_length", 1):
        raise BallotRefused("too_few")
    most = 1 if vote_type == "choose-1" else limits.get("max_length")
    if most is not None and len(choice.numbers) > most:
        raise BallotRefused("too_many")
