"""What stands in the way of a start, in words for the person at the keyboard."""

from __future__ import annotations

import click


class Hindrance(click.ClickException):
    """Something of the machine or its settings stands in the way; the message says what to do.

    Commands print the message and end with status 1, without a traceback.
    """
