# Generated from src/amocrm_sync/_async/resources/__init__.py by tools/unasync.py: edit that file instead.
"""What the client offers, one file for each family of entities."""
