"""Addresses of the portal."""

from __future__ import annotations

from django.urls import path

from eutopia.web.portal.views import (
    account,
    choices,
    files,
    pages,
    problems,
    programme,
    providers,
    reports,
    services,
    start,
    votes,
    works,
)

app_name = "portal"
urlpatterns = [
    path("", start.start, name="start"),
    path("reports/", reports.reports, name="reports"),
    path("reports/new/", reports.report_new, name="report_new"),
    path("reports/<int:report_id>/", reports.report, name="report"),
    path("problems/", problems.problems, name="problems"),
    path("problems/<int:number>/", problems.problem, name="problem"),
    path("problems/<int:number>/reports/", problems.problem_reports, name="problem_reports"),
    path("programme/", programme.programme, name="programme"),
    path("programme/amendments/", programme.amendments, name="amendments"),
    path("programme/passport.<slug:kind>", programme.passport_paper, name="passport"),
    path("programme/shared/<str:token>/", programme.shared, name="shared"),
    path("programme/projects/", programme.projects, name="projects"),
    path("programme/projects/<int:candidate_id>/", programme.project, name="project"),
    path("votes/", votes.votes, name="votes"),
    path("votes/<path:code>/", votes.vote, name="vote"),
    path("works/", works.works, name="works"),
    path("works/<int:work_id>/", works.work, name="work"),
    path("upkeep/", works.upkeep, name="upkeep"),
    path("services/", services.services, name="services"),
    path("services/providers/", providers.providers, name="providers"),
    path("services/providers/<path:code>/", providers.provider, name="provider"),
    path("services/owed/", services.owed, name="owed"),
    path("services/owed/<path:code>/claim.pdf", services.claim, name="claim"),
    path("services/owed/<path:code>/", services.owed_to, name="owed_to"),
    path("account/", account.account, name="account"),
    path("data/", pages.data, name="data"),
    path("data/runs/", pages.runs, name="runs"),
    path("data/runs/<int:run_id>/", pages.run, name="run"),
    path("data/<slug:table>.csv", files.download, name="download"),
    path("map/town.svg", files.picture, name="picture"),
    path("map/<slug:name>.geojson", files.layer, name="layer"),
    path("about/", pages.about, name="about"),
    path("accessibility/", pages.accessibility, name="accessibility"),
    path("glossary/", pages.glossary, name="glossary"),
    path("style/", pages.style, name="style"),
    path("colours/<slug:scheme>/", choices.scheme, name="scheme"),
    path("towns/<path:code>/", choices.choose_town, name="choose_town"),
]
