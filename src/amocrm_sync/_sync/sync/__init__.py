# Generated from src/amocrm_sync/_async/sync/__init__.py by tools/unasync.py: edit that file instead.
"""The sync's shells: what reads, writes and waits; every decision is in ``_core/sync``."""
