"""Frozen records of the domain: what the rooms of the core meet in."""

from eutopia.core.records.clusters import Cluster
from eutopia.core.records.deadlines import Deadline
from eutopia.core.records.elections import (
    Ballot,
    BallotBox,
    BallotProject,
    Election,
    Tally,
    TallyStep,
    VoterColumns,
)
from eutopia.core.records.money import Money
from eutopia.core.records.norms import (
    HeritageRule,
    Measure,
    NormValue,
    PackEdition,
    ProblemType,
    ServiceLevel,
    Source,
    WorkingCalendar,
)
from eutopia.core.records.problems import (
    CauseHypothesis,
    CostOfInaction,
    DuplicateGroup,
    Evidence,
    Problem,
)
from eutopia.core.records.programme import (
    Approval,
    Bundle,
    Candidate,
    Choice,
    Conflict,
    Explanation,
    Floor,
    Fund,
    GateDecision,
    PortfolioRules,
    Programme,
    Reason,
    Relaxation,
)
from eutopia.core.records.quality import QualityNote
from eutopia.core.records.reports import (
    Report,
    Reports,
)
from eutopia.core.records.service_norms import (
    Condition,
    Permitted,
    Remedy,
    ServiceNorm,
    Target,
    Tolerance,
)
from eutopia.core.records.territory import (
    Asset,
    Building,
    District,
    HeritageAsset,
    Organisation,
    ProtectionZone,
    PublicSpace,
    Street,
    Territory,
)
from eutopia.core.records.text import Text
from eutopia.core.records.town import Town
from eutopia.core.records.utilities import (
    AdvisoryLine,
    Charge,
    Interruption,
    Recalculation,
    ReductionLine,
)
from eutopia.core.records.works import (
    Outcome,
    Work,
)

__all__ = [
    "AdvisoryLine",
    "Approval",
    "Asset",
    "Ballot",
    "BallotBox",
    "BallotProject",
    "Building",
    "Bundle",
    "Candidate",
    "CauseHypothesis",
    "Charge",
    "Choice",
    "Cluster",
    "Condition",
    "Conflict",
    "CostOfInaction",
    "Deadline",
    "District",
    "DuplicateGroup",
    "Election",
    "Evidence",
    "Explanation",
    "Floor",
    "Fund",
    "GateDecision",
    "HeritageAsset",
    "HeritageRule",
    "Interruption",
    "Measure",
    "Money",
    "NormValue",
    "Organisation",
    "Outcome",
    "PackEdition",
    "Permitted",
    "PortfolioRules",
    "Problem",
    "ProblemType",
    "Programme",
    "ProtectionZone",
    "PublicSpace",
    "QualityNote",
    "Reason",
    "Recalculation",
    "ReductionLine",
    "Relaxation",
    "Remedy",
    "Report",
    "Reports",
    "ServiceLevel",
    "ServiceNorm",
    "Source",
    "Street",
    "Tally",
    "TallyStep",
    "Target",
    "Territory",
    "Text",
    "Tolerance",
    "Town",
    "VoterColumns",
    "Work",
    "WorkingCalendar",
]
