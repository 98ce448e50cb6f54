# Generated from src/amocrm_sync/_async/stores/memory/__init__.py by tools/unasync.py: edit that file instead.
"""The facets of the sync store in memory."""
