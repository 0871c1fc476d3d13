"""Diagnose: recurrence, space-time clusters, problems, quality index."""
