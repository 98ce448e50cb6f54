"""Handlers without I/O: one table of routes, and what follows from it."""
