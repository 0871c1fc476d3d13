"""From where does a request come?"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """Whose network address is behind this request?

    Notes
    -----
    Behind `EUTOPIA_PROXIES` reverse proxies each adds one address to X-Forwarded-For; only as many
    are believed, counted from the right, since what stands before them anybody can write.
    """
    proxies = settings.EUTOPIA_PROXIES
    chain = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    if proxies and len(chain) >= proxies and chain[-proxies]:
        return chain[-proxies]
    return str(request.META.get("REMOTE_ADDR", ""))
