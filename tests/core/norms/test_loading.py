"""Packs are read whole or refused with file, line, field and mend."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from pathlib import Path

import pytest

from eutopia.core.norms import NormMissingError, PackError, load_norms, pack_ids, read_pack
from eutopia.core.records import Money

MANIFEST = """\
id: {id}
title: {{en: "Test", ru: "Тест"}}
edition: "1"
jurisdiction: XX
licence: CC0-1.0
acts:
  act: {{act: "An act", url: "https://example.org/act"}}
"""
SOURCE = "{from: act, article: '1', verification: A}"
PARAM = f"""\
params:
  - path: water.total
    unit: hours/month
    description: {{en: "Permitted"}}
    values:
      - {{value: 8, from: 2011-09-01, to: 2019-12-31, source: {SOURCE}}}
      - {{value: "6.5", from: 2020-01-01, source: {SOURCE}}}
"""


def write_pack(root: Path, pack_id: str = "one", **files: str) -> Path:
    folder = root / pack_id
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pack.yaml").write_text(MANIFEST.format(id=pack_id), encoding="utf-8")
    for name, text in files.items():
        path = folder / (name.replace("__", "/") + ".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def fault_of(folder: Path) -> str:
    with pytest.raises(PackError) as caught:
        read_pack(folder)
    return str(caught.value)


def test_every_built_in_pack_loads() -> None:
    norms = load_norms(pack_ids())
    assert {edition.id for edition in norms.editions} == set(pack_ids())


def test_the_version_in_force_on_the_day_is_given(tmp_path: Path) -> None:
    write_pack(tmp_path, params__water=PARAM)
    norms = load_norms(["one"], roots=(tmp_path,))
    assert norms.at(date(2019, 12, 31)).value("water.total").value == 8
    assert norms.at(date(2020, 1, 1)).value("water.total").value == Decimal("6.5")
    with pytest.raises(NormMissingError, match=r"no value 'water\.total' in force on 2011-08-31"):
        norms.at(date(2011, 8, 31)).value("water.total")
    assert norms.changes(first=date(2011, 9, 1), last=date(2030, 1, 1)) == (date(2020, 1, 1),)


def test_a_missing_path_is_answered_with_the_nearest(tmp_path: Path) -> None:
    write_pack(tmp_path, params__water=PARAM)
    in_force = load_norms(["one"], roots=(tmp_path,)).at(date(2021, 1, 1))
    with pytest.raises(NormMissingError, match=r"did you mean 'water\.total'"):
        in_force.value("water.totl")


def test_the_later_pack_wins_while_it_is_in_force(tmp_path: Path) -> None:
    write_pack(tmp_path, "one", params__water=PARAM)
    local = f"""\
params:
  - {{path: water.total, unit: hours/month, description: {{en: "Local"}}, value: 4,
     from: 2022-01-01, to: 2022-12-31, source: {SOURCE}}}
