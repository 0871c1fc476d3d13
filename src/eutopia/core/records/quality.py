"""What is wrong with the rows that a result rests on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QualityNote:
    """Which weakness of the data was found, in how many reports, and what was done about it?

    `code`: no_time, no_place, default_point, crowded_point, flood, burst, renamed_type,
    clock_shift.
    `treatment`: set_aside (takes no part), placeless (its place is not used), one_event (taken for
    a single event), named (used as it is). `values` are pairs of name and value that go with the
    code. `report_ids` are at most twenty examples in the order of the rows.
    """

    code: str
    count: int
    treatment: str
    values: tuple[tuple[str, str], ...] = ()
    report_ids: tuple[str, ...] = ()
