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
from eutopia.web.problems.services.scanning import METHOD as SCAN
from eutopia.web.problems.services.scanning import replay_scan, scan_territory
from eutopia.web.problems.services.telling import what_is_told
from eutopia.web.problems.services.weather import load_weather

__all__ = [
    "CAUSES",
    "SCAN",
    "CorrectionRefused",
    "Diagnosis",
    "MergeRefused",
    "confirm_problem",
    "correct_problem",
    "diagnose_territory",
    "load_inspections",
    "load_weather",
    "measure_systemic",
    "merge_problems",
    "record_inspection",
    "reject_problem",
    "replay_scan",
    "scan_territory",
    "split_problem",
    "what_is_told",
]
