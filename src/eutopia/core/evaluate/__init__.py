"""Evaluate: outcomes, promises, service quality, charge recalculation."""
