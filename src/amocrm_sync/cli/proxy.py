"""``amocrm-sync proxy``: a way out for containers that cannot reach amoCRM themselves."""

from __future__ import annotations

import logging
from typing import Annotated

import typer

from amocrm_sync._forward_proxy import ForwardProxy


def proxy(
    *,
    host: Annotated[str, typer.Option(help='Where to listen; "0.0.0.0" lets containers in.')] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port; 0 for any free one.")] = 8888,
) -> None:
    """Forward connections (CONNECT) to amoCRM and Kommo, and to nobody else. What passes stays encrypted."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    with ForwardProxy(host, port) as server:
        print(f"listening; point clients here: AMOCRM_PROXY={server.url}", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("stopped")
