"""Real towns: readers that turn published files of a city into records."""
