"""The emulator as a program: ``amocrm-sync emulator``, or ``python -m amocrm_sync.testing.command``."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from threading import Event
from types import FrameType

from amocrm_sync.testing.emulator.emulator import Emulator
from amocrm_sync.testing.server import Server


def run_emulator(port: int = 0, seed: int = 1, leads: int = 2000, *, limit: bool = True) -> None:
    """Serve a seeded account until SIGINT or SIGTERM.

    The first line on stdout is JSON with all that a client needs: ``base_url``, ``token`` (long-lived), ``client_id``,
    ``client_secret``, ``redirect_uri`` and ``code`` (an authorization code for one exchange within 20 minutes).

    Args:
        port: Port on 127.0.0.1; 0 lets the system choose.
        seed: Decides every name, id and date of the account.
        leads: How many leads it has; the rest follows in proportion. 0 leaves the account empty.
        limit: Whether the rate limit and its ban are in force.
    """
    stop = Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    emulator = Emulator(seed=seed, rate_limit=limit)
    if leads:
        emulator.seed_account(leads=leads)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    with emulator.serve(port=port) as server:
        sys.stdout.write(json.dumps(introduction(emulator, server)) + "\n")
        sys.stdout.flush()
        stop.wait()


def introduction(emulator: Emulator, server: Server) -> dict[str, str]:
    """What a client must know to connect."""
    return {
        "base_url": server.base_url,
        "token": emulator.long_lived_token(),
        "client_id": emulator.client_id,
        "client_secret": emulator.client_secret,
        "redirect_uri": emulator.redirect_uri,
        "code": emulator.authorization_code(),
    }


def main(arguments: list[str] | None = None) -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(
        prog="amocrm_sync.testing.command", description="Serve an emulated amoCRM account."
    )
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 lets the system choose")
    parser.add_argument("--seed", type=int, default=1, help="decides every name, id and date")
    parser.add_argument("--leads", type=int, default=2000, help="how many leads the account has")
    parser.add_argument("--no-limit", action="store_true", help="turn the rate limit and its ban off")
    given = parser.parse_args(arguments)
    run_emulator(given.port, given.seed, given.leads, limit=not given.no_limit)


if __name__ == "__main__":
    main()
