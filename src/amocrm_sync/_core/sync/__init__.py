"""Decisions of the sync, without I/O: what to ask for next, what a read changes, what to send."""
