"""What pages read about reports. Nothing here gives the place of one report beyond 100 metres."""

from eutopia.web.reports.selectors.desk import (
    group,
    group_reports,
    groups,
    imports,
    inbox,
    inbox_counts,
    last_full_grouping,
    reports_near,
)
from eutopia.web.reports.selectors.figures import cells_layer, figures, monthly_counts
from eutopia.web.reports.selectors.lists import (
    ids_by_number,
    problem_types,
    public_rows,
    report_lines,
    reports,
    type_titles,
)
from eutopia.web.reports.selectors.one import public_reports, report
from eutopia.web.reports.selectors.views import (
    DeadlineView,
    GroupLine,
    ImportLine,
    ReportFigures,
    ReportFilter,
    ReportLine,
    ReportView,
    StatusStep,
    TypeView,
)
from eutopia.web.reports.workflow import STATUSES

__all__ = [
    "STATUSES",
    "DeadlineView",
    "GroupLine",
    "ImportLine",
    "ReportFigures",
    "ReportFilter",
    "ReportLine",
    "ReportView",
    "StatusStep",
    "TypeView",
    "cells_layer",
    "figures",
    "group",
    "group_reports",
    "groups",
    "ids_by_number",
    "imports",
    "inbox",
    "inbox_counts",
    "last_full_grouping",
    "monthly_counts",
    "problem_types",
    "public_reports",
    "public_rows",
    "report",
    "report_lines",
    "reports",
    "reports_near",
    "type_titles",
]
