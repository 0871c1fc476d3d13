"""Exact arithmetic that stays fast: floats only rule out what cannot be, fractions decide.

A rule of proportional voting compares prices that are fractions with thousands of digits, nearly
always far apart. `ExactChain` keeps each number as a formula over earlier ones together with a
float and a proven bound on its error. Callers compare floats where the bounds do not touch and ask
for the fraction where they do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from math import fsum, inf, isfinite, lcm, nextafter

EPSILON = 2.0**-52
"""Twice the unit roundoff of a double: a bound on the relative error of one operation."""

_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
# Beyond this relative width a float enclosure is renewed from the fraction.
_WIDEST = 2.0**-30
# `(constant - sum(coefficients * v[positions])) / divisor`.
Form = tuple[int, Sequence[int], Sequence[int], int]


def parse_decimal(text: str) -> Fraction:
    """Which number do these digits say, exactly?

    Parameters
    ----------
    text : str
        Digits with an optional sign, decimal point or comma, and exponent.

    Raises
    ------
    ValueError
        Where the text is anything else (thousands separators, fractions, nan, inf).

    Examples
    --------
    >>> parse_decimal("12,50")
    Fraction(25, 2)
    """
    plain = text.strip().replace(",", ".")
    if not _DECIMAL.fullmatch(plain):
        raise ValueError(f"{text!r} is not a decimal number")
    return Fraction(plain)


def common_scale(values: Iterable[Fraction]) -> int:
    """What is the least whole number that makes all `values` whole when multiplied by it?

    Examples
    --------
    >>> common_scale([Fraction(1, 4), Fraction(1, 6)])
    12
    """
    return lcm(*{v.denominator for v in values})


def round_down(value: Fraction | int) -> float:
    """Which is the largest double not above `value`?

    Examples
    --------
    >>> round_down(Fraction(1, 3)) <= Fraction(1, 3) < round_up(Fraction(1, 3))
    True
    """
    try:
        near = float(value)
    except OverflowError:
        return nextafter(inf, 0.0) if value > 0 else -inf
    return near if near <= value else nextafter(near, -inf)


def round_up(value: Fraction | int) -> float:
    """Which is the smallest double not below `value`?"""
    return -round_down(-value)


class ExactChain:
    """Numbers each made of earlier ones: `v[k] = (constant - sum(c[j] * v[j])) / divisor`.

    A formula may be put off (`enclosed`): it is asked for when the fraction is.

    `middle[k]` and `radius[k]` are floats with `abs(v[k] - middle[k]) <= radius[k]`; `value(k)` is
    the fraction, worked out on demand, without recursion, and remembered.

    Notes
    -----
    The bound on the float: products of an integer and a double err by one operation each, `fsum`
    rounds once, the division once. Where the bound grows beyond 2**-30 of the number, the float is
    taken anew from the fraction.

    Examples
    --------
    >>> chain = ExactChain()
    >>> chain.append(10, (), (), 3), chain.append(1, (0,), (-2,), 7)
    (0, 1)
    >>> chain.value(1)
    Fraction(23, 21)
    """

    __slots__ = ("_exact", "_forms", "middle", "radius")

    def __init__(self) -> None:
        self._forms: list[Form | Callable[[], Form]] = []
        self._exact: list[Fraction | None] = []
        self.middle: list[float] = []
        self.radius: list[float] = []

    def __len__(self) -> int:
        return len(self._forms)

    def append(
        self, constant: int, positions: Sequence[int], coefficients: Sequence[int], divisor: int
    ) -> int:
        """Add `(constant - sum(coefficients * v[positions])) / divisor`; return its position."""
        middle, radius = self.enclose(constant, positions, coefficients, divisor)
        return self.enclosed(middle, radius, (constant, positions, coefficients, divisor))

    def enclosed(
        self,
        middle: float,
        radius: float,
        form: Form | Callable[[], Form],
        exact: Fraction | None = None,
    ) -> int:
        """Add the number that `form` says, known to be within `radius` of `middle`."""
        self._forms.append(form)
        self._exact.append(exact)
        self.middle.append(middle)
        self.radius.append(radius)
        position = len(self._forms) - 1
        if not radius <= _WIDEST * abs(middle):
            middle = float(self.value(position))
            self.middle[position] = middle
            self.radius[position] = EPSILON * abs(middle)
        return position

    def enclose(
        self, constant: int, positions: Sequence[int], coefficients: Sequence[int], divisor: int
    ) -> tuple[float, float]:
        """Where does the number lie for certain: middle and radius, in floats?"""
        try:
            terms = [c * self.middle[j] for j, c in zip(positions, coefficients, strict=True)]
            whole, parts = float(constant), float(divisor)
        except OverflowError:
            return 0.0, inf
        middle = (whole - fsum(terms)) / parts
        spread = fsum(abs(c) * self.radius[j] for j, c in zip(positions, coefficients, strict=True))
        rounding = 2 * EPSILON * (abs(whole) + fsum(map(abs, terms)))
        radius = (spread + rounding) / parts * (1 + 8 * EPSILON) + 2 * EPSILON * abs(middle)
        return (middle, radius) if isfinite(middle) and isfinite(radius) else (0.0, inf)

    def combine(
        self, constant: int, positions: Sequence[int], coefficients: Sequence[int], divisor: int = 1
    ) -> Fraction:
        """What is `(constant - sum(coefficients * v[positions])) / divisor`, exactly?"""
        values = [self.value(j) for j in positions]
        common = lcm(*(v.denominator for v in values))
        total = constant * common
        for value, coefficient in zip(values, coefficients, strict=True):
            total -= coefficient * value.numerator * (common // value.denominator)
        return Fraction(total, common * divisor)

    def value(self, position: int) -> Fraction:
        """What is number `position`, exactly?"""
        known = self._exact[position]
        pending = [position] if known is None else []
        while pending:
            k = pending[-1]
            form = self._form(k)
            missing = [j for j in form[1] if self._exact[j] is None]
            if missing and self._exact[k] is None:
                pending.extend(missing)
                continue
            if self._exact[k] is None:
                self._exact[k] = self.combine(*form)
            pending.pop()
        result = self._exact[position]
        assert result is not None  # noqa: S101 - the loop above ends only when it is known
        return result

    def _form(self, position: int) -> Form:
        form = self._forms[position]
        if callable(form):
            form = self._forms[position] = form()
        return form
