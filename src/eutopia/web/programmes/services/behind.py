"""Computing behind whatever somebody waits for."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

T = TypeVar("T")

LOOK_S = 0.2
"""So often, in seconds, it is looked whether somebody waits."""


def politely(step: Callable[[], T], waits: Callable[[], bool]) -> Future[T] | None:
    """What a step gives, behind whatever else wants the processor; None where somebody waits.

    A thread of its own, because one that was made to wait cannot be put forward again. What is
    given up ends by itself: it reads and writes nothing.
    """
    own = ThreadPoolExecutor(1, initializer=_stand_back)
    going = own.submit(step)
    own.shutdown(wait=False)
    while not wait([going], timeout=LOOK_S).done:
        if waits():
            return None
    return going


def _stand_back() -> None:
    if sys.platform == "linux":  # Only there has each thread a priority of its own.
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)
