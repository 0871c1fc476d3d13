"""Tags and filters that every template shares: icons, numbers, words for codes, links."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from django import template
from django.templatetags.static import static
from django.urls import translate_url
from django.utils.html import format_html
from django.utils.safestring import SafeString

from eutopia.web.foundation.said import said
from eutopia.web.portal import figures, owed_words, words

register = template.Library()

_ENDING = re.compile(r"(\d)-(\w{1,3})\b")


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """Show an icon; it is decoration, so its words stand beside it."""
    return format_html(
        '<svg class="icon{}" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        f" icon--{size}" if size else "",
        static("vendor/phosphor/icons.svg"),
        name,
    )


@register.filter
def count(value: Any) -> str:
    """Show a whole number."""
    return figures.count(value)


@register.filter
def number(value: Any, digits: int = 1) -> str:
    """Show a number with so many decimals at most."""
    return figures.number(value, digits)


@register.filter
def brief(value: Any) -> str:
    """Show a number of any size in a few digits."""
    return figures.brief(value)


@register.filter
def percent(value: Any, digits: int = 0) -> str:
    """Show a share as a percentage."""
    return figures.percent(value, digits)


@register.filter
def change(value: Any) -> str:
    """Show a relative change with its sign."""
    return figures.change(value)


@register.filter
def money(value: Any, currency: str) -> str:
    """Show a sum in full."""
    return figures.money(value, currency)


@register.filter
def exact_money(value: Any, currency: str) -> str:
    """Write a sum of money with both decimals: what is owed must add up."""
    return figures.money(value, currency, exact=True)


@register.filter
def spell(value: str) -> str:
    """Write an ISO 8601 interval of local time as people do."""
    return figures.spell(value)


@register.filter
def sum_of(value: Any, currency: str) -> str:
    """Show a sum in thousands or millions."""
    return figures.money(value, currency, short=True)


@register.filter
def day(value: date | datetime | None) -> str:
    """Show a date."""
    return figures.day(value)


@register.filter
def short_day(value: date | datetime | None) -> str:
    """Show a date, shortened."""
    return figures.day(value, short=True)


@register.filter
def moment(value: datetime | None, time_zone: str) -> str:
    """Show a date and time on the town's clocks."""
    return figures.moment(value, time_zone)


@register.simple_tag
def span(start: datetime, end: datetime, time_zone: str) -> str:
    """Show from when to when; the day once where it is the same."""
    return figures.span(start, end, time_zone)


@register.filter
def month(value: date) -> str:
    """Show a month and year."""
    return figures.month(value)


@register.filter
def word(code: str, kind: str) -> str:
    """Put a code into the reader's words."""
    return words.word(kind, code)


@register.filter
def told_of(code: str) -> str:
    """Say of what a provider speaks: a measure it is compared by, or a service."""
    return words.word("compared_by" if code in words.WORDS["compared_by"] else "service", code)


@register.filter
def tone(code: str, kind: str) -> str:
    """Name the tone of a code's tag: good, bad, wait, lead or none."""
    return words.tone(kind, code)


@register.filter
def measured(value: Any, unit: str) -> str:
    """Show a number with its unit."""
    return words.measured(value, unit)


@register.simple_tag
def status_tag(code: str, kind: str) -> SafeString:
    """Show a code as a tag with its icon: colour alone says nothing."""
    sign = words.sign(kind, code)
    return format_html(
        '<span class="tag" data-tone="{}">{}{}</span>',
        words.tone(kind, code),
        icon(sign) if sign else "",
        words.word(kind, code),
    )


@register.filter
def permitted(line: Any) -> str:
    """Say what the norm of a line of a recalculation permits, with its unit."""
    return owed_words.permitted(line)


@register.filter(name="said")
def said_words(value: Any) -> str:
    """Say in the reader's language why a row was set aside, or what would mend it."""
    return said(value)


@register.filter
def reason(value: Any, currency: str) -> str:
    """Put a reason for or against a candidate into a sentence."""
    return words.reason(value, currency)


@register.simple_tag(takes_context=True)
def in_language(context: template.Context, code: str) -> str:
    """Give the address of this page in another language."""
    request = context.get("request")
    return translate_url(request.get_full_path(), code) if request else f"/{code}/"


@register.simple_tag(takes_context=True)
def with_query(context: template.Context, **changes: Any) -> str:
    """Give this page's query with some fields changed; an empty value drops the field."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        if value in ("", None):
            query.pop(name, None)
        else:
            query[name] = str(value)
    return "?" + query.urlencode() if query else "?"


@register.filter
def share_of(value: Any, whole: Any) -> float:
    """Give the share of a whole in hundredths, for a meter's width."""
    return min(100.0, round(float(value) / float(whole) * 100, 2)) if whole else 0.0


@register.filter
def plain(value: Any) -> str:
    """Write a number for a machine: no grouping, a point, no needless decimals."""
    return f"{float(value):.2f}".rstrip("0").rstrip(".")


@register.filter
def exact(value: Any) -> str:
    """Write a decimal for a form's field: every digit, a point, no needless zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@register.filter
def words_of(text: str) -> list[str]:
    """Give the words of a text: a list of codes that a template names."""
    return text.split()


@register.filter
def plus(value: int, step: int) -> int:
    """Add a whole number: the next page of a list."""
    return value + step


@register.filter
def minus(value: int, step: int) -> int:
    """Take a whole number away: the page before."""
    return value - step


@register.filter
def out_of(value: Any, whole: Any) -> float | None:
    """Give the share of a whole, 0 to 1; none of nothing."""
    return float(value) / float(whole) if whole else None


@register.filter
def at(table: dict[str, Any], key: str) -> Any:
    """Look a key up; none where it is missing."""
    return table.get(key)


@register.filter
def method(path: str) -> str:
    """Name a method by what it answers."""
    return words.method(path)


@register.filter
def bound(words: str) -> str:
    """Keep a number and its ending on one line: «2-я», «3rd-class»."""
    return _ENDING.sub("\\1\u2060-\u2060\\2", words)


@register.filter
def joined(start: str, end: Any) -> str:
    """Name a field by its beginning and its number."""
    return f"{start}{end}"


@register.filter
def posted(given: Any, name: str) -> dict[str, str]:
    """Give what was sent of a field that has two languages."""
    return {code: given.get(f"{name}_{code}", "") for code in ("ru", "en")} if given else {}
