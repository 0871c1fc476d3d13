"""What pages read about problems."""

from eutopia.web.problems.selectors.lists import (
    figures,
    layer,
    owners,
    problem_line,
    problem_lines,
    problems,
    problems_of_report,
)
from eutopia.web.problems.selectors.one import neighbours, problem, problem_reports
from eutopia.web.problems.selectors.systemic import (
    MonthView,
    RecurrenceView,
    SystemicView,
    recurrence,
    systemic,
    systemic_by_district,
    systemic_rows,
)
from eutopia.web.problems.selectors.views import (
    CauseView,
    ChangeView,
    CostView,
    EvidenceView,
    InspectionView,
    ProblemFigures,
    ProblemFilter,
    ProblemLine,
    ProblemView,
)

__all__ = [
    "CauseView",
    "ChangeView",
    "CostView",
    "EvidenceView",
    "InspectionView",
    "MonthView",
    "ProblemFigures",
    "ProblemFilter",
    "ProblemLine",
    "ProblemView",
    "RecurrenceView",
    "SystemicView",
    "figures",
    "layer",
    "neighbours",
    "owners",
    "problem",
    "problem_line",
    "problem_lines",
    "problem_reports",
    "problems",
    "problems_of_report",
    "recurrence",
    "systemic",
    "systemic_by_district",
    "systemic_rows",
]
