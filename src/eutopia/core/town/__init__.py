"""The training town: generated from a seed, its truth known and kept apart."""
