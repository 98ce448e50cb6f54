"""Who is the same person: phones and e-mails compared exactly, whatever their notation."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable
from functools import cache
from typing import Any

import attrs

from amocrm_sync.errors import ConfigurationError

_NOT_DIGITS = re.compile(r"\D+")
LOCAL_DIGITS = 10
SHORTEST = 7


def phone_digits(phone: str) -> str:
    """The digits of a phone, with the Russian and Kazakh trunk prefix 8 written as country code 7.

    ``8 (912) 000-00-03`` and ``+7 912 000 00 03`` both give ``79120000003``.
    """
    digits = _NOT_DIGITS.sub("", phone)
    digits = digits.removeprefix("00")
    if len(digits) == LOCAL_DIGITS + 1 and digits.startswith("8") and not phone.strip().startswith("+"):
        return "7" + digits[1:]
    return digits


def phone_key(phone: str) -> str:
    """A phone as it is compared: its digits; with the ``phone`` extra its E.164 digits, and an extension apart.

    ``phonenumbers`` knows what digits alone do not: the 0 in ``+44 (0)20 7946 0958`` is not dialled from abroad, and
    the 5 of ``ext. 5`` is no part of the number. A number that it does not hold for valid, and one whose country is
    not written, is compared by its digits: no country is guessed, so that nobody becomes somebody else.
    """
    digits, written = phone_digits(phone), phone.strip()
    library = _phonenumbers() if written.startswith(("+", "00")) else None
    if library is None:
        return digits
    try:
        number = library.parse(f"+{written.removeprefix('00')}" if written[0] == "0" else written, None)
    except library.NumberParseException:
        return digits
    if not library.is_valid_number(number):
        return digits
    key = f"{number.country_code}{library.national_significant_number(number)}"
    return f"{key};{number.extension}" if number.extension else key


@cache
def _phonenumbers() -> Any:
    """The library of the ``phone`` extra; ``None`` where it is not installed."""
    try:
        return importlib.import_module("phonenumbers")
    except ImportError:
        return None


def email_key(email: str) -> str:
    """An e-mail as it is compared."""
    return email.strip().casefold()


@attrs.frozen(kw_only=True)
class Identity:
    """A phone, an e-mail, or both: either is enough to be the same person."""

    phone: str | None = None
    email: str | None = None

    def __attrs_post_init__(self) -> None:
        if not self.phone and not self.email:
            raise ConfigurationError("phone or email: give at least one to find a contact by")
        if self.phone and len(phone_digits(self.phone)) < SHORTEST:
            raise ConfigurationError(f"phone: at least {SHORTEST} digits are needed")
        if self.email and "@" not in self.email:
            raise ConfigurationError("email: an address with @ is needed")

    def queries(self) -> list[str]:
        """What to ask the server's search for: the last ten digits find every notation of a phone."""
        queries = [phone_key(self.phone).partition(";")[0][-LOCAL_DIGITS:]] if self.phone else []
        return [*queries, email_key(self.email)] if self.email else queries

    def matches(self, phones: Iterable[str], emails: Iterable[str]) -> bool:
        """Whether a record with these phones and e-mails is this person."""
        if self.phone and phone_key(self.phone) in map(phone_key, phones):
            return True
        return bool(self.email) and email_key(self.email or "") in map(email_key, emails)
