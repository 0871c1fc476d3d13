"""Who pays for what: exact sums by fund once it is settled what is built when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from eutopia.core.kit.flow import exact_flow
from eutopia.core.plan.appraisal import net_cost
from eutopia.core.plan.rules import bundle_bearers, has_cap, most_paid, payers_of
from eutopia.core.records.money import Money
from eutopia.core.records.programme import Candidate, Choice, PortfolioRules


def savings_made(
    chosen: Mapping[int, int], candidates: Sequence[Candidate], rules: PortfolioRules
) -> dict[int, Decimal]:
    """How much less is paid for each candidate (by position) because works are bundled?"""
    position = {candidate.id: i for i, candidate in enumerate(candidates)}
    saved: dict[int, Decimal] = {}
    for bundle, bearer, saving in bundle_bearers(candidates, rules.bundles).values():
        years = {chosen.get(position[id_]) for id_ in bundle.candidate_ids}
        if len(years) == 1 and None not in years:
            saved[bearer] = saved.get(bearer, Decimal(0)) + saving
    return saved


def allocate_payments(
    chosen: Mapping[int, int], candidates: Sequence[Candidate], *, rules: PortfolioRules
) -> tuple[Choice, ...] | None:
    """Which fund pays how much for each chosen candidate, to the last kopeck?

    Parameters
    ----------
    chosen
        Year offset by position of the candidate.
    candidates, rules
        As in `choose_programme`.

    Returns
    -------
    tuple of Choice or None
        Ordered by year, then id; donors' gifts are paid first. None where the funds cannot pay.

    Notes
    -----
    Exact (`kit.flow.exact_flow`). Funds that few candidates may use are drawn on first.
    """
    saved = savings_made(chosen, candidates, rules)
    order = sorted(chosen, key=lambda i: (chosen[i], candidates[i].id))
    needs = {i: net_cost(candidates[i]).amount - saved.get(i, Decimal(0)) for i in order}
    arcs, ends = _network(chosen, needs, candidates, rules)
    flow = exact_flow(
        arcs, source=0, demands=[(_node(rules, k), needs[i]) for k, i in enumerate(order)]
    )
    if flow is None:
        return None
    parts: dict[int, list[tuple[str, Decimal]]] = {i: [] for i in order}
    for number, (i, fund_id) in ends.items():
        if flow[number] > 0:
            parts[i].append((fund_id, flow[number]))
    return tuple(_choice(candidates[i], chosen[i], parts[i]) for i in order)


def _node(rules: PortfolioRules, k: int) -> int:
    """Node of the k-th chosen candidate; 0 is the source, then funds by year."""
    return 1 + len(rules.funds) * rules.years + k


def _network(
    chosen: Mapping[int, int],
    needs: Mapping[int, Decimal],
    candidates: Sequence[Candidate],
    rules: PortfolioRules,
) -> tuple[list[tuple[int, int, Decimal | None]], dict[int, tuple[int, str]]]:
    """Arcs from the source through funds and years to candidates, and what the last ones mean."""
    arcs: list[tuple[int, int, Decimal | None]] = []
    for f, fund in enumerate(rules.funds):
        for year, money in enumerate(fund.by_year):
            node = 1 + f * rules.years + year
            arcs.append((0, node, money.amount))
            if fund.carry_over and year:
                limit = fund.carry_limit
                arcs.append((node - 1, node, None if limit is None else limit.amount))
    payers = {i: set(payers_of(candidates[i], rules.funds)) for i in needs}
    uses = [sum(fund.id in payers[i] for i in needs) for fund in rules.funds]
    ends: dict[int, tuple[int, str]] = {}
    for k, (i, need) in enumerate(needs.items()):
        for f in sorted(range(len(rules.funds)), key=uses.__getitem__):
            fund = rules.funds[f]
            if fund.id in payers[i]:
                ends[len(arcs)] = (i, fund.id)
                most = most_paid(fund, need) if has_cap(fund) else None
                arcs.append((1 + f * rules.years + chosen[i], _node(rules, k), most))
    return arcs, ends


def _choice(candidate: Candidate, year: int, parts: Sequence[tuple[str, Decimal]]) -> Choice:
    paid: dict[str, Decimal] = {}
    left = candidate.cost.amount
    for donor, gift in candidate.co_funding:
        amount = min(gift.amount, left)
        if amount > 0:
            paid[donor] = paid.get(donor, Decimal(0)) + amount
            left -= amount
    for fund_id, amount in parts:
        paid[fund_id] = paid.get(fund_id, Decimal(0)) + amount
    currency = candidate.cost.currency
    return Choice(candidate.id, year, tuple((k, Money(v, currency)) for k, v in paid.items()))
