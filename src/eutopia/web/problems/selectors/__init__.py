"""What pages read about problems."""

from eutopia.web.problems.selectors.clusters import (
    ClusterView,
    SurveyView,
    clusters,
    clusters_layer,
    survey,
)
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
from eutopia.web.problems.selectors.outages import (
    OutageCostView,
    cost_of_outages,
    outages_of_problem,
    problems_behind,
)
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
    "ClusterView",
    "CostView",
    "EvidenceView",
    "InspectionView",
    "MonthView",
    "OutageCostView",
    "ProblemFigures",
    "ProblemFilter",
    "ProblemLine",
    "ProblemView",
    "RecurrenceView",
    "SurveyView",
    "SystemicView",
    "clusters",
    "clusters_layer",
    "cost_of_outages",
    "figures",
    "layer",
    "neighbours",
    "outages_of_problem",
    "owners",
    "problem",
    "problem_line",
    "problem_lines",
    "problem_reports",
    "problems",
    "problems_behind",
    "problems_of_report",
    "recurrence",
    "survey",
    "systemic",
    "systemic_by_district",
    "systemic_rows",
]
