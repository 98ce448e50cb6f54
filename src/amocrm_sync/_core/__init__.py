"""Decisions without I/O: nothing here reads a clock, a file, a socket or a random number."""
