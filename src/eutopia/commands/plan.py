"""`eutopia plan`: a programme from a case file, with the reason for every yes and no."""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from eutopia.commands.watched import Watched

if TYPE_CHECKING:
    from eutopia.core.plan.cases import PlanCase
    from eutopia.core.plan.robustness import Robustness
    from eutopia.core.records.programme import (
        Conflict,
        Explanation,
        Programme,
        Reason,
        TurningPoint,
    )


@click.command()
@click.argument(
    "case_file", metavar="CASE.yaml", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--gap", type=float, help="Stop within this share of the best (0.001 is 0.1 %).")
@click.option("--time-limit", type=float, help="Stop after so many seconds, keep the best.")
@click.option("--exact", metavar="ID", help="Find the exact turning point of one candidate.")
@click.option(
    "--worlds",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Draw so many worlds of other costs, effects and weights: what is chosen in most of them?",
)
@click.option(
    "--progress/--no-progress",
    default=None,
    help="Show value, bound and gap while it runs (on a terminal it is shown anyway).",
)
@click.option("--explain", is_flag=True, help="Print the reason for every candidate left out.")
@click.option(
    "--lang",
    type=click.Choice(["en", "ru"]),
    default="en",
    show_default=True,
    help="Language of titles, reasons and conflicts.",
)
def plan(
    case_file: Path,
    as_json: bool,
    gap: float | None,
    time_limit: float | None,
    exact: str | None,
    worlds: int,
    progress: bool | None,
    explain: bool,
    lang: str,
) -> None:
    """Choose the programme of a case: what is built when, from whose money, and why.

    Ends with status 1 when the rules conflict or the verifier finds a breach. Interrupt (Ctrl-C)
    while it runs to keep the best found so far.
    """
    from eutopia.core.norms import PackError
    from eutopia.core.plan.cases import read_case
    from eutopia.core.plan.portfolio import choose_programme

    started = time.perf_counter()
    shown = Console(stderr=True).is_terminal if progress is None else progress
    try:
        case = read_case(case_file)
        with Watched(shown=shown) as watched:
            programme = choose_programme(
                case.candidates,
                rules=case.rules,
                gap=case.gap if gap is None else gap,
                time_limit_s=case.time_limit_s if time_limit is None else time_limit,
                on_progress=watched.tell,
            )
    except (PackError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    wall = time.perf_counter() - started
    turning = _turning_point(case, exact, programme) if exact else None
    robust = _robustness(case, worlds) if worlds and programme.choices else {}
    if as_json:
        found = {**plain_programme(programme, case), "wall_seconds": round(wall, 3)}
        for told in found["explanations"]:
            one = robust.get(told["candidate"])
            told["robustness"] = one and {"share": round(one.share, 4), "verdict": one.verdict}
        if turning is not None:
            found["exact"] = _plain_turning(turning)
        click.echo(json.dumps(found, ensure_ascii=False, indent=1, default=str))
    else:
        _print(programme, case, wall, lang)
        if explain:
            _print_reasons(programme, case, lang)
        _print_robustness(robust)
        if turning is not None:
            held = "as good" if turning.holds else "worse"
            click.echo(f"{exact}: the best programme found that holds it as it is is {held}")
            _print_turns(turning)
    if programme.status == "infeasible" or programme.violations:
        raise SystemExit(1)


SEED = 2026
"""Of the drawn worlds: the same question has the same answer."""


def _robustness(case: PlanCase, worlds: int) -> dict[str, Robustness]:
    import numpy as np

    from eutopia.core.plan.robustness import assess_robustness

    found = assess_robustness(
        case.candidates, rules=case.rules, rng=np.random.default_rng(SEED), samples=worlds
    )
    return {one.candidate_id: one for one in found}


def _print_robustness(robust: Mapping[str, Robustness]) -> None:
    counts = Counter(one.verdict for one in robust.values())
    if counts:
        verdicts = ("core", "borderline", "outside")
        click.echo("over the drawn worlds: " + ", ".join(f"{counts[v]} {v}" for v in verdicts))


def _turning_point(case: PlanCase, candidate_id: str, programme: Programme) -> TurningPoint:
    from eutopia.core.plan.turning_point import explain_exactly

    try:
        return explain_exactly(
            candidate_id,
            case.candidates,
            rules=case.rules,
            value=programme.objective if programme.choices else None,
            gap=min(case.gap, 1e-4),
            time_limit_s=case.time_limit_s,
        )
    except ValueError as error:
        raise click.ClickException(str(error)) from error


def plain_programme(programme: Programme, case: PlanCase) -> dict[str, Any]:
    """The programme as plain values, for JSON (see `docs/reference/plan-case.md`)."""
    from eutopia.core.plan.timetable import timetable
    from eutopia.core.plan.turning_point import least_benefits

    least = least_benefits(programme, case.candidates, rules=case.rules)
    known = {candidate.id: candidate for candidate in case.candidates}
    first = case.rules.first_year
    currency = case.rules.funds[0].by_year[0].currency if case.rules.funds else ""
    works = timetable(programme.choices, case.candidates, rules=case.rules)
    return {
        "name": case.name,
        "status": programme.status,
        "objective": programme.objective,
        "bound": programme.bound,
        "gap": None if programme.status == "infeasible" else programme.gap,
        "seconds": round(programme.seconds, 3),
        "currency": currency,
        "verifier": {"sound": not programme.violations, "violations": list(programme.violations)},
        "choices": [
            {
                "candidate": choice.candidate_id,
                "year": first + choice.year,
                "months": [one.first_month, one.last_month],
                "district": known[choice.candidate_id].district,
                "cost": str(known[choice.candidate_id].cost.amount),
                "paid": {payer: str(money.amount) for payer, money in choice.paid},
            }
            for choice, one in zip(programme.choices, works, strict=True)
        ],
        "spent": _spent(programme, first),
        "explanations": [
            {
                **_plain_explanation(e),
                "stays_out_below_benefit": str(least[e.candidate_id])
                if e.candidate_id in least
                else None,
            }
            for e in programme.explanations
        ],
        "conflicts": [_plain_conflict(conflict, case) for conflict in programme.conflicts],
        "notes": [_plain_reason(note) for note in programme.notes],
    }


def _plain_conflict(conflict: Conflict, case: PlanCase) -> dict[str, Any]:
    from eutopia.core.plan.words import conflict_words

    known = {candidate.id: candidate for candidate in case.candidates}
    sentence, ways = conflict_words(conflict, known, rules=case.rules)
    return {
        "rules": [list(rule) for rule in conflict.rules],
        "words": dict(sentence.forms),
        "relaxations": [
            {"rule": list(way.rule), "amount": str(way.amount), "unit": way.unit}
            for way in conflict.relaxations
        ],
        "ways_out": [dict(way.forms) for way in ways],
    }


def _spent(programme: Programme, first: int) -> dict[str, dict[str, str]]:
    """Money by payer and year."""
    spent: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for choice in programme.choices:
        for payer, money in choice.paid:
            spent[payer][str(first + choice.year)] += money.amount
    return {
        payer: {year: str(amount) for year, amount in sorted(by_year.items())}
        for payer, by_year in sorted(spent.items())
    }


def _plain_reason(reason: Reason) -> dict[str, Any]:
    return {
        "code": reason.code,
        "values": dict(reason.values),
        "candidates": list(reason.candidate_ids),
    }


def _plain_explanation(explanation: Explanation) -> dict[str, Any]:
    cost, benefit = explanation.enters_at_cost, explanation.enters_at_benefit
    return {
        "candidate": explanation.candidate_id,
        "chosen": explanation.chosen,
        "value": str(explanation.value.quantize(Decimal("0.01"))),
        "reasons": [_plain_reason(reason) for reason in explanation.reasons],
        "enters_at_cost": None if cost is None else str(cost.amount),
        "enters_at_benefit": None if benefit is None else str(benefit),
    }


def _plain_turning(turning: TurningPoint) -> dict[str, Any]:
    found = {name: getattr(turning, name) for name in TURNS}
    return {
        "candidate": turning.candidate_id,
        "holds": turning.holds,
        **{name: told and str(getattr(told, "amount", told)) for name, told in found.items()},
    }


TURNS = {
    "enters_at_benefit": "enters at a yearly benefit of",
    "stays_out_below_benefit": "surely stays out below a yearly benefit of",
    "enters_at_cost": "enters at a cost of",
    "stays_out_above_cost": "surely stays out above a cost of",
}


def _print(programme: Programme, case: PlanCase, wall: float, lang: str) -> None:
    """Print what is built by year, why the rest is not, and how good it is."""
    from eutopia.core.plan.words import conflict_words

    known = {candidate.id: candidate for candidate in case.candidates}
    titles = {id_: candidate.title.to(lang) for id_, candidate in known.items()}
    click.echo(f"{case.name}: {programme.status}, {len(programme.choices)} of {len(titles)} chosen")
    for choice in sorted(programme.choices, key=lambda c: (c.year, c.candidate_id)):
        paid = ", ".join(f"{payer} {money.rounded().amount:,}" for payer, money in choice.paid)
        year = case.rules.first_year + choice.year
        click.echo(f"  {year}  {choice.candidate_id}  {titles[choice.candidate_id]}  ({paid})")
    reasons: dict[str, int] = defaultdict(int)
    for explanation in programme.explanations:
        if not explanation.chosen:
            reasons[explanation.reasons[0].code] += 1
    for code, count in sorted(reasons.items(), key=lambda pair: -pair[1]):
        click.echo(f"  left out, {code}: {count}")
    for note in programme.notes:
        click.echo(f"  {note.code}: " + ", ".join(f"{name} {value}" for name, value in note.values))
    for conflict in programme.conflicts:
        sentence, ways = conflict_words(conflict, known, rules=case.rules)
        click.echo(f"  {sentence.to(lang)}")
        for way in ways:
            click.echo(f"    way out: {way.to(lang)}")
    for breach in programme.violations:
        click.echo(f"  breach: {breach}")
    if programme.status != "infeasible":
        verdict = "sound" if not programme.violations else "NOT sound"
        click.echo(
            f"value {_amount(programme.objective)}, at most {_amount(programme.bound)} "
            f"(gap {programme.gap:.3%}); {verdict}; {wall:.1f} s"
        )


def _amount(value: float) -> str:
    """Money in whole units; the mean of shares, which a fair balance is told in, to a 10,000th."""
    return f"{value:.4f}" if 0 < abs(value) <= 1 else f"{value + 0.0:,.0f}"


def _print_reasons(programme: Programme, case: PlanCase, lang: str) -> None:
    """Print one line for each candidate left out: why, for whom, and what would bring it in."""
    from eutopia.core.plan.words import reason_words

    titles = {candidate.id: candidate.title.to(lang) for candidate in case.candidates}
    for told in programme.explanations:
        if told.chosen:
            continue
        words = " ".join(reason_words(reason).to(lang) for reason in told.reasons)
        who = ", ".join(dict.fromkeys(id_ for r in told.reasons for id_ in r.candidate_ids))
        line = f"  {told.candidate_id}  {titles[told.candidate_id]}: {words}"
        click.echo(line + (f" [{who}]" if who else ""))
        _print_turns(told)


def _print_turns(told: Explanation | TurningPoint) -> None:
    for name, words in TURNS.items():
        amount = getattr(told, name, None)
        if amount is not None:
            click.echo(f"  {words} {getattr(amount, 'amount', amount)}")
