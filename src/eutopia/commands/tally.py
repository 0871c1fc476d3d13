"""`eutopia tally`: count a Pabulib file by a rule and say why."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from eutopia.core.decide.explanation import ProjectExplanation
    from eutopia.core.decide.pabulib import Fault
    from eutopia.core.records import Election, Tally

# As in core.decide.rules and votes, which are too heavy to import for `--help`; a test compares.
RULES = ("greedy", "equal-shares", "phragmen", "phragmen-budgeted", "maximin-support")
COMPLETIONS = (
    "none",
    "utilitarian",
    "add1",
    "add1u",
    "exhaustion",
    "perturbation",
    "add1-comparison",
)
SATISFACTIONS = ("cost", "cardinality", "score")
TIES = ("id", "min-cost", "max-cost", "approvals", "file-order", "lot")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--rule", type=click.Choice(RULES), default="equal-shares", show_default=True)
@click.option(
    "--satisfaction",
    type=click.Choice(SATISFACTIONS),
    default="cost",
    show_default=True,
    help="What a funded project gives a voter who marked it.",
)
@click.option(
    "--completion",
    type=click.Choice(COMPLETIONS),
    default="none",
    show_default=True,
    help="What equal shares does with money left over.",
)
@click.option(
    "--ties",
    type=click.Choice(TIES),
    default="id",
    show_default=True,
    help="Who goes first where projects are exactly equal.",
)
@click.option("--seed", default="", help="The published words of --ties lot.")
@click.option("--increment", default="1", show_default=True, help="Money a voter and step of add1.")
@click.option(
    "--until",
    type=click.Choice(("exhaustive", "overspent")),
    help="Where add1 stops: when nothing more fits (default), or only before overspending "
    "(default of add1-comparison).",
)
@click.option("--set-aside", is_flag=True, help="Leave out bad ballots instead of refusing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def tally(file: Path, set_aside: bool, as_json: bool, **options: Any) -> None:
    """Count the ballots of a Pabulib FILE by a rule.

    Nothing is decided by floating-point numbers. Ties are broken by project id unless told
    otherwise. Prints a table and an explanation, or with --json one object with the keys
    selected, cost, budget, rule, ties and seconds.
    """
    from eutopia.core.decide.rules import count_ballots

    started = perf_counter()
    with _no_garbage():
        election = _read(file, set_aside)
        read = perf_counter()
        try:
            increment = Fraction(options.pop("increment"))
            outcome = count_ballots(election, increment=increment, **options)
        except (ValueError, ZeroDivisionError) as error:
            raise click.ClickException(str(error)) from error
        counted = perf_counter()
    seconds = {"reading": read - started, "rule": counted - read}
    if as_json:
        click.echo(json.dumps(_as_json(election, outcome, seconds), ensure_ascii=False))
    else:
        _show(election, outcome, seconds)


@contextmanager
def _no_garbage() -> Iterator[None]:
    """Reading makes a million objects and no cycles: to look for some takes longer than a count."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _read(file: Path, set_aside: bool) -> Election:
    from eutopia.core.decide.pabulib import BallotFileError, read_with_faults

    try:
        election, faults = read_with_faults(file)
        serious = [fault for fault in faults if not fault.warning]
        if serious and not (set_aside and _only_ballots(serious)):
            raise BallotFileError(str(file), serious)
    except (BallotFileError, OSError) as error:
        raise click.ClickException(str(error)) from error
    for fault in faults:
        click.echo(f"{'note' if fault.warning else 'set aside'}: {file}, {fault}", err=True)
    return election


def _only_ballots(faults: list[Fault]) -> bool:
    return all(fault.code.startswith("ballot-") for fault in faults)


def _number(value: Fraction) -> int | float | str:
    """A whole number where it is one, else a float if exact, else the fraction as text."""
    if value.denominator == 1:
        return int(value)
    return float(value) if Fraction(repr(float(value))) == value else str(value)


