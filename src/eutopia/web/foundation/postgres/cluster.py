"""One embedded server: made, started, shared between processes, stopped.

Every process that uses the server holds a shared lock on `use.lock`; the last one to let go stops
it, unless `eutopia db start` asked for it to stay. Locks die with their process, so a killed
process never keeps the server alive nor stops it under another's feet.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eutopia.web.foundation.hindrance import Hindrance
from eutopia.web.foundation.home import prepare_home
from eutopia.web.foundation.postgres.programs import (
    CURRENT,
    ServiceUser,
    programs,
    run_program,
    service_user,
)

ROLE = "eutopia"
"""The role that owns the databases; it is no superuser."""

_SOCKET_LIMIT = 100
"""Bytes that the path of a Unix socket may have (107 on Linux, 103 on macOS), less some room."""

_CONFIGURATION = """
listen_addresses = ''
unix_socket_permissions = 0777
max_connections = 60
shared_buffers = 256MB
work_mem = 16MB
maintenance_work_mem = 256MB
effective_cache_size = 1GB
max_wal_size = 2GB
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
"""


_BUILTIN_LOCALE = "LOCALE 'C' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"


@dataclass(frozen=True, slots=True)
class Cluster:
    """Which embedded server: the one of this installation's folder.

    `durable` False leaves out the waits for the disk: for tests only. `version` is the major
    version of PostgreSQL; another than `CURRENT` only while upgrading.
    """

    home: Path
    durable: bool = True
    version: int = CURRENT

    @property
    def folder(self) -> Path:
        """Folder of everything that is the server's."""
        return self.home / "postgres"

    @property
    def data(self) -> Path:
        """Data folder, one a major version."""
        return self.folder / str(self.version)

    @property
    def server_log(self) -> Path:
        """What the server itself writes: the place to look when it does not start."""
        return self.folder / "server.log"

    @property
    def socket_folder(self) -> Path:
        """Folder of the socket; a short one under the temporary folder where the path is long."""
        folder = self.folder / "run"
        if len(os.fsencode(folder)) + len("/.s.PGSQL.5432") <= _SOCKET_LIMIT:
            return folder
        digest = hashlib.sha256(os.fsencode(self.home.resolve())).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"eutopia-{os.geteuid()}-{digest}"

    def parameters(self, database: str, *, role: str = ROLE) -> dict[str, Any]:
        """Return libpq's parameters for a connection."""
        return {
            "host": str(self.socket_folder),
            "port": "5432",
            "user": role,
            "dbname": database,
        }


def existing_version(cluster: Cluster) -> int | None:
    """Which major version made the data, if there are any?"""
    versions = [
        int(path.name)
        for path in cluster.folder.glob("*")
        if path.name.isdigit() and (path / "PG_VERSION").exists()
    ]
    return max(versions, default=None)


def server_pid(cluster: Cluster) -> int | None:
    """Which process is the server, None where none runs?

    A `postmaster.pid` left behind by a crash may name a number that another program has since
    been given; only a process called postgres counts.
    """
    import psutil

    try:
        pid = int((cluster.data / "postmaster.pid").read_text(encoding="utf-8").split("\n")[0])
        return pid if psutil.Process(pid).name().startswith("postgres") else None
    except (OSError, ValueError, psutil.Error):
        return None


@contextlib.contextmanager
def _held(path: Path, *, seconds: float = 90) -> Iterator[None]:
    """Hold an exclusive lock, waiting for another process to finish its start or stop."""
    with path.open("a") as file:
        deadline = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Hindrance(
                        f"Another process has held {path} for {seconds:.0f} s. "
                        "See whether an `eutopia` hangs, end it and try again."
                    ) from None
                time.sleep(0.05)
        yield


def start(cluster: Cluster) -> bool:
    """Make sure that the server runs; return whether this call started it.

    Raises
    ------
    Hindrance
        Where the folder is not ours, the data are of another version or the server refuses;
        the message ends with the server's own last words.
    """
    prepare_home(cluster.home)
    user = service_user()
    _prepare_folders(cluster, user)
    with _held(cluster.folder / "start.lock"):
        return _start(cluster, user)


def _start(cluster: Cluster, user: ServiceUser | None) -> bool:
    if server_pid(cluster) is not None and _answers(cluster, seconds=30):
        return False
    found = existing_version(cluster)
    if found is not None and found < cluster.version:
        raise Hindrance(
            f"The database was made by PostgreSQL {found}; this Eutopia runs {cluster.version}. "
            "Run `eutopia db upgrade`: it keeps the old data until you remove them."
        )
    bin_folder = programs(cluster.version, home=cluster.home)
    if not (cluster.data / "PG_VERSION").exists():
        initialise(cluster, bin_folder=bin_folder, user=user)
    configure(cluster, cluster.data)
    (cluster.data / "postmaster.pid").unlink(missing_ok=True)
    # Children of a killed server may need a moment to notice and go.
    for attempt in range(5):
        result = run_program(
            [
                str(bin_folder / "pg_ctl"),
                *("start", "--wait", "--timeout=60", "--silent"),
                *("--pgdata", str(cluster.data), "--log", str(cluster.server_log)),
            ],
            user=user,
            cwd=cluster.folder,
        )
        if result.returncode == 0:
            _ensure_role(cluster)
            return True
        time.sleep(0.5 * (attempt + 1))
    raise Hindrance(
        f"PostgreSQL did not start ({result.stdout.strip()}). "
        f"The end of {cluster.server_log}:\n{_last_lines(cluster.server_log)}"
    )


