"""The embedded server: made, shared, killed, backed up, upgraded, and clear when it cannot."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from eutopia.web.foundation.hindrance import Hindrance
from eutopia.web.foundation.postgres import backup as backups
from eutopia.web.foundation.postgres import programs
from eutopia.web.foundation.postgres.address import read_address
from eutopia.web.foundation.postgres.backup import Place
from eutopia.web.foundation.postgres.cluster import (
    Cluster,
    ensure_database,
    existing_version,
    in_use,
    keep_running,
    server_pid,
    start,
    stop,
)
from eutopia.web.foundation.postgres.upgrade import upgrade


@contextlib.contextmanager
def folder(*, name: str = "home") -> Iterator[Path]:
    """A folder that root's database user may pass through, unlike pytest's own."""
    top = Path(tempfile.mkdtemp(prefix="eutopia-cluster-"))
    top.chmod(0o711)
    try:
        yield top / name
    finally:
        shutil.rmtree(top, ignore_errors=True)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with folder() as home:
        made = Cluster(home, durable=False)
        try:
            yield made
        finally:
            stop(made)


def ask(cluster: Cluster, query: str, database: str = "postgres", role: str = "eutopia"):
    with psycopg.connect(**cluster.parameters(database, role=role), autocommit=True) as connection:
        cursor = connection.execute(query)
        return cursor.fetchall() if cursor.description else None


def test_it_is_made_started_found_and_stopped(cluster):
    assert start(cluster) is True
    assert start(cluster) is False
    assert ask(cluster, "SELECT 1") == [(1,)]
    assert stop(cluster) is True
    assert stop(cluster) is False
    assert server_pid(cluster) is None


def test_it_knows_cyrillic_letters_and_its_role_is_no_superuser(cluster):
    start(cluster)
    assert ensure_database(cluster, "town") is True
    assert ensure_database(cluster, "town") is False
    # 'ё' sorts by code point, but small and capital letters are known.
    query = "SELECT lower('ЁЛКА'), 'Яма' ILIKE '%ЯМ%', current_setting('is_superuser')"
    assert ask(cluster, query, "town") == [("ёлка", True, "off")]
    locale = "SELECT datlocprovider, datlocale FROM pg_database WHERE datname = 'town'"
    assert ask(cluster, locale) == [("b", "C.UTF-8")]


def test_it_listens_to_nobody_but_its_own_user(cluster):
    start(cluster)
    assert ask(cluster, "SHOW listen_addresses", role="postgres") == [("",)]
    assert cluster.socket_folder.stat().st_mode & 0o077 == 0
    assert cluster.data.stat().st_mode & 0o077 == 0


def test_a_killed_server_recovers_with_what_was_committed(cluster):
    cluster = dataclasses.replace(cluster, durable=True)
    start(cluster)
    ask(cluster, "CREATE TABLE kept (n int)", role="postgres")
    ask(cluster, "INSERT INTO kept VALUES (42)", role="postgres")
    os.kill(server_pid(cluster), signal.SIGKILL)
    time.sleep(0.2)
    assert start(cluster) is True
    assert ask(cluster, "SELECT n FROM kept", role="postgres") == [(42,)]


def test_a_process_number_left_behind_by_a_crash_is_not_believed(cluster):
    start(cluster)
    stop(cluster)
    # The number now belongs to this very test.
    (cluster.data / "postmaster.pid").write_text(f"{os.getpid()}\n", encoding="utf-8")
    assert server_pid(cluster) is None
    assert start(cluster) is True


def test_an_interrupted_making_leaves_nothing_half(cluster):
    half = cluster.data.with_suffix(".new")
    start(cluster)
    stop(cluster)
    shutil.rmtree(cluster.data)
    half.mkdir()
    (half / "PG_VERSION").write_text("18", encoding="utf-8")
    assert start(cluster) is True


def test_the_last_user_stops_it_unless_it_was_asked_to_stay(cluster):
    with in_use(cluster, "a"), in_use(cluster, "b"):
        assert server_pid(cluster)
    assert server_pid(cluster) is None
    with in_use(cluster, "a"):
        keep_running(cluster)
    assert server_pid(cluster)
    stop(cluster)
    with in_use(cluster, "a"):
        pass
    assert server_pid(cluster) is None


USER = """
import sys, time
from pathlib import Path
from eutopia.web.foundation.postgres.cluster import Cluster, in_use
import psycopg
cluster = Cluster(Path(sys.argv[1]), durable=False)
with in_use(cluster, "town"):
    psycopg.connect(**cluster.parameters("town")).close()
    print("ready", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def user(cluster: Cluster, seconds: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", USER, str(cluster.home), str(seconds)],
        stdout=subprocess.PIPE,
        text=True,
    )


def test_four_processes_at_once_share_one_server(cluster):
    users = [user(cluster, 0.2) for _ in range(4)]
    assert [u.communicate(timeout=60)[0].strip() for u in users] == ["ready"] * 4
    assert [u.returncode for u in users] == [0] * 4
    assert server_pid(cluster) is None


def test_a_killed_user_neither_keeps_nor_stops_the_server(cluster):
    with in_use(cluster, "town"):
        other = user(cluster, 60)
        assert other.stdout.readline().strip() == "ready"
        other.kill()
        other.communicate()
        assert ask(cluster, "SELECT 1") == [(1,)]
    assert server_pid(cluster) is None


def test_a_folder_with_a_long_name_gets_a_short_socket():
    with folder(name="x" * 120) as home:
        cluster = Cluster(home, durable=False)
        try:
            start(cluster)
            assert ask(cluster, "SELECT 1") == [(1,)]
            assert cluster.socket_folder.stat().st_mode & 0o077 == 0
        finally:
            stop(cluster)
            shutil.rmtree(cluster.socket_folder, ignore_errors=True)


def test_a_socket_folder_that_somebody_else_made_is_refused():
    with folder(name="y" * 120) as home:
        cluster = Cluster(home, durable=False)
        cluster.socket_folder.symlink_to("/tmp")
        try:
            with pytest.raises(Hindrance, match="belongs to somebody else"):
                start(cluster)
        finally:
            cluster.socket_folder.unlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="for root only")
