"""Long work watched while it runs; Ctrl-C stops it and keeps what it has."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self

from rich.console import Console
from rich.live import Live
from rich.text import Text


class Watched:
    """Shows work as it goes: one line that changes on a terminal, a line a second elsewhere.

    While it is open, Ctrl-C does not end the command: the search stops with the best it has.
    """

    def __init__(self, *, shown: bool, console: Console | None = None) -> None:
        self.shown = shown
        self.console = console or Console(stderr=True, highlight=False)
        self.stopped = False
        self._last = -1.0
        self._before: Any = None
        self._live = Live(console=self.console, refresh_per_second=8, transient=True)

    def __enter__(self) -> Self:
        """Listen for Ctrl-C, where this is the thread that hears it."""
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._stop)
        if self.shown and self.console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give Ctrl-C back."""
        self._live.stop()
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        self.stopped = True

    def tell(self, value: float, bound: float, seconds: float) -> bool:
        """Show where the search stands; False once it is to stop."""
        return self.show(words(value, bound, seconds), seconds)

    def show(self, words: str, seconds: float) -> bool:
        """Show a line of words; False once the work is to stop."""
        line = Text(words)
        if self.shown and self.console.is_terminal:
            self._live.update(line)
        elif self.shown and seconds - self._last >= 1.0:
            self._last = seconds
            self.console.print(line)
        return not self.stopped


def words(value: float, bound: float, seconds: float) -> str:
    """How does a search stand, in one line?

    Examples
    --------
    >>> words(200.0, 210.0, 3.14)
    '   3.1 s  best 200  at most 210  gap 5.000%'
    >>> words(float("-inf"), 210.0, 0.5)
    '   0.5 s  no programme yet  at most 210'
    """
    line = f"{seconds:6.1f} s  "
    line += f"best {value:,.0f}" if abs(value) < float("inf") else "no programme yet"
    if abs(bound) < float("inf"):
        line += f"  at most {bound:,.0f}"
        if abs(value) < float("inf") and value:
            line += f"  gap {max(0.0, bound - value) / abs(value):.3%}"
    return line
