"""The site served: pages by gunicorn, jobs by workers, both watched over by one process."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from eutopia.web.foundation.hindrance import Hindrance

_PATIENCE = 25.0
"""Seconds that a page or a job in progress is given at the end."""

_QUICK = 5.0
"""A part that ends within so many seconds of its start has not really started."""


def listening_socket(host: str, port: int) -> socket.socket:
    """Take the port before anything else is done, so that a busy one is known at once.

    Raises
    ------
    Hindrance
        Where the port is taken, forbidden or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(512)
    except (OSError, OverflowError) as error:
        listener.close()
        code = getattr(error, "errno", None)
        if code == errno.EADDRINUSE:
            reason = "is in use by another program (or another eutopia)"
        elif code == errno.EACCES:
            reason = "may be used by the administrator only; take one above 1023"
        else:
            reason = f"cannot be used ({error})"
        raise Hindrance(f"Port {port} at {host} {reason}. Choose another with --port.") from None
    return listener


@dataclass(slots=True)
class Part:
    """One of the processes that make up the site; begun anew when it ends by itself."""

    name: str
    command: list[str]
    pass_fds: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    quick_ends: int = 0
    life_line: int = field(default=-1)

    def begin(self) -> None:
        """Start the process; it stops by itself when our end of its standard input closes."""
        read_end, write_end = os.pipe()
        self.process = subprocess.Popen(
            self.command,
            stdin=read_end,
            pass_fds=self.pass_fds,
            # Ctrl-C reaches the watching process only, which ends the parts in order.
            start_new_session=True,
        )
        os.close(read_end)
        self.life_line = write_end
        self.started = time.monotonic()

    def watch(self) -> None:
        """Begin anew what has ended.

        Raises
        ------
        Hindrance
            Where it ended three times running right after its start.
        """
        if self.process is None or self.process.poll() is None:
            return
        os.close(self.life_line)
        quick = time.monotonic() - self.started < _QUICK
        self.quick_ends = self.quick_ends + 1 if quick else 0
        if self.quick_ends >= 3:
            raise Hindrance(
                f"The {self.name} cannot start (status {self.process.returncode}); "
                "its own words are above."
            )
        self.begin()

    def end(self) -> None:
        """Ask it to finish what it does and go."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def wait(self, *, until: float) -> None:
        """Wait for its end; past the time, kill it."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def serve(
    listener: socket.socket,
    *,
    jobs: bool = True,
    announce: Callable[[], None] = lambda: None,
) -> None:
    """Serve the site until Ctrl-C or SIGTERM; call inside `ready_site`.

    Parameters
    ----------
    listener
        From `listening_socket`.
    jobs
        Whether to do background jobs too.
    announce
        Called once pages are answered.

    Raises
    ------
    Hindrance
        Where the site does not come up.
    """
    from django.conf import settings

    if settings.EUTOPIA_URL.startswith("https:") and not settings.EUTOPIA_PROXIES:
        raise Hindrance(
            "EUTOPIA_URL is https, which a reverse proxy in front must speak: set EUTOPIA_PROXIES "
            "to how many there are."
        )
    collect_static_files()
    workers = settings.EUTOPIA_JOB_WORKERS if jobs else 0
    parts = [_pages(listener), *(_worker(number) for number in range(workers))]
    with _stop_signals() as stopping:
        try:
            for part in parts:
                part.begin()
            _wait_for_answer(listener, parts, stopping)
            if not stopping:
                announce()
            while not stopping:
                for part in parts:
                    part.watch()
                time.sleep(0.2)
        finally:
            for part in parts:
                part.end()
            until = time.monotonic() + _PATIENCE
            for part in parts:
                part.wait(until=until)
            listener.close()


def _pages(listener: socket.socket) -> Part:
    from django.conf import settings

    number = listener.fileno()
    command = [
        *(sys.executable, "-m", "gunicorn", "eutopia.web.config.wsgi:application"),
        *("--config", "python:eutopia.web.config.gunicorn_hooks"),
        *("--bind", f"fd://{number}", "--worker-class", "gthread"),
        *("--workers", str(settings.EUTOPIA_WEB_WORKERS)),
        *("--threads", str(settings.EUTOPIA_WEB_THREADS)),
        *("--log-level", "warning"),
    ]
    return Part("site", command, pass_fds=(number,))


def _worker(number: int) -> Part:
    return Part(f"worker {number + 1}", [sys.executable, "-m", "eutopia.web.config.worker"])


@contextlib.contextmanager
def _stop_signals() -> Iterator[list[int]]:
    """Collect signals that ask us to stop, instead of being interrupted by them."""
    received: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    previous = {s: signal.signal(s, note) for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield received
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _wait_for_answer(
    listener: socket.socket, parts: list[Part], stopping: list[int], *, seconds: float = 180
) -> None:
    """Wait until /health answers over the real socket."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    deadline = time.monotonic() + seconds
    while not stopping:
        parts[0].watch()
        try:
            with socket.create_connection((host, port), timeout=5) as asked:
                asked.sendall(b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n")
                if asked.recv(64).startswith(b"HTTP/1."):
                    return
        except OSError:
            pass
        if time.monotonic() > deadline:
            raise Hindrance(f"The site did not answer within {seconds:.0f} s.")
        time.sleep(0.1)


def collect_static_files() -> bool:
    """Bring style sheets, scripts and fonts to where they are served from; return whether needed.

    Compressing them takes seconds, so it is done only when one of them has changed.
    """
    import hashlib

    from django.conf import settings
    from django.contrib.staticfiles.finders import get_finders
    from django.core.management import call_command

    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            status = Path(storage.path(path)).stat()
            digest.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode())
    stamp = Path(settings.STATIC_ROOT) / ".stamp"
    if stamp.exists() and stamp.read_text(encoding="ascii") == digest.hexdigest():
        return False
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    stamp.write_text(digest.hexdigest(), encoding="ascii")
    return True


def end_with_parent() -> None:
    """Make this process end when the one that watches it is gone, however it went."""
    import threading

    def watch() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 1024):
                pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True, name="life line").start()
