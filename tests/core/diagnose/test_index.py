"""The index engine: COINr's ASEM example at every step, properties, and honest uncertainty."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from eutopia.core.diagnose.index.aggregation import aggregate, mean_of, ranks_of
from eutopia.core.diagnose.index.coherence import (
    check_coherence,
    correlations,
    cronbach_alpha,
    principal_components,
)
from eutopia.core.diagnose.index.engine import IndexChoices, compute_index
from eutopia.core.diagnose.index.steps import normalise, shape_of, treat
from eutopia.core.diagnose.index.structure import (
    IndexTable,
    IndexTableError,
    Node,
    read_index_table,
)
from eutopia.core.diagnose.index.uncertainty import ChoiceSpace, rank_uncertainty

ASEM = IndexChoices(imputation="group_mean", grouping="EurAsia_group")
tables = hnp.arrays(np.float64, (6, 3), elements=st.floats(1, 100))


def small(values: np.ndarray) -> IndexTable:
    """Three indicators in two groups below one index."""
    indicators = (Node("a", "A", 1, "g"), Node("b", "B", 1, "g"), Node("c", "C", 1, "h"))
    aggregates = (Node("g", "G", 2, "top"), Node("h", "H", 2, "top"), Node("top", "Top", 3, ""))
    units = tuple(f"u{i}" for i in range(len(values)))
    return IndexTable(units, units, indicators, aggregates, values)


def golden(folder: Path, name: str, codes: list[str], units: tuple[str, ...]) -> np.ndarray:
    with (folder / name).open() as file:
        rows = {r["uCode"]: r for r in csv.DictReader(file)}
    return np.array(
        [[np.nan if rows[u][c] == "NA" else float(rows[u][c]) for c in codes] for u in units]
    )


@pytest.mark.real
def test_equals_coinr_at_every_step(real_data: Path) -> None:
    """51 countries by 49 indicators: denominated, imputed, treated, normalised, aggregated."""
    folder = real_data / "coinr"
    table = read_index_table(folder / "ASEM_iData.csv", folder / "ASEM_iMeta.csv")
    result = compute_index(table, choices=ASEM)
    codes = [n.code for n in table.indicators]

    for step, file in (
        ("denominated", "dset_Denominated.csv"),
        ("imputed", "dset_Imputed.csv"),
        ("treated", "dset_Treated.csv"),
        ("normalised", "dset_Normalised.csv"),
    ):
        np.testing.assert_allclose(
            dict(result.steps)[step], golden(folder, file, codes, result.units), rtol=1e-9,
            atol=1e-12, err_msg=step,
        )  # fmt: skip
    aggregates = [n.code for n in table.aggregates]
    expected = golden(folder, "dset_Aggregated.csv", aggregates, result.units)
    found = np.column_stack([result.scores[c] for c in aggregates])
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.real
def test_equals_coinr_in_what_was_treated_and_in_zscores(real_data: Path) -> None:
    """The same 15 indicators, as many values pulled in, the same skew before and after."""
    folder = real_data / "coinr"
    table = read_index_table(folder / "ASEM_iData.csv", folder / "ASEM_iMeta.csv")
    result = compute_index(table, choices=ASEM)
    with (folder / "treat_details.csv").open() as file:
        rows = [r for r in csv.DictReader(file) if r["check_SkewKurt0.Pass"] == "FALSE"]

    assert [(t.code, t.winsorised, t.logged) for t in result.treatments] == [
        (r["iCode"], int(r["winsorise.nwin"]), False) for r in rows
    ]
    for t, r in zip(result.treatments, rows, strict=True):
        assert t.skew == pytest.approx(float(r["check_SkewKurt0.Skew"]))
        assert t.kurtosis_after == pytest.approx(float(r["check_SkewKurt1.Kurt"]))
    codes = [n.code for n in table.indicators]
    for method in ("zscore", "minmax"):
        expected = golden(folder, f"norm_{method}.csv", codes, result.units)
        found = normalise(
            dict(result.steps)["treated"], method=method,
            directions=[n.direction for n in table.indicators],
        )  # fmt: skip
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.real
def test_a_rank_carries_its_interval(real_data: Path) -> None:
    """2,000 replicates: intervals hold the median, are not all points, and repeat by seed."""
    folder = real_data / "coinr"
    table = read_index_table(folder / "ASEM_iData.csv", folder / "ASEM_iMeta.csv")
    one, two = (
        rank_uncertainty(table, choices=ASEM, replicates=2000, rng=np.random.default_rng(1))
        for _ in range(2)
    )

    assert (one.low <= one.median).all()
    assert (one.median <= one.high).all()
    assert (one.high - one.low).max() > 2
    np.testing.assert_array_equal(one.low, two.low)


def test_vectorised_draws_equal_single_runs() -> None:
    """The fast path of the Monte Carlo against compute_index, one choice at a time."""
    values = np.random.default_rng(4).uniform(1, 100, (8, 3))
    table = small(values)
    for aggregation in ("arithmetic", "geometric", "harmonic"):
        choices = IndexChoices(aggregation=aggregation, imputation="mean")
        space = ChoiceSpace(("mean",), ("winsorise",), ("minmax",), (aggregation,), 0.0)
        found = rank_uncertainty(
            table, choices=choices, space=space, replicates=3, rng=np.random.default_rng(0)
        )
        np.testing.assert_array_equal(found.low, compute_index(table, choices=choices).ranks)


def test_sensitivity_finds_the_choice_that_matters() -> None:
    """Only the normalisation is left open: its total index is 1 and the weights' is 0."""
    rng = np.random.default_rng(5)
    table = small(rng.lognormal(0, 2, (12, 3)))
    found = rank_uncertainty(
        table, choices=IndexChoices(imputation="mean"),
        space=ChoiceSpace(
            ("mean",), ("none",), ("minmax", "percentile_rank"), ("arithmetic",), 0.0
        ),
        replicates=10, rng=rng, sobol_samples=256,
    )  # fmt: skip
    totals = {name: total for name, _, total in found.sensitivity}

    assert totals["normalisation"] == pytest.approx(1, abs=0.1)
    assert max(v for k, v in totals.items() if k != "normalisation") == pytest.approx(0, abs=1e-9)


