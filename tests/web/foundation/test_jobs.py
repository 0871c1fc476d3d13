"""Jobs are done once their act stands, and again if their worker is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django import app

from eutopia.web.foundation import jobs
from eutopia.web.foundation.models import Attempt

pytestmark = pytest.mark.django_db(transaction=True)

# A worker as `eutopia serve` runs it, with two jobs for the test: they write into a table what
# they did, so that a second run shows.
WORKER = """
import os, sys, time
os.environ["DJANGO_SETTINGS_MODULE"] = "eutopia.web.config.settings"
import django
django.setup()
from django.conf import settings
from django.utils import timezone
from django.db import connections
settings.DATABASES["default"]["NAME"] = connections["default"].settings_dict["NAME"] = sys.argv[1]
from eutopia.web.foundation.jobs import job, run_worker
from eutopia.web.foundation.models import Attempt

@job("test.note")
def note(word):
    Attempt.objects.create(kind="done", key=word, at=timezone.now())

@job("test.hang")
def hang(word):
    Attempt.objects.create(kind="begun", key=word, at=timezone.now())
    if Attempt.objects.filter(kind="begun", key=word).count() <= int(sys.argv[2]):
        time.sleep(600)
    Attempt.objects.create(kind="done", key=word, at=timezone.now())

run_worker(wait=False)
"""


@pytest.fixture(autouse=True)
def no_jobs_yet(transactional_db):
    """Jobs are not Django's tables: nobody else empties them."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")


def worker(*, hangs: int = 0) -> subprocess.Popen[bytes]:
    name = connection.settings_dict["NAME"]
    return subprocess.Popen([sys.executable, "-c", WORKER, name, str(hangs)])


def defer(task: str, word: str) -> None:
    app.configure_task(task, allow_unknown=True).defer(word=word)


def done() -> list[str]:
    return list(Attempt.objects.filter(kind="done").values_list("key", flat=True))


def wait_until_begun(times: int) -> None:
    deadline = time.monotonic() + 30
    while Attempt.objects.filter(kind="begun").count() < times:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def wait_for_reclaim() -> None:
    """The server needs a moment to notice that a process is gone."""
    deadline = time.monotonic() + 30
    while jobs.reclaim_jobs() == 0:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_job_of_an_act_that_was_rolled_back_is_never_done():
    defer("test.note", "stands")

    @transaction.atomic
    def act_that_fails() -> None:
        defer("test.note", "falls")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        act_that_fails()
    assert worker().wait(timeout=60) == 0
    assert done() == ["stands"]
    assert jobs.counts(prefix="test.") == {"succeeded": 1}


def test_a_job_whose_worker_is_killed_is_done_by_the_next():
    defer("test.hang", "survivor")
    first = worker(hangs=1)
    wait_until_begun(1)
    # While its worker lives, however long it takes, nobody takes a job away.
    assert jobs.reclaim_jobs() == 0
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert jobs.counts(prefix="test.") == {"doing": 1}
    assert worker(hangs=1).wait(timeout=60) == 0
    assert done() == ["survivor"]
    assert jobs.counts(prefix="test.") == {"succeeded": 1}


def test_a_job_that_kills_every_worker_is_given_up():
    defer("test.hang", "killer")
    for attempt in range(1, jobs.ATTEMPTS + 1):
        doomed = worker(hangs=99)
        wait_until_begun(attempt)
        os.kill(doomed.pid, signal.SIGKILL)
        doomed.wait()
    wait_for_reclaim()
    assert jobs.counts(prefix="test.") == {"failed": 1}
    assert done() == []


def test_who_waits_with_a_higher_priority_is_seen():
    """Not those of the same priority, nor those whose hour has not come."""
    name = "test.later"
    app.configure_task(name, priority=-10, allow_unknown=True).defer()
    app.configure_task(name, schedule_in={"hours": 1}, allow_unknown=True).defer()
    assert not jobs.others_wait(above=-10)
    app.configure_task(name, allow_unknown=True).defer()
    assert jobs.others_wait(above=-10)
    assert not jobs.others_wait(above=0)


def test_old_jobs_are_forgotten():
    defer("test.note", "x")
    assert worker().wait(timeout=60) == 0
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_events SET at = at - interval '40 days'")
    jobs.forget_done_jobs()
    assert jobs.counts(prefix="test.") == {}


def test_the_installations_own_jobs_are_registered():
    names = {name for name in app.tasks if name.startswith("foundation.")}
    assert names == {
        "foundation.reclaim_jobs",
        "foundation.forget_done_jobs",
        "foundation.erase_contacts",
        "foundation.anchor_log",
        "foundation.clear_sessions",
    }
