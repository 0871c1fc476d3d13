"""Deliver: did the works hold while under warranty."""
