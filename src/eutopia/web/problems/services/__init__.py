"""Writing problems: finding them, and people's word on them."""

from eutopia.core.records import CAUSES
from eutopia.web.problems.services.deciding import (
    CorrectionRefused,
    MergeRefused,
    confirm_problem,
    correct_problem,
    merge_problems,
    reject_problem,
    split_problem,
)
from eutopia.web.problems.services.finding import Diagnosis, diagnose_territory
from eutopia.web.problems.services.inspecting import load_inspections, record_inspection
from eutopia.web.problems.services.measuring import measure_systemic
from eutopia.web.problems.services.scanning import scan_territory

__all__ = [
    "CAUSES",
    "CorrectionRefused",
    "Diagnosis",
    "MergeRefused",
    "confirm_problem",
    "correct_problem",
    "diagnose_territory",
    "load_inspections",
    "measure_systemic",
    "merge_problems",
    "record_inspection",
    "reject_problem",
    "scan_territory",
    "split_problem",
]
