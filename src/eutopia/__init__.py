"""Eutopia: a management system for the integrated improvement of a territory."""

__version__ = "0.1.0"