"""
    write_pack(tmp_path, "two", params__local=local)
    norms = load_norms(["one", "two"], roots=(tmp_path,))
    assert norms.at(date(2022, 6, 1)).value("water.total").value == 4
    assert norms.at(date(2023, 6, 1)).value("water.total").value == Decimal("6.5")
    assert norms.of("one").at(date(2022, 6, 1)).value("water.total").value == Decimal("6.5")


def test_the_digest_changes_with_any_byte_and_with_nothing_else(tmp_path: Path) -> None:
    folder = write_pack(tmp_path, params__water=PARAM)
    first = read_pack(folder).edition.digest
    assert read_pack(folder).edition.digest == first
    (folder / "README.md").write_text("note", encoding="utf-8")
    assert read_pack(folder).edition.digest != first


# The row as changed, and what the fault must say: file, line, field, mend.
BAD_PARAMS = [
    ("unit: hours", "units: hours", r":3: .*units: unknown key .units.; did you mean .unit."),
    ("    unit: hours/month\n", "", r":2: .*'unit' is missing"),
    ('    description: {en: "Permitted"}\n', "", r"'description' is missing"),
    ('description: {en: "Permitted"}', 'description: "Permitted"', r":4: .*language is missing"),
    ('value: "6.5"', "value: 6.5", r':7: .*6.5 is a float; quote it to be exact: "6.5"'),
    (f"to: 2019-12-31, source: {SOURCE}", "to: 2019-12-31", r":6: .*'source' is missing"),
    ("verification: A", "verification: D", r"choose one of: A, B, C"),
    ("from: act, article", "from: axt, article", r"act 'axt' is not in pack.yaml"),
    ("to: 2019-12-31", "to: 2020-01-01", r":7: water.total: in force at the same time as .*:6"),
    ("to: 2019-12-31", "to: 2009-12-31", r"ends 2009-12-31, before it starts"),
    ("from: 2020-01-01", "from: 2020-13-01", r"'2020-13-01' is not a date"),
    ("value: 8", "value: 8, value: 9", r"key 'value' is given twice"),
    ("params:", "parameters:", r"unknown key 'parameters'; did you mean 'params'"),
    ("path: water.total", "path: water total", r"'water total' is not a code"),
    ("value: 8", "value: [8", r"not YAML"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), BAD_PARAMS)
def test_a_bad_value_is_refused_by_name(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in PARAM
    folder = write_pack(tmp_path, params__water=PARAM.replace(old, new, 1))
    with pytest.raises(PackError, match=said):
        read_pack(folder)


def test_all_faults_of_a_pack_are_named_at_once(tmp_path: Path) -> None:
    bad = PARAM.replace("unit:", "units:", 1)
    folder = write_pack(tmp_path, params__a=bad, params__b=bad)
    said = fault_of(folder)
    assert "params/a.yaml:3" in said
    assert "params/b.yaml:3" in said


def test_a_file_by_an_unknown_name_is_refused(tmp_path: Path) -> None:
    folder = write_pack(tmp_path, problem_type="problem_types: []")
    assert "no table of a pack has this name; known: pack.yaml, params/*.yaml" in fault_of(folder)


def test_a_manifest_must_carry_its_folder_s_name(tmp_path: Path) -> None:
    folder = write_pack(tmp_path)
    folder.rename(tmp_path / "other")
    assert "'one' is not the folder's name" in fault_of(tmp_path / "other")


def test_a_file_that_is_not_utf8_or_empty_is_named(tmp_path: Path) -> None:
    folder = write_pack(tmp_path, measures="")
    assert "measures.yaml:1: the file is empty" in fault_of(folder)
    (folder / "measures.yaml").write_bytes("measures: Яма".encode("cp1251"))
    assert "not UTF-8" in fault_of(folder)


def test_an_unknown_pack_is_answered_with_those_there(tmp_path: Path) -> None:
    write_pack(tmp_path)
    with pytest.raises(PackError, match="no pack 'two'; packs there: one"):
        load_norms(["two"], roots=(tmp_path,))


def test_measures_types_rules_and_levels_come_as_records(tmp_path: Path) -> None:
    write_pack(
        tmp_path,
        problem_types=f"""\
problem_types:
  - {{code: pothole, title: {{en: Pothole, ru: Яма}}, group: roads, owner: roads_department,
     response_cost: "1200.00 RUB", resident_hours: "0.5", severity: "0.4",
     asset_classes: [road], service_level: pothole.resolve, source: {SOURCE}}}
""",
        measures=f"""\
measures:
  - {{code: resurface, title: {{en: Resurface}}, unit: m2, cost_low: "1 RUB", cost: "2 RUB",
     cost_high: "3.50 RUB", price_date: 2025-01-01, life_years: 12, upkeep_share: "0.02",
     effect: ["0.3", "0.5", "0.7"], answers: [pothole], asset_classes: [road],
     work_groups: [surface], season: [4, 10], benefits: {{residents: "0.8"}},
     crew_months: {{surface: "0.02"}}, source: {SOURCE}}}
""",
        heritage=f"""\
heritage:
  - {{id: r1, jurisdiction: XX, work_groups: [earthworks], outcome: needs_approval,
     legal_basis: "Art. 1", statutory_days: 30, conditions: [{{en: "Watch"}}], source: {SOURCE}}}
""",
        service_levels=f"""\
service_levels:
  - {{path: pothole.resolve, problem_type: pothole, clock: resolve, amount: 7,
     counting: calendar_days, starts: detection, conditions: {{road_category: III}},
     source: {SOURCE}}}
