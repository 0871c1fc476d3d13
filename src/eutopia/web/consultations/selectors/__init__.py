"""What pages read about dialogue: consultations, weights, agreements and pledges."""

from eutopia.web.consultations.selectors.asking import (
    ConsultationLine,
    ConsultationView,
    comment_rows,
    comments_to_judge,
    consultation,
    consultations,
    consultations_about,
    feed,
)
from eutopia.web.consultations.selectors.pledged import (
    AgreementView,
    PledgeFigures,
    PledgeView,
    agreement,
    agreements,
    pledge,
    pledge_figures,
    pledge_rows,
    pledges,
)
from eutopia.web.consultations.selectors.weighed import (
    MediationLine,
    MediationView,
    SettlementView,
    mediation,
    mediations,
    weighing_rows,
)

__all__ = [
    "AgreementView",
    "ConsultationLine",
    "ConsultationView",
    "MediationLine",
    "MediationView",
    "PledgeFigures",
    "PledgeView",
    "SettlementView",
    "agreement",
    "agreements",
    "comment_rows",
    "comments_to_judge",
    "consultation",
    "consultations",
    "consultations_about",
    "feed",
    "mediation",
    "mediations",
    "pledge",
    "pledge_figures",
    "pledge_rows",
    "pledges",
    "weighing_rows",
]
