"""How often one sender may write: counted for a quarter of an hour, then forgotten.

The sender's address is neither stored nor passed on: a keyed digest of it is a counter's name in
the cache, and the key changes with the installation's secret.
"""

from __future__ import annotations

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

LIMIT = 10
WINDOW_S = 15 * 60


def sender(request: HttpRequest) -> str:
    """Whose request is it? The address before the last proxy one's own installation has."""
    chain = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    proxies: int = settings.EUTOPIA_PROXIES
    if proxies and len(chain) >= proxies and chain[-proxies]:
        return chain[-proxies]
    return str(request.META.get("REMOTE_ADDR", ""))


def once_more(request: HttpRequest) -> bool:
    """May this sender write once more within the window? Counts the attempt."""
    name = "reports-from-" + salted_hmac("eutopia.portal.throttle", sender(request)).hexdigest()
    if cache.add(name, 1, WINDOW_S):
        return True
    try:
        return int(cache.incr(name)) <= LIMIT
    except ValueError:  # It ran out between the two lines.
        return True
