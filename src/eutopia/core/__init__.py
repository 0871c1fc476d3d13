"""The management model itself: pure Python on records and arrays.

No Django, no clock, no network, no environment, no global state: `as_of`, `rng` and `norms` are
passed in. A scientist can use it from a notebook.
"""
