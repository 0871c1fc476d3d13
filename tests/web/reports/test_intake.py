"""Reports come in whole or not at all, once, redacted, with their deadlines."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from eutopia.core.listen.intake import ReportMapping
from eutopia.core.listen.row_files import UnreadableFileError
from eutopia.core.records import Text
from eutopia.web.foundation.access import OPERATOR, RESIDENT, AccessDenied, Actor, Grant
from eutopia.web.foundation.models import Act
from eutopia.web.reports import bridge, models
from eutopia.web.reports.services import change_status, import_reports, load_reports
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import load_territory
from tests.web.towns import hamlet, hamlet_reports

pytestmark = pytest.mark.django_db

CLERK = Actor(7, "Clerk", (Grant("case_officer", "hamlet"), Grant("moderator", "hamlet")))


@pytest.fixture
def territory() -> Territory:
    row, _ = load_territory(OPERATOR, hamlet())
    return row


def test_loading_twice_changes_nothing(territory: Territory) -> None:
    """A rerun adds nothing, changes nothing, logs nothing."""
    first = load_reports(OPERATOR, territory, hamlet_reports())
    second = load_reports(OPERATOR, territory, hamlet_reports())
    assert (first.inserted, second.inserted, second.updated) == (39, 0, 0)
    assert second.unchanged == 39
    assert Act.objects.filter(action="report.import").count() == 1


def test_what_changed_at_the_source_follows(territory: Territory) -> None:
    """A report closed since the last load is closed here, though without evidence."""
    rows = list(hamlet_reports())
    load_reports(OPERATOR, territory, rows)
    open_ = next(i for i, r in enumerate(rows) if r.id == "R901")
    rows[open_] = replace(rows[open_], closed=datetime(2026, 1, 1, tzinfo=UTC))
    done = load_reports(OPERATOR, territory, rows)
    assert (done.inserted, done.updated) == (0, 1)
    assert models.Report.objects.get(number="R901").status == "closed_at_source"


def test_what_people_did_here_stays(territory: Territory) -> None:
    """A report answered here is not reopened by a source that knows nothing of it."""
    load_reports(OPERATOR, territory, hamlet_reports())
    row = models.Report.objects.get(number="R901")
    change_status(CLERK, row.pk, to="answered", note="Not ours: a private road.")
    load_reports(OPERATOR, territory, hamlet_reports())
    row.refresh_from_db()
    assert row.status == "answered"
    assert row.closed is not None


def test_words_are_redacted_and_places_found(territory: Territory) -> None:
    """The telephone number is gone; the district is the one the point lies in."""
    rows = [replace(r, district="") for r in hamlet_reports()]
    load_reports(OPERATOR, territory, rows)
    row = models.Report.objects.get(number="R901")
    assert "912" not in row.text
    assert row.text.startswith("Deep pothole")
    assert row.district == "east"
    assert models.Report.objects.get(number="R902").district == ""


def test_deadlines_are_counted(territory: Territory) -> None:
    """A pothole on a street of unknown category: twelve days after the day it was reported."""
    load_reports(OPERATOR, territory, hamlet_reports())
    row = models.Report.objects.get(number="R901")
    assert row.due == datetime(2025, 1, 22, 20, 59, 59, tzinfo=UTC)  # 23:59:59 in Moscow.
    assert row.due_basis["counting"] == "calendar_days"
    given = replace(hamlet_reports()[0], due=datetime(2026, 1, 1, tzinfo=UTC))
    load_reports(OPERATOR, territory, [given])
    row = models.Report.objects.get(number="R000")
    assert row.due == given.due
    assert row.due_basis["counting"] == "set_by_source"


def test_a_stranger_imports_nothing(territory: Territory) -> None:
    """Refused, and nothing is there afterwards."""
    with pytest.raises(AccessDenied):
        load_reports(RESIDENT, territory, hamlet_reports())
    assert not models.Report.objects.exists()


def test_columns_are_what_was_loaded(territory: Territory) -> None:
    """The bridge gives every report once, ordered by opening, times to the second."""
    load_reports(OPERATOR, territory, hamlet_reports())
    told = bridge.reports(territory.pk)
    assert len(told) == 39
    assert sorted(told.problem_types) == ["pothole", "street_light_out"]
    assert (told.opened[1:] >= told.opened[:-1]).all()
    assert told.district.min() == -1  # R902 lies nowhere.


MAPPING = ReportMapping(
    id="test",
    title=Text.of(en="Test"),
    source="file",
    time_zone="Europe/Moscow",
    columns=(
        ("id", ("number",)),
        ("opened", ("when",)),
        ("problem_type", ("kind",)),
        ("text", ("words",)),
    ),
)


def _file(folder: Path, rows: list[tuple[str, ...]]) -> Path:
    path = folder / "reports.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("number", "when", "kind", "words"), *rows])
    return path


def test_a_file_is_imported_once(territory: Territory, tmp_path: Path) -> None:
    """Bad rows are set aside with row, field and reason; a rerun of the file adds nothing."""
    path = _file(
        tmp_path,
        [
            ("1", "2026-05-01T10:00:00", "pothole", "A hole"),
            ("2", "yesterday", "pothole", "No time"),
            ("3", "2026-05-02T10:00:00", "pothole", "Another\x00"),
        ],
    )
    done = import_reports(OPERATOR, territory, path, mapping=MAPPING)
    assert (done.read, done.added, done.rejected) == (3, 2, 1)
    assert done.rejects is not None
    (row,) = csv.DictReader(done.rejects.read_text("utf-8").splitlines())
    assert (row["field"], row["value"]) == ("opened", "yesterday")
    again = import_reports(OPERATOR, territory, path, mapping=MAPPING)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 2)
    assert models.Import.objects.count() == 2


def test_a_file_that_breaks_off_leaves_nothing(
    territory: Territory, tmp_path: Path, monkeypatch: Any
) -> None:
    """A fault in the middle of reading undoes what was read before it."""
    path = _file(
        tmp_path, [(str(i), "2026-05-01T10:00:00", "pothole", "A hole") for i in range(20)]
    )

    def broken(*args: Any, **kwargs: Any) -> Any:
        yield from hamlet_reports()[:5]
        raise UnreadableFileError("the file breaks off in row 6")

    monkeypatch.setattr("eutopia.web.reports.services.intake.read_reports", broken)
    with pytest.raises(UnreadableFileError):
        import_reports(OPERATOR, territory, path, mapping=MAPPING)
    assert not models.Report.objects.exists()
    assert not models.Import.objects.exists()
    assert not Act.objects.filter(action="report.import").exists()
