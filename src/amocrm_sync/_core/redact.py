"""Hiding secrets in what people will read: error snippets and logs. In doubt it hides too much."""

from __future__ import annotations

import re
from typing import Final

HIDDEN: Final = "***"

_SHOWN: Final = 4
_LONG_ENOUGH_TO_SHOW: Final = 16

# A quote as it is, escaped inside a JSON string, in HTML, or in a URL.
_QUOTE: Final = r"""\\*["']|&quot;|&\#0?3[49];|%2[27]"""

_USER_IN_URL: Final = re.compile(r"(?<=://)[^/\s@]+(?=@)")
_SCHEME: Final = re.compile(
    r"""\b(?P<scheme>Bearer)(?P<gap>\s+|%20|\+)[^\s"'<>&,;\\]+ | \b(?P<basic>Basic\s+)[\w+/=-]{16,}""",
    re.IGNORECASE | re.VERBOSE,
)
_NAMED: Final = re.compile(
    rf"""
    (?P<name>
        (?: token | secret | pass(?:word|wd) | api[_-]?key | authorization | user_hash
          | (?: (?<![\w-]) | (?<=%[235][267bf]) | (?<=auth_) | (?<=authorization_) ) code )
        (?: {_QUOTE} | \] | %5D )*
        \s* (?: => | = | : | %3D | %3A ) \s*
    )
    (?:
        (?P<quote>{_QUOTE}) (?: (?!(?P=quote)) (?: \\. | . ) )*
      | (?! (?: null | true | false | \d{{1,4}} ) (?: [\s,}}\]&<)] | $ ) )
        (?: (?:Bearer|Basic) (?:\s+|%20|\+) )? [^\s&"'<>]+
    )
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_SHAPED: Final = re.compile(r"eyJ[\w-]{8,}(?:\.[\w-]*){0,4}|def50[0-9a-f]{16,}|[A-Za-z0-9]{48,}")


def scrub(text: str) -> str:
    """The text with everything that is, or looks like, a secret replaced by ``***``.

    Hidden are: values named like a token, secret, password, API key or authorization code in JSON, forms and
    URLs (escaped and nested too); ``Bearer …``; user and password in a URL; JWTs and very long words anywhere.
    Short numbers stay, so that ``"code": 110`` can still be read.
    """
    text = _USER_IN_URL.sub(HIDDEN, text)
    text = _SCHEME.sub(_hide_scheme, text)
    text = _NAMED.sub(_hide_named, text)
    return _SHAPED.sub(HIDDEN, text)


def mask(secret: str) -> str:
    """Enough of a secret to tell two apart: its last four characters, and none of a short one."""
    return HIDDEN + (secret[-_SHOWN:] if len(secret) >= _LONG_ENOUGH_TO_SHOW else "")


def _hide_scheme(match: re.Match[str]) -> str:
    if match["basic"]:
        return match["basic"] + HIDDEN
    return match["scheme"] + match["gap"] + HIDDEN


def _hide_named(match: re.Match[str]) -> str:
    return match["name"] + (match["quote"] or "") + HIDDEN