def test_root_is_told_when_the_databases_user_cannot_get_in():
    with folder() as home:
        home.parent.chmod(0o700)
        with pytest.raises(Hindrance, match="may not pass through"):
            start(Cluster(home))


@pytest.mark.skipif(os.geteuid() != 0, reason="for root only")
def test_programs_in_a_closed_folder_are_copied_for_the_databases_user(monkeypatch):
    with folder() as home:
        home.mkdir()
        monkeypatch.setattr(programs, "_reachable", lambda _path, _user: False)
        copied = programs.programs(18, home=home)
        assert copied == home / "programs-18" / "bin"
        stamp = (copied / "postgres").stat().st_mtime_ns
        assert programs.programs(18, home=home) == copied
        assert (copied / "postgres").stat().st_mtime_ns == stamp
        answer = subprocess.run([copied / "postgres", "--version"], capture_output=True, check=True)
        assert b"18" in answer.stdout


def test_a_version_that_is_not_carried_is_named():
    with folder() as home, pytest.raises(Hindrance, match=r"PostgreSQL 9.*it has 16, 18"):
        programs.programs(9, home=home)


def filled(cluster: Cluster) -> Place:
    """A database with a log of two entries and an upload."""
    ensure_database(cluster, "town")
    place = Place(cluster.home, cluster.parameters("town"))
    with place.connect() as connection:
        connection.execute("CREATE TABLE foundation_act (number bigint, hash text)")
        connection.execute("INSERT INTO foundation_act VALUES (1, 'a'), (2, 'b')")
    place.uploads.mkdir()
    (place.uploads / "photo.jpg").write_bytes(b"picture")
    return place