def test_skew_and_kurtosis_equal_scipy() -> None:
    """Independent oracle: scipy's bias-corrected moments."""
    from scipy.stats import kurtosis, skew

    x = np.random.default_rng(6).lognormal(size=40)

    assert shape_of(x) == pytest.approx((skew(x, bias=False), kurtosis(x, bias=False)))


@given(tables)
def test_means_stand_in_their_order(values: np.ndarray) -> None:
    """Harmonic <= geometric <= arithmetic, all between the smallest and the largest."""
    weights = np.array([1.0, 2.0, 3.0])
    h, g, a = (mean_of(values, weights, method=m) for m in ("harmonic", "geometric", "arithmetic"))

    assert (values.min(axis=1) <= h + 1e-9).all()
    assert (h <= g + 1e-9).all()
    assert (g <= a + 1e-9).all()
    assert (a <= values.max(axis=1) + 1e-9).all()


@given(tables, st.integers(0, 5), st.integers(0, 2))
def test_getting_better_never_lowers_a_score(values: np.ndarray, unit: int, column: int) -> None:
    """Raise one normalised value: no aggregation answers with less."""
    better = values.copy()
    better[unit, column] += 10
    for method in ("arithmetic", "geometric", "harmonic", "copeland"):
        scores = [
            aggregate(v, small(values), method=method, weights={})["top"][unit]
            for v in (values, better)
        ]
        assert scores[1] >= scores[0] - 1e-9, method


@given(tables)
def test_units_of_measure_do_not_matter(values: np.ndarray) -> None:
    """Metres or kilometres, roubles or kopecks: the ranks by min-max are the same."""
    one = compute_index(small(values), choices=IndexChoices(treatment="none"))
    two = compute_index(small(values * [1, 1000, 0.25]), choices=IndexChoices(treatment="none"))

    np.testing.assert_allclose(one.scores["top"], two.scores["top"], atol=1e-9)


def test_copeland_brute_force() -> None:
    """Against counting duels by hand."""
    values = np.array([[3.0, 1.0], [2.0, 2.0], [1.0, 3.0], [0.0, 0.0]])
    weights = np.array([2.0, 1.0])
    expected = []
    for x in values:
        balance = [sum(w * np.sign(p - q) for p, q, w in zip(x, y, weights, strict=True))
                   for y in values]  # fmt: skip
        expected.append(sum(np.sign(balance)) / 3)

    np.testing.assert_allclose(mean_of(values, weights, method="copeland"), expected)


def test_golden_rows() -> None:
    """Ranks with ties and missing; alpha of identical indicators; a constant decides nothing."""
    assert ranks_of(np.array([1.0, 1.0, 2.0, np.nan])).tolist() == [2, 2, 1, 0]
    assert cronbach_alpha(np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]])) == pytest.approx(8 / 9)
    assert normalise(np.full((3, 1), 7.0), method="minmax", directions=[1]).tolist() == [[50.0]] * 3
    # Six ordinary values and one of a thousand: pulled in to the next highest.
    treated, records = treat(np.array([[1.0, 2, 3, 4, 5, 6, 1000]]).T, ["x"])
    assert treated.ravel().tolist() == [1, 2, 3, 4, 5, 6, 6]
    assert records[0].winsorised == 1


