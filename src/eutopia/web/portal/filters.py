"""What the fields of a list's filter ask for."""

from __future__ import annotations

from django.http import HttpRequest

from eutopia.web.portal.request import choice_given, day_given, word_given
from eutopia.web.problems.selectors import ProblemFilter
from eutopia.web.programmes.selectors import CandidateFilter
from eutopia.web.reports.selectors import STATUSES, ReportFilter

REPORT_ORDERS = ("newest", "oldest", "due")
REPORT_STATUSES = ("", "open", "closed", "overdue", *STATUSES)
PROBLEM_ORDERS = ("cost", "recurrences", "people", "newest", "severity")
PROBLEM_STATES = ("", "found", "confirmed", "rejected", "merged")
PROJECT_ORDERS = ("value", "cost", "year")
PLAN_ORDERS = ("value", "ratio", "cost", "people", "year")
ROBUST = ("", "core", "borderline", "outside")
PROJECT_SHOWN = ("", "chosen", "refused")


def report_filter(request: HttpRequest) -> ReportFilter:
    """Which reports does the address ask for?"""
    return ReportFilter(
        problem_type=word_given(request, "type"),
        district=word_given(request, "district"),
        status=choice_given(request, "status", REPORT_STATUSES),
        organisation=word_given(request, "organisation"),
        since=day_given(request, "since"),
        until=day_given(request, "until"),
        words=word_given(request, "words"),
        order=choice_given(request, "order", REPORT_ORDERS),
    )


def problem_filter(request: HttpRequest) -> ProblemFilter:
    """Which problems does the address ask for?"""
    return ProblemFilter(
        problem_type=word_given(request, "type"),
        district=word_given(request, "district"),
        state=choice_given(request, "state", PROBLEM_STATES),
        owner=word_given(request, "owner"),
        order=choice_given(request, "order", PROBLEM_ORDERS),
    )


def year_given(request: HttpRequest) -> int | None:
    """Which year does the address ask for?"""
    year = word_given(request, "year", limit=4)
    return int(year) if year.isascii() and year.isdigit() else None


def project_filter(
    request: HttpRequest, *, orders: tuple[str, ...] = PROJECT_ORDERS
) -> CandidateFilter:
    """Which candidates does the address ask for?"""
    shown = choice_given(request, "show", PROJECT_SHOWN)
    return CandidateFilter(
        district=word_given(request, "district"),
        measure=word_given(request, "measure"),
        year=year_given(request),
        chosen={"": None, "chosen": True, "refused": False}[shown],
        reason=word_given(request, "reason"),
        gate=word_given(request, "gate"),
        origin=word_given(request, "origin"),
        robust=choice_given(request, "robust", ROBUST),
        words=word_given(request, "words"),
        order=choice_given(request, "order", orders),
    )
