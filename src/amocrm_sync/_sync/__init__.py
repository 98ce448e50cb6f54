# Generated from src/amocrm_sync/_async/__init__.py by tools/unasync.py: edit that file instead.
"""The hand-written async half. ``tools/unasync.py`` generates ``amocrm_sync._sync`` from it."""