META = "Level,iCode,Direction,Weight,Parent,Type\n1,a,1,1,top,Indicator\n2,top,1,1,NA,Aggregate\n"
DATA = "uCode,a\nx,1\ny,2\n"


@pytest.mark.parametrize(
    ("data", "meta", "message"),
    [
        ("uCode,b\nx,1\n", META, "no column 'a'"),
        ("uCode,a\nx,many\n", META, "row 2, a: 'many' is no number"),
        ("code,a\nx,1\n", META, "no column 'uCode'"),
        (DATA, META.replace("top,Indicator", "else,Indicator"), "parent 'else'"),
        (DATA, META + "1,a,1,1,top,Indicator\n", "'a' stands twice"),
        (DATA, META.replace("1,a,1,", "1,a,5,"), "direction is 1 or -1"),
        (DATA, META.replace("1,a,1,1", "1,a,1,much"), "Weight 'much'"),
    ],
)
def test_bad_tables_are_refused_with_place_and_mend(
    tmp_path: Path, data: str, meta: str, message: str
) -> None:
    """File, row, column; no traceback of a parser."""
    (tmp_path / "d.csv").write_text(data)
    (tmp_path / "m.csv").write_text(meta)

    with pytest.raises(IndexTableError, match=message):
        read_index_table(tmp_path / "d.csv", tmp_path / "m.csv")


@pytest.mark.parametrize("change", [{"normalisation": "no"}, {"aggregation": "no"},
                                    {"imputation": "no"}, {"grouping": "no"}])  # fmt: skip
def test_unknown_choices_are_refused(change: dict[str, str]) -> None:
    """A misspelt choice must not fall back to another."""
    with pytest.raises(ValueError, match=r"none of|no grouping"):
        compute_index(small(np.eye(3) + 1), choices=IndexChoices(**change))  # type: ignore[arg-type]


@pytest.mark.real
def test_peers_stand_in_where_nobody_chose(real_data: Path) -> None:
    """The grouping with the fewest groups has the most peers: COINr's example takes it too."""
    folder = real_data / "coinr"
    table = read_index_table(folder / "ASEM_iData.csv", folder / "ASEM_iMeta.csv")
    chosen = compute_index(table, choices=ASEM)
    peers = compute_index(table, choices=IndexChoices(imputation="peers"))

    assert (peers.choices.imputation, peers.choices.grouping) == ("group_mean", "EurAsia_group")
    np.testing.assert_array_equal(peers.ranks, chosen.ranks)


@pytest.mark.real
def test_columns_in_any_order_give_the_same(real_data: Path, tmp_path: Path) -> None:
    """Both tables turned round, columns and rows: the same scores."""
    folder = real_data / "coinr"
    for name in ("ASEM_iData.csv", "ASEM_iMeta.csv"):
        with (folder / name).open() as file:
            rows = [row[::-1] for row in csv.reader(file)]
        with (tmp_path / name).open("w", newline="") as file:
            csv.writer(file).writerows([rows[0], *rows[:0:-1]])
    one, other = (
        compute_index(read_index_table(f / "ASEM_iData.csv", f / "ASEM_iMeta.csv"), choices=ASEM)
        for f in (folder, tmp_path)
    )

    assert other.units == one.units[::-1]
    np.testing.assert_allclose(other.scores["Index"][::-1], one.scores["Index"], rtol=1e-12)


def test_normalisations_by_hand() -> None:
    """COINr's n_rank, n_borda, n_prank (ties "min"), n_minmax 1 to 100, n_dist2targ capped."""
    column = np.array([[3.0], [1.0], [3.0], [np.nan], [7.0]])
    expected = {
        "rank": [2, 1, 2, np.nan, 4],
        "borda": [1, 0, 1, np.nan, 3],
        "percentile_rank": [1 + 99 / 3, 1, 1 + 99 / 3, np.nan, 100],
        "minmax": [34, 1, 34, np.nan, 100],
        "distance_to_target": [1 + 99 * 2 / 4, 1, 1 + 99 * 2 / 4, np.nan, 100],
    }
    for method, values in expected.items():
        found = normalise(column, method=method, directions=[1], targets=[5.0], scale=(1.0, 100.0))
        np.testing.assert_allclose(found.ravel(), values, err_msg=method)
    # Less is better and everybody is below the target already.
    met = normalise(column, method="distance_to_target", directions=[-1], targets=[9.0])
    np.testing.assert_allclose(met.ravel(), [100, 100, 100, np.nan, 100])


