"""Problems found in the training town against the hidden ones it was made with.

    python bench/problems.py [SEED]

A found problem is right when a quarter of its events (two at least) come from one planted problem
that is still active and that no better one took; `one source` counts those with four true events or
more of a single planted problem, asset or spot behind them.
"""

from __future__ import annotations

import itertools
import statistics
import sys
import time
from collections import Counter
from decimal import Decimal

from eutopia.core.diagnose.problems import ProblemSettings, find_problems
from eutopia.core.listen.duplicates import group_duplicates
from eutopia.core.norms import load_norms
from eutopia.core.records import Money, Reports
from eutopia.core.town import TrainingTown, generate_town


def main() -> None:
    made = generate_town(seed=int(sys.argv[1]) if len(sys.argv) > 1 else 2026)
    for weather in (False, True):
        print("With the weather's record:" if weather else "Without a record of the weather:")
        _tell(made, weather=weather)


def _tell(made: TrainingTown, *, weather: bool) -> None:
    town, truth = made.town, made.truth
    reports = Reports.from_rows(town.reports)
    started = time.perf_counter()
    groups = group_duplicates(reports)
    grouped = time.perf_counter()
    problems = find_problems(
        reports,
        groups=groups,
        territory=town.territory,
        interruptions=town.interruptions,
        works=town.works,
        weather=town.weather if weather else (),
        problem_types=load_norms(("training-town",)).at(town.as_of).problem_types(),
        as_of=town.as_of,
        settings=ProblemSettings(hour_value=Money(Decimal(350), "RUB")),
    )
    found = time.perf_counter()
    print(
        f"{len(reports)} reports: grouped {grouped - started:.1f} s, "
        f"problems {found - grouped:.1f} s"
    )
    hidden = {h.id: h for h in truth.hidden_problems}
    active = {h for h, v in hidden.items() if v.active_to > town.as_of}
    reported: Counter[str] = Counter()
    for event in set(truth.event_of.values()):
        reported[truth.events[event].hidden_problem or ""] += 1
    matched: dict[str, object] = {}
    one_source = assets = first_cause = among_three = with_asset = 0
    claims: list[tuple[float, bool]] = []
    for problem in problems:
        events = [truth.events[e] for e in {truth.event_of[r] for r in problem.report_ids}]
        sources = Counter(
            e.hidden_problem or e.asset_id or (round(e.lon, 4), round(e.lat, 4), e.problem_type)
            for e in events
        )
        one_source += sources.most_common(1)[0][1] >= 4
        planted = Counter(e.hidden_problem for e in events if e.hidden_problem in active)
        least = max(2, len(events) / 4)
        best = next((h for h, n in planted.most_common() if n >= least and h not in matched), None)
        if best is None:
            continue
        matched[best] = problem
        true = hidden[best].cause
        first_cause += problem.causes[0].cause == true
        among_three += true in [c.cause for c in problem.causes[:3]]
        claims += [(c.likelihood, c.cause == true) for c in problem.by_signs]
        if hidden[best].asset_id is not None:
            with_asset += 1
            assets += hidden[best].asset_id in problem.asset_ids
    tried = [h for h in active if reported[h] >= 4]
    print(f"{len(problems)} problems; right {len(matched) / len(problems):.3f}, "
          f"one source {one_source / len(problems):.3f}")  # fmt: skip
    print(f"of {len(tried)} active with four reported events found "
          f"{sum(h in matched for h in tried) / len(tried):.3f}")  # fmt: skip
    print(
        f"asset right {assets} of {with_asset}; first cause right {first_cause} of {len(matched)}, "
        f"among the first three {among_three}"
    )
    print("a cause held to be so likely   claims   is the true one")
    for low, high in itertools.pairwise((0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 1.01)):
        told = [(p, right) for p, right in claims if low <= p < high]
        if told:
            mean, right = (statistics.fmean(column) for column in zip(*told, strict=True))
            print(f"{low:.2f} to {high:.2f}, mean {mean:.3f} {len(told):14} {right:14.3f}")


if __name__ == "__main__":
    main()
