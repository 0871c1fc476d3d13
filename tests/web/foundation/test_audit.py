"""The log of acts cannot be changed unnoticed."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from click.testing import CliRunner
from django.db import Error, connection, transaction

from eutopia.web.foundation import anchors
from eutopia.web.foundation.access import OPERATOR, RESIDENT, AccessDenied, Actor, Grant
from eutopia.web.foundation.audit import (
    GENESIS,
    entry_hash,
    log_act,
    stored_entries,
    verify_chain,
)
from eutopia.web.foundation.models import Act
from eutopia.web.foundation.selectors import acts

FIELDS = ["number", "at", "account", "name", "roles", "action", "municipality", "subject_type",
          "subject_id", "before", "after", "reason", "previous", "hash"]  # fmt: skip


def write(count: int = 5) -> None:
    with transaction.atomic():
        for number in range(count):
            log_act(
                OPERATOR,
                "report.assign",
                ("reports.report", str(number)),
                before={"organisation": None},
                after={
                    "organisation": "Водоканал",
                    "due": date(2026, 7, 1),
                    "cost": Decimal("1.50"),
                },
                reason="по обращению",
                municipality="lipki",
            )


def tamper(statement: str, *values: object) -> None:
    """Change the log as the owner of the database can: with its guard switched off."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE foundation_act DISABLE TRIGGER USER")
        cursor.execute(statement, values)
        cursor.execute("ALTER TABLE foundation_act ENABLE TRIGGER USER")


def verdict(**options):
    return verify_chain(stored_entries(), **options)


@pytest.mark.django_db
def test_an_untouched_log_holds():
    write()
    assert verdict().broken is None
    assert verdict().entries == 5
    assert verdict().head == Act.objects.get(number=5).hash


@pytest.mark.django_db
def test_an_empty_log_holds():
    assert verdict() == verify_chain([])
    assert verdict().head == GENESIS


def test_the_hash_is_the_one_that_anybody_can_recompute():
    # SHA-256 of [1,"2026-06-30T09:00:00.000000+00:00",7,"А","planner","programme.choose","lipki",
    # "programmes.programme","3","","{\"n\":1}","","000…0"], computed with sha256sum.
    entry = {
        "number": 1,
        "at": "2026-06-30T09:00:00.000000+00:00",
        "account": 7,
        "name": "А",
        "roles": "planner",
        "action": "programme.choose",
        "municipality": "lipki",
        "subject_type": "programmes.programme",
        "subject_id": "3",
        "before": "",
        "after": '{"n":1}',
        "reason": "",
        "previous": GENESIS,
    }
    assert entry_hash(entry) == "ba2d5edfbc3b39483f540625cf79a4a6f0e54f4fa968b2bfe343d361f8988e22"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", datetime(2020, 1, 1, tzinfo=UTC)),
        ("account", 99),
        ("name", "somebody else"),
        ("roles", "planner"),
        ("action", "report.close"),
        ("municipality", "dubki"),
        ("subject_type", "works.work"),
        ("subject_id", "77"),
        ("before", "{}"),
        ("after", ""),
        ("reason", "another"),
        ("previous", "1" * 64),
        ("hash", "2" * 64),
    ],
)
def test_any_changed_field_of_any_entry_is_found(column, value):
    write()
    tamper(f"UPDATE foundation_act SET {column} = %s WHERE number = 3", value)
    broken = verdict().broken
    assert (broken.number, broken.fault) == (3, "altered")


def test_the_fields_tried_above_are_all_there_are():
    assert sorted(f.attname for f in Act._meta.concrete_fields) == sorted(FIELDS)


@pytest.mark.django_db
@pytest.mark.parametrize("number", [1, 3])
def test_a_deleted_entry_is_found(number):
    write()
    tamper("DELETE FROM foundation_act WHERE number = %s", number)
    broken = verdict().broken
    assert (broken.number, broken.fault) == (number, "missing")


@pytest.mark.django_db
def test_an_entry_changed_together_with_its_hash_breaks_the_next_link():
    write()
    entry = next(e for e in stored_entries() if e["number"] == 3)
    entry["reason"] = "forged"
    tamper(
        "UPDATE foundation_act SET reason = 'forged', hash = %s WHERE number = 3", entry_hash(entry)
    )
    broken = verdict().broken
    assert (broken.number, broken.fault) == (4, "unlinked")


