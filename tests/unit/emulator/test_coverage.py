"""That every endpoint of the API is served, at the place that the API's reference gives."""

from __future__ import annotations

from importlib.resources import files

import orjson

from amocrm_sync.testing.emulator.routes import ROUTES, coverage

WANTED = orjson.loads((files("amocrm_sync.testing") / "endpoints.json").read_bytes())
DOWNLOADS = {
    "drive.download",
    "drive.download_version",
}  # addresses that answers give; the reference has no row


def test_the_reference_has_206_endpoints():
    assert len({row["id"] for row in WANTED}) == len(WANTED) == 206


def test_all_of_them_are_served_and_nothing_else():
    assert {name for name, _, _ in coverage()} == {row["id"] for row in WANTED} | DOWNLOADS


def test_each_with_its_method_and_path():
    served = {name: (method, path) for name, method, path in coverage()}
    wrong = {
        row["id"]: (served[row["id"]], (row["http"], row["path"]))
        for row in WANTED
        if served[row["id"]] != (row["http"], row["path"])
    }
    assert wrong == {}


def test_each_on_its_host():
    served = {route.id: route.host for route in ROUTES}
    accounts = {"www", "api_domain"}  # the emulator plays these and the account as one
    wrong = {
        row["id"]
        for row in WANTED
        if served[row["id"]] != ("account" if row["host"] in accounts else row["host"])
    }
    assert wrong == set()
