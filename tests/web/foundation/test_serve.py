"""`eutopia serve` as a person at the keyboard meets it."""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from eutopia.web.config.server import Part, listening_socket
from eutopia.web.foundation.hindrance import Hindrance
from eutopia.web.foundation.postgres.cluster import Cluster, server_pid

COMMAND = [sys.executable, "-m", "eutopia.cli"]


def environment(home: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("EUTOPIA", "DJANGO"))}
    return {**kept, "EUTOPIA_HOME": str(home), "EUTOPIA_WEB_WORKERS": "1"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve(home: Path, port: int) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", str(port)],
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    line = process.stdout.readline()
    assert f"http://127.0.0.1:{port}/" in line, line + process.stdout.read()
    return process


@dataclasses.dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes


def get(port: int, path: str, **headers: str) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    with contextlib.closing(connection):
        connection.request("GET", path, headers={"Host": "localhost", **headers})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())


def alive(process: psutil.Process) -> bool:
    """Whether it still does something; nobody may be there to collect what is left of it."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_for(condition, *, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def look_at_static_files(home: Path, port: int) -> None:
    """They are named by their contents, kept for ever, and modules are JavaScript."""
    manifest = json.loads((home / "static/staticfiles.json").read_text(encoding="utf-8"))
    # A name without an ending (LICENSE) is not known as one that never changes.
    for name in [n for n in manifest["paths"].values() if n.count(".") >= 2]:
        answer = get(port, f"/static/{name}", **{"Accept-Encoding": "gzip"})
        assert answer.status == 200
        assert "immutable" in answer.headers["Cache-Control"]
        if name.endswith(".mjs"):
            assert answer.headers["Content-Type"].startswith("text/javascript")
            assert answer.headers["Content-Encoding"] == "gzip"


@pytest.mark.slow
def test_it_serves_pages_jobs_and_files_until_ctrl_c(home):
    port = free_port()
    process = serve(home, port)
    try:
        answer = get(port, "/health")
        assert (answer.status, json.loads(answer.body)) == (200, {"status": "ok"})
        assert get(port, "/ru/account/login").headers["Content-Language"] == "ru"
        look_at_static_files(home, port)

        children = psutil.Process(process.pid).children()
        words = [" ".join(child.cmdline()) for child in children]
        assert any("gunicorn" in w for w in words)
        worker = next(c for c, w in zip(children, words, strict=True) if "config.worker" in w)
        worker.kill()
        wait_for(lambda: len(psutil.Process(process.pid).children()) == len(children))

        second = subprocess.run(
            [*COMMAND, "serve", "--port", str(port)],
            env=environment(home), capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert second.returncode == 1
        assert f"Port {port} at 127.0.0.1 is in use" in second.stderr
        assert "Traceback" not in second.stderr
    finally:
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert output.strip().endswith("Stopped.")
    assert "Traceback" not in output
    assert server_pid(Cluster(home)) is None


@pytest.mark.slow
def test_when_the_watching_process_is_killed_the_others_go_too_and_a_restart_works(home):
    port = free_port()
    process = serve(home, port)
    family = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.communicate()
    wait_for(lambda: not any(map(alive, family)))
    again = serve(home, port)
    assert get(port, "/health").status == 200
    again.send_signal(signal.SIGINT)
    again.communicate(timeout=60)
    assert server_pid(Cluster(home)) is None


@pytest.mark.parametrize(
    ("host", "words"),
    [("192.0.2.1", "cannot be used"), ("no.such.host.invalid", "cannot be used")],
)
def test_an_address_that_is_not_this_machines_is_named(host, words):
    with pytest.raises(Hindrance, match=words):
        listening_socket(host, 8000)


def test_a_part_that_never_comes_up_is_given_up_with_a_message():
    part = Part("site", [sys.executable, "-c", "raise SystemExit(3)"])
    part.begin()
    for _ in range(2):
        part.process.wait()
        part.watch()
    part.process.wait()
    with pytest.raises(Hindrance, match=r"The site cannot start \(status 3\)"):
        part.watch()
