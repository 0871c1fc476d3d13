"""The same election and the same rules in pabutools (GPL; used as an oracle in tests only)."""

from __future__ import annotations

from fractions import Fraction

from eutopia.core.records import Election


def twin(election: Election):
    """The election as pabutools' instance and profile."""
    from gmpy2 import mpq
    from pabutools import election as pe

    def exact(value: Fraction):
        return mpq(value.numerator, value.denominator)

    projects = [pe.Project(p.id, exact(p.cost)) for p in election.projects]
    instance = pe.Instance(projects, budget_limit=exact(election.budget))
    ballots = []
    for ballot in election.ballots:
        marked = [projects[p] for p in ballot.approvals]
        for _ in range(ballot.count):
            if election.vote_type in ("approval", "choose-1"):
                ballots.append(pe.ApprovalBallot(marked))
            elif election.vote_type == "ordinal":
                ballots.append(pe.OrdinalBallot(marked))
            else:
                points = dict(zip(marked, map(exact, ballot.scores), strict=True))
                kind = (
                    pe.CumulativeBallot if election.vote_type == "cumulative" else pe.CardinalBallot
                )
                ballots.append(kind(points))
    kinds = {
        "ordinal": pe.OrdinalProfile,
        "cumulative": pe.CumulativeProfile,
        "scoring": pe.CardinalProfile,
    }
    return instance, kinds.get(election.vote_type, pe.ApprovalProfile)(ballots)


def satisfaction_class(vote_type: str, satisfaction: str):
    """pabutools' name for our satisfaction."""
    from pabutools import election as pe

    if satisfaction == "cost":
        return pe.Cost_Sat
    if satisfaction == "cardinality" or vote_type in ("approval", "choose-1"):
        return pe.Cardinality_Sat
    return pe.Additive_Borda_Sat if vote_type == "ordinal" else pe.Additive_Cardinal_Sat


def outcome(instance, profile, vote_type, rule, satisfaction, completion):
    """The ids pabutools selects, sorted."""
    from pabutools import rules

    sat = {"sat_class": satisfaction_class(vote_type, satisfaction)}
    shares = rules.method_of_equal_shares
    greedy = rules.greedy_utilitarian_welfare
    raised = sat | {"voter_budget_increment": 1}
    if rule == "greedy":
        found = greedy(instance, profile, **sat)
    elif rule == "phragmen":
        found = rules.sequential_phragmen(instance, profile)
    elif rule == "maximin-support":
        found = rules.maximin_support(instance, profile)
    elif completion == "none":
        found = shares(instance, profile, **sat)
    elif completion == "add1":
        found = shares(instance, profile, **raised)
    elif completion == "exhaustion":
        found = rules.exhaustion_by_budget_increase(instance, profile, shares, dict(sat))
    else:
        first = raised if completion == "add1u" else sat
        found = rules.completion_by_rule_combination(
            instance, profile, [shares, greedy], [first, sat]
        )
    return sorted(p.name for p in found)


def maximin_order(instance, profile):
    """The ids that maximin support takes in pabutools, first to last."""
    from pabutools import rules

    return [p.name for p in rules.maximin_support(instance, profile)]
