"""Norms as data: reads packs and answers what was in force on a day."""
