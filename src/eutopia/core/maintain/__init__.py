"""Maintain: how long things last."""
