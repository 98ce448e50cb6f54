"""The Python SDK for amoCRM / Kommo: typed clients, OAuth that survives, and a sync core to embed."""

from amocrm_sync._version import __version__

__all__ = ["__version__"]
