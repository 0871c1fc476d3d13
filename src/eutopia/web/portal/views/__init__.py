"""Views: each asks selectors for what its page shows, and nothing else."""
