"""Settings of gunicorn that do not depend on the installation."""

from __future__ import annotations

from pathlib import Path

timeout = 120
graceful_timeout = 20
keepalive = 5
max_requests = 5000
max_requests_jitter = 500
control_socket_disable = True
forwarded_allow_ips = "127.0.0.1,::1"
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
limit_request_line = 8190


def when_ready(_server: object) -> None:
    """End with the process that watches over the site."""
    from eutopia.web.config.server import end_with_parent

    end_with_parent()