def _as_json(election: Election, outcome: Tally, seconds: dict[str, float]) -> dict[str, Any]:
    ids = [project.id for project in election.projects]
    parameters = dict(outcome.parameters)
    by = parameters.get("ties", "id")
    return {
        "selected": [ids[p] for p in outcome.selected],
        "cost": _number(outcome.cost),
        "budget": _number(outcome.budget),
        "rule": {"name": outcome.rule, **parameters},
        "ties": [
            {
                "step": place,
                "chosen": ids[step.project],
                "tied_with": [ids[p] for p in step.tied_with],
                "by": by,
            }
            for place, step in enumerate(outcome.steps, start=1)
            if step.tied_with
        ],
        "seconds": seconds,
    }


# -- for people ------------------------------------------------------------------------------------


def _money(value: Fraction) -> str:
    return f"{float(value):,.2f}".removesuffix(".00")


def _show(election: Election, outcome: Tally, seconds: dict[str, float]) -> None:
    from eutopia.core.decide.explanation import explain

    parameters = ", ".join(f"{key} {value}" for key, value in outcome.parameters)
    voters = sum(ballot.count for ballot in election.ballots)
    click.echo(
        f"{election.title or 'Election'}: {len(election.projects)} projects, {voters} voters"
    )
    click.echo(f"Rule: {outcome.rule} ({parameters})")
    left = _money(outcome.budget - outcome.cost)
    click.echo(
        f"Budget {_money(outcome.budget)}, spent {_money(outcome.cost)}, left {left}; "
        f"{len(outcome.selected)} projects chosen\n"
    )
    entries = {entry.project: entry for entry in explain(election, outcome)}
    for p in outcome.selected:
        _line(election, p, _why_chosen(entries[p]))
    rest = [p for p in range(len(election.projects)) if p not in set(outcome.selected)]
    if rest:
        click.echo("\nNot chosen")
        for p in sorted(rest, key=lambda p: -entries[p].supporters):
            _line(election, p, _why_not(entries[p]))
    _show_ties(election, outcome)
    _show_satisfaction(election, outcome)
    click.echo(f"Reading {seconds['reading']:.3f} s, rule {seconds['rule']:.3f} s")


def _line(election: Election, p: int, why: str) -> None:
    project = election.projects[p]
    click.echo(f"{project.id:>14} {_money(project.cost):>14}  {project.name[:48]:<48} {why}")


def _why_chosen(entry: ProjectExplanation) -> str:
    start = f"{entry.step}. {entry.supporters} supporters"
    if entry.code == "bought" and entry.payment is not None:
        last = f", {entry.emptied} of them their last" if entry.emptied else ""
        paid = "" if entry.payers is None else f"{entry.payers} paid "
        return f"{start}; {paid}{_money(entry.payment)} each{last}"
    if entry.code == "completed":
        return f"{start}; taken with the money left over"
    return start


def _why_not(entry: ProjectExplanation) -> str:
    why = f"{entry.supporters} supporters"
    missing = entry.shortfall
    if missing is None:
        return why
    if missing.supporters is not None:
        why += f"; {missing.supporters} more would have been enough"
    if missing.cost > 0:
        why += f"; a cost up to {_money(missing.cost)} too"
    return why


def _show_ties(election: Election, outcome: Tally) -> None:
    ids = [project.id for project in election.projects]
    by = dict(outcome.parameters).get("ties", "id")
    for place, step in enumerate(outcome.steps, start=1):
        if step.tied_with:
            others = ", ".join(ids[p] for p in step.tied_with)
            click.echo(f"\nTie at step {place}: {ids[step.project]} before {others}, by {by}")


def _show_satisfaction(election: Election, outcome: Tally) -> None:
    from eutopia.core.decide.explanation import satisfaction_of
    from eutopia.core.decide.proportionality import neglected_groups

    (row,) = satisfaction_of(election, outcome.selected)
    share = 100 * row.with_nothing / max(row.voters, 1)
    click.echo(
        f"\nA voter has {float(row.projects):.2f} funded projects on average, "
        f"{row.with_nothing} voters ({share:.1f} %) have none"
    )
    groups = neglected_groups(election, outcome.selected)
    if not groups:
        click.echo("Proportional (EJR+ up to one project): yes")
        return
    worst = max(groups, key=lambda group: group.entitlement - group.satisfaction)
    click.echo(
        f"Proportional (EJR+ up to one project): no; {worst.voters} voters agree on "
        f"{election.projects[worst.project].id}, their share is {_money(worst.entitlement)} and "
        f"each has projects for {_money(worst.satisfaction)} at most"
    )
