"""Quality index: any composite index, each step shown, its ranks with their uncertainty."""
