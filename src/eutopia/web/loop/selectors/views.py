"""What pages get to see across the nouns."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from eutopia.web.dialogue.selectors import ElectionLine, ProposalResult, VoteLink
from eutopia.web.ledger.selectors import PromiseFigures, PromiseView
from eutopia.web.problems.selectors import ProblemFigures, ProblemLine
from eutopia.web.programmes.selectors import CandidateLine, ProgrammeView
from eutopia.web.reports.selectors import ReportFigures
from eutopia.web.territory.selectors import StockView, TerritoryView
from eutopia.web.upkeep.selectors import UpkeepBalance
from eutopia.web.works.selectors import MeasureOutcome, WorkView


@dataclass(frozen=True, slots=True)
class StageFigure:
    """One stage of the loop with its two figures (codes for the template to word).

    Stages: listen (reports, open), diagnose (problems, cost), plan (candidates, chosen), decide
    (voters, won), deliver (works, under_warranty), maintain (assets, worn_out), evaluate
    (measured, better).
    """

    stage: str
    figures: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True, slots=True)
class StartView:
    """The start page."""

    territory: TerritoryView
    stock: StockView
    stages: tuple[StageFigure, ...]
    reports: ReportFigures
    problems: ProblemFigures
    programme: ProgrammeView | None
    elections: tuple[ElectionLine, ...]
    promises: PromiseFigures
    latest_promises: tuple[PromiseView, ...]
    outcomes: tuple[MeasureOutcome, ...]
    costliest: tuple[ProblemLine, ...]
    """The five costliest problems."""


@dataclass(frozen=True, slots=True)
class ChainLink:
    """A candidate with what came of it."""

    candidate: CandidateLine
    vote: VoteLink | None
    promises: tuple[PromiseView, ...]
    works: tuple[WorkView, ...]


@dataclass(frozen=True, slots=True)
class ProposalLife:
    """What became of a proposal after people voted: None and nothing while they have not."""

    result: ProposalResult | None
    promises: tuple[PromiseView, ...]
    link: ChainLink | None
    """The candidate it became, with what came of that."""


@dataclass(frozen=True, slots=True)
class Chain:
    """The whole way of a problem, to be walked in both directions.

    `decision`: measure_chosen, measures_refused (the reasons are with the candidates), or
    no_measure (no measure of the catalogue answers this kind of problem).
    """

    problem: ProblemLine
    decision: str
    links: tuple[ChainLink, ...]
    works_at_place: tuple[WorkView, ...]
    """Works done there before, whether or not they came from this problem."""


@dataclass(frozen=True, slots=True)
class AccountView:
    """The public account."""

    promises: PromiseFigures
    planned: Decimal
    spent_on_works: Decimal
    currency: str
    programme: ProgrammeView | None
    upkeep: tuple[UpkeepBalance, ...]
    outcomes: tuple[MeasureOutcome, ...]
    verdicts: dict[str, int]
    reports: ReportFigures
    """Of them: closed within their deadline, of those that had one."""
