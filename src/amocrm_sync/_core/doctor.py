"""What may be wrong with a connection, judged from what was seen; each finding carries its fix. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import urlsplit

import attrs

from amocrm_sync._core.call import Reply
from amocrm_sync._core.hosts import AccountHost
from amocrm_sync._core.jwt import jwt_hints
from amocrm_sync._core.oauth import TokenPair, read_token_reply
from amocrm_sync._core.problem import read_problem
from amocrm_sync._core.token_life import Stage, stage
from amocrm_sync._core.tokens import TokenRecord
from amocrm_sync.errors import AmoCRMError

State = Literal["ok", "warning", "trouble"]

SKEW = 60.0
"""Seconds by which the clocks may differ."""
FEW_DAYS = 14
"""Days before the end of a long-lived token from which on it is a warning."""
OLD_REFRESH_TOKEN = 75 * 86_400.0
"""Seconds after which a refresh token comes near the end of its three months."""


@attrs.frozen
class Finding:
    """One thing that was looked at.

    Attributes:
        check: What.
        state: ``ok``, ``warning``, or ``trouble`` (calls fail, or soon will).
        says: What was seen.
        fix: What to do; empty where nothing is.
    """

    check: str
    state: State
    says: str
    fix: str = ""


def judge_redirect_uri(uri: str) -> Finding:
    """Whether amoCRM can accept the address at all."""
    parts = urlsplit(uri)
    if not uri.isascii() or "xn--" in uri.lower():
        return Finding("redirect_uri", "trouble", "it has Cyrillic letters", "use a domain in Latin letters")
    if parts.scheme == "http":
        return Finding(
            "redirect_uri",
            "warning",
            "it is not https",
            "amoCRM registers https addresses only: use a tunnel to test",
        )
    if not parts.scheme or not (parts.netloc or parts.path):
        return Finding("redirect_uri", "trouble", "it is no address", "copy it from the integration's card")
    return Finding("redirect_uri", "ok", "it can be registered")


def judge_silence(reason: str, proxy: str | None) -> Finding:
    """No answer at all."""
    lowered = reason.lower()
    if proxy:
        fix = "the proxy is in use: check that it runs, that its address is right, and that it lets amoCRM through"
    elif "certificate" in lowered or "ssl" in lowered:
        fix = "a machine between breaks TLS: add its certificate to this machine's, or go around it"
    elif "name" in lowered or "getaddrinfo" in lowered or "resolve" in lowered:
        fix = "the name is unknown here: check the subdomain, and DNS (a container may need a proxy)"
    else:
        fix = "check the network; where only the host has a way out, run: amocrm-sync proxy"
    return Finding("network", "trouble", f"no answer: {reason}", fix)


def judge_clock(reply: Reply, now: float) -> Finding | None:
    """This machine's clock against the server's; ``None`` where the answer has no date."""
    try:
        skew = now - parsedate_to_datetime(reply.headers["date"]).timestamp()
    except (KeyError, ValueError, TypeError):
        return None
    if abs(skew) <= SKEW:
        return Finding("clock", "ok", f"differs from the server's by {abs(skew):.0f} s")
    side = "ahead" if skew > 0 else "behind"
    fix = "set it by NTP: tokens and signatures are judged by it"
    return Finding("clock", "trouble", f"it is {abs(skew):.0f} s {side} of the server's", fix)


def judge_keys(reply: Reply, account: AccountHost) -> Finding:
    """What the token endpoint says to a code that nobody issued: it looks at the keys before it looks at the code."""
    outcome = read_token_reply(reply, 0.0, "authorization_code", account.host)
    if isinstance(outcome, TokenPair):
        return Finding("keys", "warning", "a made-up code was accepted", "is this amoCRM at all?")
    stands_still = reply.status in (HTTPStatus.FORBIDDEN, HTTPStatus.PAYMENT_REQUIRED)
    if stands_still or reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Finding(
            "keys", "warning", f"not checked: the server answered {reply.status}", "see the account"
        )
    for words, fix in (
        ("redirect_uri must be", "redirect_uri must be the registered one, character by character"),
        ("client_id or client_secret is wrong", "copy client_id and client_secret from the keys tab anew"),
        (
            "client_secret is wrong",
            "copy client_secret from the keys tab: a regenerated one replaces the old",
        ),
        ("client_id is wrong", "copy client_id from the keys tab"),
        ("no such account", "check the subdomain and the zone: .amocrm.ru, .amocrm.com or .kommo.com"),
    ):
        if words in outcome.message:
            return Finding("keys", "trouble", f"refused with {reply.status}: {words}", fix)
    return Finding("keys", "ok", "client_id, client_secret and redirect_uri are known to amoCRM")


def judge_code(error: AmoCRMError) -> Finding:
    """A code that was refused: the cause and the fix are in the error already, around its last colon."""
    says, _, fix = error.message.partition("): ")
    return Finding(
        "code", "trouble", f"{says})" if fix else says, fix or "send the user to the consent page again"
    )


def judge_grant(reply: Reply) -> Finding | None:
    """What the account's shard says to the refresh token; ``None`` where it says nothing of it."""
    if reply.status == HTTPStatus.OK:
        return Finding("grant", "ok", "the refresh token is alive")
    if reply.status != HTTPStatus.UNAUTHORIZED:
        return None
    fix = "see that the integration is switched on in the account, then connect again: amocrm-sync auth login"
    return Finding("grant", "trouble", "the refresh token is dead: revoked, or spent by another program", fix)


