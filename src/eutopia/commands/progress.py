"""Stages of long work, shown as they go: a spinner on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.text import Text


class Stages:
    """One line a stage: what is being done, then how long it took.

    On a terminal a spinner turns while a stage runs; in a log file each stage is a line.
    """

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)
        self.begun = time.monotonic()

    @contextlib.contextmanager
    def stage(self, words: str) -> Iterator[None]:
        """Show `words` while the block runs, and its seconds after."""
        started = time.monotonic()
        if self.console.is_terminal:
            with self.console.status(Text(f"{words} …"), spinner="dots"):
                yield
        else:
            yield
        self.line(words, time.monotonic() - started)

    def line(self, words: str, seconds: float) -> None:
        """Print a finished stage."""
        self.console.print(Text(f"  {words:<58.58} {seconds:6.1f} s"))

    def seconds(self) -> float:
        """How long has it all taken so far?"""
        return time.monotonic() - self.begun

    def reporter(self, words: Callable[[str], str]) -> StageReporter:
        """For work that tells its stages one after the other by calling a function."""
        return StageReporter(self, words)


class StageReporter:
    """Called with the code of each stage as it begins; `end` closes the last one."""

    def __init__(self, stages: Stages, words: Callable[[str], str]) -> None:
        self.stages, self.words = stages, words
        self.open: contextlib.ExitStack | None = None

    def __call__(self, stage: str) -> None:
        """A stage begins; the one before it is done."""
        self.end()
        self.open = contextlib.ExitStack()
        self.open.enter_context(self.stages.stage(self.words(stage)))

    def end(self) -> None:
        """The last stage is done."""
        if self.open is not None:
            self.open.close()
            self.open = None
