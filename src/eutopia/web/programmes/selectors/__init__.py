"""What pages read about the programme and what may enter it."""

from eutopia.web.programmes.selectors.candidates import (
    candidate,
    candidate_id,
    candidate_line,
    candidate_lines,
    candidates,
    candidates_of_problem,
    funded_problems,
    layer,
)
from eutopia.web.programmes.selectors.programmes import (
    compare,
    programme,
    programmes,
    upkeep_by_year,
)
from eutopia.web.programmes.selectors.views import (
    ApprovalView,
    CandidateFilter,
    CandidateLine,
    CandidateView,
    ConflictView,
    Difference,
    FundBar,
    GateView,
    PaymentView,
    ProgrammeLine,
    ProgrammeView,
    ReasonView,
    YearView,
)
from eutopia.web.works.selectors import measure_titles

__all__ = [
    "ApprovalView",
    "CandidateFilter",
    "CandidateLine",
    "CandidateView",
    "ConflictView",
    "Difference",
    "FundBar",
    "GateView",
    "PaymentView",
    "ProgrammeLine",
    "ProgrammeView",
    "ReasonView",
    "YearView",
    "candidate",
    "candidate_id",
    "candidate_line",
    "candidate_lines",
    "candidates",
    "candidates_of_problem",
    "compare",
    "funded_problems",
    "layer",
    "measure_titles",
    "programme",
    "programmes",
    "upkeep_by_year",
]
