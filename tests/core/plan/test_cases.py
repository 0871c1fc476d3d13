"""Case files: written is read back, what cannot be meant is refused by line; the command."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from eutopia.cli import main
from eutopia.core.norms import PackError
from eutopia.core.plan.case_writing import write_case
from eutopia.core.plan.cases import PlanCase, read_case
from eutopia.core.plan.portfolio import choose_programme
from eutopia.core.records import Floor, Priority
from eutopia.core.records.money import CURRENCIES
from tests.core.plan.cases import random_case, rich_case

SHIPPED = Path(__file__).resolve().parents[3] / "src/eutopia/cases/plan"

SMALL = """\
name: Two yards
currency: RUB
first_year: 2027
years: 2
discount_rate: "0.05"
upkeep_limit: ["10"]
funds:
  - {id: city, by_year: ["30", "30"], carry_over: true}
candidates:
  - {id: yard, district: A, cost: 40, benefit: 9, upkeep: 1}
  - {id: square, cost: "60.00", benefit: 8, gate: forbid, gate_rules: [r1]}
"""


@pytest.mark.parametrize("seed", range(8))
def test_written_is_read_back(seed: int, tmp_path: Path) -> None:
    """Candidates and rules survive the file; the programme is the same."""
    found, r = random_case(seed, n=15, years=3)
    path = tmp_path / "case.yaml"
    write_case(PlanCase("x", found, r, gap=0.0), path)
    case = read_case(path)
    assert case.gap == 0.0
    assert case.rules.funds == r.funds
    assert case.rules.upkeep_limit == r.upkeep_limit
    assert case.rules.bundles == r.bundles
    for mine, theirs in zip(found, case.candidates, strict=True):
        same = {"gate": theirs.gate, "geometry": theirs.geometry}
        assert replace(mine, **same) == theirs
    one = choose_programme(found, rules=r, gap=0.0)
    two = choose_programme(case.candidates, rules=case.rules, gap=0.0)
    assert (one.status, one.choices) == (two.status, two.choices)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (("name: Two", "nmae: Two"), ":1: nmae: unknown key 'nmae'; did you mean 'name'"),
        (('["30", "30"]', '["30"]'), "8: funds[0].by_year: 1 amounts; give 2, one a year"),
        (("cost: 40", "cost: 40.5"), 'quote it to be exact: "40.5"'),
        (("cost: 40", "cost: -4"), "-4 is negative"),
        (("id: square", "id: yard"), "id 'yard' is given twice"),
        (("upkeep: 1", "after: [pipe]"), "'yard' names 'pipe'"),
        (("gate: forbid", "gate: maybe"), "'maybe' is not known; choose one of: allow"),
        (("upkeep: 1", "season: [9, 4]"), "[9, 4] is no season"),
        (("upkeep: 1", "crew_months: {surface: -1}"), "-1 is below 0"),
        (("upkeep: 1", "effects: {beauty: 1}"), "'beauty' is no quality"),
        (("upkeep: 1", "gift_kinds: {shop: cash}"), "'shop' gives nothing"),
        (
            ("upkeep: 1", "funds: [citty]"),
            "no fund has this id; did you mean 'city'",
        ),
        (("upkeep: 1", "co_funding: {city: 1}"), "'city' is a fund and a donor of 'yard'"),
        (("upkeep: 1", "benefit_low: 10"), "9 is not between 10 and 9"),
        (("upkeep: 1", "cost_low: 41"), "41 against a cost of 40"),
        (("carry_over: true", "carry_limit: 3"), "nothing is carried over"),
        (("carry_over: true", 'max_share: "1.2"'), "1.2 is no share"),
        (("name: Two yards", "must: [yards]"), "did you mean 'yard'"),
        (("name: Two yards", "must_in: {yard: 2}"), "2 is after the last year; write 0 to 1"),
        (("name: Two yards", "crew_calendars: {surface: [1]}"), "1 months; give twelve numbers"),
        (("name: Two yards", "closures: [{place: s, years: [5]}]"), "from 0 to 1"),
        (("name: Two yards", "objective: lexicographic"), "priorities"),
        (("name: Two yards", "floors: [{scope: district, key: A, share: 2}]"), "2 is no share"),
        (("upkeep: 1", "pin: must"), "'pin' is no key of a candidate; write the candidate's id"),
        (("currency: RUB", "currency: rubles"), "'rubles' is no currency; write its code of ISO"),
        (("years: 2", "yeers: 2"), "unknown key 'yeers'; did you mean 'years'"),
    ],
)
def test_faults_are_named(change: tuple[str, str], fault: str, tmp_path: Path) -> None:
    """File, line, field and mend."""
    path = tmp_path / "case.yaml"
    path.write_text(SMALL.replace(*change), encoding="utf-8")
    with pytest.raises(PackError) as caught:
        read_case(path)
    assert fault in str(caught.value)


def test_every_fault_of_the_candidates_is_told(tmp_path: Path) -> None:
    """Two rows that cannot be read are both named, not only the first."""
    path = tmp_path / "case.yaml"
    broken = SMALL.replace("cost: 40", "cost: -4").replace("benefit: 8", "benefit: lots")
    path.write_text(broken, encoding="utf-8")
    with pytest.raises(PackError) as caught:
        read_case(path)
    assert [fault.field for fault in caught.value.faults] == [
        "candidates[0].cost",
        "candidates[1].benefit",
    ]


@pytest.mark.parametrize("seed", range(800, 808))
def test_every_rule_is_read_back(seed: int, tmp_path: Path) -> None:
    """Months, closures, rules of funds, gifts, qualities and pins survive the file."""
    found, r = rich_case(seed, n=12, years=3)
    order = (Priority("people", Decimal("0.1")), Priority("cost"))
    r = replace(r, objective="lexicographic", priorities=order)
    path = tmp_path / "case.yaml"
    write_case(PlanCase("x", found, r), path)
    case = read_case(path)
    simple = tuple(Floor("district", key, share) for key, share in r.floors)
    assert case.rules == replace(r, floors=(), floor_rules=simple + r.floor_rules)
    for mine, theirs in zip(found, case.candidates, strict=True):
        assert replace(mine, gate=theirs.gate, geometry=theirs.geometry) == theirs


def test_command_prints_json(tmp_path: Path) -> None:
    """Choices by year, bound, gap, a reason each, the verifier's verdict, seconds."""
    path = tmp_path / "case.yaml"
    path.write_text(SMALL, encoding="utf-8")
    result = CliRunner().invoke(main, ["plan", str(path), "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.output)
    assert found["status"] == "complete"
    assert found["verifier"] == {"sound": True, "violations": []}
    (choice,) = found["choices"]
    assert (choice["candidate"], choice["year"], choice["paid"]) == ("yard", 2028, {"city": "40"})
    assert found["spent"] == {"city": {"2028": "40"}}
    codes = {e["candidate"]: e["reasons"][0]["code"] for e in found["explanations"]}
    assert codes == {"yard": "chosen", "square": "heritage_forbidden"}
    assert {"objective", "bound", "gap", "seconds", "wall_seconds"} <= set(found)


def test_command_tells_conflicts_and_faults(tmp_path: Path) -> None:
    """Rules that cannot hold end with status 1 and say so; a broken file names its line."""
    path = tmp_path / "case.yaml"
    path.write_text(SMALL.replace('"30", "30"', '"1", "1"') + "must: [yard]\n", encoding="utf-8")
    result = CliRunner().invoke(main, ["plan", str(path)])
    assert result.exit_code == 1
    assert "These cannot all hold: “yard” must be built; “city” has only so" in result.output
    assert "way out: 38.00 RUB more in “city”" in result.output
    russian = CliRunner().invoke(main, ["plan", str(path), "--lang", "ru"])
    assert "Это невыполнимо одновременно: «yard» требуется построить" in russian.output
    told = json.loads(CliRunner().invoke(main, ["plan", str(path), "--json"]).stdout)
    assert told["conflicts"][0]["ways_out"][0]["ru"] == "добавить 38,00 RUB в источник «city»"
    path.write_text("years: [", encoding="utf-8")
    result = CliRunner().invoke(main, ["plan", str(path)])
    assert result.exit_code == 1
    assert "not YAML" in result.output


def test_a_case_of_a_folder_without_the_files_says_which(tmp_path: Path) -> None:
    """The message names the file and where to get it; nothing is written."""
    out = tmp_path / "case.yaml"
    result = CliRunner().invoke(main, ["plan-case", "boston", str(out), "--data", str(tmp_path)])
    assert result.exit_code == 1
    assert "no such file" in result.output
    assert "docs/howto/real-data.md" in result.output
    assert not out.exists()


def test_command_finds_a_turning_point(tmp_path: Path) -> None:
    """`--exact` asks about one candidate."""
    path = tmp_path / "case.yaml"
    path.write_text(SMALL.replace("gate: forbid, gate_rules: [r1]", "life_years: 20"), "utf-8")
    result = CliRunner().invoke(main, ["plan", str(path), "--exact", "square", "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.output)["exact"]["enters_at_benefit"].startswith("9.0")


def test_command_tells_how_sure_each_is(tmp_path: Path) -> None:
    """`--worlds` gives every candidate its share, and the bound of its benefit is there anyway."""
    path = tmp_path / "case.yaml"
    path.write_text(SMALL.replace("gate: forbid, gate_rules: [r1]", "life_years: 20"), "utf-8")
    result = CliRunner().invoke(main, ["plan", str(path), "--worlds", "3", "--json"])
    assert result.exit_code == 0, result.output
    yard, square = json.loads(result.output)["explanations"]
    assert yard["robustness"] == {"share": 1.0, "verdict": "core"}
    assert square["robustness"] == {"share": 0.0, "verdict": "outside"}
    assert yard["stays_out_below_benefit"] is None
    assert 8 <= float(square["stays_out_below_benefit"]) <= float(square["enters_at_benefit"])


NAMES = ("training-40", "training-300", "training-criteria", "training-sides")


@pytest.mark.parametrize("name", NAMES)
def test_shipped_cases_are_sound(name: str) -> None:
    """The cases that ship are solved, and the verifier agrees."""
    case = read_case(SHIPPED / f"{name}.yaml")
    programme = choose_programme(case.candidates, rules=case.rules, gap=0.03)
    assert programme.violations == ()
    assert programme.choices


KEYS = re.compile(r"^\| ([^|]+) \|", re.MULTILINE)
NOT_FOR_A_CASE = {"key", "fund", "candidate", "sources"}
"""Heads of the tables; the training town has no proposals that a candidate could come from."""


def test_every_documented_key_is_in_a_shipped_case() -> None:
    """Whoever reads the reference finds an example of each rule, unless the town has none."""
    page = SHIPPED.parents[3] / "docs/reference/plan-case.md"
    keys = {
        key.strip()
        for row in KEYS.findall(page.read_text(encoding="utf-8"))
        for key in row.replace("cost_low/high", "cost_low, cost_high")
        .replace("benefit_low/high", "benefit_low, benefit_high")
        .split(",")
    }
    text = "".join((SHIPPED / f"{name}.yaml").read_text(encoding="utf-8") for name in NAMES)
    there = set(re.findall(r'"?(\w+)"?:', text))
    assert keys - there - NOT_FOR_A_CASE == set()


@pytest.mark.real
def test_capital_projects_become_a_case(real_data: Path, tmp_path: Path) -> None:
    """Boston's capital projects: a programme within 0.1 %, grants paid where they were given."""
    path = tmp_path / "boston.yaml"
    result = CliRunner().invoke(main, ["plan-case", "boston", str(path), "--data", str(real_data)])
    assert result.exit_code == 0, result.output
    case = read_case(path)
    programme = choose_programme(case.candidates, rules=case.rules, gap=0.001)
    assert programme.violations == ()
    assert programme.gap <= 0.001
    assert any(payer == "grants" for choice in programme.choices for payer, _ in choice.paid)


def test_currencies_are_those_of_the_locale_repository() -> None:
    """Whatever is tender anywhere at the end of 2025 may be named; nothing but the colón besides.

    Oracle: Unicode CLDR. The colón of El Salvador is still in ISO 4217, though nobody pays in it.
    """
    babel = pytest.importorskip("babel.core")
    numbers = pytest.importorskip("babel.numbers")
    day = date(2025, 12, 31)
    tender = {
        currency
        for territory in babel.get_global("territory_currencies")
        for currency in numbers.get_territory_currencies(territory, start_date=day, end_date=day)
    }
    assert CURRENCIES - tender == {"SVC"}
    assert tender <= CURRENCIES
