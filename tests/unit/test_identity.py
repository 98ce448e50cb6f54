from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import pytest

from amocrm_sync import ConfigurationError
from amocrm_sync._core import identity
from amocrm_sync._core.identity import Identity, phone_digits, phone_key


class NoNumberError(Exception):
    """As the library says that a text is no number."""


class Library(ModuleType):
    """The four names of phonenumbers that are used, knowing two British numbers and one extension."""

    NumberParseException = NoNumberError

    def parse(self, text: str, region: str | None) -> SimpleNamespace:
        assert region is None, "a country would be a guess"
        main, _, extension = text.partition(" ext. ")
        digits = "".join(filter(str.isdigit, main))
        if not digits.startswith(("44", "7")):
            raise NoNumberError(text)
        code = "44" if digits.startswith("44") else "7"
        national = digits.removeprefix(code).removeprefix("0")
        return SimpleNamespace(country_code=int(code), national=national, extension=extension or None)

    def is_valid_number(self, number: SimpleNamespace) -> bool:
        return len(number.national) == 10

    def national_significant_number(self, number: SimpleNamespace) -> str:
        return number.national


@pytest.fixture(params=["digits only", "with the library"])
def library(request, monkeypatch):
    """Without the extra, and with a library in its place."""
    is_there = request.param == "with the library"
    monkeypatch.setitem(sys.modules, "phonenumbers", Library("phonenumbers") if is_there else None)
    identity._phonenumbers.cache_clear()
    yield is_there
    identity._phonenumbers.cache_clear()


@pytest.mark.parametrize(
    "phone", ["+7 912 000 00 03", "8 (912) 000-00-03", "79120000003", "+7-912-000-00-03"]
)
def test_notations_of_one_number_are_one_number(phone):
    assert phone_digits(phone) == "79120000003"


def test_other_countries_are_left_alone():
    assert phone_digits("+81 3 1234 5678") == "81312345678"
    assert phone_digits("00 44 20 7946 0958") == "442079460958"


@pytest.mark.usefixtures("library")
def test_a_person_is_found_by_either_but_exactly():
    person = Identity(phone="8 912 000 00 03", email="Ivan@Example.com")
    assert person.matches(["+79120000003"], [])
    assert person.matches([], ["ivan@example.com"])
    assert not person.matches(["+79120000004", "9120000003"], ["vivan@example.com"])


def test_bad_input_is_named():
    for arguments, field in (({}, "phone or email"), ({"phone": "12"}, "phone"), ({"email": "x"}, "email")):
        with pytest.raises(ConfigurationError, match=field):
            Identity(**arguments)


def test_the_library_knows_what_digits_do_not(library):
    assert Identity(phone="+44 (0)20 7946 0958").matches(["+44 20 7946 0958"], []) == library
    assert phone_key("00 44 20 7946 0958") == "442079460958"
    assert not Identity(phone="+44 20 7946 0958 ext. 5").matches(
        ["+44 20 7946 0958", "+44 20 7946 0958 ext. 6"], []
    )


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("phone", ["9120000003", "4402079460958", "+44 20", "123-45-67", "+1 999"])
def test_what_is_no_whole_number_is_compared_by_its_digits(phone):
    assert phone_key(phone) == phone_digits(phone)


def test_the_search_asks_without_the_extension(library):
    queries = Identity(phone="+44 20 7946 0958 ext. 5").queries()
    assert queries == (["2079460958"] if library else ["0794609585"])


def test_with_the_real_library():
    pytest.importorskip("phonenumbers", reason="the extra `phone` is not installed")
    assert phone_key("+44 (0)20 7946 0958") == phone_key("+442079460958") == "442079460958"
    assert phone_key("8 (912) 000-00-03") == phone_key("+7 912 000 00 03") == "79120000003"
    assert phone_key("+39 06 698 82 111") == "390669882111", "the 0 belongs to an Italian number"
    assert phone_key("9120000003") != phone_key("+79120000003")
