"""Who is the same person: phones and e-mails compared exactly, whatever their notation."""

from __future__ import annotations

import re
from collections.abc import Iterable

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
        queries = [phone_digits(self.phone)[-LOCAL_DIGITS:]] if self.phone else []
        return [*queries, email_key(self.email)] if self.email else queries

    def matches(self, phones: Iterable[str], emails: Iterable[str]) -> bool:
        """Whether a record with these phones and e-mails is this person."""
        if self.phone and phone_digits(self.phone) in map(phone_digits, phones):
            return True
        return bool(self.email) and email_key(self.email or "") in map(email_key, emails)