def _prepare_folders(cluster: Cluster, user: ServiceUser | None) -> None:
    """Make the folders with the owner and rights that the server insists on."""
    try:
        for folder in (cluster.folder, cluster.socket_folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if user is not None:
                os.chown(folder, user.uid, user.gid)
            owner = user.uid if user else os.geteuid()
            if folder.is_symlink() or folder.stat().st_uid != owner:
                raise Hindrance(f"{folder} belongs to somebody else. Choose another EUTOPIA_HOME.")
            folder.chmod(0o700)
    except OSError as error:
        raise Hindrance(
            f"{error.filename} cannot be made or changed ({error.strerror}). "
            "Set EUTOPIA_HOME to a folder of your own."
        ) from None
    if user is not None:
        for parent in cluster.home.parents:
            if not parent.stat().st_mode & 0o001:
                raise Hindrance(
                    f"As root, the database runs as the user {user.name!r}, who may not pass "
                    f"through {parent}. Set EUTOPIA_HOME elsewhere (the default is "
                    "/var/lib/eutopia), or run Eutopia as an ordinary user."
                )


def initialise(cluster: Cluster, *, bin_folder: Path, user: ServiceUser | None) -> None:
    """Make an empty data folder whose every database sorts and lowers by Unicode.

    It is made beside its place and moved there whole, so an interrupted start leaves nothing half.
    """
    fresh = cluster.data.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    # The server's own Unicode tables came with 17; before, those of the C library served.
    builtin = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    result = run_program(
        [
            str(bin_folder / "initdb"),
            *("--pgdata", str(fresh), "--username=postgres", "--auth=trust", "--encoding=UTF8"),
            *(builtin if cluster.version >= 17 else ("--locale=C", "--lc-ctype=C.UTF-8")),
            *(() if cluster.durable else ("--no-sync",)),
        ],
        user=user,
        cwd=cluster.folder,
    )
    if result.returncode != 0:
        shutil.rmtree(fresh, ignore_errors=True)
        raise Hindrance(f"PostgreSQL could not make {cluster.data}:\n{result.stdout.strip()}")
    fresh.rename(cluster.data)


def configure(cluster: Cluster, data: Path) -> None:
    """Write the server's settings; rewritten at each start, so they follow the program."""
    text = _CONFIGURATION + f"unix_socket_directories = '{cluster.socket_folder}'\n"
    if not cluster.durable:
        text += "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"
    path = data / "eutopia.conf"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o644)
    main = data / "postgresql.conf"
    include = "include 'eutopia.conf'\n"
    if include not in main.read_text(encoding="utf-8"):
        with main.open("a", encoding="utf-8") as file:
            file.write("\n" + include)


def _answers(cluster: Cluster, *, seconds: float) -> bool:
    """Whether the server takes connections, waiting while it starts or recovers."""
    import psycopg

    deadline = time.monotonic() + seconds
    while True:
        try:
            psycopg.connect(**cluster.parameters("postgres", role="postgres")).close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline or server_pid(cluster) is None:
                return False
            time.sleep(0.1)
        else:
            return True


def _ensure_role(cluster: Cluster) -> None:
    import psycopg

    with psycopg.connect(
        **cluster.parameters("postgres", role="postgres"), autocommit=True
    ) as connection:
        found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone()
        if found is None:
            connection.execute(f"CREATE ROLE {ROLE} LOGIN CREATEDB")


def ensure_database(cluster: Cluster, database: str) -> bool:
    """Make the database if it is absent; return whether it was made."""
    import psycopg
    from psycopg import sql

    with psycopg.connect(
        **cluster.parameters("postgres", role="postgres"), autocommit=True
    ) as connection:
        query = "SELECT 1 FROM pg_database WHERE datname = %s"
        if connection.execute(query, [database]).fetchone():
            return False
        try:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 {}").format(
                    sql.Identifier(database),
                    sql.Identifier(ROLE),
                    sql.SQL(_BUILTIN_LOCALE if cluster.version >= 17 else ""),
                )
            )
        except (psycopg.errors.UniqueViolation, psycopg.errors.DuplicateDatabase):
            return False
    return True


def stop(cluster: Cluster) -> bool:
    """Stop the server in order; return whether one was running."""
    if not cluster.folder.is_dir():
        return False
    with _held(cluster.folder / "start.lock"):
        (cluster.folder / "keep").unlink(missing_ok=True)
        return _stop(cluster)


def _stop(cluster: Cluster) -> bool:
    if server_pid(cluster) is None:
        return False
    result = run_program(
        [
            str(programs(cluster.version, home=cluster.home) / "pg_ctl"),
            *("stop", "--mode=fast", "--wait", "--timeout=60", "--silent"),
            *("--pgdata", str(cluster.data)),
        ],
        user=service_user(),
        cwd=cluster.folder,
    )
    if result.returncode != 0 and server_pid(cluster) is not None:
        raise Hindrance(f"PostgreSQL did not stop: {result.stdout.strip()}")
    return True


def keep_running(cluster: Cluster) -> None:
    """Let the server stay when the last process that uses it has ended."""
    (cluster.folder / "keep").touch()


@contextlib.contextmanager
def in_use(cluster: Cluster, database: str) -> Iterator[None]:
    """Have the server running and the database there for as long as the block runs.

    The last user stops the server, unless `keep_running` was called.
    """
    prepare_home(cluster.home)
    user = service_user()
    _prepare_folders(cluster, user)
    start_lock = cluster.folder / "start.lock"
    with (cluster.folder / "use.lock").open("a") as use:
        with _held(start_lock):
            _start(cluster, user)
            ensure_database(cluster, database)
            fcntl.flock(use, fcntl.LOCK_SH)
        try:
            yield
        finally:
            with _held(start_lock):
                try:
                    fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    pass
                else:
                    if not (cluster.folder / "keep").exists():
                        _stop(cluster)


def _last_lines(path: Path, *, count: int = 8) -> str:
    try:
        return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])
    except OSError:
        return "(there is none)"
