"""Cells of a table read strictly: what is not what it should be is named, never guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from eutopia.core.listen.rejections import CellFault, Said
from eutopia.core.listen.row_files import Row

_SPACES = re.compile(r"[\s\u00a0\u2009\u202f]")
_NUMBER = re.compile(r"[-+]?\d{1,15}([.,]\d{1,10})?")
CODE = re.compile(r"[^\s\x00]{1,96}")
_MOST_CODES = 5_000
_SERVICE = re.compile(r"[a-z][a-z_]{1,31}")


@dataclass(frozen=True, slots=True)
class Cells:
    """One row, its cells asked for by field. Make it with `Cells.of`."""

    row: Row

    @classmethod
    def of(cls, row: Row, known: Sequence[str]) -> Cells:
        """Which cells has a row of these columns?

        Raises
        ------
        CellFault
            The row is not of the file's shape, or has a column that nobody knows.
        """
        if "*" in row:
            raise CellFault(
                "*", row["*"], Said("the row is not of the file's shape"), Said("mend the row")
            )
        for name in row:
            if name not in known:
                raise CellFault(
                    str(name),
                    row[name],
                    Said("no such column"),
                    Said("known are %(known)s", known=", ".join(known)),
                )
        return cls(row)

    def words(self, field: str, *, required: bool = False) -> str:
        """What stands in a cell, spaces around it taken off?"""
        value = self.row.get(field)
        text = "" if value is None else str(value).strip()
        if "\x00" in text:
            raise CellFault(
                field, text.replace("\x00", "?"), Said("a zero byte"), Said("take it out")
            )
        if required and not text:
            raise CellFault(field, "", Said("it is empty"), Said("give %(field)s", field=field))
        return text

    def code(self, field: str, *, required: bool = True) -> str:
        """Which code? One word of at most 96 characters."""
        text = self.words(field, required=required)
        if text and not CODE.fullmatch(text):
            raise CellFault(
                field, text, Said("not a code"), Said("one word of at most 96 characters")
            )
        return text

    def codes(self, field: str, known: frozenset[str]) -> tuple[str, ...]:
        """Which buildings, by their codes with spaces between? All of them must be known."""
        codes = self._several(field)
        if not codes:
            raise CellFault(field, "", Said("no building"), Said("give codes of the register"))
        if len(codes) > _MOST_CODES:
            raise CellFault(
                field,
                len(codes),
                Said("too many"),
                Said("at most %(most)s in one row", most=_MOST_CODES),
            )
        strange = [code for code in codes if code not in known]
        if strange:
            raise CellFault(
                field,
                " ".join(strange[:5]),
                Said("not in the register of buildings"),
                Said("give codes of the register, with spaces between"),
            )
        return codes

    def one_of(self, field: str, known: Sequence[str], *, required: bool = False) -> str:
        """Which of the words known? Nothing where the cell is empty and need not be filled."""
        text = self.words(field, required=required)
        if text and text not in known:
            raise CellFault(
                field,
                text,
                Said("not one of those known"),
                Said("one of %(known)s", known=", ".join(known)),
            )
        return text

    def service(self, field: str = "service") -> str:
        """Which service, by its code?"""
        return _service(self.words(field, required=True), field)

    def services(self, field: str = "services") -> tuple[str, ...]:
        """Which services, by their codes with spaces between? None where the cell is empty."""
        return tuple(_service(code, field) for code in self._several(field))

    def _several(self, field: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.words(field).replace(",", " ").split()))

    def pairs(self, field: str, known: Mapping[str, Sequence[str]]) -> tuple[tuple[str, str], ...]:
        """Which names have which values, written `name=value; name=value`? Ordered by name.

        Parameters
        ----------
        known
            The values that each name may have; none where it is a number.
        """
        found: dict[str, str] = {}
        for part in filter(None, (one.strip() for one in self.words(field).split(";"))):
            name, equals, value = (one.strip() for one in part.partition("="))
            if not equals or name not in known or found.setdefault(name, value) != value:
                names = ", ".join(known) or "-"
                raise CellFault(
                    field,
                    part,
                    Said("not one of those known"),
                    Said("write name=value; known are %(known)s", known=names),
                )
            values = known[name]
            if value not in values if values else not _NUMBER.fullmatch(value):
                told = Said("one of %(known)s", known=", ".join(values))
                mend = told if values else Said("write digits, like 1234.50")
                raise CellFault(field, part, Said("not one of those known"), mend)
            found[name] = value if values else value.replace(",", ".")
        return tuple(sorted(found.items()))

    def decimal(self, field: str, *, required: bool = False) -> Decimal | None:
        """Which number, exactly? Comma or point; spaces between thousands are looked through."""
        text = _SPACES.sub("", self.words(field, required=required))
        if not text:
            return None
        if not _NUMBER.fullmatch(text):
            raise CellFault(field, text, Said("not a number"), Said("write digits, like 1234.50"))
        return Decimal(text.replace(",", "."))

    def day(self, field: str, *, required: bool = False) -> date | None:
        """Which day, written 2026-03-01?"""
        text = self.words(field, required=required)
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise CellFault(
                field, text, Said("not a day"), Said("write it like 2026-03-01")
            ) from None

    def month(self, field: str) -> date:
        """Which month, written 2026-03? Its first day."""
        text = self.words(field, required=True)
        if not re.fullmatch(r"\d{4}-\d{2}", text):
            raise CellFault(field, text, Said("not a month"), Said("write it like 2026-03"))
        try:
            return date.fromisoformat(f"{text}-01")
        except ValueError:
            raise CellFault(
                field, text, Said("not a month"), Said("write it like 2026-03")
            ) from None

    def yes(self, field: str) -> bool:
        """Is it so? yes, true and 1, or no, false, 0 and nothing."""
        text = self.words(field).lower()
        if text in ("yes", "true", "1"):
            return True
        if text in ("no", "false", "0", ""):
            return False
        raise CellFault(field, text, Said("neither yes nor no"), Said("write yes or no"))

    def moment(self, field: str, zone: ZoneInfo, *, required: bool = False) -> datetime | None:
        """Which instant? ISO 8601; without an offset it is local time of `zone`.

        Raises
        ------
        CellFault
            Not a time, or a local time that the clock change leaves out or has twice.
        """
        text = self.words(field, required=required)
        if not text:
            return None
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            raise CellFault(
                field, text, Said("not a time"), Said("write it like 2026-03-01T14:30+03:00")
            ) from None
        if found.tzinfo is None:
            found = _local(found, zone, field)
        try:
            return found.astimezone(UTC)
        except OverflowError:
            raise CellFault(field, text, Said("no year of ours"), Said("mend the year")) from None


def _service(text: str, field: str) -> str:
    if not _SERVICE.fullmatch(text):
        raise CellFault(
            field, text, Said("not a code of a service"), Said("write it like cold_water")
        )
    return text


def _local(told: datetime, zone: ZoneInfo, field: str) -> datetime:
    early, late = (told.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if early.utcoffset() != late.utcoffset():
        raise CellFault(
            field,
            told.isoformat(),
            Said("the clocks change then: this hour is left out or there twice"),
            Said("add the offset, like +03:00"),
        )
    return early


def far_off(moment: datetime, *, now: datetime, ahead: timedelta, back: timedelta) -> str:
    """Is a time beyond what a right clock says? `in_the_future`, `too_old`, or nothing.

    Examples
    --------
    >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> day = timedelta(days=1)
    >>> far_off(noon + 2 * day, now=noon, ahead=day, back=day), far_off(noon, now=noon,
    ...     ahead=day, back=day)
    ('in_the_future', '')
    """
    if moment > now + ahead:
        return "in_the_future"
    return "too_old" if moment < now - back else ""
