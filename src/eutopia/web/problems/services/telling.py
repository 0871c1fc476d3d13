"""What a territory's reports tell up to today: read and counted once for all that is made of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from eutopia.core.diagnose.problems import DEFAULT_SETTINGS
from eutopia.core.diagnose.recurrence import RecurrenceTable, count_recurrences, end_of_day
from eutopia.core.kit.screening import Screening
from eutopia.core.records import DuplicateGroup as GroupRecord
from eutopia.core.records import Reports
from eutopia.web.ledger.digests import digest, table_digest
from eutopia.web.reports import bridge as reports_bridge
from eutopia.web.reports.models import DuplicateGroup
from eutopia.web.territory.models import Territory


@dataclass(frozen=True)
class Told:
    """Reports opened up to the end of a day, and which of them tell of one event."""

    reports: Reports
    groups: tuple[GroupRecord, ...]
    as_of: date
    digest: str
    """Of reports and groups, as an input of a computation."""

    @cached_property
    def recurrences(self) -> RecurrenceTable:
        """What came back where: a diagnosis and the indicators take it from here."""
        return count_recurrences(
            self.reports,
            groups=self.groups,
            window_days=DEFAULT_SETTINGS.recurrence_days,
            end=end_of_day(self.as_of),
        )

    @property
    def screening(self) -> Screening:
        """Which reports could not be taken at their word."""
        return self.recurrences.events.screening


def what_is_told(territory: Territory, columns: Reports | None = None) -> Told:
    """What do the reports tell up to the territory's today, duplicates as they are known now?

    Parameters
    ----------
    columns
        The reports if they are at hand already; read otherwise.
    """
    reports = reports_bridge.reports(territory.pk) if columns is None else columns
    known = reports.opened <= end_of_day(territory.as_of)
    if not known.all():
        reports = reports.take(known)
    grouped = table_digest(
        DuplicateGroup, territory.pk, order=("id",), columns=("member_ids", "score", "state")
    )
    return Told(
        reports, reports_bridge.groups(territory.pk), territory.as_of, digest(reports, grouped)
    )