""",
    )
    norms = load_norms(["one"], roots=(tmp_path,)).at(date(2025, 1, 1))
    (kind,), (measure,) = norms.problem_types(), norms.measures()
    (rule,), (level,) = norms.heritage_rules(), norms.service_levels()
    assert kind.response_cost == Money(Decimal("1200.00"), "RUB")
    assert measure.effect == (Decimal("0.3"), Decimal("0.5"), Decimal("0.7"))
    assert measure.benefits == (("residents", Decimal("0.8")),)
    assert measure.crew_months == (("surface", Decimal("0.02")),)
    assert rule.statutory_days == 30
    assert rule.source.origin == "one/heritage.yaml:3"
    assert level.conditions == (("road_category", "III"),)
    assert norms.service_level("pothole.resolve") is level
    assert norms.edition.startswith("one@1#")


@pytest.mark.parametrize(
    ("crews", "said"),
    [
        ('{planting: "0.1"}', "'planting' is not among its work_groups"),
        ('{surface: "0"}', "0 is no time of a crew"),
    ],
)
def test_crew_months_name_a_group_and_a_time(tmp_path: Path, crews: str, said: str) -> None:
    measures = f"""\
measures:
  - {{code: pave, title: {{en: Pave}}, unit: m2, cost_low: "1 RUB", cost: "2 RUB",
     cost_high: "3 RUB", price_date: 2025-01-01, life_years: 12, upkeep_share: "0.02",
     effect: ["0.3", "0.5", "0.7"], answers: [pothole], asset_classes: [road],
     work_groups: [surface], crew_months: {crews}, source: {SOURCE}}}
"""
    with pytest.raises(PackError, match=said):
        read_pack(write_pack(tmp_path, measures=measures))


CALENDAR = f"""\
calendars:
  - id: here
    title: {{en: Here}}
    hours: {{monday: ["09:00-13:00", "14:00-18:00"], tuesday: ["00:00-24:00"], wednesday: [],
            thursday: [], friday: [], saturday: [], sunday: []}}
    yearly:
      first_year: 2021
      last_year: 2022
      holidays:
        - {{month: 1, day: 1, observed: nearest_weekday}}
        - {{month: 5, day: 1, observed: next_weekday}}
        - {{month: 5, weekday: monday, nth: -1}}
        - {{month: 12, weekday: thursday, nth: 4, from: 2022}}
    exceptions:
      - {{day: 2021-05-01, hours: ["10:00-12:00"]}}
    covers: {{from: 2021-01-01, to: 2022-12-30}}
    source: {SOURCE}
"""


def test_a_calendar_knows_hours_yearly_holidays_and_exceptions(tmp_path: Path) -> None:
    write_pack(tmp_path, calendars__here=CALENDAR)
    calendar = load_norms(["one"], roots=(tmp_path,)).at(date(2021, 1, 1)).calendar("here")
    days = dict(calendar.exceptions)
    assert calendar.hours[0] == ((time(9), time(13)), (time(14), time(18)))
    assert calendar.hours[1] == ((time(0), time.max),)
    assert sorted(days) == [
        date(2021, 1, 1),  # Friday: no move
        date(2021, 5, 1),  # Saturday, worked by exception
        date(2021, 5, 3),  # observed on Monday
        date(2021, 5, 31),  # last Monday of May
        date(2021, 12, 31),  # 1 January 2022 is a Saturday: nearest weekday is Friday
        date(2022, 1, 1),
        date(2022, 5, 1),
        date(2022, 5, 2),  # 1 May 2022 is a Sunday
        date(2022, 5, 30),
        date(2022, 12, 22),  # fourth Thursday, since 2022 only
    ]
    assert days[date(2021, 5, 1)] == ((time(10), time(12)),)


BAD_CALENDARS = [
    ("09:00-13:00", "13:00-09:00", "runs backwards or overlaps"),
    ('"14:00-18:00"', '"12:00-18:00"', "runs backwards or overlaps"),
    ('"14:00-18:00"', '"14:00"', "is not a span of hours"),
    ("nth: 4", "nth: 5", "'nth' is 1 to 4"),
    ("month: 1, day: 1", "month: 2, day: 30", "no such day"),
    ("month: 1, day: 1,", "month: 1,", "give 'day', or 'weekday' with 'nth'"),
    (", sunday: []", "", "'sunday' is missing"),
    ("last_year: 2022", "last_year: 2020", "no year between"),
]


@pytest.mark.parametrize(("old", "new", "said"), BAD_CALENDARS)
def test_a_bad_calendar_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in CALENDAR
    folder = write_pack(tmp_path, calendars__here=CALENDAR.replace(old, new, 1))
    with pytest.raises(PackError, match=said):
        read_pack(folder)
