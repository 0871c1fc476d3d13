"""Addresses of the desk."""

from __future__ import annotations

from django.urls import path

from eutopia.web.desk.views import (
    ballots,
    candidates,
    dispatch,
    feeds,
    inbox,
    log,
    merging,
    offers,
    problems,
    programme,
    providers,
    statistics,
    talks,
    variants,
)

app_name = "desk"
urlpatterns = [
    path("", inbox.inbox, name="inbox"),
    path("reports/<int:report_id>/", inbox.report, name="report"),
    path("groups/", inbox.groups, name="groups"),
    path("groups/<int:group_id>/", inbox.group, name="group"),
    path("problems/", problems.problems, name="problems"),
    path("problems/merge/", merging.merge, name="problem_merge"),
    path("problems/<int:number>/", problems.problem, name="problem"),
    path("problems/<int:number>/split/", problems.split, name="problem_split"),
    path("programme/", programme.programme, name="programme"),
    path("programme/candidates/new/", candidates.programme_add, name="programme_add"),
    path("programme/offers/", offers.programme_offers, name="programme_offers"),
    path("programme/compare/", variants.programme_compare, name="programme_compare"),
    path(
        "programme/solving/<int:solving_id>/", programme.programme_solving, name="programme_solving"
    ),
    path("programme/<int:number>/wish/", programme.programme_wish, name="programme_wish"),
    path("programme/<int:number>/adopt/", variants.programme_adopt, name="programme_adopt"),
    path("programme/<int:number>/assess/", variants.programme_assess, name="programme_assess"),
    path("programme/<int:number>/works.geojson", programme.programme_layer, name="programme_layer"),
    path(
        "programme/<int:number>/passport.<slug:kind>",
        variants.programme_paper,
        name="programme_paper",
    ),
    path(
        "programme/<int:number>/candidates/<int:candidate_id>/",
        candidates.programme_candidate,
        name="programme_candidate",
    ),
    path("reply/", providers.replies, name="replies"),
    path("billing/", providers.billing, name="billing"),
    path("dispatch/", dispatch.dispatch, name="dispatch"),
    path("dispatch/calls/new/", dispatch.call_new, name="call_new"),
    path("dispatch/calls/<int:call_id>/", dispatch.call, name="call"),
    path("dispatch/events/<int:event_id>/", dispatch.event, name="event"),
    path("dispatch/events/<int:event_id>/act/", dispatch.event_act, name="event_act"),
    path("dispatch/events/<int:event_id>/correct/", dispatch.event_correct, name="event_correct"),
    path("feeds/", feeds.feeds, name="feeds"),
    path("feeds/meters/<int:meter_id>/", feeds.meter, name="meter"),
    path("feeds/meters/<int:meter_id>/readings.csv", feeds.meter_csv, name="meter_csv"),
    path("ballots/", ballots.ballots, name="ballots"),
    path("ballots/import/", ballots.import_file, name="ballot_import"),
    path("ballots/<slug:code>/", ballots.ballot, name="ballot"),
    path("ballots/<slug:code>/codes/", ballots.codes, name="ballot_codes"),
    path("ballots/<slug:code>/roll/", ballots.roll, name="ballot_roll"),
    path("ballots/<slug:code>/help/", ballots.help_vote, name="ballot_help"),
    path("ballots/<slug:code>/paper/", ballots.paper, name="ballot_paper"),
    path("ballots/<slug:code>/move/", ballots.move, name="ballot_move"),
    path("ballots/<slug:code>/close/", ballots.close, name="ballot_close"),
    path("ballots/<slug:code>/proposals/<int:number>/", ballots.proposal, name="ballot_proposal"),
    path("consultations/", talks.consultations, name="consultations"),
    path("consultations/<int:number>/", talks.consultation, name="consultation"),
    path("weights/", talks.mediations, name="mediations"),
    path("weights/<int:number>/", talks.mediation, name="mediation"),
    path("pledges/", talks.pledges, name="pledges"),
    path("statistics/", statistics.statistics, name="statistics"),
    path("statistics/blank.csv", statistics.blank, name="statistics_blank"),
    path("log/", log.log, name="log"),
]
