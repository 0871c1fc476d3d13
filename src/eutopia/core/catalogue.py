"""Which public methods does the core have? An explicit tuple: no discovery, no registration.

Each entry names where the method is, its page in `docs/methods/` and the stage of the loop it
serves. The suite fails if a page is missing or a page has no method.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Method:
    """One public method of the core: `module:function`, its docs page and its stage."""

    path: str
    page: str
    stage: str


METHODS: tuple[Method, ...] = (
    Method("eutopia.core.listen.duplicates:group_duplicates", "duplicates", "listen"),
    Method("eutopia.core.listen.kept_links:regroup_duplicates", "duplicates", "listen"),
    Method("eutopia.core.listen.duplicate_assessment:duplicate_curve", "duplicates", "listen"),
    Method("eutopia.core.listen.merges:learn_threshold", "duplicates", "listen"),
    Method("eutopia.core.diagnose.recurrence:count_recurrences", "recurrence", "diagnose"),
    Method("eutopia.core.diagnose.scan.analysis:scan", "scan", "diagnose"),
    Method("eutopia.core.diagnose.clusters:find_clusters", "scan", "diagnose"),
    Method("eutopia.core.kit.density:dense_groups", "density", "diagnose"),
    Method("eutopia.core.kit.density:local_concentration", "density", "diagnose"),
    Method("eutopia.core.diagnose.tallies:monthly_tallies", "tallies", "diagnose"),
    Method("eutopia.core.diagnose.tallies:repeat_tallies", "tallies", "diagnose"),
    Method("eutopia.core.diagnose.tallies:hot_cells", "tallies", "diagnose"),
    Method("eutopia.core.diagnose.problems:find_problems", "problems", "diagnose"),
    Method("eutopia.core.diagnose.retyping:retype", "problems", "diagnose"),
    Method("eutopia.core.diagnose.learning:learn", "learning", "diagnose"),
    Method("eutopia.core.diagnose.index.engine:compute_index", "index", "diagnose"),
    Method("eutopia.core.diagnose.index.assessment:assess", "index", "diagnose"),
    Method("eutopia.core.diagnose.index.measures:measure", "index-measures", "diagnose"),
    Method("eutopia.core.decide.pabulib:read_election", "ballot_files", "decide"),
    Method("eutopia.core.decide.equal_shares:equal_shares", "equal_shares", "decide"),
    Method("eutopia.core.decide.greedy:greedy", "greedy", "decide"),
    Method("eutopia.core.decide.phragmen:phragmen", "phragmen", "decide"),
    Method("eutopia.core.decide.maximin:maximin_support", "maximin_support", "decide"),
    Method("eutopia.core.decide.explanation:explain", "tally_explanation", "decide"),
    Method("eutopia.core.decide.proportionality:neglected_groups", "proportionality", "decide"),
    Method("eutopia.core.decide.receipts:receipt_of", "receipts", "decide"),
    Method("eutopia.core.decide.grouping:group_small", "voter_grouping", "decide"),
    Method("eutopia.core.decide.rules:count_ballots", "equal_shares", "decide"),
    Method("eutopia.core.decide.proposals:similar_proposals", "proposals", "decide"),
    Method("eutopia.core.decide.weights:share_out", "weights", "decide"),
    Method("eutopia.core.decide.weights:from_swings", "weights", "decide"),
    Method("eutopia.core.decide.weights_pairs:from_pairs", "weights", "decide"),
    Method("eutopia.core.decide.weights_best_worst:from_best_and_worst", "weights", "decide"),
    Method("eutopia.core.decide.weights_groups:weigh_side", "weights", "decide"),
    Method("eutopia.core.decide.weights_groups:agreement", "weights", "decide"),
    Method("eutopia.core.decide.bargaining:bargain", "bargaining", "decide"),
    Method("eutopia.core.plan.heritage:pass_gate", "heritage-gate", "plan"),
    Method("eutopia.core.plan.candidates:derive_candidates", "candidates", "plan"),
    Method("eutopia.core.plan.gaps:find_gaps", "candidates", "plan"),
    Method("eutopia.core.plan.proposals:candidate_of", "candidates", "plan"),
    Method("eutopia.core.plan.portfolio:choose_programme", "portfolio", "plan"),
    Method("eutopia.core.plan.turning_point:explain_exactly", "portfolio", "plan"),
    Method("eutopia.core.plan.robustness:assess_robustness", "portfolio", "plan"),
    Method("eutopia.core.plan.robustness:cost_of_rules", "portfolio", "plan"),
    Method("eutopia.core.plan.aims:cost_of_aims", "portfolio", "plan"),
    Method("eutopia.core.plan.scenarios:compare", "portfolio", "plan"),
    Method("eutopia.core.plan.amendments:amend", "portfolio", "plan"),
    Method("eutopia.core.plan.timetable:timetable", "portfolio", "plan"),
    Method("eutopia.core.deliver.warranty:find_warranty_calls", "warranty", "deliver"),
    Method("eutopia.core.maintain.deterioration:forecast_register", "deterioration", "maintain"),
    Method("eutopia.core.evaluate.outcomes:measure_outcomes", "outcomes", "evaluate"),
    Method("eutopia.core.town.generation:generate_town", "training-town", "town"),
    Method("eutopia.core.listen.deadlines:deadline", "deadlines", "listen"),
    Method("eutopia.core.evaluate.recalculation:recalculate", "recalculation", "evaluate"),
    Method("eutopia.core.evaluate.recalculation:recalculate_month", "recalculation", "evaluate"),
    Method(
        "eutopia.core.evaluate.recalculation_batch:recalculate_town", "recalculation", "evaluate"
    ),
    Method("eutopia.core.evaluate.meters:find_breaches", "meters", "evaluate"),
    Method("eutopia.core.evaluate.meter_norms:judge_meter", "meters", "evaluate"),
    Method("eutopia.core.evaluate.joining:join_signals", "joining", "evaluate"),
    Method("eutopia.core.evaluate.notice:judge_notice", "notice", "evaluate"),
    Method("eutopia.core.evaluate.serving:serving_on", "serving", "evaluate"),
    Method("eutopia.core.evaluate.serving:check_tariffs", "serving", "evaluate"),
    Method("eutopia.core.evaluate.reliability:reliability", "reliability", "evaluate"),
    Method("eutopia.core.evaluate.providers:compare_providers", "providers", "evaluate"),
    Method("eutopia.core.evaluate.provider_cases:complaints", "providers", "evaluate"),
    Method("eutopia.core.evaluate.provider_cases:late_answers", "providers", "evaluate"),
    Method("eutopia.core.evaluate.provider_cases:short_lived_closures", "providers", "evaluate"),
)
