# Generated from src/amocrm_sync/_async/testing_kits/__init__.py by tools/unasync.py: edit that file instead.
"""Conformance kits for the authors of stores; the public door is ``amocrm_sync.testing``."""
