"""Duplicates on the pairs that Boston's staff merged: our model against the usual rules.

    python bench/duplicates.py [DATA]

Prints, for each method, how many reports it calls duplicates, which share of the staff's pairs it
puts into one group (recall, Wilson 95 %), which share of its duplicates staff merged (precision,
a lower bound: staff find some only) and F1. The model with offsets by type is learned on one half
of the pairs and tried on the other, five times. DBSCAN and ST-DBSCAN run over their grids of
parameters; the best of each by F1 is shown, so they are given what we don't allow ourselves.
"""

from __future__ import annotations

import csv
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from eutopia.core.kit.spatial import LocalPlane, connected, neighbour_pairs
from eutopia.core.kit.stats import share_interval
from eutopia.core.listen.duplicates import DEFAULT_MODEL, group_duplicates, learn_model
from eutopia.core.listen.intake import load_mapping, read_reports
from eutopia.core.listen.rejections import Rejection
from eutopia.core.records import Reports


def read(data: Path) -> tuple[Reports, list[tuple[str, str]]]:
    rows = read_reports(data / "boston/reports-2015.csv.gz", mapping=load_mapping("boston-311"))
    reports = Reports.from_rows([row for row in rows if not isinstance(row, Rejection)])
    with (data / "boston/duplicates-labelled.csv").open() as file:
        pairs = [(row["case"], row["duplicate_of"]) for row in csv.DictReader(file)]
    return reports, pairs


def score(
    name: str, group_of: dict[str, int], pairs: list[tuple[str, str]], note: str = ""
) -> float:
    hits = sum(group_of[a] == group_of[b] for a, b in pairs)
    duplicates = len(group_of) - len(set(group_of.values()))
    low, high = share_interval(hits, len(pairs))
    p_low, p_high = share_interval(hits, max(duplicates, hits))
    f1 = 2 * hits / (duplicates + len(pairs))
    print(
        f"{name:42} dups {duplicates:6}  recall {hits / len(pairs):.3f} [{low:.3f}, {high:.3f}]"
        f"  precision >= {hits / max(1, duplicates):.4f} [{p_low:.4f}, {p_high:.4f}]"
        f"  F1 {f1:.4f} {note}"
    )
    return f1


def of_groups(groups) -> dict[str, int]:
    return {report: k for k, group in enumerate(groups) for report in group.report_ids}


def of_labels(reports: Reports, labels: np.ndarray) -> dict[str, int]:
    return dict(zip(reports.id.tolist(), labels.tolist(), strict=True))


def same_type_rule(reports: Reports, x, y, t, metres: float, days: float) -> np.ndarray:
    links = [[], []]
    for code in np.unique(reports.problem_type):
        rows = np.flatnonzero(reports.problem_type == code)
        for i, j in neighbour_pairs(x[rows], y[rows], t[rows], within=metres, span=days):
            links[0].append(rows[i])
            links[1].append(rows[j])
    return connected(len(x), np.concatenate(links[0]), np.concatenate(links[1]))


def noise_alone(labels: np.ndarray) -> np.ndarray:
    labels = labels.astype(np.int64).copy()
    noise = labels < 0
    labels[noise] = labels.max() + 1 + np.arange(noise.sum())
    return labels


def dbscan(reports: Reports, x, y, t, metres: float, days: float, typed: bool) -> np.ndarray:
    """DBSCAN on (x, y) and scaled time with two members a core point, by type or over all."""
    from sklearn.cluster import DBSCAN

    labels = np.full(len(x), -1, dtype=np.int64)
    parts = np.unique(reports.problem_type) if typed else [None]
    top = 0
    for code in parts:
        rows = np.flatnonzero(reports.problem_type == code) if typed else np.arange(len(x))
        space = np.column_stack((x[rows], y[rows], t[rows] * metres / days))
        found = DBSCAN(eps=metres, min_samples=2).fit_predict(space)
        labels[rows] = np.where(found >= 0, found + top, -1)
        top += int(found.max()) + 1
    return noise_alone(labels)


def st_dbscan(reports: Reports, x, y, t, metres: float, days: float, typed: bool) -> np.ndarray:
    """ST-DBSCAN with two members a core point: reach in space and in time are separate bounds.

    With two members every row that has a neighbour is a core point, so the clusters are the
    connected parts of the neighbour graph: computed exactly, without the package's n x n matrix.
    """
    if typed:
        return same_type_rule(reports, x, y, t, metres, days)
    pairs = list(neighbour_pairs(x, y, t, within=metres, span=days))
    i, j = (np.concatenate([pair[k] for pair in pairs]) for k in (0, 1))
    return connected(len(x), i, j)


def main() -> None:
    here = Path(__file__).resolve()
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else here.parents[2] / "shared/data"
    reports, pairs = read(data)
    x, y = LocalPlane.around(reports.lon, reports.lat).forward(reports.lon, reports.lat)
    t = reports.opened.astype(np.int64) / 86_400
    score(
        "same type, 50 m, 7 days",
        of_labels(reports, same_type_rule(reports, x, y, t, 50, 7)),
        pairs,
    )
    for name, method in (("DBSCAN", dbscan), ("ST-DBSCAN", st_dbscan)):
        for typed in (False, True):
            tried = []
            for metres in (5, 25, 50):
                for days in (1, 3, 7, 14, 30):
                    labels = method(reports, x, y, t, metres, days, typed)
                    group_of = of_labels(reports, labels)
                    hits = sum(group_of[a] == group_of[b] for a, b in pairs)
                    duplicates = len(labels) - len(np.unique(labels))
                    tried.append((2 * hits / (duplicates + len(pairs)), metres, days, group_of))
            _, metres, days, group_of = max(tried, key=lambda row: row[0])
            label = (
                f"{name}, {'one type' if typed else 'all types'}, {metres} m, {days} d (best F1)"
            )
            score(label, group_of, pairs)
    started = time.perf_counter()
    groups = group_duplicates(reports)
    seconds = time.perf_counter() - started
    score("general model", of_groups(groups), pairs, f"({seconds:.1f} s)")
    for shift in (-1.0, 1.0):
        model = replace(DEFAULT_MODEL, threshold=DEFAULT_MODEL.threshold + shift)
        score(
            f"general model, threshold {shift:+}",
            of_groups(group_duplicates(reports, model=model)),
            pairs,
        )
    held_out(reports, pairs)


def held_out(reports: Reports, pairs: list[tuple[str, str]]) -> None:
    """Learn on four fifths, try on the last: hits add up over the folds."""
    fold = np.random.default_rng(2015).permutation(len(pairs)) % 5
    for shift in (0.0, -1.0, -1.5, -2.0):
        hits, duplicates = 0, 0
        for k in range(5):
            train = [pair for pair, f in zip(pairs, fold, strict=True) if f != k]
            test = [pair for pair, f in zip(pairs, fold, strict=True) if f == k]
            model = learn_model(reports, train)
            model = replace(model, threshold=model.threshold + shift)
            group_of = of_groups(group_duplicates(reports, model=model))
            hits += sum(group_of[a] == group_of[b] for a, b in test)
            duplicates += (len(group_of) - len(set(group_of.values()))) / 5
        low, high = share_interval(hits, len(pairs))
        f1 = 2 * hits / (duplicates + len(pairs))
        print(
            f"learned by type, held out, threshold {shift:+}      duplicates {duplicates:6.0f}"
            f"  recall {hits / len(pairs):.3f} [{low:.3f}, {high:.3f}]"
            f"  precision >= {hits / duplicates:.4f}  F1 {f1:.4f}"
        )


if __name__ == "__main__":
    main()
