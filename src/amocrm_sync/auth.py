"""Values of OAuth that a host meets beside ``OAuthFlow``: statuses, signed tokens, hooks, the button's integration."""

from amocrm_sync._core.callback import PendingConsent, Uninstall, verify_uninstall
from amocrm_sync._core.connection import AuthorizationRequest, Connection, ConnectionStatus
from amocrm_sync._core.disposable import BotToken, DisposableToken
from amocrm_sync._core.external import ExternalIntegration, IntegrationKeys, read_secrets

__all__ = [
    "AuthorizationRequest",
    "BotToken",
    "Connection",
    "ConnectionStatus",
    "DisposableToken",
    "ExternalIntegration",
    "IntegrationKeys",
    "PendingConsent",
    "Uninstall",
    "read_secrets",
    "verify_uninstall",
]
