"""Deliver: scheduling, checkpoints, acceptance, warranty."""
