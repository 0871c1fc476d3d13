"""What staff's decisions teach: learned on one half of them, tried on the other.

    python bench/learning.py [SEED ...]

Simulated staff of the training town know its truth. They confirm a problem behind which stands one
source with four true events or more, and name the cause of the planted problem it is; one decision
in ten is wrong on purpose (another cause drawn at random, the opposite verdict). Printed for the
other half, decided without error: how often the first cause is right, the Brier score (sum over
causes) and the logarithmic loss before and after; likewise for confirmation, where 'before' is the
rule's own claim that nine in ten are right. Then the same with whole towns held back. A type of the
training town has one planted cause, which makes causes easier to learn than in a real town.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from eutopia.core.diagnose.learning import Learned, Verdict, certainty, learn, reweigh_causes
from eutopia.core.diagnose.problems import find_problems
from eutopia.core.listen.duplicates import group_duplicates
from eutopia.core.norms import load_norms
from eutopia.core.records import CAUSES, Reports
from eutopia.core.town import generate_town


def decisions(seed: int) -> list[Verdict]:
    """What staff who know the truth would say of each problem found in the town of this seed."""
    made = generate_town(seed=seed)
    town, truth = made.town, made.truth
    reports = Reports.from_rows(town.reports)
    problems = find_problems(
        reports,
        groups=group_duplicates(reports),
        territory=town.territory,
        interruptions=town.interruptions,
        works=town.works,
        problem_types=load_norms(("training-town",)).at(town.as_of).problem_types(),
        as_of=town.as_of,
    )
    hidden = {h.id: h for h in truth.hidden_problems}
    active = {h for h, v in hidden.items() if v.active_to > town.as_of}
    taken: set[str] = set()
    found = []
    for problem in problems:
        events = [truth.events[e] for e in {truth.event_of[r] for r in problem.report_ids}]
        sources = Counter(
            e.hidden_problem or e.asset_id or (round(e.lon, 4), round(e.lat, 4), e.problem_type)
            for e in events
        )
        planted = Counter(e.hidden_problem for e in events if e.hidden_problem in active)
        least = max(2, len(events) / 4)
        best = next((h for h, n in planted.most_common() if n >= least and h not in taken), None)
        taken |= {best} if best else set()
        accepted = sources.most_common(1)[0][1] >= 4
        found.append(Verdict(problem, accepted, hidden[best].cause if best and accepted else ""))
    return found


def with_errors(verdicts: Sequence[Verdict], rng: np.random.Generator) -> list[Verdict]:
    """One decision in ten wrong."""
    told = []
    for verdict in verdicts:
        if rng.random() < 0.1:
            cause = str(rng.choice(CAUSES)) if verdict.cause else ""
            verdict = replace(verdict, accepted=not verdict.accepted, cause=cause)
        told.append(verdict)
    return told


def score(name: str, verdicts: Sequence[Verdict], learned: Learned) -> None:
    """Print how well causes and confirmations of these verdicts are foreseen."""
    named = [v for v in verdicts if v.cause]
    first, brier, loss = [], [], []
    for v in named:
        weighed = reweigh_causes(
            v.problem.by_signs, v.problem.problem_type, model=learned.causes, least=0.0
        )
        share = {c.cause: c.likelihood for c in weighed}
        told = np.array([share.get(c, 0.0) for c in CAUSES])
        truth = np.array([float(c == v.cause) for c in CAUSES])
        first.append(weighed[0].cause == v.cause)
        brier.append(((told - truth) ** 2).sum())
        loss.append(-np.log(max(share.get(v.cause, 0.0), 0.005)))
    sure = [certainty(v.problem, model=learned.acceptance) or 0.9 for v in verdicts]
    sure_, right = np.clip(sure, 0.005, 0.995), np.array([float(v.accepted) for v in verdicts])
    doubt = -(right * np.log(sure_) + (1 - right) * np.log(1 - sure_)).mean()
    print(
        f"{name:34} causes {len(named):4}: first right {np.mean(first):.3f}, "
        f"Brier {np.mean(brier):.3f}, log-loss {np.mean(loss):.3f} | confirmed "
        f"{right.mean():.3f} of {len(verdicts):4}: Brier {((sure_ - right) ** 2).mean():.4f}, "
        f"log-loss {doubt:.4f}",
        flush=True,
    )


def main() -> None:
    seeds = [int(v) for v in sys.argv[1:]] or [2026, 1, 2, 3]
    rng = np.random.default_rng(7)
    by_seed = {seed: decisions(seed) for seed in seeds}
    own = by_seed[seeds[0]]
    half = rng.permutation(len(own)) % 2
    for count in (50, 100, 200, int((half == 0).sum())):
        train = [v for v, h in zip(own, half, strict=True) if h == 0][:count]
        test = [v for v, h in zip(own, half, strict=True) if h == 1]
        if count == 50:
            score("by signs alone", test, Learned())
        score(f"after {len(train)} decisions", test, learn(with_errors(train, rng)))
    if len(seeds) > 1:
        split = len(seeds) // 2
        train = [v for seed in seeds[:split] for v in by_seed[seed]]
        test = [v for seed in seeds[split:] for v in by_seed[seed]]
        score(f"towns {seeds[split:]}, signs alone", test, Learned())
        score(f"the same, from {seeds[:split]}", test, learn(with_errors(train, rng)))


if __name__ == "__main__":
    main()
