"""`eutopia duplicates`: which reports of a file tell of one event."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from eutopia.core.listen.duplicates import DuplicateModel
    from eutopia.core.records import DuplicateGroup, QualityNote, Reports

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("reports", type=_FILE)
@click.option("--mapping", required=True, help="YAML file, or the name of one that ships.")
@click.option(
    "--model",
    "model_name",
    default="auto",
    show_default=True,
    help="general, a model that ships, or a YAML file; auto takes the mapping's own if it ships.",
)
@click.option("--learn", type=_FILE, help="CSV of merged pairs (case, duplicate_of) to learn from.")
@click.option("--save-model", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--threshold", type=click.FloatRange(0, 1), help="Least score of a link (0.5).")
@click.option("--labels", type=_FILE, help="CSV of merged pairs to try the result on.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as one object.")
def duplicates(
    reports: Path,
    mapping: str,
    model_name: str,
    learn: Path | None,
    save_model: Path | None,
    threshold: float | None,
    labels: Path | None,
    as_json: bool,
) -> None:
    """Group the reports of REPORTS that tell of one event, and say how sure each pair is.

    With --labels, recall and precision against those pairs are told with their intervals, beside
    the usual rule (one type, 50 m, 7 days) and along the curve of thresholds.
    """
    from eutopia.core.kit.drift import find_drift
    from eutopia.core.kit.screening import screen_reports
    from eutopia.core.listen.duplicate_models import write_model
    from eutopia.core.listen.duplicates import DuplicateStudy
    from eutopia.core.listen.intake import load_mapping

    started = time.perf_counter()
    columns, rejected = read_columns(reports, mapping)
    zone = load_mapping(mapping).time_zone
    try:
        model = _model(columns, mapping, model_name, learn)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    if threshold is not None:
        model = replace(model, threshold=model.threshold + _log_odds(threshold))
    if save_model is not None:
        write_model(model, save_model, source=f"learned from {learn.name}" if learn else "")
    study = DuplicateStudy.of(columns, model=model)
    groups = [g for g in study.groups if len(g.report_ids) > 1]
    found = {
        "groups": [{"cases": list(g.report_ids), "score": g.score} for g in groups],
        "pairs": [
            {"case": case, "duplicate_of": first, "score": score}
            for case, first, score in study.pairs
        ],
        "model": model.id,
        "reports": len(columns),
        "rejected": rejected,
        "quality": quality_rows(
            (*screen_reports(columns).notes, *find_drift(columns, time_zone=zone))
        ),
        "seconds": round(time.perf_counter() - started, 3),
    }
    if labels is not None:
        found["assessment"] = _assessed(columns, study.groups, model, labels)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    _print(found, groups=len(groups))


def _model(columns: Reports, mapping: str, model_name: str, learn: Path | None) -> DuplicateModel:
    from eutopia.core.listen.duplicate_models import load_model, shipped_models
    from eutopia.core.listen.duplicates import learn_model
    from eutopia.core.listen.intake import load_mapping

    if learn is not None:
        return learn_model(columns, _pairs(learn), model_id=learn.stem)
    if model_name == "auto":
        own = load_mapping(mapping).id
        model_name = own if own in shipped_models() else "general"
    return load_model(model_name)


def _assessed(
    columns: Reports,
    groups: Sequence[DuplicateGroup],
    model: DuplicateModel,
    labels: Path,
) -> dict[str, object]:
    from dataclasses import asdict

    from eutopia.core.listen.duplicate_assessment import assess, duplicate_curve, group_by_rule

    pairs = _pairs(labels)
    return {
        "ours": asdict(assess("ours", groups, pairs)),
        "same_type_50_m_7_days": asdict(assess("rule", group_by_rule(columns), pairs)),
        "curve": [asdict(one) for one in duplicate_curve(columns, pairs, model=model)],
    }


def _pairs(path: Path) -> list[tuple[str, str]]:
    import csv

    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if not {"case", "duplicate_of"} <= set(reader.fieldnames or ()):
            raise click.ClickException(f"{path.name}: columns case and duplicate_of are needed")
        return [(row["case"], row["duplicate_of"]) for row in reader]


def _log_odds(score: float) -> float:
    import math

    score = min(max(score, 1e-6), 1 - 1e-6)
    return math.log(score / (1 - score))


def read_columns(path: Path, mapping: str) -> tuple[Reports, list[dict[str, object]]]:
    """Read a file of reports by a mapping; rows set aside come back with their reason."""
    from dataclasses import asdict

    from eutopia.core.listen.intake import load_mapping, read_reports
    from eutopia.core.listen.rejections import Rejection
    from eutopia.core.records import Reports

    rows, rejected = [], []
    try:
        for row in read_reports(path, mapping=load_mapping(mapping)):
            if isinstance(row, Rejection):
                rejected.append(asdict(row))
            else:
                rows.append(row)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    return Reports.from_rows(rows), rejected


def quality_rows(notes: Iterable[QualityNote]) -> list[dict[str, object]]:
    """Notes of data quality as objects for JSON."""
    return [
        {
            "code": note.code,
            "count": note.count,
            "treatment": note.treatment,
            **dict(note.values),
            "report_ids": list(note.report_ids),
        }
        for note in notes
    ]


def _print(found: dict[str, object], *, groups: int) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    assessed = found.get("assessment")
    if isinstance(assessed, dict):
        named = [assessed["ours"], assessed["same_type_50_m_7_days"], *assessed["curve"]]
        for one in named:
            console.print(
                f"  {one['name']:>5}: {one['duplicates']} duplicates, recall {one['recall']:.3f} "
                f"({one['recall_low']:.3f}–{one['recall_high']:.3f}), precision at least "
                f"{one['precision']:.4f}, F1 {one['f1']:.3f}"
            )
    pairs = found["pairs"]
    count = len(pairs) if isinstance(pairs, list) else 0
    console.print(f"{found['reports']} reports, {count} duplicates in {groups} groups")
    console.print(f"model {found['model']}, {found['seconds']} s")
    quality = found["quality"]
    for note in quality if isinstance(quality, list) else ():
        console.print(f"  {note['code']}: {note['count']} reports, {note['treatment']}")
    rejected = found["rejected"]
    if isinstance(rejected, list) and rejected:
        console.print(f"  {len(rejected)} rows set aside; --json lists them")
