"""`eutopia pack` and `eutopia recalc` as a clerk meets them."""

from __future__ import annotations

import csv
import json
import shutil
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from eutopia.cli import main
from eutopia.core.evaluate.billing import COLUMNS
from eutopia.core.norms import BUILT_IN, read_pack
from eutopia.core.norms.difference import pack_difference

CASES = BUILT_IN / "ru-354" / "cases" / "appendix-1.yaml"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """A later edition of the Russian norms: one value changed, one row gone, one come."""
    folder = tmp_path / "ru-354"
    shutil.copytree(BUILT_IN / "ru-354", folder)
    path = folder / "params" / "breach_record.yaml"
    text = path.read_text(encoding="utf-8")
    text = text.replace("path: breach.check.hours", "path: breach.check.minutes")
    path.write_text(text.replace("value: 24\n", "value: 12\n", 1), encoding="utf-8")
    return folder


def test_check_reads_every_built_in_pack() -> None:
    found = run("pack", "check", "--json")
    assert found.exit_code == 0, found.output
    said = json.loads(found.output)
    assert said["faults"] == []
    ru = next(one for one in said["packs"] if one["id"] == "ru-354")
    assert ru["rows"]["service_norms"] == 17
    assert len(ru["digest"]) == 64
    assert "0 faults" in run("pack", "check", "ru-354").output


def test_check_names_faults_and_ends_with_status_1(changed: Path) -> None:
    path = changed / "service_norms.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("unit:", "units:", 1), encoding="utf-8"
    )
    found = CliRunner().invoke(main, ["pack", "check", str(changed)])
    assert found.exit_code == 1
    assert "ru-354/service_norms.yaml:7: " in found.output
    assert "did you mean 'unit'?" in found.output


def test_show_tells_what_is_in_force_with_its_source() -> None:
    found = run(
        "pack",
        "show",
        "ru-354",
        "cold_water.continuity.permitted",
        "--as-of",
        "2026-01-01",
        "--json",
    )
    rows = {row["key"]: row for row in json.loads(found.output)}
    month = rows["cold_water.continuity.permitted.month"]
    assert month["says"]["value"] == "8"
    assert month["verification"] == "A"
    assert month["article"] == "Приложение № 1, п. 1"
    table = run(
        "pack", "show", "ru-354", "heating.pressure", "--as-of", "2026-01-01", "--language", "ru"
    )
    assert "unverified" in table.output
    assert "Давление" in table.output
    assert "nothing under 'x'" in run("pack", "show", "ru-354", "x").output
    assert "packs there:" in run("pack", "show", "ru-355").output


def test_diff_names_what_was_added_removed_and_changed(changed: Path) -> None:
    found = run("pack", "diff", str(BUILT_IN / "ru-354"), str(changed))
    assert "+ params breach.check.minutes" in found.output
    assert "- params breach.check.hours" in found.output
    assert "~ params breach.inform.hours\n    value: 24 -> 12" in found.output
    assert "1 added, 1 removed, 1 changed" in found.output
    changes = json.loads(run("pack", "diff", "ru-354", str(changed), "--json").output)
    assert {"change": "changed", "key": "breach.inform.hours"}.items() <= changes[-1].items()
    assert changes[-1]["fields"] == [{"field": "value", "old": "24", "new": "12"}]


def test_a_pack_does_not_differ_from_itself(tmp_path: Path) -> None:
    folder = tmp_path / "ru-354"
    shutil.copytree(BUILT_IN / "ru-354", folder)
    path = folder / "service_norms.yaml"
    # A comment moves every line: origins change, norms do not.
    path.write_text("# a comment\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert pack_difference(read_pack(BUILT_IN / "ru-354"), read_pack(folder)) == ()


def test_recalc_computes_the_cases_that_ship() -> None:
    found = run("recalc", str(CASES), "--pack", "ru-354", "--json")
    assert found.exit_code == 0, found.output
    first = json.loads(found.output)[0]
    assert first["amount"] == "33.00 RUB"
    assert first["lines"][0]["article"] == "Приложение № 1, п. 1"
    assert first["edition"].startswith("ru-354@")
    table = run("recalc", str(CASES), "--pack", "ru-354")
    assert "owed back" in table.output
    assert "set aside: e1: ends_before_it_starts" in table.output
    # What may puzzle is explained where it counts, and nowhere else.
    assert table.output.count("why: Приложение № 1, п. 5: Below 40 °C the act") == 1


def test_the_billing_export_adds_up_to_the_kopeck(tmp_path: Path) -> None:
    path = tmp_path / "billing.csv"
    found = run("recalc", str(CASES), "--pack", "ru-354", "--billing", str(path), "--json")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    owed = sum(Decimal(one["amount"].split()[0]) for one in json.loads(found.output))
    assert sum(Decimal(row["amount"]) for row in rows) == owed
    assert rows[0]["to_pay"] == "967.00"
    capped = next(row for row in rows if row["capped"] == "yes")
    assert (capped["total"], capped["to_pay"]) == ("2500.55", "0.00")
    paid = tmp_path / "paid.csv"
    cuts = BUILT_IN / "gb-electricity" / "cases" / "cuts.yaml"
    run("recalc", str(cuts), "--pack", "gb-electricity", "--billing", str(paid))
    with paid.open(encoding="utf-8", newline="") as file:
        first = next(csv.DictReader(file))
    # A compensation is paid apart from the bill.
    assert (first["kind"], first["amount"], first["to_pay"]) == ("compensation", "135.00", "60.00")


def test_recalc_says_where_a_case_expects_something_else(tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    path.write_text(
        'time_zone: Europe/Moscow\ncharge: {service: gas, month: 2026-03, fee: "100.00 RUB"}\n'
        'events: [{from: "2026-03-02 06:00", to: "2026-03-02 16:00"}]\n'
        'expect: {amount: "1.00 RUB"}\n',
        encoding="utf-8",
    )
    found = run("recalc", str(path), "--pack", "ru-354")
    assert found.exit_code == 1
    assert "amount: expected 1.00 RUB, found 0.90 RUB" in found.output
    path.write_text("time_zone: Mars\ncharge: {}\nevents: []\n", encoding="utf-8")
    broken = run("recalc", str(path), "--pack", "ru-354")
    assert broken.exit_code == 1
    assert "case.yaml:1: time_zone: no time zone 'Mars'" in broken.output
