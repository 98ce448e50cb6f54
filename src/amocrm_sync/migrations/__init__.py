"""Migrations of the sync store's tables, run by ``amocrm-sync db upgrade``; they have a version table of their own."""

__all__: list[str] = []
