"""Writing reports: taking them in, moving them along, telling which are one event."""

from eutopia.web.reports.services.deciding import (
    GroupRefused,
    confirm_group,
    merge_reports,
    reject_group,
)
from eutopia.web.reports.services.grouping import GroupsFound, find_groups
from eutopia.web.reports.services.intake import (
    Imported,
    ImportRefused,
    import_reports,
    load_reports,
    public_words,
)
from eutopia.web.reports.services.moving import StepRefused, change_status
from eutopia.web.reports.services.norms import all_norms, norms_of, read_packs, store_problem_types
from eutopia.web.reports.services.submitting import (
    Submission,
    SubmissionRefused,
    erase_private_words,
    read_original,
    submit_report,
)

__all__ = [
    "GroupRefused",
    "GroupsFound",
    "ImportRefused",
    "Imported",
    "StepRefused",
    "Submission",
    "SubmissionRefused",
    "all_norms",
    "change_status",
    "confirm_group",
    "erase_private_words",
    "find_groups",
    "import_reports",
    "load_reports",
    "merge_reports",
    "norms_of",
    "public_words",
    "read_original",
    "read_packs",
    "reject_group",
    "store_problem_types",
    "submit_report",
]