@pytest.mark.django_db
def test_a_log_cut_short_or_rewritten_as_a_whole_is_found_by_an_anchor():
    write()
    noted = {5: Act.objects.get(number=5).hash}
    tamper("DELETE FROM foundation_act WHERE number > 3")
    assert verdict().broken is None  # the chain alone cannot tell
    broken = verdict(anchors=noted).broken
    assert (broken.number, broken.fault) == (5, "anchor_missing")
    write(2)
    broken = verdict(anchors=noted).broken
    assert (broken.number, broken.fault) == (5, "anchor_differs")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE foundation_act SET reason = ''",
        "DELETE FROM foundation_act",
        "TRUNCATE foundation_act",
    ],
)
def test_the_database_refuses_to_change_or_delete_entries(statement):
    write(1)
    guard = "CREATE TRIGGER again BEFORE TRUNCATE ON foundation_act FOR EACH STATEMENT "
    with connection.cursor() as cursor:
        # tests/web/conftest.py takes this one away, since tests empty the tables they used.
        cursor.execute(guard + "EXECUTE FUNCTION foundation_act_refuse()")
        with pytest.raises(Error, match="append-only"), transaction.atomic():
            cursor.execute(statement)
    assert Act.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_act_that_is_rolled_back_leaves_no_entry():
    @transaction.atomic
    def failing() -> None:
        write(1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()
    assert not Act.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_entry_outside_a_transaction_is_refused():
    with pytest.raises(RuntimeError, match="in the transaction of the act"):
        log_act(OPERATOR, "report.assign", ("reports.report", "1"))


@pytest.mark.django_db(transaction=True)
def test_writers_at_the_same_time_make_one_chain():
    def writer(_: int) -> None:
        try:
            for _ in range(5):
                write(2)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(writer, range(4)))
    assert verdict().broken is None
    assert verdict().entries == 40


@pytest.mark.django_db
def test_of_a_resident_only_the_role_is_kept():
    with transaction.atomic():
        entry = log_act(RESIDENT, "report.submit", ("reports.report", "1"))
    assert (entry.account, entry.name, entry.roles) == (None, "", "resident")


@pytest.mark.django_db
def test_an_unknown_action_or_an_odd_value_is_refused():
    with pytest.raises(LookupError, match="no action"):
        log_act(OPERATOR, "report.burn", ("reports.report", "1"))
    with pytest.raises(TypeError, match="cannot go into the log"):
        log_act(OPERATOR, "report.assign", ("reports.report", "1"), after={"x": object()})


@pytest.mark.django_db
def test_an_auditor_of_one_municipality_reads_its_acts_only():
    with transaction.atomic():
        for place in ("lipki", "dubki", ""):
            log_act(OPERATOR, "report.assign", ("reports.report", place), municipality=place)
    local = Actor(4, "Auditor", (Grant("auditor", "lipki"),))
    assert [line.municipality for line in acts(local).items] == ["lipki"]
    assert acts(OPERATOR).total == 3
    assert [line.municipality for line in acts(OPERATOR, size=2, page=2).items] == ["lipki"]
    with pytest.raises(AccessDenied):
        acts(RESIDENT)


@pytest.mark.django_db
def test_an_export_is_verified_without_the_database(tmp_path):
    from eutopia.commands.log import verify

    write()
    file = tmp_path / "log.jsonl"
    lines = [json.dumps(entry, ensure_ascii=False) for entry in stored_entries()]
    file.write_text("\n".join(lines), encoding="utf-8")
    assert "5 entries, the chain holds" in CliRunner().invoke(verify, ["--file", str(file)]).output
    file.write_text("\n".join(lines).replace("Водоканал", "Горсвет", 1), encoding="utf-8")
    result = CliRunner().invoke(verify, ["--file", str(file)])
    assert result.exit_code == 1
    assert "broken at entry 1: its contents do not give its hash" in result.output


@pytest.mark.django_db
def test_an_anchor_is_noted_once_and_read_back(settings, tmp_path):
    settings.EUTOPIA_HOME = tmp_path
    assert anchors.read_anchors() == {}
    for _ in range(2):
        anchors.note_anchor(5, "a" * 64)
    anchors.note_anchor(9, "b" * 64)
    assert anchors.read_anchors() == {5: "a" * 64, 9: "b" * 64}
    assert len(anchors.anchors_file().read_text(encoding="utf-8").splitlines()) == 2