def test_a_backup_is_restored_with_database_log_and_uploads(cluster, tmp_path):
    start(cluster)
    place = filled(cluster)
    file = tmp_path / "backup.tar"
    manifest = backups.make_backup(place, file, made_at=datetime(2026, 6, 30, tzinfo=UTC))
    assert manifest["log"] == {"entries": 2, "head": "b"}
    assert file.stat().st_mode & 0o077 == 0

    with place.connect() as connection:
        connection.execute("DELETE FROM foundation_act")
    (place.uploads / "photo.jpg").write_bytes(b"spoiled")
    unpacked = tmp_path / "unpacked"
    assert backups.unpack_backup(file, unpacked) == manifest
    fresh = backups.restore_database(place, unpacked / "database.dump", manifest)
    kept = backups.put_in_place(place, fresh, unpacked / "uploads", stamp="1")

    assert backups.log_head(place) == {"entries": 2, "head": "b"}
    assert (place.uploads / "photo.jpg").read_bytes() == b"picture"
    assert backups.log_head(place.named(kept)) == {"entries": 0, "head": ""}
    assert (cluster.home / "uploads_before_1" / "photo.jpg").read_bytes() == b"spoiled"


def test_a_damaged_backup_is_refused_before_anything_is_touched(cluster, tmp_path):
    start(cluster)
    place = filled(cluster)
    file = tmp_path / "backup.tar"
    backups.make_backup(place, file, made_at=datetime(2026, 6, 30, tzinfo=UTC))
    whole = file.read_bytes()
    file.write_bytes(whole.replace(b"picture", b"pictxre"))
    with pytest.raises(Hindrance, match=r"damaged: uploads/photo.jpg"):
        backups.unpack_backup(file, tmp_path / "a")
    file.write_bytes(whole[:700])
    with pytest.raises(Hindrance, match="no whole backup"):
        backups.unpack_backup(file, tmp_path / "b")


def test_a_backup_never_overwrites_another(cluster, tmp_path):
    (tmp_path / "there.tar").write_bytes(b"")
    place = Place(cluster.home, cluster.parameters("town"))
    with pytest.raises(Hindrance, match="exists already"):
        backups.make_backup(place, tmp_path / "there.tar", made_at=datetime.now(UTC))


def test_a_backup_whose_log_shrank_is_refused(cluster, tmp_path):
    start(cluster)
    place = filled(cluster)
    file = tmp_path / "backup.tar"
    manifest = backups.make_backup(place, file, made_at=datetime.now(UTC))
    backups.unpack_backup(file, tmp_path / "u")
    manifest["log"]["entries"] = 3
    with pytest.raises(Hindrance, match="shorter than the backup says"):
        backups.restore_database(place, tmp_path / "u" / "database.dump", manifest)


def test_an_older_version_is_carried_over_and_its_data_are_kept(cluster):
    old = Cluster(cluster.home, durable=False, version=16)
    start(old)
    place = filled(old)
    ensure_database(old, "empty")
    with place.connect() as connection:
        connection.execute("CREATE TABLE words (w text)")
        connection.execute("INSERT INTO words VALUES ('Ёлка')")
    stop(old)
    assert existing_version(cluster) == 16
    with pytest.raises(Hindrance, match="Run `eutopia db upgrade`"):
        start(cluster)
    assert upgrade(cluster) == ("empty", "town")
    assert old.data.is_dir()
    start(cluster)
    assert ask(cluster, "SELECT w FROM words WHERE w ILIKE 'ёЛКА'", "town") == [("Ёлка",)]
    assert ask(cluster, "SHOW server_version_num")[0][0].startswith("18")
    with pytest.raises(Hindrance, match="nothing to upgrade"):
        upgrade(cluster)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgres://town@/e?host=/run/postgresql", ("e", "town", "", "/run/postgresql", "")),
        ("postgresql://t:p%40s%2Fs@db.example:5433/e", ("e", "t", "p@s/s", "db.example", "5433")),
        ("postgresql://[::1]:5432/e", ("e", "", "", "::1", "5432")),
    ],
)  # fmt: skip
def test_the_address_of_a_server_of_ones_own_is_read(url, expected):
    read = read_address(url)
    assert (read["NAME"], read["USER"], read["PASSWORD"], read["HOST"], read["PORT"]) == expected


@pytest.mark.parametrize(
    "url", ["mysql://x/y", "postgresql://host", "sqlite:///x", "postgres://h:99999/x"]
)
def test_an_address_that_is_none_is_refused_without_repeating_it(url):
    with pytest.raises(Hindrance, match="DATABASE_URL"):
        read_address(url)
