"""Decide: voting rules, explanation, proportionality, receipts."""
