"""Maintain: deterioration, inspection, renewal policy."""
