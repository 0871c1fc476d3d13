"""What pages and downloads write their cells by; the rule itself is the core's."""

from eutopia.core.kit.spreadsheet import inert

__all__ = ["inert"]
