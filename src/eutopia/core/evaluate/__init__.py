"""Evaluate: outcomes, charge recalculation, reliability, providers."""
