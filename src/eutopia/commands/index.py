"""`eutopia index`: a composite index from two tables, every step shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from eutopia.core.diagnose.index.coherence import Coherence
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
    default="peers",
    show_default=True,
    help="none, mean, median, group_mean, group_median; peers: group_mean by the grouping with the "
    "fewest groups, mean where there is none.",
)
@click.option("--group", "grouping", default="", help="Grouping column for peers and group_.")
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
    help="arithmetic, geometric, harmonic, copeland, outranking.",
)
@click.option(
    "--scale",
    type=(float, float),
    metavar="LOW HIGH",
    help="What minmax, percentile_rank and distance_to_target fill; 0 100 (1 100 before geometric "
    "and harmonic means) when not given.",
)
@click.option(
    "--weights",
    metavar="FILE|equal",
    help="CSV with iCode and Weight, instead of the metadata's; or equal.",
)
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
    data: Path, meta: Path, weights: str | None, uncertainty: int, sensitivity: int, seed: int,
    as_json: bool, **choices: Any,
) -> None:  # fmt: skip
    """Compute a composite index from DATA and META and say how sure each rank is.

    The example of COINr and your own tables in the same shape work alike.
    """
    import numpy as np

    from eutopia.core.diagnose.index.coherence import check_coherence
    from eutopia.core.diagnose.index.engine import IndexChoices, compute_index
    from eutopia.core.diagnose.index.structure import read_index_table
    from eutopia.core.diagnose.index.uncertainty import rank_uncertainty

    if sensitivity & (sensitivity - 1):
        raise click.BadParameter(
            f"{sensitivity} is no power of two: the Sobol points are even only then; take "
            f"{1 << (sensitivity.bit_length() - 1)} or {1 << sensitivity.bit_length()}",
            param_hint="--sensitivity",
        )
    try:
        table = read_index_table(data, meta)
        chosen = IndexChoices(**choices, weights=_weights(weights, table))
        result = compute_index(table, choices=chosen)
        sure = None
        if uncertainty or sensitivity:
            sure = rank_uncertainty(
                table, choices=chosen, replicates=max(1, uncertainty),
                rng=np.random.default_rng(seed), sobol_samples=sensitivity,
            )  # fmt: skip
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    checks = check_coherence(table, result)
    if as_json:
        told = _object(table, result, checks, sure)
        click.echo(json.dumps(told, ensure_ascii=False, allow_nan=False))
    else:
        _print_table(result, checks, sure)


def _weights(given: str | None, table: IndexTable) -> dict[str, float]:
    import csv
    import math

    if given is None:
        return {}
    if given == "equal":
        return {n.code: 1.0 for n in (*table.indicators, *table.aggregates)}
    path = Path(given)
    if not path.is_file():
        raise click.ClickException(f"--weights {given}: no such file; name one, or write equal")
    found: dict[str, float] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if not {"iCode", "Weight"} <= set(reader.fieldnames or ()):
            raise click.ClickException(f"{path.name}: columns iCode and Weight are needed")
        for number, row in enumerate(reader, start=2):
            try:
                found[row["iCode"]] = float(row["Weight"] or "")
            except ValueError:
                found[row["iCode"]] = math.nan
            if not math.isfinite(found[row["iCode"]]):
                raise click.ClickException(
                    f"{path.name}: row {number}, Weight: {row['Weight']!r} is no number; write one"
                )
    return found


def _column(values: Any) -> list[float | None]:
    return [None if v != v else float(v) for v in values]


def _object(
    table: IndexTable,
    result: IndexResult,
    checks: tuple[Coherence, ...],
    sure: RankUncertainty | None,
) -> dict[str, object]:
    codes = [n.code for n in table.indicators]
    steps = {
        name: {code: _column(values[:, j]) for j, code in enumerate(codes)}
        for name, values in result.steps
    }
    scores = {code: _column(values) for code, values in result.scores.items()}
    made = result.choices
    found: dict[str, object] = {
        "units": list(result.units),
        "left_out": list(result.left_out),
        "choices": {
            "impute": made.imputation, "group": made.grouping, "least_share": made.least_share,
            "treat": made.treatment, "normalise": made.normalisation,
            "scale": list(made.filled_scale), "aggregate": made.aggregation,
            "weights": dict(made.weights),
        },
        "steps": steps | {"aggregated": steps["normalised"] | scores},
        "treated": [
            {"code": t.code, "winsorised": t.winsorised, "logged": t.logged, "skew": t.skew,
             "kurtosis": t.kurtosis, "skew_after": t.skew_after,
             "kurtosis_after": t.kurtosis_after}
            for t in result.treatments
        ],
        "scores": scores,
        "index": result.index,
        "ranks": [int(r) for r in result.ranks],
        "checks": [_check(one) for one in checks],
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


def _check(one: Coherence) -> dict[str, object]:
    pairs = {"collinear": one.collinear, "against": one.against}
    return {
        "aggregate": one.aggregate,
        "children": list(one.children),
        "correlations": [_column(row) for row in one.correlations],
        "alpha": None if one.alpha != one.alpha else one.alpha,
        "variance": list(one.variance),
        "loadings": list(one.loadings),
        **{name: [{"pair": [a, b], "r": r} for a, b, r in found] for name, found in pairs.items()},
    }


def _print_table(
    result: IndexResult, checks: tuple[Coherence, ...], sure: RankUncertainty | None
) -> None:
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
    for one in checks:
        if one.alpha == one.alpha:
            console.print(f"{one.aggregate}: Cronbach's alpha {one.alpha:.2f}")
        for a, b, r in (*one.collinear, *one.against):
            console.print(f"  {a} and {b}: r = {r:.2f}")
    for name, first, total in sorted(sure.sensitivity if sure else (), key=lambda s: -s[2])[:8]:
        console.print(f"{name:40} first {first:6.3f}  total {total:6.3f}")
