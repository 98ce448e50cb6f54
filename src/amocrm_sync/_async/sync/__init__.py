"""The sync's shells: what reads, writes and waits; every decision is in ``_core/sync``."""
