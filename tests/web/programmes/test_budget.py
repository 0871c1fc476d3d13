"""The budget of a programme, as the page draws it."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

from eutopia.web.portal.graphs import budget
from eutopia.web.programmes.selectors.views import FundBar


def bar(fund: str, year: int, available: int, spent: int, left: int) -> FundBar:
    return FundBar(fund, fund, year, Decimal(available), Decimal(spent), Decimal(left))


def test_a_year_has_what_was_carried_into_it() -> None:
    """7 a year, 2 and 11 spent: the second year had 12, and the fund 14 in all."""
    carried = (bar("residents", 2027, 7, 2, 5), bar("residents", 2028, 7, 11, 1))
    programme = SimpleNamespace(
        funds=carried, years=[SimpleNamespace(year=year) for year in (2027, 2028)]
    )

    (row,) = budget(cast(Any, programme))

    assert [(cell.available, cell.spent) for cell in row.cells] == [(7, 2), (12, 11)]
    assert (row.available, row.spent) == (14, 13)
