"""Plan: candidates, appraisal, heritage gate, portfolio, scenarios, explanation."""
