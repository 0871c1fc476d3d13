"""Linear and mixed-integer optimisation on HiGHS: models, solutions.

Nothing here knows what is optimised. Models are maximised.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

INFINITY = float("inf")
Array = NDArray[np.float64]
Integers = NDArray[np.int64]
LARGE = 50_000
"""With more columns a relaxation in like units is solved unscaled: that takes less than half as
long. (One with logarithms or shares takes many times as long so.)"""
Row = tuple[Sequence[int], Sequence[float], float, float]
"""Columns, entries, lower and upper bound."""
Progress = Callable[[float, float, float], bool]
"""Called with best value found, bound and seconds; returning False stops the search."""


@dataclass(frozen=True, slots=True)
class LinearModel:
    """Which columns, with which bounds, obey which rows, to maximise what?

    n columns, m rows, k entries. `starts` (m+1), `columns` (k) and `entries` (k) hold the rows
    one after another; a row means `row_lower <= sum(entry * column) <= row_upper`. `implied` are
    rows that follow from the others where columns are whole: a search is told them, because they
    show it what the others hide; `solve` does not look at them. `alike`: all rows and columns are
    in like units.
    """

    objective: Array
    lower: Array
    upper: Array
    integer: NDArray[np.bool_]
    starts: Integers
    columns: Integers
    entries: Array
    row_lower: Array
    row_upper: Array
    implied: tuple[Row, ...] = ()
    alike: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.row_lower), len(self.objective)

    def activity(self, values: Array) -> Array:
        """What does each row add up to for these `values` (n)? Shape (m)."""
        products = self.entries * values[self.columns]
        totals = np.concatenate([[0.0], np.cumsum(products)])
        return np.asarray(totals[self.starts[1:]] - totals[self.starts[:-1]])

    def with_bounds(self, lower: Array, upper: Array) -> LinearModel:
        """The same model between other bounds of the columns."""
        return replace(self, lower=lower, upper=upper)

    def with_implied(self) -> LinearModel:
        """The same model with its implied rows among the others, after them."""
        return replace(extend(self, rows=self.implied), implied=())


Column = tuple[float, float, float]
"""Objective, lower and upper bound of a continuous column."""


def extend(
    model: LinearModel,
    *,
    columns: Sequence[Column] = (),
    rows: Sequence[Row] = (),
    objective: Array | None = None,
) -> LinearModel:
    """Which model has these continuous columns and rows as well?

    New columns come after the old ones, new rows likewise. `objective`, shape (n), replaces that
    of the old columns.
    """
    lengths = [len(row[0]) for row in rows]
    positions = [position for row in rows for position in row[0]]
    entries = [entry for row in rows for entry in row[1]]
    new = np.array(columns, dtype=float).reshape(-1, 3)
    base = model.objective if objective is None else objective
    starts = model.starts[-1] + np.cumsum(np.array(lengths, dtype=np.int64))
    return replace(
        model,
        objective=np.concatenate([base, new[:, 0]]),
        lower=np.concatenate([model.lower, new[:, 1]]),
        upper=np.concatenate([model.upper, new[:, 2]]),
        integer=np.concatenate([model.integer, np.zeros(len(new), dtype=bool)]),
        starts=np.concatenate([model.starts, starts.astype(np.int64)]),
        columns=np.concatenate([model.columns, np.array(positions, dtype=np.int64)]),
        entries=np.concatenate([model.entries, np.array(entries, dtype=float)]),
        row_lower=np.concatenate([model.row_lower, np.array([row[2] for row in rows])]),
        row_upper=np.concatenate([model.row_upper, np.array([row[3] for row in rows])]),
        alike=False,
    )


def with_shortfalls(
    model: LinearModel, rows: Integers, *, price: float, margin: float = 0.0
) -> LinearModel:
    """Which model lets these rows miss their least amounts, at a price a unit?

    Parameters
    ----------
    model
        n columns.
    rows
        Positions of rows with a lower bound; each gets a column of its own, after the n.
    price
        What a unit that is missed takes from the objective.
    margin
        Share of each least amount that is asked for on top of it: who misses no more keeps the
        least amount itself.
    """
    least = model.row_lower.copy()
    least[rows] += margin * np.abs(least[rows])
    ends = model.starts[rows + 1]
    extra = np.arange(len(rows))
    added = np.zeros(len(model.starts), dtype=np.int64)
    added[rows + 1] = 1
    none = np.zeros(len(rows))
    return replace(
        model,
        objective=np.concatenate([model.objective, none - price]),
        lower=np.concatenate([model.lower, none]),
        upper=np.concatenate([model.upper, none + INFINITY]),
        integer=np.concatenate([model.integer, none.astype(bool)]),
        starts=model.starts + np.cumsum(added),
        columns=np.insert(model.columns, ends, len(model.objective) + extra),
        entries=np.insert(model.entries, ends, 1.0),
        row_lower=least,
        row_upper=model.row_upper,
    )


class ModelBuilder:
    """Collects columns and rows one at a time and turns them into a `LinearModel`."""

    def __init__(self) -> None:
        self._objective: list[float] = []
        self._bounds: list[tuple[float, float]] = []
        self._integer: list[bool] = []
        self._starts: list[int] = [0]
        self._columns: list[int] = []
        self._entries: list[float] = []
        self._rows: list[tuple[float, float]] = []

    def add_column(
        self,
        *,
        objective: float = 0.0,
        lower: float = 0.0,
        upper: float = 1.0,
        integer: bool = True,
    ) -> int:
        """Add a column and return its position."""
        self._objective.append(objective)
        self._bounds.append((lower, upper))
        self._integer.append(integer)
        return len(self._objective) - 1

    def add_row(
        self,
        columns: Sequence[int],
        entries: Sequence[float],
        *,
        lower: float = -INFINITY,
        upper: float = INFINITY,
    ) -> int:
        """Add a row and return its position."""
        self._columns.extend(columns)
        self._entries.extend(entries)
        self._starts.append(len(self._columns))
        self._rows.append((lower, upper))
        return len(self._rows) - 1

    def build(self, *, implied: Sequence[Row] = (), alike: bool = False) -> LinearModel:
        """The model of everything added so far."""
        bounds = np.array(self._bounds, dtype=float).reshape(-1, 2)
        rows = np.array(self._rows, dtype=float).reshape(-1, 2)
        return LinearModel(
            objective=np.array(self._objective, dtype=float),
            lower=bounds[:, 0].copy(),
            upper=bounds[:, 1].copy(),
            integer=np.array(self._integer, dtype=bool),
            starts=np.array(self._starts, dtype=np.int64),
            columns=np.array(self._columns, dtype=np.int64),
            entries=np.array(self._entries, dtype=float),
            row_lower=rows[:, 0].copy(),
            row_upper=rows[:, 1].copy(),
            implied=tuple(implied),
            alike=alike,
        )


@dataclass(frozen=True, slots=True)
class Solution:
    """What was found, how good is it at best possible, in how many seconds of solver time?

    `status`: optimal (within the gap asked for), stopped (a feasible solution, the limit was
    reached), none (the limit was reached without a solution), infeasible, unbounded. `values` (n),
    `reduced` (n) and `duals` (m) are empty where there are none; duals belong to relaxations only.
    """

    status: str
    values: Array
    objective: float
    bound: float
    seconds: float
    duals: Array
    reduced: Array

    @property
    def gap(self) -> float:
        """Distance of the bound, relative to the value found (0 is proved best)."""
        return relative_gap(self.objective, self.bound)


def relative_gap(objective: float, bound: float) -> float:
    """How far may the best possible be from what was found, as a share of what was found?"""
    if not (np.isfinite(objective) and np.isfinite(bound)):
        return INFINITY
    distance = max(0.0, bound - objective)
    return 0.0 if distance == 0.0 else distance / max(abs(objective), 1e-9)


def solve(
    model: LinearModel,
    *,
    relax: bool = False,
    time_limit_s: float = INFINITY,
    gap: float = 0.0,
    most_nodes: int | None = None,
    start: Array | None = None,
    on_progress: Progress | None = None,
) -> Solution:
    """What is the best solution of a model, and how near to the best possible is it?

    Parameters
    ----------
    model
        n columns and m rows; maximised.
    relax
        Drop integrality: the linear relaxation, with duals.
    time_limit_s, gap
        Stop after so many seconds of solver time, or within this relative gap.
    most_nodes
        Stop after so many nodes of the search tree: unlike a clock, the same on every machine.
    start
        A solution to begin with, shape (n); an infeasible one is ignored.
    on_progress
        Called as the search goes on; returning False stops it and keeps the best.

    Notes
    -----
    HiGHS with one thread and a fixed seed: the same model gives the same solution, unless the
    time limit or the caller stops it. Values of integer columns are rounded to integers exactly.
    Source: Huangfu and Hall, "Parallelizing the dual revised simplex method", Mathematical
    Programming Computation 10 (2018).

    Examples
    --------
    >>> builder = ModelBuilder()
    >>> a, b = builder.add_column(objective=3), builder.add_column(objective=2)
    >>> _ = builder.add_row([a, b], [1, 1], upper=1)
    >>> solve(builder.build()).objective
    3.0
    """
    if not len(model.objective):
        return _empty(model)
    options = _options(time_limit_s, gap)
    if most_nodes is not None:
        options["mip_max_nodes"] = most_nodes
    if relax and model.alike and model.size[1] > LARGE:
        options["simplex_scale_strategy"] = 0
    highspy, highs = _loaded(model, relax, options)
    if start is not None:
        given = highspy.HighsSolution()
        given.col_value = start.tolist()
        highs.setSolution(given)
    if on_progress is not None and not relax:
        _listen(highs, on_progress)
    highs.run()
    return _solution(highspy, highs, model, relax)


class Relaxation:
    """A linear relaxation that is solved again and again, its columns held between other bounds.

    Each time it begins where it last stood (`stand`): a few steps of the dual simplex, where a
    solver that begins anew takes hundreds.
    """

    def __init__(self, model: LinearModel) -> None:
        self._module, self._solver = _loaded(model, True, _options(INFINITY, 0.0))
        self._basis: Any = None

    def hold(self, column: int, lower: float, upper: float) -> None:
        """Hold a column between these bounds from now on."""
        self._solver.changeColBounds(column, lower, upper)

    def solve(self) -> float:
        """How much can the objective be? -inf where the rows have no solution."""
        if self._basis is not None:
            self._solver.setBasis(self._basis)
        self._solver.run()
        if self._solver.getModelStatus() != self._module.HighsModelStatus.kOptimal:
            return -INFINITY
        return float(self._solver.getInfo().objective_function_value)

    def stand(self) -> Array:
        """The values found last, shape (n); what is solved next begins with them."""
        self._basis = self._solver.getBasis()
        return np.array(self._solver.getSolution().col_value)

    @property
    def seconds(self) -> float:
        """Seconds of solver time so far."""
        return float(self._solver.getRunTime())


def rows_in_conflict(model: LinearModel, *, time_limit_s: float = INFINITY) -> tuple[int, ...]:
    """Which rows prove that even the linear relaxation has no solution?

    Returns
    -------
    tuple of int
        Rows with a part in the proof (a dual ray), ascending: alone, with the bounds of the
        columns, they have no solution. Not always a smallest such set. None where the relaxation
        has a solution, or none of this was found out in time.

    Examples
    --------
    >>> builder = ModelBuilder()
    >>> a, b = builder.add_column(upper=1), builder.add_column(upper=1)
    >>> for columns, lower in (([a, b], 3), ([a], 1)):
    ...     _ = builder.add_row(columns, [1] * len(columns), lower=lower)
    >>> rows_in_conflict(builder.build())
    (0,)
    """
    highspy, highs = _loaded(model, True, _options(time_limit_s, 0.0) | {"presolve": "off"})
    highs.run()
    if highs.getModelStatus() != highspy.HighsModelStatus.kInfeasible:
        return ()
    _status, known, ray = highs.getDualRay()
    return tuple(np.flatnonzero(np.abs(ray) > 1e-9).tolist()) if known else ()


def _loaded(model: LinearModel, relax: bool, options: dict[str, Any]) -> tuple[Any, Any]:
    """The module of HiGHS, for its names, and a solver that has the model."""
    import highspy

    # Its stubs leave the constructor without types.
    highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, setting in options.items():
        highs.setOptionValue(option, setting)
    highs.passModel(_highs_model(highspy, model, relax))
    return highspy, highs


def _empty(model: LinearModel) -> Solution:
    """A model without columns: every row adds up to nothing, which is allowed or is not."""
    nothing = np.zeros(0)
    allowed = bool((model.row_lower <= 0).all() and (model.row_upper >= 0).all())
    value = 0.0 if allowed else -INFINITY
    label = "optimal" if allowed else "infeasible"
    return Solution(label, nothing, value, value, 0.0, nothing, nothing)


def _options(time_limit_s: float, gap: float) -> dict[str, Any]:
    options: dict[str, Any] = {
        "output_flag": False,
        "random_seed": 1,
        "threads": 1,
        "mip_rel_gap": gap,
        "mip_abs_gap": 1e-9,
        "mip_feasibility_tolerance": 1e-7,
        "primal_feasibility_tolerance": 1e-9,
    }
    if np.isfinite(time_limit_s):
        options["time_limit"] = max(float(time_limit_s), 0.01)
    return options


def _highs_model(highspy: Any, model: LinearModel, relax: bool) -> Any:
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = model.size
    lp.sense_ = highspy.ObjSense.kMaximize
    lp.col_cost_ = model.objective
    lp.col_lower_ = model.lower
    lp.col_upper_ = model.upper
    lp.row_lower_ = model.row_lower
    lp.row_upper_ = model.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.num_row_, lp.a_matrix_.num_col_ = model.size
    lp.a_matrix_.start_ = model.starts.astype(np.int32)
    lp.a_matrix_.index_ = model.columns.astype(np.int32)
    lp.a_matrix_.value_ = model.entries
    if not relax and model.integer.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[int(whole)] for whole in model.integer]
    return lp


def _listen(highs: Any, on_progress: Progress) -> None:
    def tell(event: Any) -> None:
        found = event.data_out
        best, bound = float(found.mip_primal_bound), float(found.mip_dual_bound)
        if not on_progress(best, bound, float(found.running_time)):
            event.interrupt()

    highs.cbMipInterrupt.subscribe(tell)


def _solution(highspy: Any, highs: Any, model: LinearModel, relax: bool) -> Solution:
    reached = highspy.HighsModelStatus
    status = highs.getModelStatus()
    info = highs.getInfo()
    found = highs.getSolution()
    whole = not relax and bool(model.integer.any())
    has_solution = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    values = np.array(found.col_value) if has_solution else np.zeros(0)
    if whole and has_solution:
        values[model.integer] = np.rint(values[model.integer])
    if status == reached.kInfeasible or status == reached.kUnboundedOrInfeasible:
        label = "infeasible"
    elif status == reached.kUnbounded:
        label = "unbounded"
    elif status == reached.kOptimal:
        label = "optimal"
    else:
        label = "stopped" if has_solution else "none"
    objective = float(model.objective @ values) if has_solution else -INFINITY
    bound = float(info.mip_dual_bound) if whole else objective
    return Solution(
        status=label,
        values=values,
        objective=objective,
        bound=max(bound, objective),
        seconds=float(highs.getRunTime()),
        duals=np.array(found.row_dual) if relax and has_solution else np.zeros(0),
        reduced=np.array(found.col_dual) if relax and has_solution else np.zeros(0),
    )
