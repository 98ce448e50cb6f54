"""Looks at a connection from its keys to an answer of the API. Spends no refresh token, and a code only if given one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any

import attrs
import orjson

from amocrm_sync._clock import SYSTEM_CLOCK, Clock
from amocrm_sync._core.call import Reply
from amocrm_sync._core.doctor import (
    Finding,
    judge_account,
    judge_clock,
    judge_code,
    judge_grant,
    judge_keys,
    judge_long_lived,
    judge_record,
    judge_redirect_uri,
    judge_silence,
)
from amocrm_sync._core.hosts import AccountHost
from amocrm_sync._core.moves import lookup_url, present_account
from amocrm_sync._core.oauth import OAuth, token_request
from amocrm_sync._core.tokens import TokenKey, TokenRecord
from amocrm_sync._http import Failure, HTTPSender
from amocrm_sync.errors import AmoCRMError

SECONDS = 15.0
MADE_UP = "amocrm-sync-doctor"
JSON = {"Accept": "application/json", "Content-Type": "application/json"}


@attrs.frozen
class Doctor:
    """Examines one connection; give the integration, or a long-lived token.

    ``connect`` exchanges a code that was refused before and saves what it brings, if it brings anything.
    """

    account: AccountHost
    http: HTTPSender
    oauth: OAuth | None = None
    token: str | None = attrs.field(default=None, repr=False)
    proxy: str | None = None
    connect: Callable[[], object] | None = None
    clock: Clock = SYSTEM_CLOCK

    def examine(self) -> Iterator[Finding]:
        """Every finding, in the order in which to repair."""
        record: TokenRecord | None = None
        if self.oauth is not None:
            yield judge_redirect_uri(self.oauth.redirect_uri)
            finding, record = self._store(self.oauth)
            yield finding
        outcome = self._ask_account(record)
        if isinstance(outcome, Failure):
            yield judge_silence(outcome.reason, self.proxy)
            return
        yield Finding("network", "ok", f"{self.account.host} answers")
        clock = judge_clock(outcome, self.clock.now())
        if clock is not None:
            yield clock
        if self.oauth is not None:
            yield from self._keys(self.oauth)
            if self.connect is not None:
                yield self._code(self.connect)
                _, record = self._store(self.oauth)
                outcome = self._ask_account(record)
        yield from self._tokens(record, outcome)

    def _tokens(self, record: TokenRecord | None, outcome: Any) -> Iterator[Finding]:
        """What is stored, whether the grant behind it stands, and what the account says to it."""
        if self.token:
            yield judge_long_lived(self.token, self.clock.now())
        else:
            yield judge_record(record, self.clock.now())
            yield from self._grant(record)
        if isinstance(outcome, Reply) and (self.token or self._serves(record) or _is_of_the_account(outcome)):
            yield judge_account(outcome)

    def _grant(self, record: TokenRecord | None) -> Iterator[Finding]:
        """Whether the refresh token lives: there is one address where it is shown and not spent."""
        url = None if record is None else lookup_url(record, self.account)
        if record is None or url is None or not record.refresh_token:
            return
        headers = {"Accept": "application/json", "X-Refresh-Token": record.refresh_token}
        outcome = self.http.send("GET", url, headers=headers, content=None, timeout=SECONDS)
        finding = None if isinstance(outcome, Failure) else judge_grant(outcome)
        if finding is not None:
            yield finding

    def _code(self, connect: Callable[[], object]) -> Finding:
        try:
            connect()
        except AmoCRMError as error:
            return judge_code(error)
        return Finding("code", "ok", "it was good, and has connected the account")

    def _serves(self, record: TokenRecord | None) -> bool:
        """Whether the API's answer to the stored token means anything: one that is over is refused anyway."""
        return record is not None and (record.expires_at is None or record.expires_at > self.clock.now())

    def _store(self, oauth: OAuth) -> tuple[Finding, TokenRecord | None]:
        key = TokenKey(oauth.client_id, self.account.host, oauth.owner)
        try:
            record = oauth.store.load(key)
            lease = oauth.store.lease(TokenKey(oauth.client_id, "doctor", oauth.owner), 5.0)
            if lease is not None:
                lease.release()
        except Exception as error:  # noqa: BLE001 - whatever a store raises is what is wrong with it
            fix = "new tokens could not be saved and would be lost: repair the store first"
            return Finding("store", "trouble", f"{type(error).__name__}: {error}", fix), None
        return Finding("store", "ok", "it can be read and written"), record

    def _keys(self, oauth: OAuth) -> Iterator[Finding]:
        request = token_request(oauth, self.account, "authorization_code", MADE_UP)
        outcome = self.http.send(
            "POST", request.url, headers=JSON, content=orjson.dumps(request.body), timeout=SECONDS
        )
        if not isinstance(outcome, Failure):
            yield judge_keys(outcome, self.account)

    def _ask_account(self, record: TokenRecord | None) -> Any:
        token = self.token or (record.access_token if record else "none")
        account = self.account if record is None else present_account(record, self.account)
        return self.http.send(
            "GET",
            f"{account.base_url}/api/v4/account",
            headers={"Accept": "application/json", "Authorization": f"Bearer {token}"},
            content=None,
            timeout=SECONDS,
        )


def _is_of_the_account(reply: Reply) -> bool:
    """Whether an answer is about the account as a whole, whatever token came with the request."""
    return reply.status != HTTPStatus.UNAUTHORIZED or bool(reply.headers.get("x-error"))
