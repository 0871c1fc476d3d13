"""Writing problems: finding them, and people's word on them."""

from eutopia.web.problems.services.deciding import (
    MergeRefused,
    confirm_problem,
    merge_problems,
    reject_problem,
)
from eutopia.web.problems.services.finding import Diagnosis, diagnose_territory

__all__ = [
    "Diagnosis",
    "MergeRefused",
    "confirm_problem",
    "diagnose_territory",
    "merge_problems",
    "reject_problem",
]
