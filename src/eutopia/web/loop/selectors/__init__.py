"""What pages read across the nouns: the start page, the whole chain, the account, downloads."""

from eutopia.web.loop.selectors.areas import AreaView, area
from eutopia.web.loop.selectors.chains import (
    chain_of_candidate,
    chain_of_code,
    chain_of_problem,
    chains_of_report,
    delivered,
    life_of_proposal,
)
from eutopia.web.loop.selectors.downloads import DOWNLOADS, rows_csv
from eutopia.web.loop.selectors.overview import account, start
from eutopia.web.loop.selectors.views import (
    AccountView,
    Chain,
    ChainLink,
    ProposalLife,
    StageFigure,
    StartView,
)

__all__ = [
    "DOWNLOADS",
    "AccountView",
    "AreaView",
    "Chain",
    "ChainLink",
    "ProposalLife",
    "StageFigure",
    "StartView",
    "account",
    "area",
    "chain_of_candidate",
    "chain_of_code",
    "chain_of_problem",
    "chains_of_report",
    "delivered",
    "life_of_proposal",
    "rows_csv",
    "start",
]
