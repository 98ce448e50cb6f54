"""The hand-written async half. ``tools/unasync.py`` generates ``amocrm_sync._sync`` from it."""
