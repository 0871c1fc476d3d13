"""Numbers, money and dates as the reader's language writes them (CLDR, by Babel)."""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers
from django.utils.translation import get_language

_SIGNS = {"RUB": "₽", "USD": "$", "EUR": "€", "KZT": "₸", "GBP": "£"}
_MISSING = "–"


def locale() -> str:
    """Which CLDR locale is the page in?"""
    return (get_language() or "en").split("-")[0]


def _decimal(value: Any) -> Decimal:
    if isinstance(value, Fraction):
        return Decimal(value.numerator) / Decimal(value.denominator)
    return value if isinstance(value, Decimal) else Decimal(str(value))


def count(value: Any) -> str:
    """How does a whole number read?

    Examples
    --------
    >>> from django.utils.translation import override
    >>> with override("en"):
    ...     count(111229)
    '111,229'
    """
    if value is None:
        return _MISSING
    return str(numbers.format_decimal(round(_decimal(value)), locale=locale()))


def number(value: Any, digits: int = 1) -> str:
    """How does a number with at most `digits` decimals read?"""
    if value is None:
        return _MISSING
    pattern = "#,##0" + ("." + "#" * digits if digits else "")
    signed = f"{pattern};−{pattern}"
    return str(numbers.format_decimal(_decimal(value), format=signed, locale=locale()))


def brief(value: Any) -> str:
    """How does a number of any size read in a few digits?

    Examples
    --------
    >>> from django.utils.translation import override
    >>> with override("en"):
    ...     brief(2578.05), brief(58.157), brief(3.104), brief(0.00237), brief(0)
    ('2,578', '58.2', '3.1', '0.0024', '0')
    """
    if value is None:
        return _MISSING
    size = abs(float(value))
    if size == 0 or size >= 1000:
        return number(value, 0)
    return number(value, max(0, min(6, 2 - math.ceil(math.log10(size)))) if size < 10 else 1)


def percent(value: Any, digits: int = 0) -> str:
    """How does a share (0.12) read as a percentage?"""
    if value is None:
        return _MISSING
    tail = "." + "#" * digits if digits else ""
    space = "\N{NO-BREAK SPACE}" if locale() == "ru" else ""
    pattern = f"#,##0{tail}{space}%"
    return str(numbers.format_percent(_decimal(value), format=pattern, locale=locale()))


def change(value: Any) -> str:
    """How does a relative change read, with its sign?"""
    if value is None:
        return _MISSING
    sign = "+" if value > 0 else "−" if value < 0 else ""
    return sign + percent(abs(_decimal(value)))


def money(value: Any, currency: str, *, short: bool = False, exact: bool = False) -> str:
    """How does a sum of money read?

    Parameters
    ----------
    short
        In thousands or millions, with two or three leading digits; else in whole units where
        there is no fraction or it does not matter (from a thousand), with both decimals where
        it does.
    exact
        With both decimals always: what is owed must add up.

    Examples
    --------
    >>> from django.utils.translation import override
    >>> with override("en"):
    ...     money(Decimal("12400000"), "RUB", short=True), money(Decimal("10.50"), "USD")
    ('₽12.4M', '$10.50')
    """
    if value is None:
        return _MISSING
    amount = _decimal(value)
    if short and abs(amount) >= 10_000:
        digits = _fraction_digits(amount)
        text = numbers.format_compact_currency(
            amount, currency, locale=locale(), fraction_digits=digits
        )
    else:
        whole = not exact and (
            amount == amount.to_integral_value() or abs(amount) >= (100 if short else 1_000)
        )
        pattern = str(Locale.parse(locale()).currency_formats["standard"].pattern)
        text = numbers.format_currency(
            amount,
            currency,
            format=pattern.replace(".00", "") if whole else pattern,
            locale=locale(),
            currency_digits=False,
        )
    sign = _SIGNS.get(currency, currency)
    for wording in (f"{currency}\N{NO-BREAK SPACE}", currency):
        text = text.replace(wording, sign)
    return str(text).replace(" ", "\N{NO-BREAK SPACE}")


def _fraction_digits(amount: Decimal) -> int:
    """How many decimals leave three leading digits of thousands, millions or milliards?"""
    leading = len(str(int(abs(amount)))) % 3 or 3
    return 0 if leading == 3 else 1


def day(value: date | datetime | None, *, short: bool = False) -> str:
    """How does a date read?"""
    if value is None:
        return _MISSING
    return str(dates.format_date(value, format="medium" if short else "long", locale=locale()))


def moment(value: datetime | None, time_zone: str) -> str:
    """How do a date and time read on the town's clocks?"""
    return _MISSING if value is None else _local(value.astimezone(ZoneInfo(time_zone)))


def spell(intervals: str) -> str:
    """How do ISO 8601 intervals of local time read?

    Examples
    --------
    >>> from django.utils.translation import override
    >>> with override("en"):
    ...     spell("2026-03-02T09:00:00+03:00/2026-03-03T15:00:00+03:00")
    ...     spell("2026-03-02T09:00:00+03:00/2026-03-02T15:00:00+03:00")
    'Mar 2, 2026, 09:00 – Mar 3, 2026, 15:00'
    'Mar 2, 2026, 09:00–15:00'

    What is no interval is given back as it is.
    """
    try:
        ends = [
            [datetime.fromisoformat(end) for end in span.split("/")]
            for span in intervals.split("; ")
        ]
    except ValueError:
        return intervals
    return "; ".join(_span(*span) if len(span) == 2 else _local(span[0]) for span in ends)


def span(start: datetime, end: datetime, time_zone: str) -> str:
    """How does a time from one moment to another read? The day once where it is the same."""
    zone = ZoneInfo(time_zone)
    return _span(start.astimezone(zone), end.astimezone(zone))


def _span(start: datetime, end: datetime) -> str:
    if start.date() == end.date():
        return f"{_local(start)}–{dates.format_time(end, 'HH:mm', locale=locale())}"
    return f"{_local(start)} – {_local(end)}"


def _local(moment: datetime) -> str:
    return str(dates.format_datetime(moment, _MOMENT[locale()], locale=locale()))


_MOMENT = {"en": "MMM d, y, HH:mm", "ru": "d MMM y 'г.', HH:mm"}


def month(value: date, *, short: bool = False) -> str:
    """How does a month read, alone?"""
    form = "LLL y" if short else "LLLL y"
    return str(dates.format_date(value, format=form, locale=locale()))
