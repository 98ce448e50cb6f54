# Generated from src/amocrm_sync/_async/testing_kits/configs.py by tools/unasync.py: edit that file instead.
"""What every store of settings has to do, as a function to call from any test runner."""

from __future__ import annotations

from collections.abc import Callable

from amocrm_sync._core.handlers.settings import CRMConfig
from amocrm_sync._sync._primitives import bounded_map
from amocrm_sync._sync.handlers.configs import ConfigStore

RACERS = 6


def check_config_store(make_store: Callable[[], ConfigStore]) -> None:
    """Hold an implementation of ``ConfigStore`` against its contract.

    The store must be empty at the beginning and is left empty.

    Args:
        make_store: Gives a store; every store that it gives sees the same data, as two processes would.

    Raises:
        AssertionError: Names the promise that was broken.
    """
    for number, check in enumerate(
        (_keeps_every_field, _compares_the_version, _owners_do_not_mix, _finds_the_webhook, _one_racer_wins)
    ):
        check(make_store, f"kit-{number}")
    for owner in make_store().owners():
        make_store().delete(owner)
    _require(make_store().owners() == [], "a deleted owner is not listed")


def _keeps_every_field(make_store: Callable[[], ConfigStore], owner: str) -> None:
    _require(make_store().load(owner) is None, "load gives None where nothing was stored")
    full = _config(
        1,
        subdomain="demo.kommo.com",
        redirect_uri="https://host.example/callback",
        mobile_redirect_uris=("myapp://amo",),
        sync_tasks=False,
        auto_create_lead=True,
        lead_pipeline_id=31,
        lead_stage_id=142,
        webhook_secret=f"webhook-of-{owner}",
    )
    _require(make_store().save(owner, None, full), "save(None) stores into an empty place")
    found = make_store().load(owner)
    _require(found is not None and found.to_dict() == full.to_dict(), "load gives every field as stored")


def _compares_the_version(make_store: Callable[[], ConfigStore], owner: str) -> None:
    store = make_store()
    _require(not store.save(owner, 1, _config(2)), "save with a version fails where nothing is stored")
    store.save(owner, None, _config(1, client_id="first"))
    _require(not store.save(owner, None, _config(1)), "save(None) fails where something is stored")
    _require(store.save(owner, 1, _config(2, client_id="second")), "save succeeds with the stored version")
    _require(not store.save(owner, 1, _config(3)), "save fails with a version that is over")
    found = store.load(owner)
    _require(found is not None and found.client_id == "second", "a failed save changes nothing")


def _owners_do_not_mix(make_store: Callable[[], ConfigStore], owner: str) -> None:
    store, other = make_store(), f"{owner}' OR 1=1 --"
    store.save(owner, None, _config(1, client_id="one"))
    store.save(other, None, _config(1, client_id="two"))
    store.delete(other)
    _require(store.load(other) is None, "delete forgets")
    found = store.load(owner)
    _require(found is not None and found.client_id == "one", "delete forgets one owner only")
    _require(owner in store.owners(), "owners lists everybody")
    store.delete(other)


def _finds_the_webhook(make_store: Callable[[], ConfigStore], owner: str) -> None:
    store, secret = make_store(), f"secret-of-{owner}"
    store.save(owner, None, _config(1, webhook_secret=secret))
    _require(make_store().by_webhook_secret(secret) == owner, "a webhook's secret finds its owner")
    _require(store.by_webhook_secret("") is None, "no secret finds nobody")
    store.save(owner, 1, _config(2))
    _require(store.by_webhook_secret(secret) is None, "a secret that was replaced finds nobody")


def _one_racer_wins(make_store: Callable[[], ConfigStore], owner: str) -> None:
    make_store().save(owner, None, _config(1))

    def race(number: int) -> bool:
        return make_store().save(owner, 1, _config(2, client_id=f"racer-{number}"))

    wins = bounded_map(race, range(RACERS), limit=RACERS)
    _require(sum(wins) == 1, f"of {RACERS} writers of one version one wins")


def _config(version: int, **fields: object) -> CRMConfig:
    return CRMConfig.model_validate({"client_secret": "s" * 64, **fields, "version": version})


def _require(condition: bool, promise: str) -> None:
    if not condition:
        raise AssertionError(promise)
