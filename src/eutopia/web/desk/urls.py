"""Addresses of the desk."""

from __future__ import annotations

from django.urls import path

from eutopia.web.desk.views import ballots, inbox, log, problems, programme, providers, talks

app_name = "desk"
urlpatterns = [
    path("", inbox.inbox, name="inbox"),
    path("reports/<int:report_id>/", inbox.report, name="report"),
    path("groups/", inbox.groups, name="groups"),
    path("groups/<int:group_id>/", inbox.group, name="group"),
    path("problems/", problems.problems, name="problems"),
    path("problems/<int:number>/", problems.problem, name="problem"),
    path("problems/<int:number>/split/", problems.split, name="problem_split"),
    path("programme/", programme.programme, name="programme"),
    path("programme/<int:number>/adopt/", programme.adopt, name="adopt"),
    path("reply/", providers.replies, name="replies"),
    path("billing/", providers.billing, name="billing"),
    path("ballots/", ballots.ballots, name="ballots"),
    path("ballots/import/", ballots.import_file, name="ballot_import"),
    path("ballots/<slug:code>/", ballots.ballot, name="ballot"),
    path("ballots/<slug:code>/codes/", ballots.codes, name="ballot_codes"),
    path("ballots/<slug:code>/roll/", ballots.roll, name="ballot_roll"),
    path("ballots/<slug:code>/help/", ballots.help_vote, name="ballot_help"),
    path("ballots/<slug:code>/paper/", ballots.paper, name="ballot_paper"),
    path("ballots/<slug:code>/close/", ballots.close, name="ballot_close"),
    path("ballots/<slug:code>/proposals/<int:number>/", ballots.proposal, name="ballot_proposal"),
    path("consultations/", talks.consultations, name="consultations"),
    path("consultations/<int:number>/", talks.consultation, name="consultation"),
    path("weights/", talks.mediations, name="mediations"),
    path("weights/<int:number>/", talks.mediation, name="mediation"),
    path("pledges/", talks.pledges, name="pledges"),
    path("log/", log.log, name="log"),
]
