# Generated from src/amocrm_sync/_async/handlers/answers/__init__.py by tools/unasync.py: edit that file instead.
"""What answers each route; a module is loaded when its first request comes."""
