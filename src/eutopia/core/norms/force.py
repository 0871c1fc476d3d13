"""What is in force on a day, over packs laid one over another."""

from __future__ import annotations

import difflib
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from eutopia.core.norms.packs import BUILT_IN, Pack, pack_folder, read_pack
from eutopia.core.norms.rows import Row
from eutopia.core.records.indices import CompositeIndex, IndexIndicator
from eutopia.core.records.norms import (
    HeritageRule,
    Measure,
    NormValue,
    PackEdition,
    ProblemType,
    ServiceLevel,
    WorkingCalendar,
)
from eutopia.core.records.service_norms import ServiceNorm
from eutopia.core.records.text import Text


class NormMissingError(LookupError):
    """No pack loaded says anything under this name on this day."""


@dataclass(frozen=True, slots=True)
class NormsInForce:
    """What do the packs say on one day? Where two speak of the same thing, the later pack wins."""

    as_of: date
    editions: tuple[PackEdition, ...]
    tables: dict[str, dict[str, Row]] = field(repr=False)

    def rows(self, table: str) -> tuple[Row, ...]:
        """All rows of a table in force, in the order of the packs."""
        return tuple(self.tables.get(table, {}).values())

    def _find(self, table: str, key: str, called: str) -> Any:
        rows = self.tables.get(table, {})
        if key not in rows:
            near = difflib.get_close_matches(key, rows, n=1)
            packs = ", ".join(edition.id for edition in self.editions) or "no pack"
            hint = f"; did you mean '{near[0]}'?" if near else ""
            raise NormMissingError(f"no {called} '{key}' in force on {self.as_of} in {packs}{hint}")
        return rows[key].record

    def value(self, path: str) -> NormValue:
        """What does the norm at a path say? Raises `NormMissingError` where none does."""
        found: NormValue = self._find("params", path, "value")
        return found

    def values(self, prefix: str = "") -> tuple[NormValue, ...]:
        """All values whose path starts with a prefix."""
        return tuple(row.record for row in self.rows("params") if row.key.startswith(prefix))

    def problem_types(self) -> tuple[ProblemType, ...]:
        """Which kinds of problem are known?"""
        return tuple(row.record for row in self.rows("problem_types"))

    def measures(self) -> tuple[Measure, ...]:
        """Which measures can be taken?"""
        return tuple(row.record for row in self.rows("measures"))

    def heritage_rules(self) -> tuple[HeritageRule, ...]:
        """Under which rules do works meet heritage?"""
        return tuple(row.record for row in self.rows("heritage"))

    def calendar(self, calendar_id: str) -> WorkingCalendar:
        """When does an office work? Raises `NormMissingError` for an unknown calendar."""
        found: WorkingCalendar = self._find("calendars", calendar_id, "calendar")
        return found

    def calendars(self) -> tuple[WorkingCalendar, ...]:
        """Which calendars are known?"""
        return tuple(row.record for row in self.rows("calendars"))

    def service_levels(self) -> tuple[ServiceLevel, ...]:
        """By when must what be done?"""
        return tuple(row.record for row in self.rows("service_levels"))

    def service_level(self, path: str) -> ServiceLevel:
        """Which deadline is at a path? Raises `NormMissingError` where none is."""
        found: ServiceLevel = self._find("service_levels", path, "service level")
        return found

    def service_norms(self) -> tuple[ServiceNorm, ...]:
        """How good must communal services be, and what follows when they are not?"""
        return tuple(row.record for row in self.rows("service_norms"))

    def remedy_notes(self) -> dict[str, Text]:
        """What is explained of remedies that may puzzle, by the path of each?"""
        return {
            f"{norm.path}.remedies.{one.name}": one.note
            for norm in self.service_norms()
            for one in norm.remedies
            if one.note is not None
        }

    def indices(self) -> tuple[CompositeIndex, ...]:
        """Which composite indices are to be computed?"""
        return tuple(row.record for row in self.rows("indices"))

    def index(self, code: str) -> CompositeIndex:
        """Which index is this? Raises `NormMissingError` for an unknown one."""
        found: CompositeIndex = self._find("indices", code, "index")
        return found

    def indicators(self, index: str = "") -> tuple[IndexIndicator, ...]:
        """Of what is an index made, in the pack's order? Without a code: of all of them."""
        found = (row.record for row in self.rows("indicators"))
        return tuple(one for one in found if not index or one.index == index)

    @property
    def edition(self) -> str:
        """Packs with editions and digests in one line, as decisions store it."""
        return " ".join(f"{one.id}@{one.edition}#{one.digest[:12]}" for one in self.editions)


@dataclass(frozen=True, slots=True)
class Norms:
    """What do these packs say over time?"""

    packs: tuple[Pack, ...]
    _answers: dict[date, NormsInForce] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """Answers given before, by the first day since which nothing has changed."""
    _days: tuple[date, ...] = field(default=(), init=False, repr=False, compare=False)
    """Days on which something comes into force or ends."""

    def __post_init__(self) -> None:
        days = set()
        for row in (row for pack in self.packs for row in pack.rows):
            if row.valid_from is not None:
                days.add(row.valid_from)
            if row.valid_to is not None and row.valid_to < date.max:
                days.add(date.fromordinal(row.valid_to.toordinal() + 1))
        object.__setattr__(self, "_days", tuple(sorted(days)))

    @property
    def editions(self) -> tuple[PackEdition, ...]:
        """Which packs, in which editions?"""
        return tuple(pack.edition for pack in self.packs)

    def at(self, as_of: date) -> NormsInForce:
        """What is in force on a day?"""
        number = bisect_right(self._days, as_of)
        since = self._days[number - 1] if number else date.min
        if since not in self._answers:
            tables: dict[str, dict[str, Row]] = {}
            for pack in self.packs:
                for row in pack.rows:
                    if row.in_force(as_of):
                        tables.setdefault(row.table, {})[row.key] = row
            self._answers[since] = NormsInForce(since, self.editions, tables)
        return replace(self._answers[since], as_of=as_of)

    def of(self, *pack_ids: str) -> Norms:
        """Return the norms of some of the packs only, in the same order."""
        missing = set(pack_ids) - {pack.edition.id for pack in self.packs}
        if missing:
            raise NormMissingError(f"not loaded: {', '.join(sorted(missing))}")
        return Norms(tuple(pack for pack in self.packs if pack.edition.id in pack_ids))

    def changes(self, *, first: date, last: date) -> tuple[date, ...]:
        """On which days after `first`, up to `last`, does something come into force or end?"""
        return self._days[bisect_right(self._days, first) : bisect_right(self._days, last)]


def load_norms(pack_ids: Iterable[str], *, roots: Iterable[Path] = (BUILT_IN,)) -> Norms:
    """What do these packs say?

    Parameters
    ----------
    pack_ids
        In order: where two packs speak of the same path or code, the later one wins.
    roots
        Folders that hold packs, looked through in order; the built-in ones by default.

    Raises
    ------
    PackError
        Naming every fault of the first faulty pack: file, line, field and mend.

    Examples
    --------
    >>> from datetime import date
    >>> norms = load_norms(["calendar-plain"]).at(date(2026, 6, 30))
    >>> norms.calendar("calendar-plain").title.to("en")
    'Monday to Friday, no holidays'
    """
    roots = tuple(roots)
    packs = tuple(read_pack(pack_folder(pack_id, roots=roots)) for pack_id in pack_ids)
    seen: set[str] = set()
    for pack in packs:
        if pack.edition.id in seen:
            raise ValueError(f"pack '{pack.edition.id}' is named twice; name it once")
        seen.add(pack.edition.id)
    return Norms(packs)
