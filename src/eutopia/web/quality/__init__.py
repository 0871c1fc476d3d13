"""How good a territory is: statistics entered, indices assessed."""
