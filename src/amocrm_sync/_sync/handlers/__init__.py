# Generated from src/amocrm_sync/_async/handlers/__init__.py by tools/unasync.py: edit that file instead.
"""The handlers' shell: whatever waits."""
