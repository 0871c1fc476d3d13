"""`eutopia index`: a composite index from two tables, every step shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from eutopia.core.diagnose.index.engine import IndexResult
    from eutopia.core.diagnose.index.structure import IndexTable
    from eutopia.core.diagnose.index.uncertainty import RankUncertainty

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--data", "data", type=_FILE, required=True, help="A row a unit (COINr's iData).")
@click.option("--meta", "meta", type=_FILE, required=True, help="A row a node (COINr's iMeta).")
@click.option(
    "--impute",
    "imputation",
    default="none",
    show_default=True,
    help="none, mean, median, group_mean, group_median.",
)
@click.option("--group", "grouping", default="", help="Grouping column for the group_ methods.")
@click.option(
    "--least-share",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="Leave out units with fewer known values.",
)
@click.option(
    "--treat",
    "treatment",
    type=click.Choice(["winsorise", "none"]),
    default="winsorise",
    show_default=True,
)
@click.option(
    "--normalise",
    "normalisation",
    default="minmax",
    show_default=True,
    help="minmax, zscore, rank, percentile_rank, distance_to_target, borda.",
)
@click.option(
    "--aggregate",
    "aggregation",
    default="arithmetic",
    show_default=True,
    help="arithmetic, geometric, harmonic, copeland.",
)
@click.option("--weights", type=_FILE, help="CSV with iCode and Weight, instead of the metadata's.")
@click.option(
    "--uncertainty",
    type=click.IntRange(0, 1_000_000),
    default=0,
    metavar="N",
    help="Replicates over all reasonable choices.",
)
@click.option(
    "--sensitivity",
    type=click.IntRange(0, 65_536),
    default=0,
    metavar="N",
    help="Base samples of the Sobol indices (a power of two).",
)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print every step as one object.")
def index(
    data: Path, meta: Path, weights: Path | None, uncertainty: int, sensitivity: int, seed: int,
    as_json: bool, **choices: Any,
) -> None:  # fmt: skip
    """Compute a composite index from DATA and META and say how sure each rank is.

    The example of COINr and your own tables in the same shape work alike.
    """
    import numpy as np

    from eutopia.core.diagnose.index.engine import IndexChoices, compute_index
    from eutopia.core.diagnose.index.structure import read_index_table
    from eutopia.core.diagnose.index.uncertainty import rank_uncertainty

    try:
        table = read_index_table(data, meta)
        chosen = IndexChoices(**choices, weights=_weights(weights) if weights else {})
        result = compute_index(table, choices=chosen)
        sure = None
        if uncertainty or sensitivity:
            sure = rank_uncertainty(
                table, choices=chosen, replicates=max(1, uncertainty),
                rng=np.random.default_rng(seed), sobol_samples=sensitivity,
            )  # fmt: skip
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        click.echo(json.dumps(_object(table, result, sure), ensure_ascii=False, allow_nan=False))
    else:
        _print_table(result, sure)


def _weights(path: Path) -> dict[str, float]:
    import csv

    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if not {"iCode", "Weight"} <= set(reader.fieldnames or ()):
            raise click.ClickException(f"{path.name}: columns iCode and Weight are needed")
        return {row["iCode"]: float(row["Weight"]) for row in reader}


def _object(
    table: IndexTable, result: IndexResult, sure: RankUncertainty | None
) -> dict[str, object]:
    codes = [n.code for n in table.indicators]

    def column(values: Any) -> list[float | None]:
        return [None if v != v else float(v) for v in values]

    found: dict[str, object] = {
        "units": list(result.units),
        "left_out": list(result.left_out),
        "steps": {
            name: {code: column(values[:, j]) for j, code in enumerate(codes)}
            for name, values in result.steps
        },
        "treated": [
            {"code": t.code, "winsorised": t.winsorised, "logged": t.logged, "skew": t.skew,
             "kurtosis": t.kurtosis, "skew_after": t.skew_after,
             "kurtosis_after": t.kurtosis_after}
            for t in result.treatments
        ],
        "scores": {code: column(values) for code, values in result.scores.items()},
        "index": result.index,
        "ranks": [int(r) for r in result.ranks],
    }  # fmt: skip
    if sure is not None:
        found["uncertainty"] = {
            "replicates": sure.replicates,
            "rank_low": sure.low.tolist(),
            "rank_median": sure.median.tolist(),
            "rank_high": sure.high.tolist(),
            "sensitivity": [
                {"choice": name, "first": first, "total": total}
                for name, first, total in sure.sensitivity
            ],
        }
    return found


def _print_table(result: IndexResult, sure: RankUncertainty | None) -> None:
    from rich.console import Console
    from rich.table import Table

    shown = Table(box=None)
    for title in ("Rank", "Unit", result.index, *(("5–95 %",) if sure else ())):
        shown.add_column(title, justify="left" if title == "Unit" else "right")
    scores = result.scores[result.index]
    for i in sorted(range(len(result.units)), key=lambda i: (result.ranks[i] or 10**9, i)):
        cells = [str(result.ranks[i]), result.names[i], f"{scores[i]:.2f}"]
        if sure is not None:
            cells.append(f"{sure.low[i]:.0f}–{sure.high[i]:.0f}")
        shown.add_row(*cells)
    console = Console()
    console.print(shown)
    for name, first, total in sorted(sure.sensitivity if sure else (), key=lambda s: -s[2])[:8]:
        console.print(f"{name:40} first {first:6.3f}  total {total:6.3f}")
