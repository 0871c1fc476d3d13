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


def test_what_was_compared_is_kept_for_tomorrow(tmp_path: Path) -> None:
    """The same file again compares nothing anew and finds the same; another file is refused."""
    reports, kept = boston_file(tmp_path), tmp_path / "kept"
    arguments = ["problems", str(reports), "--mapping", "boston-311", "--json"]
    arguments += ["--kept", str(kept)]
    first, again = run(*arguments), run(*arguments)
    assert first["compared"] == first["reports"] > 0
    assert again["compared"] == 0
    assert again["problems"] == first["problems"]
    kinds = {one["problem_type"] for one in first["problems"]}
    assert "street_light_out" in kinds, "the city's own words were not joined into kinds"
    kept.write_text("something else")
    refused = CliRunner().invoke(main, arguments)
    assert refused.exit_code == 1
    assert "kept: not a file that --kept wrote" in refused.output
    assert kept.read_text() == "something else"


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


def test_problems_weigh_the_weather_and_refuse_a_wrong_row(tmp_path: Path) -> None:
    """It blew on the days of the lamp, one day in a fortnight: the wind speaks for weather."""
    reports, days = str(boston_file(tmp_path)), tmp_path / "days.csv"
    rows = ["date,wind"]
    for k in range(180):
        day = datetime(2015, 1, 1) + timedelta(days=k)  # noqa: DTZ001 - a plain day
        rows.append(f"{day:%Y-%m-%d},{25 if k % 14 == 0 else 3}")
    days.write_text("\n".join(rows), encoding="utf-8")
    asked = ["problems", reports, "--mapping", "boston-311-grouped", "--json"]

    def weather_of(found: dict) -> float:
        (lamp,) = [p for p in found["problems"] if p["place"] == "5 Street"]
        return {c["cause"]: c["likelihood"] for c in lamp["by_signs"]}["weather"]

    assert weather_of(run(*asked, "--weather", str(days))) > weather_of(run(*asked))
    days.write_text("date,wind\n2015-01-01,strong\n", encoding="utf-8")
    result = CliRunner().invoke(main, [*asked, "--weather", str(days)])
    assert result.exit_code == 1
    assert "days.csv, row 2, wind: 'strong' is no number" in result.output


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


def test_labels_tell_recall_precision_and_the_curve(tmp_path: Path) -> None:
    labels = tmp_path / "merged.csv"
    labels.write_text("case,duplicate_of\n" + "\n".join(f"lamp{k}again,lamp{k}" for k in range(12)))
    found = run(
        "duplicates", str(boston_file(tmp_path)), "--mapping", "boston-311", "--model", "general",
        "--labels", str(labels), "--json",
    )["assessment"]  # fmt: skip
    ours, rule = found["ours"], found["same_type_50_m_7_days"]
    assert ours["pairs"] == 12
    assert ours["recall"] >= 10 / 12
    assert ours["recall_low"] < ours["recall"] <= ours["recall_high"]
    assert rule["recall"] == 1.0
    recalls = [one["recall"] for one in found["curve"]]
    assert recalls == sorted(recalls, reverse=True)
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("a,b\n1,2\n")
    refused = CliRunner().invoke(
        main,
        ["duplicates", str(boston_file(tmp_path)), "--mapping", "boston-311",
         "--labels", str(wrong)],
    )  # fmt: skip
    assert refused.exit_code == 1
    assert "case and duplicate_of" in refused.output


def bad_file(folder: Path) -> Path:
    """Every bad input at once: see the names of the notes."""
    rng = np.random.default_rng(8)
    start = datetime(2015, 1, 1)  # noqa: DTZ001 - local, as the city writes it
    form = "%m/%d/%Y %I:%M:%S %p"
    rows = []

    def add(
        number: str, opened: datetime, kind: str, lat: object, lon: object, street: str
    ) -> None:
        rows.append([number, opened.strftime(form), "", "", kind, lat, lon, street, "Dorchester",
                     "PROP", "Citizens Connect App"])  # fmt: skip

    for k in range(6000):
        day = float(rng.uniform(0, 364))
        # Clocks of June are in another zone: everything seven hours later.
        hour = 9 + float(rng.normal(0, 1.5)) + (7 if 151 <= day < 181 else 0)
        old = "Street Light Outages" if day < 182 else "Graffiti Removal"
        kind = old if k % 3 else "Rodent Activity"
        lat, lon = 42.30 + float(rng.uniform(0, 0.05)), -71.10 + float(rng.uniform(0, 0.05))
        moment = start + timedelta(days=int(day), hours=hour)
        add(f"x{k}", moment, kind, f"{lat:.6f}", f"{lon:.6f}", f"{k % 900} Street")
    for k in range(10_000):
        moment = start + timedelta(days=float(rng.uniform(0, 364)))
        add(f"hall{k}", moment, "Rodent Activity", "42.359400", "-71.058700", f"{k % 500} Road")
    for k in range(300):
        moment = start + timedelta(days=100, hours=14, seconds=k)
        add(f"bot{k}", moment, "Graffiti Removal", "42.345678", "-71.067890", "1 Bot Street")
    for k in range(40):
        add(f"no{k}", start + timedelta(days=k, hours=9), "Rodent Activity", "", "", "2 Street")
        rows.append([f"when{k}", "", "", "", "Rodent Activity", "42.3", "-71.1", "", "", "", ""])
    path = folder / "bad.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEAD, *rows])
    return path


def test_bad_input_is_named_breaks_nothing_and_makes_no_problem(tmp_path: Path) -> None:
    """No place, no time, one point for ten thousand, a bot, a renamed type, a wrong clock."""
    path = str(bad_file(tmp_path))
    found = run("problems", path, "--mapping", "boston-311", "--json")
    told = {note["code"]: note for note in found["quality"]}
    assert {"no_place", "default_point", "flood", "renamed_type", "clock_shift"} <= set(told)
    assert told["default_point"]["count"] == 10_000
    assert told["flood"]["count"] == 300
    assert told["no_place"]["count"] >= 40
    assert told["clock_shift"]["month"] == "2015-06"
    assert (told["renamed_type"]["from"], told["renamed_type"]["to"]) == (
        "street_light_outages", "graffiti_removal",
    )  # fmt: skip
    assert len(found["rejected"]) == 40
    assert {row["field"] for row in found["rejected"]} == {"opened"}
    for problem in found["problems"]:
        hall = [r for r in problem["report_ids"] if r.startswith(("hall", "bot"))]
        assert len(hall) * 2 < len(problem["report_ids"])
    groups = run("duplicates", path, "--mapping", "boston-311", "--json")
    assert {n["code"] for n in groups["quality"]} == set(told)
    bots = [g for g in groups["groups"] if any(c.startswith("bot") for c in g["cases"])]
    assert sum(len(g["cases"]) for g in bots if len(g["cases"]) >= 300) == 300


def test_a_burst_of_everything_everywhere_is_named() -> None:
    from datetime import UTC

    from eutopia.core.kit.screening import screen_reports
    from eutopia.core.records import Report, Reports

    rng = np.random.default_rng(1)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [
        Report(f"a{k}", start + timedelta(hours=3 * k), "pothole", 37.0 + k / 400, 55.0)
        for k in range(400)
    ] + [
        Report(f"b{k}", start + timedelta(days=9, seconds=k), f"t{k % 9}",
               37 + float(rng.uniform(0, 1)), 55 + float(rng.uniform(0, 1)))
        for k in range(80)
    ]  # fmt: skip
    (note,) = screen_reports(Reports.from_rows(rows)).notes
    assert (note.code, note.treatment) == ("burst", "named")
    assert note.count >= 80
