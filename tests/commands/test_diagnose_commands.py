"""The commands that scripts rely on: keys as promised, bad input named."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from eutopia.cli import main

HEAD = ["CASE_ENQUIRY_ID", "OPEN_DT", "CLOSED_DT", "TARGET_DT", "TYPE", "LATITUDE", "LONGITUDE",
        "LOCATION_STREET_NAME", "neighborhood", "Department", "Source"]  # fmt: skip


def boston_file(folder: Path) -> Path:
    """Half a year at forty places; one lamp fails every fortnight, each time reported twice."""
    rng = np.random.default_rng(4)
    start = datetime(2015, 1, 1, 9)  # noqa: DTZ001 - local, as the city writes it
    rows = []

    def add(number: str, day: float, place: int, closed: float | None, kind: str) -> None:
        form = "%m/%d/%Y %I:%M:%S %p"
        opened = start + timedelta(days=day)
        rows.append([
            number, opened.strftime(form),
            "" if closed is None else (opened + timedelta(days=closed)).strftime(form), "", kind,
            f"{42.3 + place * 1e-3:.4f}", f"{-71.1 + (place % 7) * 1e-3:.4f}",
            f"{place} Street", "Dorchester", "PROP", "Citizens Connect App",
        ])  # fmt: skip

    for k in range(12):
        add(f"lamp{k}", 14 * k, 5, 3, "Street Light Outages")
        add(f"lamp{k}again", 14 * k + 0.1, 5, 3, "Street Light Outages")
    for k in range(300):
        kind = str(rng.choice(["Street Light Outages", "Graffiti Removal", "Rodent Activity"]))
        add(f"x{k}", float(rng.uniform(0, 170)), int(rng.integers(0, 40)), 2, kind)
    rows.append(["bad", "soon", "", "", "Graffiti Removal", "42.3", "-71.1", "", "", "", ""])
    path = folder / "reports.csv.gz"
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEAD)
        writer.writerows(rows)
    return path


def run(*arguments: str) -> dict:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_duplicates_prints_groups_and_pairs(tmp_path: Path) -> None:
    arguments = ["duplicates", str(boston_file(tmp_path)), "--mapping", "boston-311", "--json"]
    # The mapping's own model ships; a lamp told twice is rarely merged in Boston.
    assert run(*arguments)["model"] == "boston-311"
    found = run(*arguments, "--model", "general")
    assert all(set(group) == {"cases", "score"} for group in found["groups"])
    assert all(set(pair) == {"case", "duplicate_of", "score"} for pair in found["pairs"])
    pairs = {(pair["case"], pair["duplicate_of"]) for pair in found["pairs"]}
    assert sum((f"lamp{k}again", f"lamp{k}") in pairs for k in range(12)) >= 10
    assert [row["field"] for row in found["rejected"]] == ["opened"]


def test_a_model_is_learned_saved_and_used_again(tmp_path: Path) -> None:
    reports = boston_file(tmp_path)
    merged = tmp_path / "merged.csv"
    rows = [f"lamp{k}again,lamp{k}" for k in range(12)]
    merged.write_text("case,duplicate_of\n" + "\n".join(rows))
    arguments = ["duplicates", str(reports), "--mapping", "boston-311", "--learn", str(merged)]
    few = CliRunner().invoke(main, arguments)
    assert few.exit_code == 1
    assert "at least 20 are needed" in few.output


def test_an_unknown_model_is_named(tmp_path: Path) -> None:
    reports = str(boston_file(tmp_path))
    result = CliRunner().invoke(
        main, ["duplicates", reports, "--mapping", "boston-311", "--model", "atlantis"]
    )
    assert result.exit_code == 1
    assert "atlantis" in result.output


def test_problems_finds_the_lamp(tmp_path: Path) -> None:
    found = run(
        "problems", str(boston_file(tmp_path)), "--mapping", "boston-311-grouped", "--json",
        "--hour-value", "15.00 USD",
    )  # fmt: skip
    (problem,) = [p for p in found["problems"] if p["place"] == "5 Street"]
    assert problem["problem_type"] == "street_light_out"
    assert problem["recurrences"] >= 8
    assert float(problem["cost"]["low"]) < float(problem["cost"]["total"])
    assert 0 < found["indicators"]["explained_share"] < 1
    assert found["as_of"].startswith("2015-06")


def test_scan_of_reports_by_columns(tmp_path: Path) -> None:
    found = run(
        "scan", str(boston_file(tmp_path)), "--lon", "LONGITUDE", "--lat", "LATITUDE",
        "--time", "OPEN_DT", "--where", "TYPE=Street Light Outages", "--replications", "19",
        "--workers", "1", "--json",
    )  # fmt: skip
    assert set(found) >= {"clusters", "seconds", "replications"}
    assert set(found["clusters"][0]) >= {
        "location_ids", "centre", "radius_km", "start", "end", "cases", "expected", "llr", "p",
    }  # fmt: skip
    ratios = [c["llr"] for c in found["clusters"]]
    assert ratios == sorted(ratios, reverse=True)


def test_scan_says_what_is_missing(tmp_path: Path) -> None:
    reports = str(boston_file(tmp_path))
    result = CliRunner().invoke(main, ["scan", reports])
    assert result.exit_code == 2
    assert "--lon" in result.output
    result = CliRunner().invoke(
        main, ["scan", reports, "--lon", "X", "--lat", "LATITUDE", "--time", "OPEN_DT"]
    )
    assert result.exit_code == 1
    assert "no column X" in result.output


@pytest.mark.real
def test_scan_of_satscan_files(real_data: Path) -> None:
    path = real_data / "satscan" / "NYCSpaceTimePermutation.prm"
    found = run("scan", str(path), "--json", "--replications", "99")
    assert found["clusters"][0]["llr"] == pytest.approx(3.845418, abs=1e-6)
    assert found["clusters"][0]["start"] == "2001-11-22"
    assert found["clusters"][1]["location_ids"] == ["11372"]
