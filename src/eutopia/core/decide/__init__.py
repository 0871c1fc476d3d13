"""Decide: voting rules, stakeholder weights, explanation, tally proofs."""
