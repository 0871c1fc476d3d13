"""Plan: appraisal, heritage gate, portfolio, scenarios, explanation."""