def test_geometric_means_use_what_is_shown() -> None:
    """The normalised step is what is aggregated: nothing is added behind the reader's back."""
    table = small(np.random.default_rng(1).uniform(1, 9, (7, 3)))
    result = compute_index(table, choices=IndexChoices(aggregation="geometric"))
    a, b, c = dict(result.steps)["normalised"].T

    assert min(a.min(), b.min(), c.min()) == 1.0
    np.testing.assert_allclose(result.scores["top"], np.sqrt(np.sqrt(a * b) * c))


def test_outranking_brute_force() -> None:
    """COINr's a_copeland: share of weight ahead of each other unit, ties half, summed."""
    values = np.array([[3.0, 1.0], [2.0, 1.0], [np.nan, 3.0]])
    weights = np.array([3.0, 1.0])
    expected = [
        sum(
            w * (0.5 if p == q else float(p > q))
            for j, y in enumerate(values)
            for p, q, w in zip(x, y, weights / 4, strict=True)
            if i != j and not np.isnan(p + q)
        )
        for i, x in enumerate(values)
    ]

    np.testing.assert_allclose(mean_of(values, weights, method="outranking"), expected)


def test_uncertainty_with_duels_gaps_and_ties() -> None:
    """No noise and one choice: the interval is the rank itself, whatever the aggregation."""
    values = np.random.default_rng(8).uniform(1, 9, (6, 3)).round()
    values[2, 0] = values[4] = np.nan
    table = small(values)
    for aggregation in ("arithmetic", "geometric", "harmonic", "copeland", "outranking"):
        choices = IndexChoices(aggregation=aggregation)
        space = ChoiceSpace(("none",), ("winsorise",), ("minmax",), (aggregation,), 0.0)
        found = rank_uncertainty(
            table, choices=choices, space=space, replicates=3, rng=np.random.default_rng(0)
        )
        nominal = compute_index(table, choices=choices).ranks
        np.testing.assert_array_equal(found.low, np.where(nominal == 0, 6, nominal))


@pytest.mark.parametrize("normalisation", ["minmax", "zscore", "rank", "borda"])
def test_the_choices_around_are_always_possible(normalisation: str) -> None:
    """Whatever was chosen, the space around it holds it and can be drawn from."""
    values = np.random.default_rng(9).uniform(-5, 9, (8, 3))
    values[1, 1] = np.nan
    choices = IndexChoices(imputation="peers", normalisation=normalisation)
    space = ChoiceSpace.around(small(values), choices)
    found = rank_uncertainty(
        small(values), choices=choices, replicates=50, rng=np.random.default_rng(2)
    )

    assert space.normalisations[0] == normalisation
    assert (found.low <= found.high).all()


def test_coherence_against_numpy_and_by_hand() -> None:
    """Correlations equal numpy's; twins are collinear, opposites are against each other."""
    rng = np.random.default_rng(10)
    a = rng.normal(size=30)
    values = np.column_stack([a, a + rng.normal(scale=0.01, size=30), -a])
    table = small(values)
    result = compute_index(table, choices=IndexChoices(treatment="none"))
    checks = {one.aggregate: one for one in check_coherence(table, result)}

    np.testing.assert_allclose(correlations(values), np.corrcoef(values.T))
    assert [pair[:2] for pair in checks["g"].collinear] == [("a", "b")]
    assert [pair[:2] for pair in checks["top"].against] == [("g", "h")]
    assert checks["g"].alpha == pytest.approx(1, abs=0.01)
    shares, _ = principal_components(values)
    expected = np.sort(np.linalg.svd((values - values.mean(0)) / values.std(0))[1] ** 2)[::-1]
    np.testing.assert_allclose(shares, expected / expected.sum(), atol=1e-12)


def test_more_bad_tables_are_refused(tmp_path: Path) -> None:
    """A unit twice, nothing but a heading, infinity, two tops, a strange type, a low parent."""
    for data, meta, message in (
        ("uCode,a\nx,1\nx,2\n", META, "'x' stands 2 times"),
        ("uCode,a\n", META, "no row below the heading"),
        ("uCode,a\nx,inf\n", META, "'inf' is no number"),
        (DATA, META + "2,more,1,1,NA,Aggregate\n", "top, more all stand at the top"),
        (DATA, META + "1,b,1,1,top,Indicatr\n", "'Indicatr' is none of"),
        (DATA, META.replace("2,top", "1,top"), "higher Level"),
    ):
        (tmp_path / "d.csv").write_text(data)
        (tmp_path / "m.csv").write_text(meta)
        with pytest.raises(IndexTableError, match=message):
            read_index_table(tmp_path / "d.csv", tmp_path / "m.csv")