def judge_record(record: TokenRecord | None, now: float) -> Finding:
    """The stored pair."""
    connect = "connect again: amocrm-sync auth login"
    if record is None:
        return Finding("tokens", "trouble", "there are none", "connect: amocrm-sync auth login")
    if record.last_error is not None:
        return Finding("tokens", "trouble", record.last_error, connect)
    age = now - record.updated_at
    if record.refresh_token and age > OLD_REFRESH_TOKEN:
        return Finding(
            "tokens",
            "warning",
            f"not renewed for {age / 86_400:.0f} days, and three months end them",
            "call keepalive() daily",
        )
    if stage(record, now) is Stage.OVER:
        if not record.refresh_token:
            return Finding(
                "tokens", "trouble", "the access token has expired, there is no refresh token", connect
            )
        return Finding("tokens", "ok", "the access token is over; the next call renews it")
    return Finding("tokens", "ok", f"the access token serves until {record.expires or 'it is refused'}")


def judge_long_lived(token: str, now: float) -> Finding:
    """A long-lived token, by its own claims."""
    ends = jwt_hints(token).exp
    if ends is None:
        return Finding("tokens", "ok", "the token does not say when it ends")
    days = (ends - now) / 86_400
    fix = "make a new one in the keys tab: it cannot be refreshed"
    if days <= 0:
        return Finding("tokens", "trouble", f"the long-lived token ended {-days:.0f} days ago", fix)
    says = f"the long-lived token has {days:.0f} days left"
    return Finding("tokens", "warning", says, fix) if days < FEW_DAYS else Finding("tokens", "ok", says)


def judge_account(reply: Reply) -> Finding:
    """What GET account says to the token."""
    status, problem = reply.status, read_problem(reply)
    if status == HTTPStatus.OK:
        return Finding("account", "ok", "it answers")
    if status == HTTPStatus.UNAUTHORIZED and _is_unknown_account(reply, problem):
        status = HTTPStatus.NOT_FOUND
    causes = {
        401: ("the token is refused", "revoked, expired, or of another account or zone: connect again"),
        402: ("the account is not paid for", "pay amoCRM's subscription; nothing here can be done"),
        404: (
            "there is no such account",
            "check the subdomain and the zone: .amocrm.ru, .amocrm.com or .kommo.com",
        ),
        429: ("too many requests", "another program uses this integration: share one rate limiter"),
    }
    if status == HTTPStatus.FORBIDDEN and problem:
        says, fix = (
            "this address or this user is not let in",
            "check the account's list of allowed IP addresses",
        )
    elif status == HTTPStatus.FORBIDDEN:
        says, fix = (
            "the account (or this IP) is blocked",
            "stop all programs that use it, then write to amoCRM's support",
        )
    else:
        says, fix = causes.get(
            status, ("the server fails", "try again later; tell amoCRM's support if it stays")
        )
    return Finding("account", "trouble", f"{reply.status}: {says}", fix)


def _is_unknown_account(reply: Reply, problem: Mapping[str, Any]) -> bool:
    """A subdomain or zone without an account is answered like a wrong token, but for a header or the old code 101."""
    said = reply.headers.get("x-error", "") + str(problem.get("detail", ""))
    return "account not found" in said.lower() or problem.get("error_code") in (101, "101")
