"""Conformance kits for the authors of stores; the public door is ``amocrm_sync.testing``."""
