"""Mathematics without civic meaning: spatial, exact, optimise, stats."""
