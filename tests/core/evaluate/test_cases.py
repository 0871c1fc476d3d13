"""Every case shipped in a pack comes to what its author expects."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from eutopia.core.evaluate.cases import Case, differences, read_cases, run_case
from eutopia.core.norms import BUILT_IN, Norms, PackError, load_norms
from eutopia.core.norms.circumstances import circumstances_asked

PACKS = sorted({path.parent.parent.name for path in BUILT_IN.glob("*/cases/*.yaml")})


def cases_of(pack: str) -> list[tuple[Norms, Case]]:
    norms = load_norms([pack])
    return [
        (norms, case)
        for path in sorted((BUILT_IN / pack / "cases").glob("*.yaml"))
        for case in read_cases(path, name=f"{pack}/{path.name}")
    ]


SHIPPED = [
    pytest.param(norms, case, id=case.origin) for pack in PACKS for norms, case in cases_of(pack)
]


@pytest.mark.parametrize(("norms", "case"), SHIPPED)
def test_a_case_comes_to_what_its_author_expects(norms: Norms, case: Case) -> None:
    assert case.expected is not None, f"{case.origin}: a shipped case says what it expects"
    assert differences(case, run_case(case, norms=norms)) == ()


CASE = """\
time_zone: Europe/Berlin
charge: {service: cold_water, month: 2026-03, fee: "1000.00 RUB"}
events: [{from: "2026-03-02 06:00", to: "2026-03-03 12:00"}]
expect: {amount: "33.00 RUB"}
"""


def test_one_case_stands_alone_and_differences_are_named(tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    path.write_text(CASE.replace("33.00", "34.00"), encoding="utf-8")
    (case,) = read_cases(path)
    (said,) = differences(case, run_case(case, norms=load_norms(["ru-354"])))
    assert said.endswith("case.yaml:1: amount: expected 34.00 RUB, found 33.00 RUB")


BAD = [
    ("2026-03-02 06:00", "2026-03-29 02:30", "is skipped in Europe/Berlin; add the offset"),
    ("2026-03-02 06:00", "2026-10-25 02:30", "comes twice in Europe/Berlin; add the offset"),
    ("2026-03-02 06:00", "yesterday", "'yesterday' is not a time"),
    ("Europe/Berlin", "Berlin", "use an IANA name"),
    ("month: 2026-03,", "month: March,", "'March' is not a month"),
    ('fee: "1000.00 RUB"', "fee: 1000.00", "'1000.00' is not money"),
    ('fee: "1000.00 RUB"', 'fee: "-1 RUB"', "the fee is negative"),
    ("time_zone: Europe/Berlin\n", "", "'time_zone' is missing"),
    ("events: [{from:", "events: [{form:", "unknown key 'form'; did you mean 'from'"),
]


@pytest.mark.parametrize(("old", "new", "said"), BAD)
def test_a_faulty_case_is_refused_by_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in CASE
    path = tmp_path / "case.yaml"
    path.write_text(CASE.replace(old, new), encoding="utf-8")
    with pytest.raises(PackError, match=said):
        read_cases(path)


def test_an_offset_settles_the_hour_that_comes_twice(tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    path.write_text(CASE.replace("2026-03-02 06:00", "2026-03-02 06:00+02:00"), encoding="utf-8")
    (case,) = read_cases(path)
    assert case.events[0].started.isoformat() == "2026-03-02T04:00:00+00:00"


def test_a_circumstance_that_no_norm_asks_for_is_refused(tmp_path: Path) -> None:
    """Misspelt, it would be missed, and the sum would be another."""
    path = tmp_path / "case.yaml"
    path.write_text(
        CASE.replace('12:00"}', '12:00", conditions: {anual_maintenance: "yes"}}'), encoding="utf-8"
    )
    (case,) = read_cases(path)
    with pytest.raises(ValueError, match=r"no norm asks for 'anual_maintenance'; known: .*annual"):
        run_case(case, norms=load_norms(["ru-354"]))


def test_which_circumstances_norms_ask_for() -> None:
    """A number has no values to choose among; yes and no come together; a norm's own alone."""
    held = load_norms(["ru-354"]).at(date(2026, 3, 1)).service_norms()
    asked = circumstances_asked(held, service="heating", parameter="continuity")
    assert asked["indoor_C"] == ()
    assert "annual_maintenance" not in asked
    every = circumstances_asked(held)
    assert every["annual_maintenance"] == ("no", "yes")
    assert every["independent_sources"] == ("1", "2")
    assert not {"measured", "time_of_day", "hours"} & set(every)
