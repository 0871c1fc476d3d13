"""Providers held to what they owe: compared fairly, heard before they are judged."""
