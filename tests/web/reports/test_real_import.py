"""Boston's first months of 2015, where the file is there."""

from __future__ import annotations

import gzip
from itertools import islice
from pathlib import Path

import pytest

from eutopia.core.listen.intake import load_mapping
from eutopia.web.foundation.access import OPERATOR
from eutopia.web.reports import selectors
from eutopia.web.reports.models import Report
from eutopia.web.reports.selectors import ReportFilter
from eutopia.web.reports.services import import_reports
from eutopia.web.territory.models import Territory

pytestmark = [pytest.mark.django_db, pytest.mark.real, pytest.mark.slow]
ROWS = 20_000


def test_months_come_in_once(real_data: Path, tmp_path: Path) -> None:
    """Every row of the file is a report or set aside; the second reading changes nothing."""
    territory = Territory.objects.create(
        code="boston",
        name=[["en", "Boston"]],
        time_zone="America/New_York",
        currency="USD",
        synthetic=False,
        as_of="2015-12-31",
        packs=["us-boston", "us-311-service-levels", "calendar-us"],
    )
    path = tmp_path / "reports.csv"
    with gzip.open(real_data / "boston" / "reports-2015.csv.gz", "rt", encoding="utf-8") as year:
        path.write_text("".join(islice(year, ROWS + 1)), encoding="utf-8")
    mapping = load_mapping("boston-311-grouped")
    beside = tmp_path / "rejects.csv"
    first = import_reports(OPERATOR, territory, path, mapping=mapping, rejects=beside)
    assert first.added + first.rejected == first.read == ROWS
    second = import_reports(OPERATOR, territory, path, mapping=mapping, rejects=beside)
    assert (second.added, second.changed) == (0, 0)
    assert Report.objects.count() == first.added
    page = selectors.reports(territory.pk, ReportFilter(words="graffiti"), size=5)
    assert page.total > 200
