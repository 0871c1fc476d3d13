"""Addresses of the desk."""

from __future__ import annotations

from django.urls import path

from eutopia.web.desk.views import inbox, log, problems, programme, providers

app_name = "desk"
urlpatterns = [
    path("", inbox.inbox, name="inbox"),
    path("reports/<int:report_id>/", inbox.report, name="report"),
    path("groups/", inbox.groups, name="groups"),
    path("groups/<int:group_id>/", inbox.group, name="group"),
    path("problems/", problems.problems, name="problems"),
    path("problems/<int:number>/", problems.problem, name="problem"),
    path("programme/", programme.programme, name="programme"),
    path("programme/<int:number>/adopt/", programme.adopt, name="adopt"),
    path("reply/", providers.replies, name="replies"),
    path("billing/", providers.billing, name="billing"),
    path("log/", log.log, name="log"),
]
