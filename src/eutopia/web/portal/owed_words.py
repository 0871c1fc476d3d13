"""What is owed back, in words: where, and what was permitted."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from eutopia.web.portal import figures, words
from eutopia.web.utilities.selectors import ChargeView


def where(charge: ChargeView) -> str:
    """At which address, and in which dwelling there, was something charged?"""
    if not charge.address or not charge.number:
        return charge.address or charge.dwelling
    told = {"address": charge.address, "number": charge.number}
    return _("%(address)s, dwelling %(number)s") % told


def permitted(line: Any) -> str:
    """What does the norm of a line of a recalculation permit: a length, or a bound of a measure?"""
    parameter = line.norm_path.split(".")[1]
    if parameter not in ("temperature", "pressure"):
        return words.measured(line.permitted, line.unit)
    unit = words.word("measured_in", parameter)
    return f"{figures.number(line.permitted, 4)}\N{NO-BREAK SPACE}{unit}"
